"""Shape of a language's table."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

Forms = tuple[str, str]
"""Word for one, and for more."""


class Table(NamedTuple):
    """What `bot.policy.speakable.grammar` needs to know of a language."""

    language: str
    """ISO 639-1 code, as num2words knows it."""
    group: str = "."
    """Between thousands."""
    mark: str = ","
    """Before decimals."""
    minus: str = ""
    """Empty for the first word of what num2words says of -1."""
    to: str = ""
    """Between the ends of a range; empty leaves the hyphen."""
    against: str = ""
    """Between the two numbers of a score: 1:0; empty is `to`."""
    mark_words: tuple[str, str] | None = None
    """Word of num2words for the decimal mark, and the one that is said."""
    percent: str = ""
    currencies: Mapping[str, Forms] = {}
    """By sign or ISO 4217 code."""
    cents: Mapping[str, Forms] = {}
    """The hundredth part, by sign."""
    cents_after: str = "{whole} {cents}"
    """How they follow the main unit; both are words with their unit."""
    units: Mapping[str, Forms] = {}
    scales: Mapping[str, int] = {}
    """Letters and words behind a number that multiply it, in lower case."""
    months: Sequence[str] = ()
    date: str = ""
    """`{day} {month}`; a year follows after `of_year`."""
    of_year: str = " "
    day_is_ordinal: bool = False
    first_day: str = ""
    """Name of the first day of a month, where it differs."""
    clock: str = "{hour} {minute}"
    full_hour: str = "{hour}"
    ordinals: str = ""
    """Pattern of what makes an ordinal of the digits before it."""
    feminine_ordinal: tuple[str, str] | None = None
    """How ordinals end, and feminine ones."""
    ordinal_endings: Mapping[str, str] = {}
    """What an ordinal ends with at the beginning of a sentence, by the noun behind it."""
    times: str = ""
    """How often something is, 3x: `{n}` is the number."""
    before_noun: Mapping[str, Forms] = {}
    """Ends of numbers that change before a noun, and to what before a masculine and a feminine
    one: "uno" to "un" or "una"."""
    feminine: str = ""
    """Last letter of feminine nouns."""
    years_by_hundreds: bool = False
    """Whether 1984 is "nineteen hundred and eighty four"."""
    inflected_after: Sequence[str] = ()
    """Words after which an ordinal has an n: "am dritten Mai"."""
    is_spaced: bool = True
    """Whether words have spaces between them."""
    symbols: Mapping[str, str] = {}
    slang: Mapping[str, str] = {}
    """Abbreviations of chat, in lower case."""


_POINT_LANGUAGES = frozenset({"en", "he", "hi", "ko", "th", "zh"})
"""Languages that write 1,234.5; the others write 1.234,5."""


def table_without_words(language: str) -> Table:
    """Return how a language writes numbers; num2words has the words."""
    if language in _POINT_LANGUAGES:
        return Table(language, group=",", mark=".")
    return Table(language)
