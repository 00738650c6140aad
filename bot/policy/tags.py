"""Tags: voices and sounds within a message, `[bass] hello (airhorn)`."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence

from msgspec.structs import replace

from bot.config.chat.tags import TagSettings
from bot.messages import ChatMessage, Chatter, EventKind, Rejection, Segment
from bot.policy.cleaning import is_pronounceable
from bot.policy.draft import Draft, Filter, Span
from bot.runtime.text.cleaning import name_key

_NAME = r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}"
_TAG = re.compile(rf"\[(?P<voice>{_NAME})\]|\((?P<sound>{_NAME})\)")
_AROUND = 32
"""Characters before and behind a tag in which a blocked word that it is part of is looked for."""


class Tags:
    """Filter: takes the tags that count out of the text, and notes the segments between them.

    A tag that is unknown or not allowed stays as it was written. The filters behind see the text
    without the tags, so a blocked word is found however many voices share it. A tag whose name is
    part of a blocked word makes all of the message plain text: those filters see it as written.
    """

    def __init__(
        self,
        settings: TagSettings,
        *,
        blocked: Callable[[str], Sequence[Span]],
        voices: Callable[[Chatter], Mapping[str, str]],
        sounds: Collection[str] = (),
    ) -> None:
        """Take the rules.

        Args:
            settings: Limits, roles and prices.
            blocked: Returns where blocked words are in a text.
            voices: Returns the voices that a chatter may use, by the keys of their names.
            sounds: Sounds that there are, which may change.
        """
        self._blocked = blocked
        self._voices_settings = settings.voices
        self._sounds_settings = settings.sounds
        self._voices = voices
        self._sounds = sounds

    def __call__(self, draft: Draft) -> Draft:
        """Return `draft` with its segments; itself if no tag counts."""
        text = draft.text
        if ("[" not in text and "(" not in text) or _TAG.search(text) is None:
            return draft
        segments, kept = self._split(draft.message, text)
        return replace(draft, text=kept, segments=segments) if segments else draft

    def _split(self, message: ChatMessage, text: str) -> tuple[tuple[Segment, ...], str]:
        """Return the segments, none if no tag counts, and the text without the tags."""
        voices = self._voices_for(message)
        sounds = self._sounds_for(message)
        segments: list[Segment] = []
        kept: list[str] = []
        begin, voice, changes, played = 0, "", 0, 0
        for tag in _TAG.finditer(text):
            named = voices.get(name_key(tag["voice"]), "") if tag["voice"] else ""
            sound = sounds.get(name_key(tag["sound"]), "") if tag["sound"] else ""
            if named and changes < self._voices_settings.most:
                changes += 1
            elif sound and played < self._sounds_settings.most:
                played += 1
            else:
                continue
            if self._is_blocked(text, *tag.span()):
                return (), text
            kept.append(text[begin : tag.start()])
            segments.append(Segment(text=kept[-1], voice=voice))
            if sound:
                segments.append(Segment(sound=sound))
            voice, begin = named or voice, tag.end()
        if not segments:
            return (), text
        kept.append(text[begin:])
        segments.append(Segment(text=kept[-1], voice=voice))
        return tuple(segments), "".join(kept)

    def _is_blocked(self, text: str, start: int, end: int) -> bool:
        """Tell whether the tag there is part of a blocked word: `bad[word]`."""
        first = max(start - _AROUND, 0)
        found = self._blocked(text[first : end + _AROUND])
        return any(begin < end - first and start - first < after for begin, after in found)

    def _voices_for(self, message: ChatMessage) -> Mapping[str, str]:
        rules = self._voices_settings
        if not rules.most:
            return {}
        return {
            key: voice
            for key, voice in self._voices(message.chatter).items()
            if _pays(message, rules.prices.get(voice, rules.bits))
        }

    def _sounds_for(self, message: ChatMessage) -> Mapping[str, str]:
        rules = self._sounds_settings
        if not rules.most:
            return {}
        return {
            name_key(sound): sound
            for sound in self._sounds
            if _pays(message, rules.prices.get(sound, rules.bits))
            and message.chatter.has_rank(rules.roles.get(sound, rules.role))
        }


def _pays(message: ChatMessage, bits: int) -> bool:
    event = message.event
    return not bits or (
        event is not None and event.kind is EventKind.CHEER and event.amount >= bits
    )


class Rewriting:
    """Rewrites the segments of a draft as the filters rewrote its text, and checks the whole."""

    def __init__(
        self,
        filters: Sequence[Filter],
        *,
        words: Filter,
        cut: Callable[[str, int, int], str],
        max_characters: int,
        max_words: int,
        kept: frozenset[str] = frozenset(),
    ) -> None:
        """Take the filters for each segment, the one for the whole, and the limits of the whole."""
        self._filters = filters
        self._words = words
        self._cut = cut
        self._max_characters = max_characters
        self._max_words = max_words
        self._kept = kept

    def __call__(self, draft: Draft) -> tuple[Segment, ...]:
        """Return the segments in words; none if they say more than the text that was checked.

        That text, without tags, is what is spoken then.
        """
        characters, words = self._max_characters, self._max_words
        spoken: list[Segment] = []
        for segment in draft.segments:
            if segment.sound:
                spoken.append(segment)
                continue
            if not segment.text.strip():
                continue
            part = replace(draft, text=segment.text.strip(), prefix="", segments=())
            for filter_ in self._filters:
                result = filter_(part)
                if isinstance(result, Rejection):
                    return ()
                part = result
            text = self._cut(part.text, characters, words) if characters > 0 < words else ""
            if is_pronounceable(text, self._kept):
                spoken.append(replace(segment, text=text))
                characters -= len(text) + 1
                words -= len(text.split())
        texts = [segment.text for segment in spoken if segment.text]
        # As it is heard, with and without the gap between two voices.
        for joined in {" ".join(texts), "".join(texts)}:
            whole = replace(draft, text=joined, segments=())
            result = self._words(whole)
            if isinstance(result, Rejection) or result.text != joined:
                return ()
        return tuple(spoken)
