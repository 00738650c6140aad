"""Reading of what Social Stream Ninja posts, with a memory for what it deletes later.

Its deletions name a message by a counter of its own, or a chatter by the name alone, so the last of
both are remembered.
"""

from collections.abc import Mapping
from typing import Any

from bot.messages import ChatMessage, Purge
from bot.runtime.recent import Recent
from bot.sources import Origin
from bot.sources.social_stream.payloads import (
    chatter_id,
    deleted,
    identifier,
    names,
    platform_of,
    to_message,
)

_REMEMBERED = 2_000
"""Messages, and names, that are remembered for a deletion."""


class SocialStream:
    """What Social Stream Ninja posts to one channel."""

    def __init__(self) -> None:
        self._messages: Recent[tuple[str, str], str] = Recent(_REMEMBERED)
        self._chatters: Recent[tuple[str, str], str] = Recent(_REMEMBERED)

    def read(
        self, value: Mapping[str, Any], origin: Origin, *, new_id: str
    ) -> ChatMessage | Purge | None:
        """Return the message or the deletion in `value`; None for what is neither.

        That is a counter or another notice, what a bot wrote, and what is private.
        """
        if (deletion := deleted(value)) is not None:
            return self._purge(deletion, origin)
        message = to_message(value, origin, new_id=new_id)
        if message is None:
            return None
        platform = platform_of(value)
        if counter := identifier(value.get("id")):
            self._messages[platform, counter] = message.id
        for name in names(value):
            self._chatters[platform, name] = message.chatter.id
        return message

    def _purge(self, deletion: Mapping[str, Any], origin: Origin) -> Purge | None:
        platform, channel = platform_of(deletion), origin.channel
        meta = deletion.get("meta")
        native = identifier(meta.get("messageId")) if isinstance(meta, dict) else None
        if native is not None:
            return Purge(channel=channel, message_id=native)
        if counter := identifier(deletion.get("id")):
            known = self._messages.get((platform, counter))
            return Purge(channel=channel, message_id=known) if known else None
        for name in names(deletion):
            if known := self._chatters.get((platform, name)):
                return Purge(channel=channel, chatter_id=known)
        person = chatter_id(deletion)
        return Purge(channel=channel, chatter_id=person) if person else None
