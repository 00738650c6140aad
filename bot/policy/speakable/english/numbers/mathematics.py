"""Class math and signs: arithmetic, comparisons, powers, and the signs of everyday writing."""

import re

from bot.policy.speakable.english.numbers import numerals, ranges
from bot.policy.speakable.reading import Line, Reading, Rule

_SIGNS = {
    "&": "and", "+": "plus", "=": "equals", "°": "degrees", "×": "times", "÷": "divided by",
    "±": "plus or minus", "≈": "about", "∞": "infinity", "≤": "at most", "≥": "at least",
    "≠": "is not", "√": "square root of", "π": "pi",
}  # fmt: skip
_EITHER = re.compile(r"\+/-|\+-(?=[0-9])")
_POWER = re.compile(r"\^\(?(-)?([0-9]{1,9})\)?(?![^\W_])|\*\*([0-9]{1,9})")
_LESS = re.compile(r"-(?=[0-9])")
"""What is taken from a power: 2^31-1."""
_RESULT = re.compile(r"! = ?[0-9]")
_SCIENTIFIC = re.compile(rf"({numerals.NUMBER})[eE]-([0-9]{{1,3}})(?![^\W_])")
_POWERS = {"2": "squared", "3": "cubed"}
_COMPARED = re.compile(r"([<>]=?|=[<>]) ?(?=[-$€£]?\.?[0-9])")
_BARE = {
    "<": "less than",
    ">": "over",
    "<=": "at most",
    ">=": "at least",
    "=<": "at most",
    "=>": "at least",
}
_BETWEEN = {"<": "is less than", ">": "is greater than", "<=": "is at most", ">=": "is at least"}
_WORDS = {"<": "is worse than", ">": "is better than"}
_ARROW = re.compile(r"[-=~]+>+|<+[-=~]+(?![0-9])|[=~]{2,}|>{2,}|<{2,}")
_NUMBERED = re.compile(r"(?:[A-Za-z]{1,20} )?[0-9]")
_GRADE = re.compile(r"([A-DF])-(?=[ .,!?]|$)")
_GRADED = frozenset({"a", "an", "solid", "got", "grade", "my", "strong"})
"""Words before a grade."""
_MAYBE_GRADED = frozenset({"get", "is", "was", "like", "to", "from"})
"""Words before a grade or a site of a map, by what follows."""
_GRADED_AFTER = re.compile(r"[.,!?]* *$| (?:in|on|student|grade|test|to [A-DF][+-]?)(?![^\W_])")
_EXPONENT = re.compile(r"\^([a-z])(?![^\W_]|\^)")
_LEADS = re.compile(r"(?:[-=]+>|→) ?(?=[-+$€£]?[^\W_])")
_MEASURED = re.compile(
    r"(?<![^\W_])[0-9][0-9.,]{0,12}(?: ?%|°[CF]?|[A-Za-z]{1,5}(?:/[A-Za-z]{1,3})?)?$"
)
"""A number with its unit, at the end."""
_AMOUNT = re.compile(r"[-+$€£]{0,2}[0-9]")
_NEAR = 24
_COMPARES = re.compile(r"[<>](?=[A-Za-z]{2})")
_UNEQUAL = re.compile(r"!=(?= ?[^\W_])")
_TAG = re.compile(
    r"<(?P<end>/)?(?P<name>[A-Za-z][A-Za-z ]{0,30}?)(?P<rest>[^A-Za-z<>][^<>]{0,200})?>"
)
_MARKUP = frozenset(
    {
        "a", "audio", "b", "base", "big", "body", "br", "break", "button", "center", "code", "div",
        "em", "embed", "emphasis", "font", "form", "frame", "head", "html", "hr", "i", "iframe",
        "img", "input", "li", "link", "mark", "marquee", "meta", "object", "ol", "p", "phoneme",
        "pre", "prosody", "s", "script", "small", "source", "span", "speak", "strong", "style",
        "sub", "sup", "svg", "table", "td", "tr", "tt", "u", "ul", "video", "voice",
    }
)  # fmt: skip
"""Names of HTML's and SSML's tags, which are not said; others are jokes: <sarcasm>, </rant>."""
_INCREMENT = re.compile(r"(?P<name>[A-Za-z]{1,2})(?P<sign>\+\+|--)(?![^\W_])")
_OPERATORS = re.compile(r"([*/-])(?= ?[-(]?[0-9])")
_EQUALS = re.compile(r" ?[0-9.,]{1,12} ?=")
_SPACED = {"*": "times", "/": "divided by", "-": "minus"}
_AT = re.compile(r"@(?!\S)|@ ?(?=[$0-9])")
_NUMBER_SIGN = re.compile(r"# ?(?=[0-9])")
_NUMBERED_SPAN = re.compile(r"#([0-9]{1,4}) ?- ?#([0-9]{1,4})(?![^\W_])")
_NUMBERED_TAG = re.compile(r"#([0-9]{1,6})(st|nd|rd|th)?(?=[A-Z][a-z])")
_YEAR_DIGITS = 4
_HASHTAG = re.compile(r"#(?=\w)")


def sign(line: Line, at: int) -> Reading | None:
    """Read & + = and other signs as words."""
    character = line.text[at]
    said = _SIGNS[character]
    if either := _EITHER.match(line.text, at):
        return Reading(either.end(), "plus or minus")
    if character == "+" and line.text[at + 1 : at + 2] == "+":
        return Reading(at + 2, "plus plus")
    if character == "=" and line.text[at + 1 : at + 2] == ">":
        return None
    return Reading(at + 1, said)


def power(line: Line, at: int) -> Reading | None:
    """Read ^2, ^10 and **3."""
    match = _POWER.match(line.text, at)
    if match is None and line.text[at - 1 : at].isdigit():
        unknown = _EXPONENT.match(line.text, at)
        return Reading(unknown.end(), f"to the power of {unknown[1]}") if unknown else None
    if match is None or not line.text[at - 1 : at].strip(" "):
        return None
    number = match[2] or match[3]
    less = _LESS.match(line.text, match.end())
    end, minus = (less.end(), " minus ") if less else (match.end(), "")
    if number in _POWERS and not match[1]:
        return Reading(end, _POWERS[number] + minus)
    said = f"to the power of {'minus ' if match[1] else ''}{numerals.count(number)}"
    return Reading(end, said + minus)


def factorial(line: Line, at: int) -> Reading | None:
    """Read 5! = 120."""
    if not line.text[at - 1 : at].isdigit() or _RESULT.match(line.text, at) is None:
        return None
    return Reading(at + 1, "factorial")


def scientific(line: Line, at: int) -> Reading | None:
    """Read 1e-5."""
    match = _SCIENTIFIC.match(line.text, at)
    if match is None:
        return None
    said = f"{numerals.count(match[1])} E minus {numerals.count(match[2])}"
    return Reading(match.end(), said, "number")


def comparison(line: Line, at: int) -> Reading | None:
    """Read <5, >=60, 5 > 3, and "this > that"."""
    text = line.text
    if match := _TAG.match(text, at):
        return Reading(match.end(), _said_tag(match))
    if match := _COMPARED.match(text, at):
        before = text[:at].rstrip()
        is_between = before[-1:].isdigit() or before[-1:] in ("%", ")")
        if match[1] in _WORDS and _is_measured(line, at):
            return Reading(match.end(), _WORDS[match[1]])
        table = _BETWEEN if is_between else _BARE
        return Reading(match.end(), table.get(match[1], _BARE[match[1]]))
    if match := _ARROW.match(text, at):
        return Reading(match.end(), "")
    if _COMPARES.match(text, at) and text[max(at - 2, 0) : at].isalpha() and at > 1:  # "NA>EU"
        return Reading(at + 1, _WORDS[text[at]])
    is_between = text[at - 1 : at] == " " and text[at + 1 : at + 2] == " "
    before = text[:at].rstrip()[-2:]
    is_named = before[-1:].isalnum() or before == "++" or before[-1:] == "#"
    if is_between and is_named and text[at + 1 :].lstrip()[:1].isalnum():
        return Reading(at + 1, _WORDS[text[at]])
    return None


def _is_measured(line: Line, at: int) -> bool:
    """Tell whether a number with a unit, and a space, stand before a sign: 240hz > 144hz."""
    if line.text[at - 1 : at] != " " or not line.text[at - 2 : at - 1].isalpha():
        return False
    return _MEASURED.search(line.text[max(at - _NEAR, 0) : at - 1]) is not None


def _said_tag(match: re.Match[str]) -> str:
    """Return what is said of a tag: nothing of real markup, the words of a joke."""
    if match["name"].lower() in _MARKUP or "=" in (match["rest"] or ""):
        return ""
    return f"end {match['name']}" if match["end"] else match["name"]


def operator(line: Line, at: int) -> Reading | None:
    """Read 5 - 3, 2*3 and 10 / 2 between numbers."""
    match = _OPERATORS.match(line.text, at)
    before = line.text[:at].rstrip(" ")[-1:]
    is_bracket = before == ")" and match is not None and match[1] == "*"
    if match is None or not (before.isdigit() or is_bracket):
        return None
    is_spaced = line.text[at - 1] == " " and line.text[at + 1 : at + 2] == " "
    is_equation = _EQUALS.match(line.text, match.end()) is not None
    if match[1] != "*" and not is_spaced and not is_equation:
        return None
    return Reading(match.end(), _SPACED[match[1]])


def leads(line: Line, at: int) -> Reading | None:
    """Read an arrow from a number to another one: 1->99, gold 3 -> plat 1."""
    match = _LEADS.match(line.text, at)
    last = line.text[:at].rstrip(" ")[-1:]
    if match is None or not (last.isalnum() or last in ("%", "°")):
        return None
    is_range = last.isdigit() and _NUMBERED.match(line.text, match.end()) is not None
    if not is_range and _AMOUNT.match(line.text, match.end()):
        is_range = _MEASURED.search(line.text[max(at - _NEAR, 0) : at].rstrip(" ")) is not None
    if match[0][0] == "=" and not is_range:
        return None
    return Reading(match.end(), "to") if is_range else None


def grade(line: Line, at: int) -> Reading | None:
    """Read A- as a grade: an A- in math."""
    match = _GRADE.match(line.text, at)
    if match is None:
        return None
    before = line.before(at)
    is_maybe = before in _MAYBE_GRADED and _GRADED_AFTER.match(line.text, match.end())
    if before not in _GRADED and not is_maybe:
        return None
    return Reading(match.end(), f"{match[1]} minus")


def unequal(line: Line, at: int) -> Reading | None:
    """Read a != b."""
    match = _UNEQUAL.match(line.text, at)
    return Reading(match.end(), _SIGNS["≠"]) if match else None


def arrow(line: Line, at: int) -> Reading | None:
    """Leave arrows and rules out."""
    match = _ARROW.match(line.text, at)
    return Reading(match.end(), "") if match and match.end() > at + 1 else None


def increment(line: Line, at: int) -> Reading | None:
    """Read i++ and C--."""
    match = _INCREMENT.match(line.text, at)
    if match is None or (at and line.text[at - 1].isalnum()):
        return None
    word = "plus plus" if match["sign"] == "++" else "minus minus"
    return Reading(match.end(), f"{match['name']} {word}")


def at_sign(line: Line, at: int) -> Reading | None:
    """Read a lone @; before a name it is not said."""
    match = _AT.match(line.text, at)
    return Reading(match.end(), "at") if match else None


def number_sign(line: Line, at: int) -> Reading | None:
    """Read #1 as "number one", #tag as "hashtag tag", #100Days too."""
    if match := _NUMBERED_SPAN.match(line.text, at):
        first, last = map(numerals.count, match.groups())
        return Reading(match.end(), f"number {first} to number {last}")
    if match := _NUMBERED_TAG.match(line.text, at):
        number = int(match[1])
        is_year = len(match[1]) == _YEAR_DIGITS and not match[2]
        said = numerals.ordinal(number) if match[2] else numerals.cardinal(number)
        said = numerals.bare(match[1]) if is_year else said
        return Reading(match.end(), f"hashtag {said}")
    if _NUMBER_SIGN.match(line.text, at):
        return Reading(at + 1, "number ")  # also before a blank: "jersey # 23"
    return Reading(at + 1, "hashtag ") if _HASHTAG.match(line.text, at) else None


def measured_degrees(line: Line, at: int) -> Reading | None:
    """Read ° behind nothing."""
    del line
    return Reading(at + 1, "degrees")


def approximately(line: Line, at: int) -> Reading | None:
    """Read >5k and <$5 with their units."""
    match = _COMPARED.match(line.text, at)
    if match is None or line.text[:at].rstrip()[-1:].isdigit() or _is_measured(line, at):
        return None
    reading = ranges.quantity(line, match.end())
    return Reading(reading.end, f"{_BARE[match[1]]} {reading.said}") if reading else None


RULES = (
    Rule(approximately, signs="<>="),
    Rule(leads, signs="-=→"),
    Rule(unequal, signs="!"),
    Rule(factorial, signs="!"),
    Rule(scientific, digits=True, followed="eE."),
    Rule(arrow, signs="-=~<>"),
    Rule(comparison, signs="<>"),
    Rule(operator, signs="*/-"),
    Rule(power, signs="^*"),
    Rule(increment, letters=True),
    Rule(grade, letters=True),
    Rule(at_sign, signs="@"),
    Rule(number_sign, signs="#"),
    Rule(sign, signs="".join(_SIGNS), words=("π",)),
)
