r"""Control over HTTP: commands, panic, and what waits.

    curl -d '{"command": "skip"}' http://127.0.0.1:7850/api/command
    curl -X POST http://127.0.0.1:7850/api/panic
    curl http://127.0.0.1:7850/api/queue

They take effect at once, past whatever waits to be read or spoken.
"""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import uuid4

import msgspec
from aiohttp import web

from bot.channel import Channel
from bot.commands import parse_order
from bot.errors import CommandError
from bot.messages import Command, EventKind, Order, Utterance, Verb
from bot.outcomes import DropReason
from bot.runtime.clock import now, unix
from bot.runtime.endpoints import Caller, Form, endpoint
from bot.server.guard import CALLER
from bot.state import Speaking
from bot.web.channels import ChannelsQuery, one_of, some_of

_ISSUER: Final = "HTTP"
_PANIC: Final = Order(verb=Verb.PANIC)


class CommandBody(Form, frozen=True):
    """Command for one channel."""

    command: str
    """As in chat, without its trigger: `volume 50`."""
    channel: str = ""
    """Name of the channel; the first one by default."""


class CommandAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the issuer is told."""

    answer: str
    undo: str
    """Id by which `undo #ID` takes the command back; empty if it changed nothing that lasts."""


class PanicAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the issuer is told."""

    answers: dict[str, str]
    """By channel."""


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """Utterance that waits."""

    id: str
    """Id of the message."""
    chatter: str
    """Display name, untrusted."""
    chatter_id: str
    text: str
    """What will be spoken, untrusted."""
    voice: str
    lane: str
    """paid, moderator or rest."""
    event: EventKind | None
    """What the message came with."""
    received_at: float
    """Unix seconds."""


class Queue(msgspec.Struct, frozen=True, kw_only=True):
    """What is said and what waits in one channel."""

    speaking: Speaking | None
    waiting: list[Waiting]
    """In the order in which it would be spoken."""
    held: list[Waiting]
    """What waits for approval, the oldest first."""


class MoveBody(Form, frozen=True):
    """Place of an utterance that waits."""

    id: str
    before: str = ""
    """Id of the one that it shall be spoken before; last of its lane by default."""
    channel: str = ""
    """Name of the channel; the first one by default."""


class RemoveBody(Form, frozen=True):
    """Utterance that waits."""

    id: str
    channel: str = ""
    """Name of the channel; the first one by default."""


class WhoAmI(msgspec.Struct, frozen=True, kw_only=True):
    """Who calls."""

    role: str
    """viewer, moderator or streamer."""


class Control:
    """Endpoints that steer the channels."""

    def __init__(self, channels: Mapping[str, Channel]) -> None:
        self._channels = channels
        least = Caller.MODERATOR
        self.routes = [
            endpoint("GET", "/api/whoami", self._who_am_i, least=Caller.VIEWER),
            endpoint("POST", "/api/command", self._command, least=least),
            endpoint("POST", "/api/panic", self._panic, least=least),
            endpoint("GET", "/api/queue", self._queue, least=least),
            endpoint("POST", "/api/queue/move", self._move, least=least),
            endpoint("POST", "/api/queue/remove", self._remove, least=least),
        ]

    async def _who_am_i(self, request: web.Request) -> WhoAmI:
        """Get the role of the token that was sent."""
        return WhoAmI(role=request[CALLER].name.lower())

    async def _command(self, body: CommandBody) -> CommandAnswer:
        """Give a command as in chat: it takes effect at once.

        docs/chat.md lists the commands. What a command sets is on the disk when it is answered.
        """
        try:
            order = parse_order(body.command)
        except CommandError as error:
            raise web.HTTPUnprocessableEntity(text=f"The command is refused: {error}.") from None
        (answer,) = (await self._apply(order, [one_of(self._channels, body.channel)])).values()
        return answer

    async def _panic(self, query: ChannelsQuery) -> PanicAnswer:
        """Fall silent at once, drop everything, and read nothing until `release`."""
        answers = await self._apply(_PANIC, some_of(self._channels, query.channel))
        return PanicAnswer(answers={name: given.answer for name, given in answers.items()})

    async def _queue(self, query: ChannelsQuery) -> dict[str, Queue]:
        """Get what is said and what waits, by channel."""
        names = some_of(self._channels, query.channel)
        return {name: _queue_of(self._channels[name]) for name in names}

    async def _move(self, body: MoveBody) -> None:
        """Let an utterance that waits be spoken before another one of its lane."""
        backlog = self._one(body.channel).backlog
        if not backlog.move(body.id, body.before):
            raise web.HTTPNotFound(
                text="One of the two does not wait (any more), or they are in different lanes."
            )

    async def _remove(self, body: RemoveBody) -> None:
        """Drop an utterance that waits."""
        channel = self._one(body.channel)
        count = channel.backlog.remove(DropReason.SKIPPED, lambda one: one.id == body.id)
        if not count:
            raise web.HTTPNotFound(text="It does not wait (any more).")

    def _one(self, name: str) -> Channel:
        return self._channels[one_of(self._channels, name)]

    async def _apply(self, order: Order, names: Sequence[str]) -> dict[str, CommandAnswer]:
        """Apply `order` to these channels at once; return the answers once it is on the disk."""
        answers = {}
        for name in names:
            command = Command(id=uuid4().hex, channel=name, issuer=_ISSUER, order=order)
            channel = self._channels[name]
            answer = channel.intake.apply(command, received_at=now())
            undo = command.id if command.id in channel.undo else ""
            answers[name] = CommandAnswer(answer=answer, undo=undo)
        for name in names:
            await self._channels[name].intake.wait_written()
        return answers


def _queue_of(channel: Channel) -> Queue:
    return Queue(
        speaking=channel.speaker.speaking,
        waiting=[_shown(utterance) for utterance in channel.backlog.upcoming()],
        held=[_shown(utterance) for utterance in channel.approvals],
    )


def _shown(utterance: Utterance) -> Waiting:
    return Waiting(
        id=utterance.id,
        chatter=utterance.chatter.name,
        chatter_id=utterance.chatter.id,
        text=utterance.prefix + utterance.body,
        voice=utterance.voice,
        lane=utterance.lane.name.lower(),
        event=utterance.event,
        received_at=round(unix(utterance.received_at), 3),
    )
