"""Tables of the languages other than English: what their numbers, money and dates are called."""

from bot.policy.speakable.tables.french import FRENCH
from bot.policy.speakable.tables.german import GERMAN
from bot.policy.speakable.tables.japanese import JAPANESE
from bot.policy.speakable.tables.portuguese import PORTUGUESE
from bot.policy.speakable.tables.spanish import SPANISH
from bot.policy.speakable.tables.table import Table, table_without_words

_TABLES = {table.language: table for table in (FRENCH, GERMAN, JAPANESE, PORTUGUESE, SPANISH)}


def table_of(language: str) -> Table:
    """Return the table of a language; for one that has none, how it writes its numbers."""
    return _TABLES.get(language) or table_without_words(language)


__all__ = ["Table", "table_of"]
