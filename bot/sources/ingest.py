r"""Ingest: messages that other programs POST to /api/chat.

    curl -d '{"author": {"name": "viewer1"}, "text": "hello"}' \
        -H 'Content-Type: application/json' http://127.0.0.1:7850/api/chat

The body is one JSON object in the form of `bot.sources.chat_json`, a message of Social Stream
Ninja, a form or the text alone (`bot.sources.bodies`). `channel` may name one of the configured
channels that have an ingest source; otherwise the first of those gets it. The answer is 202 with
the message's id, or an error with a sentence.
"""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import msgspec
from aiohttp import web
from msgspec.structs import replace

from bot.config.sections.sources import IngestSettings
from bot.errors import shown
from bot.messages import ChatMessage, Purge, SourceItem
from bot.runtime.clock import now
from bot.runtime.endpoints import JSON, Caller, Form, as_json, endpoint
from bot.runtime.text.cleaning import name_key
from bot.sources import Deliver, Origin
from bot.sources.bodies import DEFAULT_NAME, FORMS, MessageForm, read_body
from bot.sources.chat_json import ChatJsonError, MessageBody, read_channel, read_item
from bot.sources.sanitize import RecentIds
from bot.sources.social_stream import SocialStream, is_social_stream, native_id

PATH = "/api/chat"


class ChatAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of a message."""

    id: str | None
    """Its id; None if it is no message."""
    ignored: str = ""
    """Why nothing comes of it, if so."""


class IngestSource:
    """Posts for one channel; `routes` serves those of all channels."""

    def __init__(self, settings: IngestSettings, channel: str) -> None:
        self.name: str = settings.type
        self.channel = channel
        self._roles = {
            name_key(name): frozenset(
                role for role, names in settings.roles.items() if name in names
            )
            for names in settings.roles.values()
            for name in names
        }
        self._seen = RecentIds()
        self._social_stream = SocialStream()
        self._deliver: Deliver | None = None

    @property
    def state(self) -> str:
        """Whether posts are taken, as one clause."""
        return f"open at {PATH}" if self._deliver else "closed"

    def resume(self, message: ChatMessage) -> None:
        """Take note of a message that an earlier run left to be spoken: it may be posted again."""
        if message.source == self.name:
            self._seen.add(message.id)

    async def run(self, deliver: Deliver) -> None:
        """Deliver posts until cancelled."""
        self._deliver = deliver
        try:
            await asyncio.Event().wait()
        finally:
            self._deliver = None

    async def post(self, value: dict[str, Any]) -> ChatAnswer:
        """Deliver the JSON object `value`, once per id; return the answer.

        Raises:
            ChatJsonError: it is of another form.
            web.HTTPServiceUnavailable: `run` is not running.
        """
        if self._deliver is None:
            raise web.HTTPServiceUnavailable(text="The daemon is not ready; try again.")
        item = self._read(value)
        if item is None:
            return ChatAnswer(id=None, ignored="It is no message of a chatter, and deletes none.")
        if isinstance(item, ChatMessage) and not self._seen.add(item.id):
            return ChatAnswer(id=item.id, ignored="A message with this id was there already.")
        await self._deliver(item)
        if isinstance(item, ChatMessage):
            return ChatAnswer(id=item.id)
        return ChatAnswer(id=item.message_id if isinstance(item, Purge) else None)

    def _read(self, value: dict[str, Any]) -> SourceItem | None:
        origin, new_id = Origin(self.channel, self.name, now()), uuid4().hex
        if is_social_stream(value):
            new_id = native_id(value) or new_id
            item: SourceItem | None = self._social_stream.read(value, origin, new_id=new_id)
        else:
            item = read_item(value, origin, new_id=new_id)
        return self._with_roles(item) if isinstance(item, ChatMessage) else item

    def _with_roles(self, message: ChatMessage) -> ChatMessage:
        """Return `message` with the roles that the configuration gives its chatter's names."""
        chatter = message.chatter
        given = [self._roles[key] for key in chatter.keys if key in self._roles]
        if not given:
            return message
        return replace(message, chatter=replace(chatter, roles=chatter.roles.union(*given)))


class SayQuery(Form, frozen=True):
    """Message in an address, for programs that can do no more than open one."""

    text: str
    name: str = DEFAULT_NAME
    """Name of who says it."""
    channel: str = ""
    """Name of a channel with an ingest source; the first one by default."""


class Ingest:
    """Endpoints for the posts of all channels."""

    def __init__(self, sources: Sequence[IngestSource]) -> None:
        """Serve `sources`; the first one by default."""
        self._sources = {source.channel: source for source in sources}
        least = Caller.MODERATOR
        accepted = web.HTTPAccepted.status_code
        self.routes = [
            endpoint(
                *("POST", PATH, self._post),
                least=least,
                takes={JSON: MessageBody, **dict.fromkeys(FORMS, MessageForm), "text/plain": str},
                gives={JSON: ChatAnswer},
                status=accepted,
            ),
            # A page could call it without the user's knowledge: nothing is sent but an address.
            endpoint(
                *("GET", "/api/say", self._say), least=least, is_token_needed=True, status=accepted
            ),
        ]

    async def _post(self, request: web.Request) -> web.Response:
        """Say a message of chat; moderation decides on it as on any other.

        JSON in the form of docs/chat.md or of Social Stream Ninja, a form, or the text alone. It is
        answered when a message that was paid for is on the disk.
        """
        try:
            value = await read_body(request)
        except ChatJsonError as error:
            raise web.HTTPBadRequest(text=f"The body {error}.") from None
        answer = await self._take(value)
        return as_json(answer, status=web.HTTPAccepted.status_code)

    async def _say(self, query: SayQuery) -> ChatAnswer:
        """Say a text: for programs that can do no more than open an address."""
        value: dict[str, Any] = {"text": query.text, "author": {"name": query.name}}
        return await self._take(value | ({"channel": query.channel} if query.channel else {}))

    async def _take(self, value: dict[str, Any]) -> ChatAnswer:
        try:
            name = read_channel(value)
            if name is not None and name not in self._sources:
                raise web.HTTPNotFound(
                    text=f"There is no channel {shown(name)} with an ingest source;"
                    f" there is {', '.join(self._sources)}."
                )
            source = self._sources[name] if name else next(iter(self._sources.values()))
            return await source.post(value)
        except ChatJsonError as error:
            raise web.HTTPUnprocessableEntity(text=f"The message {error}.") from None


def routes(sources: Sequence[IngestSource]) -> list[web.RouteDef]:
    """Return the routes that serve `sources`, the first one by default; none for none."""
    return Ingest(sources).routes if sources else []
