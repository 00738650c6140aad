"""Class telephone: numbers to call, emergency numbers, and other numbers in groups of digits."""

import re

from bot.policy.speakable.english.numbers import numerals
from bot.policy.speakable.reading import Line, Reading, Rule

_GROUPS = re.compile(r"\+?[0-9]{1,3}(?:[-. ]\(?[0-9]{2,5}\)?){2,5}(?![-.]?[0-9])(?![^\W_])")
_AMERICAN = re.compile(
    r"(?:\+?1[-. ]?)?(?:\([0-9]{3}\)[-. ]?|[0-9]{3}[-. ])[0-9]{3}[-. ]?[0-9]{4}"
    r"(?:[-. ][0-9]{4})?(?![-.]?[0-9])(?![^\W_])"
)
_LOCAL = re.compile(r"[0-9]{3}-[0-9]{4}(?![-.]?[0-9])(?![^\W_])")
_INTERNATIONAL = re.compile(r"\+[0-9]{1,3}(?:[-. ]?\(?[0-9]{1,5}\)?){2,6}(?![-.]?[0-9])(?![^\W_])")
_VANITY = re.compile(r"1-(?:800|888|877|866|900)-(?=[A-Z0-9])")
_TRIPLE = re.compile(r"([0-9])-([0-9])-([0-9])(?!-?[0-9])(?![^\W_])")
_SOCIAL = re.compile(r"[0-9]{3}-[0-9]{2}-[0-9]{4}(?![-.]?[0-9])(?![^\W_])")
_SHORT = re.compile(r"[0-9]{3,12}(?![0-9]|[.,:/-][0-9]|%)(?![^\W_])")
_DIALLED = frozenset(
    {
        "call", "dial", "text", "calling", "called", "ring", "phone", "dialed", "sms", "dialing",
        "texting", "ext", "extension",
    }
)  # fmt: skip
_CODED = frozenset(
    {
        "otp", "cvv", "cvc", "uid", "pin", "code", "zip", "passcode", "password", "id", "serial",
        "pincode", "ticket",
        "order", "postcode", "ext", "extension", "port",
    }
)  # fmt: skip
_LEAST_DIGITS, _MOST_DIGITS = 7, 17


def telephone(line: Line, at: int) -> Reading | None:
    """Read +1 123-123-5678, (555) 555-5555, 555-1234, 1-800-..."""
    match = (
        _AMERICAN.match(line.text, at)
        or _international(line, at)
        or _SOCIAL.match(line.text, at)
        or _LOCAL.match(line.text, at)
        or _VANITY.match(line.text, at)
        or _groups(line, at)
    )
    return Reading(match.end(), _spelled(match[0]), "telephone") if match else None


def _international(line: Line, at: int) -> re.Match[str] | None:
    match = _INTERNATIONAL.match(line.text, at)
    # Fewer digits are what somebody won: "+250".
    return match if match and sum(map(str.isdigit, match[0])) >= _LEAST_DIGITS else None


def _groups(line: Line, at: int) -> re.Match[str] | None:
    match = _GROUPS.match(line.text, at)
    if match is None:
        return None
    count = sum(map(str.isdigit, match[0]))
    is_long = _LEAST_DIGITS <= count <= _MOST_DIGITS and (
        "-" in match[0] or line.before(at) in _DIALLED
    )
    return match if is_long and not _is_numbers(match[0]) else None


def _is_numbers(text: str) -> bool:
    """Tell whether the groups are rather numbers in a row or a date."""
    groups = re.split(r"[-. ]+", text.strip("+"))
    if max(map(len, groups)) < 3:
        return True
    return len(groups) < 3 or (len(groups) == 3 and len(groups[0]) < 3 and len(groups[1]) < 3)


_RUN = re.compile(r"[0-9]{1,5}(?: [0-9]{1,5}){2,9}(?![-.:0-9])(?![^\W_])")


def run(line: Line, at: int) -> Reading | None:
    """Read groups of digits behind "call" or "ring"."""
    match = _RUN.match(line.text, at) if line.before(at) in _DIALLED else None
    return Reading(match.end(), _spelled(match[0]), "telephone") if match else None


def dialled(line: Line, at: int) -> Reading | None:
    """Read short numbers behind "call" or "code" digit by digit: call 112, pin 4821."""
    match = _SHORT.match(line.text, at)
    if match is None:
        return None
    before = line.before(at)
    if before in ("is", ":", "is:", "was", "number", "#", "code:", "to", "me", "at"):
        head = line.text[max(at - 40, 0) : at].lower().replace(":", " ").split()[-4:-1]
        is_coded = not _CODED.isdisjoint(head) or (
            not _DIALLED.isdisjoint(head) and before in ("to", "me", "at")
        )
    else:
        is_coded = before.strip(":") in _CODED or (
            before in _DIALLED and line.after(match.end()) not in ("times", "people")
        )
    return Reading(match.end(), numerals.digits(match[0]), "digits") if is_coded else None


def triple(line: Line, at: int) -> Reading | None:
    """Read 9-1-1."""
    match = _TRIPLE.match(line.text, at)
    return (
        Reading(match.end(), " ".join(numerals.digits(g) for g in match.groups()), "telephone")
        if match
        else None
    )


def _spelled(text: str) -> str:
    groups = [group for group in re.split(r"[-. ()]+", text) if group]
    said = [
        f"{'plus ' if group[0] == '+' else ''}{numerals.digits(group.strip('+'))}"
        if group not in ("800", "900")
        else f"{numerals.count(group)}"
        for group in groups
    ]
    return ", ".join(said) + (", " if text.endswith("-") else "")


RULES = (
    Rule(telephone, digits=True, signs="+("),
    Rule(triple, digits=True, followed="-"),
    Rule(run, digits=True, followed=" "),
    Rule(dialled, digits=True),
)
