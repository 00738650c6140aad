r"""Ingest: messages that other programs POST to /api/chat.

    curl -d '{"author": {"name": "viewer1"}, "text": "hello"}' \
        -H 'Content-Type: application/json' http://127.0.0.1:7850/api/chat

The body is one JSON object in the form of `bot.sources.chat_json`, or a message of Social Stream
Ninja. `channel` may name one of the configured channels that have an ingest source; otherwise the
first of those gets it. The answer is 202 with the message's id, or an error with a sentence.
"""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from aiohttp import web

from bot.config.sources import IngestSettings
from bot.errors import shown
from bot.messages import ChatMessage, Purge, SourceItem
from bot.runtime.clock import now
from bot.sources import Deliver, Origin
from bot.sources.chat_json import ChatJsonError, loads, read_channel, read_item
from bot.sources.sanitize import RecentIds
from bot.sources.social_stream import SocialStream, is_social_stream, native_id

PATH = "/api/chat"


class IngestSource:
    """Posts for one channel; `routes` serves those of all channels."""

    def __init__(self, settings: IngestSettings, channel: str) -> None:
        self.name: str = settings.type
        self.channel = channel
        self._seen = RecentIds()
        self._social_stream = SocialStream()
        self._deliver: Deliver | None = None

    @property
    def state(self) -> str:
        """Whether posts are taken, as one clause."""
        return f"open at {PATH}" if self._deliver else "closed"

    async def run(self, deliver: Deliver) -> None:
        """Deliver posts until cancelled."""
        self._deliver = deliver
        try:
            await asyncio.Event().wait()
        finally:
            self._deliver = None

    async def post(self, value: dict[str, Any]) -> dict[str, str | None]:
        """Deliver the JSON object `value`, once per id; return the answer.

        Raises:
            ChatJsonError: it is of another form.
            web.HTTPServiceUnavailable: `run` is not running.
        """
        if self._deliver is None:
            raise web.HTTPServiceUnavailable(text="The daemon is not ready; try again.")
        item = self._read(value)
        if item is None:
            return {"id": None, "ignored": "It is no message of a chatter, and deletes none."}
        if isinstance(item, ChatMessage) and not self._seen.add(item.id):
            return {"id": item.id, "ignored": "A message with this id was there already."}
        await self._deliver(item)
        if isinstance(item, ChatMessage):
            return {"id": item.id}
        return {"id": item.message_id if isinstance(item, Purge) else None}

    def _read(self, value: dict[str, Any]) -> SourceItem | None:
        origin, new_id = Origin(self.channel, self.name, now()), uuid4().hex
        if is_social_stream(value):
            return self._social_stream.read(value, origin, new_id=native_id(value) or new_id)
        return read_item(value, origin, new_id=new_id)


def routes(sources: Sequence[IngestSource]) -> list[web.RouteDef]:
    """Return the route that serves `sources`, the first one by default; none for none."""
    by_channel = {source.channel: source for source in sources}

    async def post_chat(request: web.Request) -> web.Response:
        try:
            value = loads(await request.read())
        except ChatJsonError as error:
            raise web.HTTPBadRequest(text=f"The body {error}.") from None
        try:
            name = read_channel(value)
            if name is not None and name not in by_channel:
                raise web.HTTPNotFound(
                    text=f"There is no channel {shown(name)} with an ingest source;"
                    f" there is {', '.join(by_channel)}."
                )
            answer = await by_channel[name or sources[0].channel].post(value)
        except ChatJsonError as error:
            raise web.HTTPUnprocessableEntity(text=f"The message {error}.") from None
        return web.json_response(answer, status=web.HTTPAccepted.status_code)

    return [web.post(PATH, post_chat)] if sources else []
