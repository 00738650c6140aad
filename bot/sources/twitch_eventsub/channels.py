"""Twitch channels that are joined and left at run time, beside the configured ones.

    curl -X PUT    http://127.0.0.1:7850/api/twitch/channels/some_channel
    curl -X DELETE http://127.0.0.1:7850/api/twitch/channels/some_channel
    curl           http://127.0.0.1:7850/api/twitch/channels

They are joined again after a restart. `?channel=NAME` names one of the configured channels that
have a source of type twitch_eventsub; otherwise the first of those speaks for the new one. It takes
a streamer's token: a command in chat would let the streamers and moderators of one joined channel
decide about all others.
"""

import asyncio
import re
from collections.abc import Collection, MutableMapping, Sequence

import msgspec
import structlog
from aiohttp import web

from bot.config.sections.sources import RewardSettings, TwitchEventsubSettings
from bot.errors import StartError
from bot.messages import SourceItem, StreamStatus
from bot.outcomes import Outcome
from bot.runtime.endpoints import Caller, Form, endpoint
from bot.sources import NOTHING, Asked, Deliver
from bot.sources.supervision import keep_reading
from bot.sources.twitch_eventsub.connection import TwitchConnection
from bot.sources.twitch_eventsub.source import TwitchEventsubSource
from bot.sources.twitch_rooms import TwitchRooms
from bot.state import NOTHING_READ

log = structlog.get_logger(__name__)

PATH = "/api/twitch/channels"
_MAX_CHANNELS = 20
"""Limit: Twitch allows 300 subscriptions on a connection, and each channel needs seven."""
_LOGIN = re.compile(r"[a-z0-9_]{1,25}")
_STREAMERS_OWN = {"follow", "redeem"}
"""Events that need the streamer's own log-in."""


class RuntimeChannels:
    """Source made of sources that come and go."""

    def __init__(
        self,
        model: TwitchEventsubSettings,
        channel: str,
        connection: TwitchConnection,
        *,
        configured: Collection[str],
        remembered: MutableMapping[str, str],
        asked: Asked = NOTHING,
        rooms: TwitchRooms | None = None,
    ) -> None:
        """Read joined channels for the configured channel `channel`.

        Args:
            model: Settings of each, but for what needs their streamer's log-in.
            channel: Channel whose voice speaks.
            connection: Connection, shared with the configured channels.
            configured: Logins of the configured channels.
            remembered: Logins that were joined before; kept up to date.
            asked: What is asked besides chat.
            rooms: What else is read, for shared chats.
        """
        self.name = "twitch_eventsub:joined"
        self.channel = channel
        self._configured = frozenset(configured)
        self._model = model
        self._connection = connection
        self._remembered = remembered
        self._asked = asked
        self._rooms = rooms or TwitchRooms()
        self._sources: dict[str, TwitchEventsubSource] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._group: asyncio.TaskGroup | None = None
        self._deliver: Deliver | None = None

    @property
    def states(self) -> dict[str, str]:
        """State of each joined channel, by login."""
        return {login: source.state for login, source in self._sources.items()}

    @property
    def state(self) -> str:
        """State of all, as one clause."""
        return (
            "; ".join(f"{login}: {state}" for login, state in self.states.items()) or NOTHING_READ
        )

    async def run(self, deliver: Deliver) -> None:
        """Deliver the chat of the joined channels until cancelled."""
        try:
            async with asyncio.TaskGroup() as self._group:
                self._deliver = deliver
                for login in list(self._remembered):
                    if login not in self._configured:
                        self._start(login)
                await asyncio.Event().wait()
        finally:
            self._group = None
            self._sources.clear()
            self._tasks.clear()

    def join(self, login: str) -> str | None:
        """Read the channel `login` from now on; return why that cannot be, if it cannot."""
        if login in self._configured or self._connection.has_listener(login):
            return f"{login} is read already."
        if len(self._sources) >= _MAX_CHANNELS:
            return f"{_MAX_CHANNELS} channels are joined; leave one first."
        if self._group is None:
            return "The daemon is not ready; try again."
        self._start(login)
        self._remembered[login] = login
        log.info("Twitch channel joined", channel=login)
        return None

    def leave(self, login: str) -> str | None:
        """Read the channel `login` no more; return why that cannot be, if it cannot."""
        if login in self._configured:
            return f"{login} is left by taking it out of the configuration."
        if login not in self._sources:
            return f"{login} is not joined."
        self._tasks.pop(login).cancel()
        del self._sources[login]
        self._remembered.pop(login, None)
        log.info("Twitch channel left", channel=login)
        return None

    def observe(self, outcome: Outcome) -> None:
        """Let the source that the outcome is about answer."""
        for source in self._sources.values():
            source.observe(outcome)

    def _start(self, login: str) -> None:
        if self._group is None or self._deliver is None:
            return
        events = tuple(e for e in self._model.events if e not in _STREAMERS_OWN)
        settings = self._model.model_copy(
            update={"channel": login, "events": events, "reward": RewardSettings()}
        )
        asked = self._asked._replace(live=False)
        source = TwitchEventsubSource(
            settings, self.channel, self._connection, asked=asked, rooms=self._rooms
        )
        self._sources[login] = source
        self._tasks[login] = self._group.create_task(
            self._read(source, self._deliver), name=source.name
        )

    async def _read(self, source: TwitchEventsubSource, deliver: Deliver) -> None:
        async def deliver_chat(item: SourceItem) -> None:
            if not isinstance(item, StreamStatus):  # which is about another stream than ours
                await deliver(item)

        try:
            await keep_reading(source, deliver_chat)
        except StartError as error:  # of this channel alone; the others are read on
            log.error("Twitch channel not read", channel=source.login, reason=str(error))  # noqa: TRY400 - for people
            self._sources.pop(source.login, None)
            self._tasks.pop(source.login, None)


class JoiningQuery(Form, frozen=True):
    """Whose voice speaks."""

    channel: str = ""
    """Name of a channel with a source of type twitch_eventsub; the first one by default."""


class LoginPath(Form, frozen=True):
    """Which channel of Twitch."""

    login: str
    """The last part of twitch.tv/NAME."""


class JoinedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Channels of Twitch that are read beside the configured ones."""

    channel: str
    """The channel whose voice speaks for them."""
    joined: dict[str, str]
    """State of each, by login."""


class Joining:
    """Endpoints that show, join and leave channels of Twitch."""

    def __init__(self, every: Sequence[RuntimeChannels]) -> None:
        """Serve these sources, the first one by default."""
        self._sources = {each.channel: each for each in every}
        self._first = every[0]
        path, least = f"{PATH}/{{login}}", Caller.STREAMER
        self.routes = [
            endpoint("GET", PATH, self._show, least=least),
            endpoint("PUT", path, self._join, least=least),
            endpoint("DELETE", path, self._leave, least=least),
        ]

    async def _show(self, query: JoiningQuery) -> JoinedAnswer:
        """Get the channels of Twitch that were joined at run time."""
        return _answer(self._source(query))

    async def _join(self, path: LoginPath, query: JoiningQuery) -> JoinedAnswer:
        """Read one more channel of Twitch, also after the next start."""
        each = self._source(query)
        return _answer(each, each.join(_login(path)))

    async def _leave(self, path: LoginPath, query: JoiningQuery) -> JoinedAnswer:
        """Read a channel of Twitch no more that was joined."""
        each = self._source(query)
        return _answer(each, each.leave(_login(path)))

    def _source(self, query: JoiningQuery) -> RuntimeChannels:
        found = self._sources.get(query.channel) if query.channel else self._first
        if found is None:
            raise web.HTTPNotFound(
                text="There is no such channel with a source of type twitch_eventsub;"
                f" there is {', '.join(self._sources)}."
            )
        return found


def _login(path: LoginPath) -> str:
    login = path.login.lower()
    if not _LOGIN.fullmatch(login):
        raise web.HTTPUnprocessableEntity(
            text="A channel of Twitch is letters, digits and _, as in twitch.tv/NAME."
        )
    return login


def _answer(each: RuntimeChannels, problem: str | None = None) -> JoinedAnswer:
    if problem is not None:
        raise web.HTTPConflict(text=problem)
    return JoinedAnswer(channel=each.channel, joined=each.states)
