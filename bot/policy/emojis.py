"""Emoji: found as whole sequences (UTS #51), so that a family is one emoji and not seven."""

import functools
import re
from collections.abc import Callable, Iterable, Mapping

import emoji

from bot.config.chat.policy import EmojiSettings
from bot.policy.draft import Draft

_JOINER = "\u200d"
_EMOJI_STYLE = "\ufe0f"
_KEYCAP = "\u20e3"
_SKIN_TONES = frozenset(map(chr, range(0x1F3FB, 0x1F400)))
# Style, keycap, skin tone and tag (flags of England, Scotland, Wales).
_LOVED = re.compile(
    r"(?:(?<=\bi)|(?<=\bwe)|(?<=\bthey)) ?[\u2665\u2764\u2661]\ufe0f? ?(?=\w)", re.IGNORECASE
)
"""A heart between who loves and what is loved."""
_MODIFIER = "[\ufe0e\ufe0f\u20e3\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]"


class Emojis:
    """Filter: removes emoji, or replaces them by their names.

    It comes before cleaning, which removes the invisible characters that join sequences.
    """

    def __init__(
        self,
        settings: EmojiSettings,
        *,
        language: str,
        language_of: Callable[[str], str] = lambda _: "",
    ) -> None:
        """Take the settings, the channel's own language, and what guesses that of a text."""
        self._action = settings.action
        self._max_names = settings.max_names
        self._says_love = language == "en" and settings.action == "strip"
        self._language = language
        self._language_of = language_of
        if settings.action == "name":
            _names(language)  # here, not with the first message

    def __call__(self, draft: Draft) -> Draft:
        """Return `draft` without emoji, or with names for them."""
        if self._action == "off" or draft.text.isascii() or _marks().isdisjoint(draft.text):
            return draft
        text = _LOVED.sub(" love ", draft.text) if self._says_love else draft.text
        names = self._names_for(draft.text)
        said = 0

        def spoken(match: re.Match[str]) -> str:
            nonlocal said
            if said >= self._max_names or not (name := _name(match[0], names)):
                return " "
            said += 1
            return f" {name} "

        return draft.with_text(_sequences().sub(spoken, text))

    def _names_for(self, text: str) -> Mapping[str, str]:
        """Return the names in the language of `text`, else in the channel's own."""
        if self._action != "name":
            return {}
        language = self._language_of(text)
        return _names(language if language in emoji.LANGUAGES else self._language)


def _name(sequence: str, names: Mapping[str, str]) -> str:
    bare = sequence.replace(_EMOJI_STYLE, "")
    for candidate in (bare, "".join(c for c in bare if c not in _SKIN_TONES), bare[0]):
        if name := names.get(candidate):
            return name
    return ""


@functools.cache
def characters() -> frozenset[str]:
    """Return every character that is an emoji or starts one, ASCII (keycaps) left out."""
    every = frozenset("".join(emoji.EMOJI_DATA))
    modifiers = frozenset(c for c in every if re.match(f"{_MODIFIER}|{_JOINER}", c))
    return frozenset(c for c in every - modifiers if not c.isascii()) | _SKIN_TONES


@functools.cache
def _marks() -> frozenset[str]:
    """Return the characters of which every emoji has one."""
    return characters() | {_KEYCAP}


def _ranges(characters: Iterable[str]) -> str:
    """Return `characters` as ranges of a regular expression; one by one they are read slowly."""
    codes = sorted(map(ord, characters))
    known = frozenset(codes)
    starts = [code for code in codes if code - 1 not in known]
    ends = [code for code in codes if code + 1 not in known]
    return "".join(f"{chr(start)}-{chr(end)}" for start, end in zip(starts, ends, strict=True))


@functools.cache
def _sequences() -> re.Pattern[str]:
    base = f"[{_ranges(characters())}]{_MODIFIER}*"
    flag = "[\U0001f1e6-\U0001f1ff]{2}"
    return re.compile(f"{flag}|{base}(?:{_JOINER}+{base})*|[0-9#*]{_EMOJI_STYLE}?{_KEYCAP}")


@functools.cache
def _names(language: str) -> dict[str, str]:
    if language not in emoji.LANGUAGES:
        language = "en"
    emoji.config.load_language(language)
    return {
        sequence.replace(_EMOJI_STYLE, ""): data[language].strip(":").replace("_", " ")
        for sequence, data in emoji.EMOJI_DATA.items()
        if language in data
    }
