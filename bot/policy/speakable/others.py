"""Languages without rules of their own here: their numbers, as num2words knows them."""

import re
from functools import lru_cache

from num2words import num2words

from bot.config.policy import SpeakableSettings

_MAX_CARDINAL_DIGITS = 9
"""Limit of a number that is said as one; a longer one is spelled."""
_MAX_GROUPED_DIGITS = 15
"""The same limit for a number with separators."""
_MAX_SPELLED_DIGITS = 12
"""Limit of digits that are spelled; the rest is left out."""
_MAX_DECIMALS = 6

# Languages that write 1,234.5; the others write 1.234,5.
_POINT_LANGUAGES = frozenset({"en", "he", "hi", "ja", "ko", "th", "zh"})


class Other:
    """Numbers in the words of one language; other writing stays."""

    def __init__(self, settings: SpeakableSettings) -> None:
        self._is_said = settings.numbers
        self._language = language = settings.language
        group, mark = (",", r"\.") if language in _POINT_LANGUAGES else (r"\.", ",")
        # Possessive, so that a run of digits is read once.
        self._number = re.compile(
            rf"(?P<minus>(?<!\S)-)?(?:(?P<grouped>(?<![0-9,.])[0-9]{{1,3}}(?:{group}"
            rf"[0-9]{{3}})++)(?![0-9])"
            rf"|(?P<dotted>[0-9]++(?:\.[0-9]++){{2,}})|(?P<whole>[0-9]++))(?:{mark}(?P<decimals>"
            rf"[0-9]++))?"
        )

    def read(self, text: str) -> str:
        """Return `text` with its numbers in words; a language without words keeps the digits."""
        return self._number.sub(self._spoken, text) if self._is_said else text

    read_numbers = read

    def _spoken(self, match: re.Match[str]) -> str:
        if match["dotted"]:
            words = _dotted(match["dotted"], self._language)
            if match["decimals"]:
                words += " " + _spelled(match["decimals"], self._language)
        else:
            whole = re.sub(r"\D", "", match["grouped"] or match["whole"])
            decimals = match["decimals"] or ""
            words = _number_words(
                whole, decimals, self._language, is_grouped=bool(match["grouped"])
            )
        if match["minus"]:
            words = f"{_minus(self._language)} {words}"
        before = " " if match.string[match.start() - 1 : match.start()].isalnum() else ""
        after = " " if match.string[match.end() : match.end() + 1].isalnum() else ""
        return f"{before}{words}{after}"


def _dotted(text: str, language: str) -> str:
    parts = text.split(".")
    if len(parts[0]) <= 3 and all(len(part) == 3 for part in parts[1:]):
        return _number_words("".join(parts), "", language, is_grouped=True)
    return " ".join(_number_words(p, "", language, is_grouped=False) for p in parts[:6])


@lru_cache(maxsize=4096)
def _number_words(whole: str, decimals: str, language: str, *, is_grouped: bool) -> str:
    most = _MAX_GROUPED_DIGITS if is_grouped else _MAX_CARDINAL_DIGITS
    if len(whole) > most or (len(whole) > 1 and whole[0] == "0"):
        words = _spelled(whole, language)
    else:
        number = int(whole)
        words = in_words(number, language)
    if not decimals:
        return words
    if len(whole) > _MAX_CARDINAL_DIGITS:
        return f"{words} {_spelled(decimals[:_MAX_DECIMALS], language)}"
    return in_words(float(f"{whole}.{decimals[:_MAX_DECIMALS]}"), language)


def _spelled(digits: str, language: str) -> str:
    return " ".join(in_words(int(digit), language) for digit in digits[:_MAX_SPELLED_DIGITS])


def _minus(language: str) -> str:
    words = in_words(-1, language).split()
    return words[0] if len(words) > 1 else ""


@lru_cache(maxsize=4096)
def in_words(number: float, language: str) -> str:
    """Return `number` in words of `language`, or in digits where num2words has no words."""
    try:
        words = num2words(number, lang=language)
    except Exception:  # noqa: BLE001 - fifty languages fail in as many ways; digits stay digits
        return str(number)
    return str(words).replace(",", "").replace("-", " ")
