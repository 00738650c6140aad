"""Shape of a language's table."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

Forms = tuple[str, str]
"""Word for one, and for more."""


class Table(NamedTuple):
    """What `bot.policy.speakable.grammar` needs to know of a language; words in lower case."""

    language: str
    """ISO 639-1 code, as num2words knows it."""
    is_spaced: bool = True
    """Whether words have spaces between them."""

    # Numbers
    group: str = "."
    """Between thousands."""
    mark: str = ","
    """Before decimals."""
    mark_words: Forms | None = None
    """Word of num2words for the decimal mark, and the one that is said."""
    point_word: str = ""
    """Said before decimals behind a point; empty where those are not read."""
    comma_thousands: bool = False
    """Whether 1,500 may be fifteen hundred."""
    minus: str = ""
    """Empty for the first word of what num2words says of -1."""
    scales: Mapping[str, int] = {}
    """Letters and words behind a number that multiply it; a capital differs from a small one."""
    of_millions: Forms | None = None
    """Between whole millions and a noun, and one that begins with a vowel; with their spaces."""
    million: Forms | None = None
    """What 1.2M and 2.5M end with; whole ones are said by num2words."""
    years_by_hundreds: bool = False
    """Whether 1984 is "nineteen hundred and eighty four"."""
    labels: AbstractSet[str] = frozenset()
    """Words before a number that is a name: "Level 1", "Patch 13.4"."""

    # Nouns
    before_noun: Mapping[str, Forms] = {}
    """Ends of numbers that change before a noun, and to what before a masculine and a feminine
    one: "uno" to "un" or "una"."""
    feminine: str | tuple[str, ...] = ""
    """Ends of feminine nouns, without an s."""
    feminine_nouns: AbstractSet[str] = frozenset()
    """Feminine nouns with another end."""
    other_nouns: AbstractSet[str] = frozenset()
    """Nouns with such an end that are not feminine."""
    no_nouns: AbstractSet[str] = frozenset()
    """Words behind a number that are no noun of it, nor begin one."""

    # Money and measures
    percent: str = ""
    currencies: Mapping[str, Forms] = {}
    """By sign or ISO 4217 code."""
    cents: Mapping[str, Forms] = {}
    """The hundredth part, by sign."""
    cents_after: str = "{whole} {cents}"
    """How they follow the main unit; both are words with their unit."""
    units: Mapping[str, Forms] = {}
    one_below_two: bool = False
    """Whether 1.5 and 0 take the form for one."""
    powers: Mapping[str, Forms] = {}
    """Square and cubic units, by the exponent: `{}` is the unit."""
    per: str = ""
    per_units: Mapping[str, str] = {}
    """What a stroke behind a measure may be followed by."""
    stopped: AbstractSet[str] = frozenset()
    """Units that are abbreviations with a stop."""

    # Dates
    months: Sequence[str] = ()
    date: str = ""
    """`{day} {month}`; a year follows after `of_year`."""
    of_year: str = " "
    day_is_ordinal: bool = False
    first_day: str = ""
    """Name of the first day of a month, where it differs."""
    date_words: AbstractSet[str] = frozenset()
    """Words before a date without its year."""
    slash_dates: bool = False
    """Whether 14/07 is a day and a month."""

    # Times
    hour_noun: str = ""
    """Noun that tells the gender of hours."""
    clock: str = "{hour} {minute}"
    full_hour: str = "{hour}"
    one_hour: str = ""
    """The same for no hour and one hour, where it differs."""
    hour_after: AbstractSet[str] = frozenset()
    """Words behind which 20h is a time of day."""
    clock_after: AbstractSet[str] = frozenset()
    """Words behind which 2h30 is a time of day; without any it always is."""
    articles: Forms | None = None
    """Articles of the first hour and the others."""
    article_wanted: AbstractSet[str] = frozenset()
    """Words behind which a time has its article."""
    half_hour: str = ""
    """Thirty minutes behind hours, as they are said."""
    and_time: str = ""
    """Before the last unit of a duration."""
    and_minutes: str = ""
    """Between the hours and the minutes of 2h30, a duration."""

    # Ordinals
    ordinals: str = ""
    """Pattern of what makes an ordinal of the digits before it."""
    feminine_ordinal: Forms | None = None
    """How ordinals end, and feminine ones."""
    short_ordinals: Mapping[str, str] = {}
    """Ordinals that are short before a noun, which an "er" tells."""
    ordinal_endings: Mapping[str, str] = {}
    """What an ordinal ends with where no article says it, by the noun behind it."""
    inflected_after: AbstractSet[str] = frozenset()
    """Words after which an ordinal has an n: "am dritten Mai"."""
    strong_after: AbstractSet[str] = frozenset()
    """Words after which it ends as its noun wants: "ein vierter Platz"."""
    weak_after: AbstractSet[str] = frozenset()
    """Words after which it has no more than its e: "der dritte Mai"."""
    day_after: AbstractSet[str] = frozenset()
    """Words behind which 15. is an ordinal before a verb too: "am 15. ist"."""
    decade_after: AbstractSet[str] = frozenset()
    """Words behind which 80s are a decade."""
    er_forms: Mapping[int, str] = {}
    """Numbers with "er" behind them that are said in another way: 90er is regular."""

    # Two numbers
    to: str = ""
    """Between the ends of a range; empty leaves the hyphen."""
    against: str = ""
    """Between the two numbers of a score: 1:0; empty is `to`."""
    times: str = ""
    """How often something is, 3x: `{n}` is the number."""
    times_part: str = ""
    """The same for 1.5x."""
    by: str = ""
    """Before the number of x2."""
    out_of: str = ""
    """Between the numbers of a rating: 9/10."""
    fractions: Mapping[tuple[int, int], str] = {}
    """Parts that have names."""
    half_before: tuple[str, str, str] = ("", "", "")
    """A half before a masculine, a feminine and a neuter noun, if there are such."""
    and_half: Forms = ("", "")
    """A number and a half, and the same before a feminine noun."""
    and_part: str = ""
    """Between a number and another part."""
    operators: Mapping[str, str] = {}
    """Signs of mathematics between numbers."""
    power: str = ""
    """Sign of 5^2."""
    size_by: str = ""
    """The x of 1920x1080, where it is not that of operators."""

    # Names
    numbered: AbstractSet[str] = frozenset()
    """Words behind which a roman numeral is one, even a single letter."""
    centuries: AbstractSet[str] = frozenset()
    """Words before the numeral of a century."""
    century: AbstractSet[str] = frozenset()
    """Words behind the numeral of a century, which is an ordinal."""
    kings: AbstractSet[str] = frozenset()
    queens: AbstractSet[str] = frozenset()
    king_article: Forms = ("", "")
    last_ordinal_king: int = 0
    """Kings above it are cardinals."""
    wars: AbstractSet[str] = frozenset()
    """Nouns behind II., which is an ordinal."""
    resolution: str = ""
    """4K: `{n}` is the number."""
    version: str = ""
    versioned: AbstractSet[str] = frozenset()
    """Words before a version."""
    telephones: str = ""
    """Pattern of telephone numbers of the country."""

    # Words
    number_word: str = ""
    """The # of #1."""
    label_words: Mapping[str, str] = {}
    """Abbreviations before numbers, such as lvl."""
    symbols: Mapping[str, str] = {}
    slang: Mapping[str, str] = {}
    """Abbreviations of chat, which may hold digits, stops and blanks."""
    short_words: Mapping[str, tuple[str, AbstractSet[str], AbstractSet[str]]] = {}
    """Letters that are words: what is said, before which words, and behind which not."""


_POINT_LANGUAGES = frozenset({"en", "he", "hi", "ko", "th", "zh"})
"""Languages that write 1,234.5; the others write 1.234,5."""


def table_without_words(language: str) -> Table:
    """Return how a language writes numbers; num2words has the words."""
    if language in _POINT_LANGUAGES:
        return Table(language, group=",", mark=".")
    return Table(language)
