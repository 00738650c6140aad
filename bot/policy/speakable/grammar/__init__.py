"""Grammar of the languages other than English: classes of writing, by the table of the language."""

from bot.config.chat.policy import SpeakableSettings
from bot.policy.speakable.grammar.arithmetic import Arithmetic
from bot.policy.speakable.grammar.dates import Dates
from bot.policy.speakable.grammar.digits import sorted_rules
from bot.policy.speakable.grammar.fractions import Fractions
from bot.policy.speakable.grammar.measures import Measures
from bot.policy.speakable.grammar.models import Models
from bot.policy.speakable.grammar.numbers import Numbers
from bot.policy.speakable.grammar.ordinals import Ordinals
from bot.policy.speakable.grammar.ranges import Ranges
from bot.policy.speakable.grammar.romans import Romans
from bot.policy.speakable.grammar.times import Times
from bot.policy.speakable.grammar.words import Words
from bot.policy.speakable.reading import Line, Reader, Rule
from bot.policy.speakable.tables import Table, table_of


class Grammar:
    """Reading of one language, as its table says; what no rule claims stays as it is."""

    def __init__(self, settings: SpeakableSettings) -> None:
        """Take the settings; each class of writing that is switched off has no rules."""
        table = table_of(settings.language)
        self.decimal_mark = table.mark
        words = Words(table)
        numbers = _number_rules(table) if settings.numbers else ()
        self._numbers = Reader(numbers)
        self._chat = Reader(
            [
                *(words.slang_rules() if settings.slang else ()),
                *(words.label_rules() if settings.numbers else ()),
                *numbers,
                *(words.symbol_rules() if settings.symbols else ()),
            ]
        )

    def read(self, text: str) -> str:
        """Return chat in words; where there are no words for a number, its digits stay."""
        return self._chat.read(Line(text))

    def read_numbers(self, text: str) -> str:
        """Return text of the configuration, such as an introduction, with its numbers in words."""
        return self._numbers.read(Line(text))


def _number_rules(table: Table) -> tuple[Rule, ...]:
    """Return the rules in which there are numbers; of equally long readings the first counts."""
    numbers = Numbers(table)
    measures = Measures(numbers)
    ordinals = Ordinals(numbers)
    times = Times(numbers, measures)
    return sorted_rules(
        (
            *Dates(numbers, ordinals).rules(),
            *times.rules(),
            *ordinals.rules(),
            *Romans(numbers).rules(),
            *Fractions(numbers, measures).rules(),
            *Arithmetic(numbers, measures).rules(),
            *Models(numbers).rules(),
            *Ranges(numbers, measures, times).rules(),
            *numbers.rules(),
            *measures.rules(),
        )
    )
