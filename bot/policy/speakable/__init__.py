"""Speakable text: words for what an engine would spell, mispronounce or take as its own markup."""

import re

from bot.config.policy import SpeakableSettings
from bot.policy.cleaning import plain
from bot.policy.draft import Draft
from bot.policy.speakable.numbers import Numbers
from bot.policy.speakable.shouting import Shouting
from bot.policy.speakable.slang import expand
from bot.policy.speakable.symbols import say_emoticons, say_symbols


class Speakable:
    """Filter: turns writing into words.

    The last step cannot be switched off: it leaves nothing but words and the punctuation of
    sentences, so that no markup of an engine gets through (hibari reads `[word](/phonemes/)`).
    """

    def __init__(self, settings: SpeakableSettings, *, kept: frozenset[str] = frozenset()) -> None:
        """Take the settings, and characters besides words that the last step keeps."""
        self._kept = kept
        self._replacements = {key.casefold(): said for key, said in settings.replacements.items()}
        longest_first = sorted(self._replacements, key=len, reverse=True)
        self._replaced = re.compile(
            rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)", re.IGNORECASE
        )
        english = settings.language == "en"
        self._symbols = settings.symbols and english
        self._slang = settings.slang and english
        self._shouting = Shouting(settings.acronyms) if settings.lower_shouting else None
        self._numbers = Numbers(settings.language) if settings.numbers else None

    def __call__(self, draft: Draft) -> Draft:
        """Return `draft` in words; in the prefix, which is plain already, numbers alone."""
        text = draft.text
        if said := self._replacements:
            text = self._replaced.sub(lambda m: said.get(m[0].casefold(), m[0]), text)
        if self._symbols:
            text = say_emoticons(text)
        if self._shouting:
            text = self._shouting.lower(text)
        if self._slang:
            text = expand(text)
        if self._symbols:
            text = say_symbols(text)
        text = self.say_numbers(text)
        return Draft(draft.message, plain(text, self._kept), self.say_numbers(draft.prefix))

    def say_numbers(self, text: str) -> str:
        """Return `text` with its numbers in words, if numbers are said at all."""
        return self._numbers.say(text) if self._numbers else text
