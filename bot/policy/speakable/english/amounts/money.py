"""Class money: amounts with a sign, a word or a code of a currency, before or behind."""

import re

from bot.policy.speakable.english.numbers import numerals
from bot.policy.speakable.english.numbers.numerals import NUMBER, SCALES
from bot.policy.speakable.english.tables import nouns
from bot.policy.speakable.english.tables.currencies import (
    AGAIN,
    CODES,
    EURO,
    NAMES,
    ONLY_CAPITALS,
    PER,
    PREFIXES,
    SIGNS,
    SMALL,
    Currency,
)
from bot.policy.speakable.reading import LETTER, Line, Reading, Rule

_HOUR_BEFORE = frozenset({"at", "by", "till", "until", "from", "around"})
_SIGN = "[" + re.escape("".join(SIGNS)) + "]"
_AMOUNT = (
    r"(?:[0-9]{1,3}(?:\.[0-9]{3}){2,}(?![0-9.])|[0-9]{1,3}(?:\.[0-9]{3})++,[0-9]{2}(?![0-9])"
    r"|[0-9]++,[0-9]{1,2}(?![0-9,])|" + NUMBER + r"|\.[0-9]++)"
)
_SCALE = (
    r"(?: ?(?P<scale>lakh|crore|thousand|million|billion|trillion|mil|mill|bn|[kmbt])(?![^\W_]))?"
)
_BEFORE = re.compile(
    rf"(?P<sign>{_SIGN}) ?(?P<minus>-)?(?P<n>{_AMOUNT}){_SCALE}(?P<code> ?(?:USD|CAD|AUD|NZD|MXN"
    rf"|SGD|HKD)\b)?(?P<each>ea(?![^\W_]))?",
    re.IGNORECASE,
)
_LETTERS_BEFORE = re.compile(rf"(?P<code>[A-Z]{{1,3}})(?P<sign>\$) ?(?P<n>{_AMOUNT}){_SCALE}")
_CODE_BEFORE = re.compile(rf"(?P<code>[A-Za-z]{{2,4}}|zł|Kč)\.? ?(?P<n>{_AMOUNT}){_SCALE}")
_BEHIND = re.compile(
    rf"(?P<n>{_AMOUNT}){_SCALE} ?(?:(?P<sign>{_SIGN})|(?P<code>[A-Za-z]{{2,4}}\$?|p|zł|Kč|kč)"
    rf"(?![^\W_]))",
)
_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}\.[0-9]{3}")
_PER_WHAT = re.compile(r" ?/ ?([A-Za-z]{1,6})(?![^\W_])")
_SEVERAL = re.compile(rf"([1-9][0-9]?)/(?={_SIGN}[0-9])")
_PAID = frozenset(
    {"paid", "won", "cost", "costs", "spent", "donated", "have", "has", "got", "made"}
)
"""Words before an amount that a sentence may end with."""
_NO_NOUN_AFTER = frozenset(
    {
        "is", "was", "are", "were", "over", "up", "with", "me", "your", "sucks", "still", "pls",
        "plz", "please", "master",
    }
)  # fmt: skip
"""Words behind a noun that begins something else: cost $60 game sucks."""
_NOUN_BEHIND = re.compile(r" +[^\W\d_]+ +([A-Za-z]+)")
_LONE_SIGN = re.compile(rf"{_SIGN}(?![^\W_])")


def before(line: Line, at: int) -> Reading | None:
    """Read $5, $1.5m, $5.50/mo, £18000, $5 USD."""
    match = _BEFORE.match(line.text, at)
    if match is None or not _is_whole(line, match):
        return None
    currency = SIGNS[match["sign"]]
    if match["code"]:
        currency = CODES[match["code"].strip().upper()]
    return _reading(line, match, currency)


def letters_before(line: Line, at: int) -> Reading | None:
    """Read US$5, R$ 10,50."""
    match = _LETTERS_BEFORE.match(line.text, at)
    currency = PREFIXES.get(match["code"]) if match else None
    return (
        _reading(line, match, currency) if match and currency and _is_whole(line, match) else None
    )


def code_before(line: Line, at: int) -> Reading | None:
    """Read USD 5, EUR 3.50, Rs. 500, kr 100."""
    match = _CODE_BEFORE.match(line.text, at)
    if match is None or not _is_whole(line, match):
        return None
    code = match["code"]
    if code in ONLY_CAPITALS:  # "TRY 5 TIMES"
        return None
    currency = CODES.get(code.upper() if code in SMALL else code) or (
        NAMES.get(code.lower()) if code in ("Rs", "rs", "kr", "Kr", "zł") else None
    )
    return _reading(line, match, currency) if currency else None


def behind(line: Line, at: int) -> Reading | None:
    """Read 5€, 100k$, 5 USD, 50 zł, 20 kr."""
    match = _BEHIND.match(line.text, at)
    if match is None or not line.is_end(match.end()):
        return None
    sign, code = match["sign"], match["code"]
    following = line.text[match.end() : match.end() + 1]
    if sign and (
        following.isdigit()
        or (following == "." and line.text[match.end() + 1 : match.end() + 2].isdigit())
    ):
        return None
    return _reading(line, match, SIGNS[sign] if sign else _named(code, match[0], line.before(at)))


def _named(code: str, written: str, before: str) -> Currency | None:
    if code.endswith("$"):
        return PREFIXES.get(code[:-1].upper())
    if code.lower() in NAMES:
        is_hour = code.lower() == "p" and (" " in written or before in _HOUR_BEFORE)
        return None if is_hour or code.lower() == "ft" else NAMES[code.lower()]
    if code.upper() in ONLY_CAPITALS and not code.isupper():
        return None
    return CODES.get(code.upper()) if code.isupper() or code.islower() else None


def _is_whole(line: Line, match: re.Match[str]) -> bool:
    """Tell whether the number ends where the match does."""
    end = match.end()
    following = line.text[end : end + 2]
    return line.is_end(end) and not (following[:1] in ".," and following[1:].isdigit())


def _reading(line: Line, match: re.Match[str], currency: Currency | None) -> Reading | None:
    if currency is None:
        return None
    named = match.groupdict()
    said, bare, amount = _amount(match["n"], named["scale"], currency)
    if named.get("minus"):
        said = f"minus {said}"
    end = match.end()
    each = per_what(line, Reading(end, said))
    if each.end != end:
        said, end = each.said, each.end
    elif named.get("each"):
        said = f"{said} each"
    elif is_named_again(line, end, currency):
        return Reading(end, bare, "money", bare, amount)
    elif _is_adjective(line, match, named["scale"]):
        said = f"{bare} {currency.one}"
    return Reading(end, said, "money", bare, amount)


def per_what(line: Line, amount: Reading) -> Reading:
    """Return `amount` with what it is paid for, if a slash and that follow: $5/mo."""
    per = _PER_WHAT.match(line.text, amount.end)
    if per is None or (what := PER.get(per[1].lower())) is None:
        return amount
    said = f"{amount.said} {'' if what == 'each' else 'per '}{what}"
    return amount._replace(end=per.end(), said=said)


def is_named_again(line: Line, end: int, currency: Currency) -> bool:
    """Tell whether a word behind an amount says its currency once more: $5 dollars."""
    return line.after(end).lower() in AGAIN.get(currency.one, ())


def _is_adjective(line: Line, match: re.Match[str], scale: str | None) -> bool:
    """Tell whether an amount describes the noun behind it: that $50 bundle, $5 coffee."""
    following = line.after(match.end()).lower()
    if not nouns.is_noun(following) or not (scale or match["n"].replace(",", "").isdigit()):
        return False
    before = line.before(match.start())
    if before in ("a", "an", "another"):
        return True
    if following not in nouns.PRICED:  # may be who is thanked for it: "the $50 mike"
        return False
    if before in nouns.ARTICLES:
        return True
    behind = _NOUN_BEHIND.match(line.text, match.end())
    return before not in _PAID and (behind is None or behind[1].lower() not in _NO_NOUN_AFTER)


def _amount(number: str, scale: str | None, currency: Currency) -> tuple[str, str, float]:
    """Return the amount in words, its number alone, and its value."""
    number = _with_point(number, is_european=currency is EURO)
    if scale:
        bare = f"{numerals.count(number)} {SCALES[scale.lower()]}"
        return f"{bare} {currency.many}", bare, numerals.value(number)
    whole, _, decimals = number.partition(".")
    decimals = decimals.rstrip("0")
    one = currency.one if whole.replace(",", "") == "1" else currency.many
    main = f"{numerals.count(whole)} {one}" if whole.strip("0,") else ""
    bare = numerals.count(whole or "0")
    if decimals and (len(decimals) > 2 or not currency.cent):
        bare = numerals.count(f"{whole}.{decimals}")
        return f"{bare} {currency.many}", bare, numerals.value(number)
    if decimals:
        cents = int(f"{decimals:0<2}")
        small = f"{numerals.cardinal(cents)} {currency.cent if cents == 1 else currency.cents}"
        main = f"{main} and {small}" if main else small
        bare = numerals.count(number)
    return main or f"zero {currency.many}", bare, numerals.value(number)


def _with_point(number: str, *, is_european: bool) -> str:
    """Return an amount with a decimal point, also one that was written 1.234,50 or 5,50."""
    if number.count(".") > 1 or (is_european and _THOUSANDS.fullmatch(number)):
        return number.replace(".", "")
    head, comma, tail = number.rpartition(",")
    if comma and len(tail) < 3:
        return f"{head.replace('.', '')}.{tail}"
    return number


def several(line: Line, at: int) -> Reading | None:
    """Read 3/$10: how many for how much."""
    match = _SEVERAL.match(line.text, at)
    price = before(line, match.end()) if match else None
    if match is None or price is None:
        return None
    return Reading(price.end, f"{numerals.count(match[1])} for {price.said}", "money")


def rate(line: Line, at: int) -> Reading | None:
    """Read $/hr."""
    match = _PER_WHAT.match(line.text, at + 1)
    what = PER.get(match[1].lower()) if match and line.text[at + 1] == "/" else None
    if match is None or what is None or line.text[at - 1 : at].strip(" ("):
        return None
    return Reading(match.end(), f"{SIGNS[line.text[at]].many} per {what}", "money")


def lone_sign(line: Line, at: int) -> Reading | None:
    """Read a sign without a number: "$ or €"; in the middle of a word it is a letter."""
    if (
        line.text[at] == "$"
        and line.text[at - 1 : at].isalpha()
        and line.text[at + 1 : at + 2].isalpha()
    ):
        return Reading(at + 1, "s", LETTER)
    if _LONE_SIGN.match(line.text, at) is None or line.text[at - 1 : at] in SIGNS:
        return None
    end = at + 1
    before = line.text[at - 1 : at]
    following = line.text[end : end + 1]
    if following in SIGNS or (following and following not in " .,!?"):
        return None
    if before.isalpha() or not before.strip():
        return Reading(end, SIGNS[line.text[at]].one, "money")
    return None


def unit_of(text: str, at: int) -> str:
    """Return the plural of the currency whose sign stands at `at`, for ranges such as $250-300."""
    currency = SIGNS.get(text[at : at + 1])
    return currency.many if currency else ""


RULES = (
    Rule(before, signs="".join(SIGNS)),
    Rule(letters_before, letters=True),
    Rule(code_before, words=[*(code.lower() for code in CODES), "rs", "kr", "zł"]),
    Rule(behind, digits=True, signs="."),
    Rule(several, digits=True, followed="/"),
    Rule(rate, signs="".join(SIGNS)),
    Rule(lone_sign, signs="".join(SIGNS)),
)
