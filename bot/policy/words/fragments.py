"""Fragments: blocked words that one chatter spreads over several messages."""

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from bot.messages import ChatMessage
from bot.policy.words.lexicon import is_english
from bot.policy.words.tokens import WORDS
from bot.runtime.recent import Recent

_CHATTERS = 2_000
_MESSAGES = 12
_WITHIN_S = 20.0
"""Longest time between two messages that belong together."""
_LETTERS = 2
"""Most letters of a message that may be one of a word letter by letter."""
_SYLLABLE = 4
"""Most letters of a message that is a part of a word, if it is none of English."""
_LONGEST = 40
_WRITTEN = "@$"
"""Signs that are written for letters."""


class _Said(NamedTuple):
    at: float
    first: str
    last: str
    is_part: bool
    """Whether the whole message may be a part of a word."""


class Fragments:
    """The latest messages of each chatter, as far as they may be parts of a word."""

    def __init__(
        self, is_blocked: Callable[[str], bool], is_phrase: Callable[[str, str], bool]
    ) -> None:
        """Ask `is_blocked` about words that messages make together, `is_phrase` about two words."""
        self._is_blocked = is_blocked
        self._is_phrase = is_phrase
        self._said: Recent[str, deque[_Said]] = Recent(_CHATTERS)

    def complete(self, message: ChatMessage, text: str) -> bool:
        """Tell whether `text` completes a blocked word that earlier messages began; note it.

        The last word of a message and the first one of the next may be its halves, unless both
        are words of English; so may whole messages of a letter or two.
        """
        parts = WORDS.findall(text[:_LONGEST]), WORDS.findall(text[-_LONGEST:])
        if not parts[0] or not parts[1]:
            return False
        first, last = parts[0][0], parts[1][-1]
        said = self._said.get(message.chatter.id)
        if said is None:
            said = deque(maxlen=_MESSAGES)
        while said and message.received_at - said[-1].at > _WITHIN_S:
            said.clear()
        part = _part(text[:_LONGEST])
        if part:
            first = last = part
        found = bool(said) and (
            self._are_halves(said[-1].last, first) or (bool(part) and self._is_spelled(said, part))
        )
        if found:
            said.clear()
        else:
            said.append(_Said(message.received_at, first, last, bool(part)))
        self._said[message.chatter.id] = said
        return found

    def _are_halves(self, before: str, behind: str) -> bool:
        if before.isdecimal() != behind.isdecimal():
            return False  # what stands alone is a number, not letters in disguise
        known = is_english(before.casefold()) and is_english(behind.casefold())
        if known and min(len(before), len(behind)) > _LETTERS:
            return self._is_phrase(before, behind)
        # A word that is blocked by itself has had its message rejected.
        return self._is_blocked(before + behind) and not self._is_blocked(before)

    def _is_spelled(self, said: deque[_Said], letter: str) -> bool:
        letters = letter
        for earlier in reversed(said):
            if not earlier.is_part:
                break
            letters = earlier.last + letters
            if len(letters) > _LETTERS and self._is_blocked(letters):
                return True
        return False


def _part(text: str) -> str:
    """Return the letters of a message that may be part of a word; empty if it is none."""
    letters = "".join(letter for letter in text if letter.isalnum() or letter in _WRITTEN)
    if letters and not any(map(str.isalnum, letters)) and len(letters) > 1:
        return ""
    is_syllable = len(letters) <= _SYLLABLE and " " not in text.strip()
    return letters if len(letters) <= _LETTERS or is_syllable else ""
