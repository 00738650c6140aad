"""Cleaning: `clean` leaves visible characters in one normal form, `plain` what can be spoken."""

import re
import unicodedata

from bot.runtime.text.cleaning import clean

__all__ = ["clean", "is_pronounceable", "plain", "without_space_before_marks"]

_PUNCTUATION = frozenset(".,!?;:'\"-¿¡、。،؛؟।॥")
_NOT_SPOKEN_ASCII = re.compile(r"[^A-Za-z0-9 .,!?;:'\"-]+")
_BEFORE_MARK = re.compile(r" (?=[.,!?]+(?: |$))")
_LONE = re.compile(r"(?<!\S)[^\w\s]+(?!\S)")
_PRONOUNCEABLE = re.compile(r"[^\W_]")


def plain(text: str, kept: frozenset[str] = frozenset()) -> str:
    """Return `text` with a space for every character that is neither spoken nor a pause.

    Characters in `kept` stay. Punctuation that stands alone is left out.
    """
    if text.isascii():
        if text.replace(" ", "").isalnum():  # nearly half of chat
            return " ".join(text.split())
        text = _NOT_SPOKEN_ASCII.sub(" ", text)
    else:
        text = "".join([c if _is_spoken(c) or c in kept else " " for c in text])
    text = without_space_before_marks(text)
    text = _LONE.sub(lambda match: match[0] if not kept.isdisjoint(match[0]) else " ", text)
    return " ".join(text.split())


def without_space_before_marks(text: str) -> str:
    """Return `text` with white space collapsed, and none before the end of a sentence."""
    return _BEFORE_MARK.sub("", " ".join(text.split()))


def is_pronounceable(text: str, kept: frozenset[str] = frozenset()) -> bool:
    """Tell whether `text` holds a letter or a digit, or one of `kept`."""
    return _PRONOUNCEABLE.search(text) is not None or not kept.isdisjoint(text)


def _is_spoken(character: str) -> bool:
    return unicodedata.category(character)[0] in "LMN" or character in _PUNCTUATION
