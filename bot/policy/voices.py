"""Voice of a message: by its event, its chatter's choice, a pool, the channel."""

import hashlib
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from bot.config.chat.answers import PLAIN
from bot.config.chat.policy import VoiceSettings
from bot.messages import Answer, ChatMessage, Chatter
from bot.policy.chatters import Remembered
from bot.runtime.text.cleaning import name_key
from bot.voices.folder import DEFAULT, RANDOM, RESET

_LISTED_CHARACTERS = 300
"""Limit of a list of voices in an answer."""
_BACK = frozenset({DEFAULT, RESET})
"""Words that give the chatter's own choice back."""


class _Kept(NamedTuple):
    """What is kept of a chatter; empty for nothing."""

    assigned: str
    """Voice that a moderator gave."""
    chosen: str
    """Voice that the chatter chose."""


class VoiceChoice:
    """Voices of one channel, and those that its chatters chose."""

    def __init__(
        self,
        settings: VoiceSettings,
        *,
        default: str,
        by_language: Mapping[str, str] | None = None,
        known: Collection[str] | None = None,
        remembered: Remembered = lambda _: {},
        say: Callable[[Answer], str] = PLAIN.text,
    ) -> None:
        """Take the channel's rules, as `follow` does, and what there is.

        Args:
            settings: Pool, events and roles.
            default: Voice of the channel.
            by_language: Voices of messages in other languages, by their ISO 639-1 codes.
            known: Voices that there are, which may change; None where the engine has only one.
            remembered: Returns voices that chatters chose before, and that moderators gave them,
                by the chatters' ids.
            say: Returns the words of an answer.
        """
        self.follow(settings, default=default, by_language=by_language)
        self._known = known
        self._assigned = remembered("assigned_voice")
        self._chosen = remembered("voice")
        self._say = say

    def follow(
        self,
        settings: VoiceSettings,
        *,
        default: str,
        by_language: Mapping[str, str] | None = None,
    ) -> None:
        """Take the channel's rules from now on."""
        self._settings = settings
        self._default = default
        self._by_language = by_language or {}

    def __call__(self, message: ChatMessage, language: str = "") -> str:
        """Return the voice of `message`; one that is gone, or needs another role, does not count.

        `language` is empty for the channel's own.

        The channel's voice is not checked: if that is gone, the engine reports it.
        """
        if voice := self._by_language.get(language):
            return voice
        if message.event is not None:
            voice = self._settings.events.get(message.event.kind, "")
            if self._exists(voice):
                return voice
        return self._own(message.chatter)

    def of(self, chatter: Chatter) -> str:
        """Return the voice of a chatter's own messages."""
        return self._own(chatter)

    def choose(self, chatter: Chatter, name: str) -> Answer:
        """Give `chatter` the voice `name`, or tell which there are if that is empty.

        The answer holds nothing that the chatter typed.
        """
        if self._known is None:
            return Answer.of("voice_only")
        offered = self._offered(chatter)
        if not name:
            return Answer.of("voice", voice=self._own(chatter), offer=self._listed(offered))
        if (key := name_key(name)) in _BACK:
            self.restore(chatter, _Kept("", ""))
            return Answer.of("voice_again", voice=self._own(chatter))
        found = _drawn(offered, self._own(chatter)) if key == RANDOM else _named(offered, key)
        if found:
            self.restore(chatter, _Kept("", found))
            return Answer.of("voice_set", voice=found)
        for voice, role in self._settings.roles.items():
            if name_key(voice) == key and self._exists(voice):
                offer = self._listed(offered)
                return Answer.of("voice_needs", voice=voice, role=role, offer=offer)
        return Answer.of("voice_unknown", offer=self._listed(offered))

    def assign(self, chatter: Chatter, name: str) -> Answer:
        """Give `chatter` the voice `name`, whatever role that needs: a moderator says so."""
        if self._known is None:
            return Answer.of("voice_only")
        every = sorted(self._known)
        key = name_key(name)
        kept = self.kept_of(chatter)
        if key in _BACK:
            self.restore(chatter, _Kept("", kept.chosen))
            return Answer.of("voice_set", voice=self._own(chatter))
        found = _drawn(every, self._own(chatter)) if key == RANDOM else _named(every, key)
        if not found:
            return Answer.of("voice_unknown", offer=self._listed(every))
        self.restore(chatter, _Kept(found, kept.chosen))
        return Answer.of("voice_set", voice=found)

    def usable(self, chatter: Chatter) -> Mapping[str, str]:
        """Return the voices that `chatter` may use within a message, by the keys of their names."""
        # Where voices are not known, the engine has only one.
        offered = self._offered(chatter) if self._known is not None else ()
        return {name_key(voice): voice for voice in offered}

    def kept_of(self, chatter: Chatter) -> _Kept:
        """Return what is kept of `chatter`."""
        return _Kept(self._assigned.get(chatter.id, ""), self._chosen.get(chatter.id, ""))

    def restore(self, chatter: Chatter, kept: _Kept) -> None:
        """Keep `kept` of `chatter`, and nothing else."""
        for values, voice in zip((self._assigned, self._chosen), kept, strict=True):
            if voice:
                values[chatter.id] = voice
            else:
                values.pop(chatter.id, None)

    def _own(self, chatter: Chatter) -> str:
        assigned = self._assigned.get(chatter.id, "")
        if self._exists(assigned):
            return assigned
        chosen = self._chosen.get(chatter.id, "")
        if self._exists(chosen) and self._may(chatter, chosen):
            return chosen
        pool = [v for v in self._settings.pool if self._exists(v) and self._may(chatter, v)]
        # Rendezvous hashing: a voice more or less moves few chatters to another one.
        return max(pool, key=lambda voice: _hash(chatter.id, voice), default=self._default)

    def _offered(self, chatter: Chatter) -> list[str]:
        offered = self._settings.offered
        voices = self._known or () if offered == "all" else offered
        return sorted(v for v in voices if self._exists(v) and self._may(chatter, v))

    def _listed(self, voices: Sequence[str]) -> str:
        if not voices:
            return self._say(Answer.of("voice_no_offer"))
        some: list[str] = []
        for voice in voices:
            if len(", ".join([*some, voice])) > _LISTED_CHARACTERS:
                more = len(voices) - len(some)
                return self._say(Answer.of("voice_offer_more", voices=", ".join(some), count=more))
            some.append(voice)
        return self._say(Answer.of("voice_offer", voices=", ".join(some)))

    def _exists(self, voice: str) -> bool:
        return bool(voice) and (self._known is None or voice in self._known)

    def _may(self, chatter: Chatter, voice: str) -> bool:
        return chatter.has_rank(self._settings.roles.get(voice, "everyone"))


def _hash(chatter_id: str, voice: str) -> bytes:
    return hashlib.sha256(f"{voice}\0{chatter_id}".encode(errors="replace")).digest()


def _named(voices: Iterable[str], key: str) -> str:
    return next((voice for voice in voices if name_key(voice) == key), "")


def _drawn(voices: Sequence[str], present: str) -> str:
    """Return one of `voices` at random, another than the present one if there is one."""
    return secrets.choice([voice for voice in voices if voice != present] or voices or [""])
