"""Speakable text: words for what an engine would spell, mispronounce or take as its own markup."""

import re
import unicodedata
from functools import lru_cache

from bot.config.chat.policy import SpeakableSettings
from bot.policy.cleaning import plain
from bot.policy.draft import Draft
from bot.policy.speakable.english import English
from bot.policy.speakable.faces import say_faces
from bot.policy.speakable.grammar import Grammar

_MOST_READINGS = 3
"""Times that a text is read: what is left out brings words together, such as "chapter * IV"."""
_DIGITS = re.compile(r"\d")


class Speakable:
    """Filter: turns writing into words.

    The last step cannot be switched off: it leaves nothing but words and the punctuation of
    sentences, so that no markup of an engine gets through (hibari reads `[word](/phonemes/)`).
    """

    def __init__(self, settings: SpeakableSettings, *, kept: frozenset[str] = frozenset()) -> None:
        """Take the settings, and characters besides words that the last step keeps."""
        self._kept = kept
        self._faces = settings.symbols
        self._own = _reader(settings)
        self._others = lru_cache(maxsize=16)(
            lambda language, slang: _reader(
                settings.model_copy(update={"language": language, "slang": slang})
            )
        )
        self._slang = settings.slang
        self._own_language = settings.language

    def _reading(self, language: str, *, is_romanized: bool = False) -> English | Grammar:
        language = language or self._own_language
        if is_romanized:  # "ty" is "you" of another language then, and no thanks
            return self._others(language, False)  # noqa: FBT003 - the cache takes it by position
        is_own = language == self._own_language
        return self._own if is_own else self._others(language, self._slang)

    def decimal_mark(self, language: str) -> str:
        """Return what stands before decimals in a language; empty is the channel's own."""
        return self._reading(language).decimal_mark

    def without_faces(self, draft: Draft) -> Draft:
        """Return `draft` without what is drawn; laughter in other scripts becomes words."""
        return draft.with_text(say_faces(draft.text)) if self._faces else draft

    def __call__(self, draft: Draft) -> Draft:
        """Return `draft` in words; in the prefix, which is plain already, numbers alone."""
        text = self.read(draft.text, draft.language, is_romanized=draft.is_romanized)
        prefix = self.say_numbers(draft.prefix, draft.prefix_language)
        return draft.with_text(text).with_prefix(prefix)

    def read(self, text: str, language: str = "", *, is_romanized: bool = False) -> str:
        """Return `text` in words; `language` is empty for the channel's own."""
        reader = self._reading(language, is_romanized=is_romanized)
        for _ in range(_MOST_READINGS):
            before = text
            if self._faces:
                text = say_faces(text)
            text = plain(reader.read(_with_ascii_digits(text)), self._kept)
            if text == before:
                break
        return text

    def say_numbers(self, text: str, language: str = "") -> str:
        """Return `text` with its numbers in the words of a language, if they are said at all."""
        return self._reading(language).read_numbers(_with_ascii_digits(text))


def _reader(settings: SpeakableSettings) -> English | Grammar:
    return English(settings) if settings.language == "en" else Grammar(settings)


def _with_ascii_digits(text: str) -> str:
    """Return `text` with the digits of every script as those of ASCII."""
    if text.isascii():
        return text
    return _DIGITS.sub(lambda match: str(unicodedata.digit(match[0])), text)
