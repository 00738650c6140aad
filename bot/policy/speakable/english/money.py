"""Class money: amounts with a sign, a word or a code of a currency, before or behind."""

import re
from typing import NamedTuple

from bot.policy.speakable.english import numerals
from bot.policy.speakable.english.numerals import NUMBER, SCALES
from bot.policy.speakable.reading import LETTER, Line, Reading, Rule


class _Currency(NamedTuple):
    one: str
    many: str
    cent: str = ""
    cents: str = ""


_DOLLAR = _Currency("dollar", "dollars", "cent", "cents")
_EURO = _Currency("euro", "euros", "cent", "cents")
_POUND = _Currency("pound", "pounds", "penny", "pence")
_YEN = _Currency("yen", "yen")
_KRONE = _Currency("krone", "kroner", "øre", "øre")
_KRONA = _Currency("krona", "kronor", "öre", "öre")


def _dollars(country: str) -> _Currency:
    return _Currency(f"{country} dollar", f"{country} dollars", "cent", "cents")


_SIGNS = {
    "$": _DOLLAR, "€": _EURO, "£": _POUND, "¥": _YEN, "₿": _Currency("bitcoin", "bitcoins"),
    "₹": _Currency("rupee", "rupees", "paisa", "paise"), "₩": _Currency("won", "won"),
    "₽": _Currency("ruble", "rubles", "kopek", "kopeks"),
    "₺": _Currency("lira", "lira", "kurush", "kurush"),
    "₱": _Currency("peso", "pesos", "centavo", "centavos"),
    "฿": _Currency("baht", "baht", "satang", "satang"), "₫": _Currency("dong", "dong"),
    "₴": _Currency("hryvnia", "hryvnias", "kopiyka", "kopiykas"),
    "₦": _Currency("naira", "naira", "kobo", "kobo"),
    "₪": _Currency("shekel", "shekels", "agora", "agorot"), "₡": _Currency("colon", "colones"),
    "₲": _Currency("guarani", "guaranis"), "₸": _Currency("tenge", "tenge"),
    "₾": _Currency("lari", "lari"), "₼": _Currency("manat", "manat"),
    "₵": _Currency("cedi", "cedis"), "₭": _Currency("kip", "kip"), "¢": _Currency("cent", "cents"),
}  # fmt: skip
_CODES = {
    "USD": _dollars("US"), "EUR": _EURO, "GBP": _POUND, "JPY": _YEN, "CAD": _dollars("Canadian"),
    "AUD": _dollars("Australian"), "NZD": _dollars("New Zealand"), "HKD": _dollars("Hong Kong"),
    "SGD": _dollars("Singapore"), "TWD": _dollars("Taiwan"), "JMD": _dollars("Jamaican"),
    "MXN": _Currency("Mexican peso", "Mexican pesos", "centavo", "centavos"),
    "ARS": _Currency("Argentine peso", "Argentine pesos", "centavo", "centavos"),
    "CLP": _Currency("Chilean peso", "Chilean pesos"),
    "COP": _Currency("Colombian peso", "Colombian pesos"),
    "UYU": _Currency("Uruguayan peso", "Uruguayan pesos"),
    "DOP": _Currency("Dominican peso", "Dominican pesos"),
    "PHP": _Currency("Philippine peso", "Philippine pesos", "centavo", "centavos"),
    "PEN": _Currency("sol", "soles"), "BRL": _Currency("real", "reais", "centavo", "centavos"),
    "INR": _SIGNS["₹"], "KRW": _SIGNS["₩"], "RUB": _SIGNS["₽"], "TRY": _SIGNS["₺"],
    "THB": _SIGNS["฿"], "VND": _SIGNS["₫"], "UAH": _SIGNS["₴"], "NGN": _SIGNS["₦"],
    "ILS": _SIGNS["₪"], "CRC": _SIGNS["₡"], "PYG": _SIGNS["₲"], "KZT": _SIGNS["₸"],
    "GEL": _SIGNS["₾"], "AZN": _SIGNS["₼"], "GHS": _SIGNS["₵"],
    "SEK": _Currency("Swedish krona", "Swedish kronor"),
    "NOK": _Currency("Norwegian krone", "Norwegian kroner"),
    "DKK": _Currency("Danish krone", "Danish kroner"),
    "ISK": _Currency("Icelandic krona", "Icelandic kronur"),
    "PLN": _Currency("zloty", "zlotys", "grosz", "groszy"),
    "CZK": _Currency("Czech koruna", "Czech korunas"), "HUF": _Currency("forint", "forints"),
    "RON": _Currency("Romanian leu", "Romanian lei"), "BGN": _Currency("lev", "leva"),
    "CHF": _Currency("Swiss franc", "Swiss francs", "centime", "centimes"),
    "CNY": _Currency("yuan", "yuan"), "RMB": _Currency("yuan", "yuan"),
    "IDR": _Currency("rupiah", "rupiah"), "MYR": _Currency("ringgit", "ringgit", "sen", "sen"),
    "SAR": _Currency("Saudi riyal", "Saudi riyals"), "AED": _Currency("dirham", "dirhams"),
    "QAR": _Currency("Qatari riyal", "Qatari riyals"),
    "KWD": _Currency("Kuwaiti dinar", "Kuwaiti dinars"),
    "EGP": _Currency("Egyptian pound", "Egyptian pounds"),
    "MAD": _Currency("Moroccan dirham", "Moroccan dirhams"), "ZAR": _Currency("rand", "rand"),
    "KES": _Currency("Kenyan shilling", "Kenyan shillings"),
    "PKR": _Currency("Pakistani rupee", "Pakistani rupees"),
    "BTC": _Currency("bitcoin", "bitcoin"), "ETH": _Currency("ethereum", "ethereum"),
    "DOGE": _Currency("dogecoin", "dogecoin"), "SOL": _Currency("solana", "solana"),
}  # fmt: skip
_NAMES = {
    "kr": _Currency("krona", "kronor"), "zł": _CODES["PLN"], "zl": _CODES["PLN"],
    "kč": _CODES["CZK"], "ft": _CODES["HUF"], "lei": _CODES["RON"], "rs": _SIGNS["₹"],
    "sek": _CODES["SEK"], "nok": _CODES["NOK"], "dkk": _CODES["DKK"],
    "p": _Currency("penny", "pence"),
}  # fmt: skip
_PREFIXES = {
    "US": _CODES["USD"], "USD": _CODES["USD"], "CA": _CODES["CAD"], "CAD": _CODES["CAD"],
    "C": _CODES["CAD"], "CDN": _CODES["CAD"], "A": _CODES["AUD"], "AU": _CODES["AUD"],
    "AUD": _CODES["AUD"], "NZ": _CODES["NZD"], "NZD": _CODES["NZD"], "HK": _CODES["HKD"],
    "HKD": _CODES["HKD"], "S": _CODES["SGD"], "SG": _CODES["SGD"], "R": _CODES["BRL"],
    "MX": _CODES["MXN"], "MXN": _CODES["MXN"], "NT": _CODES["TWD"], "AR": _CODES["ARS"],
    "ARS": _CODES["ARS"], "CLP": _CODES["CLP"], "COL": _CODES["COP"], "J": _CODES["JMD"],
}  # fmt: skip
"""Letters before a dollar sign."""
# Codes that are English words when they are written small.
_ONLY_CAPITALS = frozenset(
    {
        "TRY", "PEN", "COP", "MAD", "SOL", "RON", "PHP", "GEL", "ARS", "SAR", "ALL", "ISK",
    }
)  # fmt: skip
_HOUR_BEFORE = frozenset({"at", "by", "till", "until", "from", "around"})
_SMALL = frozenset(
    {
        "usd", "eur", "gbp", "cad", "aud", "jpy", "brl", "inr", "mxn", "chf", "btc", "eth",
    }
)  # fmt: skip
"""Codes that are also read before a number when they are written small."""
_PER = {
    "yr": "year", "year": "year", "y": "year", "mo": "month", "month": "month", "mth": "month",
    "m": "month", "wk": "week", "week": "week", "w": "week", "day": "day", "d": "day",
    "hr": "hour", "hour": "hour", "h": "hour", "min": "minute", "sec": "second",
    "person": "person", "head": "head", "each": "each", "kg": "kilogram", "lb": "pound",
    "gb": "gigabyte", "sub": "sub", "ea": "each", "pc": "piece", "unit": "unit", "night": "night",
    "game": "game", "ticket": "ticket", "month.": "month", "user": "user", "oz": "ounce",
    "l": "liter", "gal": "gallon", "kwh": "kilowatt hour", "pp": "person",
}  # fmt: skip

_SIGN = "[" + re.escape("".join(_SIGNS)) + "]"
_AMOUNT = (
    r"(?:[0-9]{1,3}(?:\.[0-9]{3}){2,}(?![0-9.])|[0-9]{1,3}(?:\.[0-9]{3})++,[0-9]{2}(?![0-9])"
    r"|[0-9]++,[0-9]{1,2}(?![0-9,])|" + NUMBER + r"|\.[0-9]++)"
)
_SCALE = r"(?: ?(?P<scale>thousand|million|billion|trillion|mil|mill|bn|[kmbt])(?![^\W_]))?"
_BEFORE = re.compile(
    rf"(?P<sign>{_SIGN}) ?(?P<minus>-)?(?P<n>{_AMOUNT}){_SCALE}(?P<code> ?(?:USD|CAD|AUD|NZD|MXN"
    rf"|SGD|HKD)\b)?",
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
_LONE_SIGN = re.compile(rf"{_SIGN}(?![^\W_])")


def before(line: Line, at: int) -> Reading | None:
    """Read $5, $1.5m, $5.50/mo, £18000, $5 USD."""
    match = _BEFORE.match(line.text, at)
    if match is None or not _is_whole(line, match):
        return None
    currency = _SIGNS[match["sign"]]
    if match["code"]:
        currency = _CODES[match["code"].strip().upper()]
    return _reading(line, match, currency)


def letters_before(line: Line, at: int) -> Reading | None:
    """Read US$5, R$ 10,50."""
    match = _LETTERS_BEFORE.match(line.text, at)
    currency = _PREFIXES.get(match["code"]) if match else None
    return (
        _reading(line, match, currency) if match and currency and _is_whole(line, match) else None
    )


def code_before(line: Line, at: int) -> Reading | None:
    """Read USD 5, EUR 3.50, Rs. 500, kr 100."""
    match = _CODE_BEFORE.match(line.text, at)
    if match is None or not _is_whole(line, match):
        return None
    code = match["code"]
    if code in _ONLY_CAPITALS:  # "TRY 5 TIMES"
        return None
    currency = _CODES.get(code.upper() if code in _SMALL else code) or (
        _NAMES.get(code.lower()) if code in ("Rs", "rs", "kr", "Kr", "zł") else None
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
    return _reading(line, match, _SIGNS[sign] if sign else _named(code, match[0], line.before(at)))


def _named(code: str, written: str, before: str) -> _Currency | None:
    if code.endswith("$"):
        return _PREFIXES.get(code[:-1].upper())
    if code.lower() in _NAMES:
        is_hour = code.lower() == "p" and (" " in written or before in _HOUR_BEFORE)
        return None if is_hour or code.lower() == "ft" else _NAMES[code.lower()]
    if code.upper() in _ONLY_CAPITALS and not code.isupper():
        return None
    return _CODES.get(code.upper()) if code.isupper() or code.islower() else None


def _is_whole(line: Line, match: re.Match[str]) -> bool:
    """Tell whether the number ends where the match does."""
    end = match.end()
    following = line.text[end : end + 2]
    return line.is_end(end) and not (following[:1] in ".," and following[1:].isdigit())


def _reading(line: Line, match: re.Match[str], currency: _Currency | None) -> Reading | None:
    if currency is None:
        return None
    named = match.groupdict()
    said, bare, amount = _amount(match["n"], named["scale"], currency)
    if named.get("minus"):
        said = f"minus {said}"
    end = match.end()
    per = _PER_WHAT.match(line.text, end)
    if per is not None and (what := _PER.get(per[1].lower())):
        said, end = f"{said} {'' if what == 'each' else 'per '}{what}", per.end()
    return Reading(end, said, "money", bare, amount)


def _amount(number: str, scale: str | None, currency: _Currency) -> tuple[str, str, float]:
    """Return the amount in words, its number alone, and its value."""
    number = _with_point(number, is_european=currency is _EURO)
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


def lone_sign(line: Line, at: int) -> Reading | None:
    """Read a sign without a number: "$ or €"; in the middle of a word it is a letter."""
    if (
        line.text[at] == "$"
        and line.text[at - 1 : at].isalpha()
        and line.text[at + 1 : at + 2].isalpha()
    ):
        return Reading(at + 1, "s", LETTER)
    if _LONE_SIGN.match(line.text, at) is None or line.text[at - 1 : at] in _SIGNS:
        return None
    end = at + 1
    before = line.text[at - 1 : at]
    following = line.text[end : end + 1]
    if following in _SIGNS or (following and following not in " .,!?"):
        return None
    if before.isalpha() or not before.strip():
        return Reading(end, _SIGNS[line.text[at]].one, "money")
    return None


def unit_of(text: str, at: int) -> str:
    """Return the plural of the currency whose sign stands at `at`, for ranges such as $250-300."""
    currency = _SIGNS.get(text[at : at + 1])
    return currency.many if currency else ""


SIGNS = "".join(_SIGNS)
RULES = (
    Rule(before, signs=SIGNS),
    Rule(letters_before, letters=True),
    Rule(code_before, words=[*(code.lower() for code in _CODES), "rs", "kr", "zł"]),
    Rule(behind, digits=True, signs="."),
    Rule(lone_sign, signs=SIGNS),
)
