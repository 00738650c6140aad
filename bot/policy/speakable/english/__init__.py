"""English: the classes of writing, in the order in which equally long readings count."""

from bot.config.chat.policy import SpeakableSettings
from bot.policy.speakable.english.abbreviations import slang, words
from bot.policy.speakable.english.amounts import degrees, measures, money, sizes
from bot.policy.speakable.english.names import addresses, chess, codes, engines, models, telephones
from bot.policy.speakable.english.numbers import (
    counts,
    decimals,
    digit_words,
    fractions,
    mathematics,
    numbers,
    often,
    ranges,
    romans,
    scores,
)
from bot.policy.speakable.english.times import dates, days, decades, timers, times, weekdays, zones
from bot.policy.speakable.reading import Line, Reader, Rule

_NUMBERS = (
    *engines.RULES,
    *chess.RULES,
    *telephones.RULES,
    *addresses.RULES[:2],
    *dates.RULES,
    *weekdays.RULES,
    *timers.RULES,
    *times.RULES,
    *decades.RULES,
    *zones.RULES,
    *often.RULES,
    *degrees.RULES,
    *ranges.RULES,
    *scores.RULES,
    *days.RULES,
    *counts.RULES,
    *fractions.RULES,
    *models.RULES,
    *codes.RULES,
    *money.RULES,
    *sizes.RULES,
    *decimals.RULES,
    *measures.RULES,
    *romans.RULES,
    *numbers.RULES,
)

_PRIMES = str.maketrans("′″", "'\"")
"""Signs of feet and inches, as they are typed by most."""


class English:
    """Reading of English, as the settings ask for it."""

    decimal_mark = "."

    def __init__(self, settings: SpeakableSettings) -> None:
        configured = frozenset({"I", *(acronym.upper() for acronym in settings.acronyms)})
        self._acronyms = words.kept(configured)
        self._lowers = settings.lower_shouting
        shouting = Rule(words.Shouting(self._acronyms), every_word=True)
        self._chat = Reader(
            [
                *((*slang.RULES, *digit_words.RULES) if settings.slang else ()),
                *(_NUMBERS if settings.numbers else ()),
                *(mathematics.RULES if settings.symbols else ()),
                *addresses.RULES[2:],
                *((shouting,) if settings.lower_shouting else ()),
            ]
        )
        self._numbers = Reader(_NUMBERS if settings.numbers else ())

    def read(self, text: str) -> str:
        """Return chat in words."""
        if not text.isascii():
            text = text.translate(_PRIMES)
        is_shouted = self._lowers and words.is_shouted(text, self._acronyms)
        return self._chat.read(Line(text, is_shouted=is_shouted))

    def read_numbers(self, text: str) -> str:
        """Return text of the configuration, such as an introduction, with its numbers in words."""
        return self._numbers.read(Line(text))
