"""Twitch chat, read anonymously over WebSocket: no account, no token.

Protocol: https://dev.twitch.tv/docs/chat/irc/. A chatter named `justinfan` and digits may read
every channel and write in none.
"""

import asyncio
import os
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import NoReturn

import structlog

from bot.config.sections.sources import TwitchIrcSettings
from bot.errors import TransientError
from bot.messages import ChatMessage
from bot.runtime.clock import now
from bot.runtime.concurrency.backoff import Backoff
from bot.runtime.concurrency.reconnect import ReconnectLoop
from bot.sources import Deliver, Origin, Remote
from bot.sources.emote_names import EmoteNames
from bot.sources.irc import IrcConnection, IrcMessage, connect
from bot.sources.sanitize import RecentIds
from bot.sources.twitch_messages import copy_of, is_from_elsewhere, to_item
from bot.sources.twitch_rooms import TwitchRooms

log = structlog.get_logger(__name__)

STEADY_S = 60.0
"""Seconds in the channel after which the back-off starts anew."""

CHAT_URL_VARIABLE = "ISHOWTTS_TWITCH_CHAT_URL"
"""Environment variable that names another chat server than Twitch's, for tests."""
_CHAT_URL = "wss://irc-ws.chat.twitch.tv"
_CAPABILITIES = "twitch.tv/tags twitch.tv/commands"
_REFUSALS = frozenset({"403", "432", "433", "465", "471", "473", "474", "475", "ERROR"})
"""Replies by which any server refuses entry: https://modern.ircdocs.horse/#numerics."""
_NOTICES = frozenset({"msg_banned", "msg_channel_suspended", "msg_room_not_found", "tos_ban"})
"""Notices by which Twitch refuses entry."""
_LOGIN_NOTICES = ("Login authentication failed", "Login unsuccessful", "Improperly formatted auth")


class TwitchIrcSource(Remote):
    """One Twitch channel; reconnects whenever the connection is lost, and never gives up."""

    def __init__(
        self,
        settings: TwitchIrcSettings,
        channel: str,
        rooms: TwitchRooms | None = None,
        *,
        backoff: Backoff | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        idle_s: float = 60.0,
        answer_s: float = 10.0,
        emotes: EmoteNames | None = None,
    ) -> None:
        """Read `channel`, without copies of messages from others of `rooms`.

        Send a PING to a server that was silent for `idle_s`, and wait `answer_s` for its answer.

        That is also the time that a server has to let us into the channel.
        """
        self._room = "#" + settings.channel.removeprefix("#").lower()
        self.name = f"{settings.type}:{self._room[1:]}"
        self._url = os.environ.get(CHAT_URL_VARIABLE, _CHAT_URL)
        self._reads_shared_chat = settings.shared_chat
        self._channel = channel
        self._rooms = rooms or TwitchRooms()
        self._idle_s = idle_s
        self._answer_s = answer_s
        self._seen = RecentIds()
        self._nick = ""
        self._emotes = emotes or EmoteNames(settings.emotes)
        self.room_id = ""
        """User id of the streamer; empty while it is not known."""
        self.has_room_id = asyncio.Event()
        self._loop = ReconnectLoop(
            self._log_loss, steady_s=STEADY_S, backoff=backoff, sleep=sleep, monotonic=monotonic
        )

    async def run(self, deliver: Deliver) -> None:
        """Deliver the channel's chat until cancelled."""
        emotes = asyncio.create_task(self._keep_emotes(), name=f"{self.name} emotes")
        try:
            with self._rooms.reading(self._channel, self):
                await self._loop.run(lambda: self._read(deliver))
        finally:
            emotes.cancel()

    def _log_loss(self, reason: str, retry_s: float) -> None:
        log.warning("chat disconnected", source=self.name, reason=reason, retry_s=retry_s)

    async def _keep_emotes(self) -> None:
        await self.has_room_id.wait()
        await self._emotes.keep_fresh(self.room_id)

    async def _read(self, deliver: Deliver) -> NoReturn:
        """Connect, join and deliver; every end of a connection is an error."""
        try:
            async with (
                asyncio.timeout(self._answer_s) as deadline,
                connect(self._url, idle_s=self._idle_s, answer_s=self._answer_s) as irc,
            ):
                await self._register(irc)
                while True:
                    for message in await irc.receive():
                        await self._handle(message, irc, deliver)
                        if self.is_connected:
                            deadline.reschedule(None)
        except TimeoutError:
            raise TransientError(
                f"no entry to {self._room} within {self._answer_s:g} s.",
                remedy="If that stays so, check its name: it is the last part of twitch.tv/NAME.",
            ) from None

    async def _register(self, irc: IrcConnection) -> None:
        self._nick = f"justinfan{secrets.randbelow(90_000) + 10_000}"
        await irc.send(f"CAP REQ :{_CAPABILITIES}")
        await irc.send("PASS SCHMOOPIIE")  # any word will do; Twitch's own client sends this one
        await irc.send(f"NICK {self._nick}")
        await irc.send(f"USER {self._nick} 0 * :{self._nick}")

    async def _handle(self, message: IrcMessage, irc: IrcConnection, deliver: Deliver) -> None:
        command, params = message.command, message.params
        if command == "CAP" and params[1:2] in {("ACK",), ("NAK",)}:
            if params[1] == "NAK":
                log.warning("server sends no badges, emotes and deletions", source=self.name)
            await irc.send("CAP END")
        elif command == "001":
            await irc.send(f"JOIN {self._room}")
        elif command == "RECONNECT":
            raise TransientError("the server asked to reconnect")
        elif command in _REFUSALS or _is_refusal(message):
            raise TransientError(f"the server says: {' '.join(params[-1:])}")
        elif params and params[0].lower() == self._room:
            self._learn_room_id(message)
            if command == "JOIN" and message.nick.lower() == self._nick:
                self._loop.connected()
                log.info("chat connected", source=self.name)
            else:
                await self._deliver(message, deliver)

    def _learn_room_id(self, message: IrcMessage) -> None:
        """Take the streamer's user id, which every line of Twitch has."""
        room_id = message.tags.get("room-id", "")
        is_number = room_id.isascii() and room_id.isdigit()  # it becomes part of an address
        if not self.room_id and is_number:
            self.room_id = room_id
            self.has_room_id.set()

    async def _deliver(self, message: IrcMessage, deliver: Deliver) -> None:
        if not self._reads_shared_chat and is_from_elsewhere(message):
            return
        if self._rooms.is_known(self._channel, copy_of(message)):
            return
        item = to_item(message, Origin(self._channel, self.name, now()))
        if item is None or (isinstance(item, ChatMessage) and not self._seen.add(item.id)):
            return
        await deliver(self._emotes.marked(item) if isinstance(item, ChatMessage) else item)


def _is_refusal(message: IrcMessage) -> bool:
    return message.command == "NOTICE" and (
        message.tags.get("msg-id") in _NOTICES
        or " ".join(message.params[-1:]).startswith(_LOGIN_NOTICES)
    )
