"""Voice of a message: by its event, its chatter's choice, a pool, the channel."""

import hashlib
from collections.abc import Collection, Mapping, MutableMapping

from bot.config.policy import VoiceSettings
from bot.messages import ChatMessage, Chatter
from bot.runtime.cleaning import name_key
from bot.voices.folder import DEFAULT

_LISTED_CHARACTERS = 300
"""Limit of an answer that lists voices."""


class VoiceChoice:
    """Voices of one channel, and those that its chatters chose."""

    def __init__(
        self,
        settings: VoiceSettings,
        *,
        default: str,
        by_language: Mapping[str, str] | None = None,
        known: Collection[str] | None = None,
        chosen: MutableMapping[str, str] | None = None,
    ) -> None:
        """Take the channel's rules.

        Args:
            settings: Pool, events and roles.
            default: Voice of the channel.
            by_language: Voices of messages in other languages, by their ISO 639-1 codes.
            known: Voices that there are, which may change; None where the engine has only one.
            chosen: Voices that chatters chose before, by their ids; changed in place.
        """
        self._settings = settings
        self._default = default
        self._by_language = by_language or {}
        self._known = known
        self._chosen = {} if chosen is None else chosen

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

    def choose(self, chatter: Chatter, name: str) -> str:
        """Give `chatter` the voice `name`, or none if that is empty; return the answer.

        The answer names the voice, and holds nothing that the chatter typed.
        """
        if self._known is None:
            return "there is only one voice here"
        offered = self._offered(chatter)
        if not name:
            return f"your voice is {self._own(chatter)}; {_listed(offered)}"
        found = next((voice for voice in offered if name_key(voice) == name_key(name)), None)
        if found is not None:
            self._chosen[chatter.id] = found
            return f"your voice is {found} from now on"
        if name_key(name) == DEFAULT:
            self._chosen.pop(chatter.id, None)
            return f"your voice is {self._own(chatter)} again"
        for voice, role in self._settings.roles.items():
            if name_key(voice) == name_key(name) and self._exists(voice):
                return f"{voice} needs the role {role}; {_listed(offered)}"
        return f"there is no such voice; {_listed(offered)}"

    def _own(self, chatter: Chatter) -> str:
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

    def _exists(self, voice: str) -> bool:
        return bool(voice) and (self._known is None or voice in self._known)

    def _may(self, chatter: Chatter, voice: str) -> bool:
        return chatter.has_rank(self._settings.roles.get(voice, "everyone"))


def _hash(chatter_id: str, voice: str) -> bytes:
    return hashlib.sha256(f"{voice}\0{chatter_id}".encode(errors="replace")).digest()


def _listed(voices: list[str]) -> str:
    if not voices:
        return "there is none to choose"
    text = "choose from: "
    for number, voice in enumerate(voices):
        separator = ", " if number else ""
        if len(text) + len(separator) + len(voice) > _LISTED_CHARACTERS:
            return f"{text} and {len(voices) - number} more"
        text += separator + voice
    return text
