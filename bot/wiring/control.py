r"""Control over HTTP: commands, panic, and what waits.

    curl -d '{"command": "skip"}' http://127.0.0.1:7850/api/command
    curl -X POST http://127.0.0.1:7850/api/panic
    curl http://127.0.0.1:7850/api/queue

They take effect at once, past whatever waits to be read or spoken.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import uuid4

import msgspec
from aiohttp import web

from bot.channel import Channel
from bot.commands import parse_order
from bot.errors import CommandError, shown
from bot.messages import Command, Order, Utterance, Verb
from bot.runtime.clock import now, unix

_ISSUER = "HTTP"
_PANIC = Order(verb=Verb.PANIC)


class CommandBody(msgspec.Struct, frozen=True, kw_only=True):
    """Body of a command."""

    command: str
    """Command as in chat, without its trigger: `volume 50`."""
    channel: str = ""
    """Name of the channel; the first one by default."""


class Control:
    """Routes that steer the channels."""

    def __init__(self, channels: Mapping[str, Channel]) -> None:
        self._channels = channels
        self.routes = [
            web.post("/api/command", self._command),
            web.post("/api/panic", self._panic),
            web.get("/api/queue", self._queue),
        ]

    async def _command(self, request: web.Request) -> web.Response:
        try:
            value = msgspec.json.decode(await request.read(), type=CommandBody)
            order = parse_order(value.command)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise web.HTTPBadRequest(text=f"The body has another form: {error}.") from None
        except CommandError as error:
            raise web.HTTPUnprocessableEntity(text=f"The command is refused: {error}.") from None
        (answer,) = (await self._apply(order, self._named(value.channel)[:1])).values()
        return web.json_response({"answer": answer})

    async def _panic(self, request: web.Request) -> web.Response:
        channels = self._named(request.query.get("channel", ""))
        return web.json_response({"answers": await self._apply(_PANIC, channels)})

    async def _queue(self, request: web.Request) -> web.Response:
        body = {
            name: {
                "speaking": msgspec.to_builtins(channel.speaker.speaking),
                "waiting": _shown(channel.backlog.upcoming()),
                "held": _shown(channel.approvals),
            }
            for name, channel in self._named(request.query.get("channel", ""))
        }
        return web.json_response(body)

    def _named(self, name: str) -> list[tuple[str, Channel]]:
        """Return the channel called `name`, or all where that is empty."""
        if name and name not in self._channels:
            raise web.HTTPNotFound(
                text=f"There is no channel {shown(name)}; there is {', '.join(self._channels)}."
            )
        return [(key, self._channels[key]) for key in ([name] if name else self._channels)]

    async def _apply(self, order: Order, channels: Sequence[tuple[str, Channel]]) -> dict[str, str]:
        """Apply `order` to all at once; return the answers when what it set is on the disk."""
        answers = {
            name: channel.intake.apply(
                Command(id=uuid4().hex, channel=name, issuer=_ISSUER, order=order),
                received_at=now(),
            )
            for name, channel in channels
        }
        for _, channel in channels:
            await channel.intake.wait_written()
        return answers


def _shown(utterances: Iterable[Utterance]) -> list[dict[str, Any]]:
    return [
        {
            "id": utterance.id,
            "chatter": utterance.chatter.name,
            "text": utterance.prefix + utterance.body,
            "voice": utterance.voice,
            "lane": utterance.lane.name.lower(),
            "received_at": round(unix(utterance.received_at), 3),
        }
        for utterance in utterances
    ]
