"""Numbers in words, for every language that num2words knows."""

import re
import unicodedata
from functools import lru_cache, partial

from bot.policy.speakable.quantities import in_words, say_quantities

_MAX_CARDINAL_DIGITS = 9
"""Limit of a number that is said as one; a longer one is spelled."""
_MAX_GROUPED_DIGITS = 15
"""The same limit for a number with separators."""
_MAX_SPELLED_DIGITS = 12
"""Limit of digits that are spelled; the rest is left out."""
_MAX_DECIMALS = 6
_YEARS = range(1900, 2100)

_DIGIT = re.compile(r"\d")
# Languages that write 1,234.5; the others write 1.234,5.
_POINT_LANGUAGES = frozenset({"en", "he", "hi", "ja", "ko", "th", "zh"})


class Numbers:
    """Numbers in the words of one language."""

    def __init__(self, language: str) -> None:
        self._language = language
        group, mark = (",", r"\.") if language in _POINT_LANGUAGES else (r"\.", ",")
        # Possessive, so that a run of digits is read once.
        self._number = re.compile(
            rf"(?P<minus>(?<!\S)-)?(?:(?P<grouped>(?<![0-9,.])[0-9]{{1,3}}(?:{group}[0-9]{{3}})++)(?![0-9])"
            rf"|(?P<dotted>[0-9]++(?:\.[0-9]++){{2,}})|(?P<whole>[0-9]++))(?:{mark}(?P<decimals>[0-9]++))?"
        )

        self._in_words = lru_cache(maxsize=4096)(partial(self._number.sub, self._spoken))

    def say(self, text: str) -> str:
        """Return `text` with its numbers in words; a language without words keeps the digits."""
        if _DIGIT.search(text) is None:
            return text
        if not text.isascii():  # digits of every script count
            text = _DIGIT.sub(lambda match: str(unicodedata.digit(match[0])), text)
        if self._language == "en":
            text = say_quantities(text, self._in_words)
        return self._number.sub(self._spoken, text)

    def _spoken(self, match: re.Match[str]) -> str:
        if match["dotted"]:
            words = _dotted(match["dotted"], self._language)
            if match["decimals"]:
                words += " " + _spelled(match["decimals"], self._language)
        else:
            whole = re.sub(r"\D", "", match["grouped"] or match["whole"])
            is_year = not (match["grouped"] or match["decimals"] or match["minus"])
            words = _number_words(
                whole,
                match["decimals"] or "",
                self._language,
                is_grouped=bool(match["grouped"]),
                is_year=is_year,
            )
        if match["minus"]:
            words = f"{_minus(self._language)} {words}"
        before = " " if match.string[match.start() - 1 : match.start()].isalnum() else ""
        after = " " if match.string[match.end() : match.end() + 1].isalnum() else ""
        return f"{before}{words}{after}"


def _dotted(text: str, language: str) -> str:
    parts = text.split(".")
    if len(parts[0]) <= 3 and all(len(part) == 3 for part in parts[1:]):  # noqa: PLR2004 - thousands
        return _number_words("".join(parts), "", language, is_grouped=True, is_year=False)
    point = " point " if language == "en" else " "
    return point.join(
        _number_words(p, "", language, is_grouped=False, is_year=False) for p in parts[:6]
    )


@lru_cache(maxsize=4096)
def _number_words(
    whole: str, decimals: str, language: str, *, is_grouped: bool, is_year: bool
) -> str:
    most = _MAX_GROUPED_DIGITS if is_grouped else _MAX_CARDINAL_DIGITS
    if len(whole) > most or (len(whole) > 1 and whole[0] == "0"):
        words = _spelled(whole, language)
    else:
        number = int(whole)
        is_year = is_year and language == "en" and number in _YEARS
        words = in_words(number, language, to="year" if is_year else "cardinal")
    if not decimals:
        return words
    if language == "en":
        return f"{words} point {_spelled(decimals[:_MAX_DECIMALS], language)}"
    if len(whole) > _MAX_CARDINAL_DIGITS:
        return f"{words} {_spelled(decimals[:_MAX_DECIMALS], language)}"
    return in_words(float(f"{whole}.{decimals[:_MAX_DECIMALS]}"), language)


def _spelled(digits: str, language: str) -> str:
    return " ".join(in_words(int(digit), language) for digit in digits[:_MAX_SPELLED_DIGITS])


def _minus(language: str) -> str:
    words = in_words(-1, language).split()
    return words[0] if len(words) > 1 else ""
