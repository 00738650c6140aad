"""What was said, by whom, and what was done about it: for moderators' pages."""

from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from bot.channel import Channel
from bot.logs.recent import Line
from bot.messages import Chatter, Role, Utterance
from bot.runtime.clock import unix
from bot.runtime.endpoints import Caller, endpoint
from bot.runtime.text.cleaning import name_key
from bot.store.audit import Audit, Given
from bot.web.channels import ChannelQuery, one_of

_MAX_CHATTERS = 200
"""Chatters in one answer."""


class ChattersQuery(ChannelQuery, frozen=True):
    """Which chatters."""

    find: str = ""
    """Part of a name; all of them by default."""


class SaidQuery(ChannelQuery, frozen=True):
    """What was said."""

    id: str = ""
    """Id of a chatter; of all by default."""


class SaidLine(msgspec.Struct, frozen=True, kw_only=True):
    """Utterance that was begun to be heard."""

    id: str
    chatter: str
    """Display name, untrusted."""
    chatter_id: str
    text: str
    """Untrusted."""
    voice: str
    at: float
    """Unix seconds."""


class SaidAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What was said, the latest first."""

    said: list[SaidLine]


class ChatterLine(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who wrote lately."""

    id: str
    name: str
    """Display name, untrusted."""
    roles: list[Role]
    muted: bool
    opted_out: bool
    regular: bool
    voice: str
    """Voice of their messages."""
    nick: str
    """Name by which they are introduced; empty for their own."""
    limit: str
    """Most messages a day; empty for that of all."""
    said: int
    """Utterances among those that are remembered."""


class ChattersAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Those who wrote lately, the latest first."""

    chatters: list[ChatterLine]


class AuditAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Commands that were given, the latest first."""

    commands: list[Given]


class LogAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Lines of the log, the latest first."""

    lines: list[Line]


class Records:
    """Endpoints about the past."""

    def __init__(
        self,
        channels: Mapping[str, Channel],
        audit: Audit,
        lines: Callable[[], Iterable[Line]],
    ) -> None:
        """Show these channels, the commands that `audit` knows, and the log's `lines`."""
        self._channels = channels
        self._audit = audit
        self._lines = lines
        least = Caller.MODERATOR
        self.routes = [
            endpoint("GET", "/api/history", self._history, least=least),
            endpoint("GET", "/api/chatters", self._chatters, least=least),
            endpoint("GET", "/api/audit", self._given, least=least),
            endpoint("GET", "/api/log", self._log, least=Caller.STREAMER),
        ]

    async def _history(self, query: SaidQuery) -> SaidAnswer:
        """Get what was said lately, of all or of one chatter."""
        said = self._channel(query.channel).history.latest()
        lines = [_line(one.utterance, one.at) for one in said]
        return SaidAnswer(said=[line for line in lines if query.id in ("", line.chatter_id)])

    async def _chatters(self, query: ChattersQuery) -> ChattersAnswer:
        """Get who wrote lately, and what is set for them."""
        channel = self._channel(query.channel)
        return ChattersAnswer(chatters=list(_chatters(channel, name_key(query.find))))

    async def _given(self, query: ChannelQuery) -> AuditAnswer:
        """Get the commands that were given lately."""
        name = self._channel(query.channel).name
        given = [one for one in self._audit.latest if one.channel == name]
        return AuditAnswer(commands=given[::-1])

    async def _log(self) -> LogAnswer:
        """Get the latest lines of the log."""
        return LogAnswer(lines=list(self._lines())[::-1])

    def _channel(self, name: str) -> Channel:
        return self._channels[one_of(self._channels, name)]


def _chatters(channel: Channel, part: str) -> Iterator[ChatterLine]:
    counts: dict[str, int] = {}
    for one in channel.history.latest():
        chatter_id = one.utterance.chatter.id
        counts[chatter_id] = counts.get(chatter_id, 0) + 1
    found = (c for c in channel.policy.chatters.latest() if any(part in key for key in c.keys))
    for chatter, _ in zip(found, range(_MAX_CHATTERS), strict=False):
        yield _chatter(channel, chatter, counts.get(chatter.id, 0))


def _chatter(channel: Channel, chatter: Chatter, said: int) -> ChatterLine:
    policy = channel.policy
    return ChatterLine(
        id=chatter.id,
        name=chatter.name,
        roles=[role for role in Role if role in chatter.roles],
        muted=policy.chatters.is_muted(chatter),
        opted_out=policy.chatters.has_opted_out(chatter),
        regular=policy.chatters.is_regular(chatter),
        voice=policy.voices.of(chatter),
        nick=policy.chatters.nicknames.get(chatter.id, ""),
        limit=policy.limits.of(chatter),
        said=said,
    )


def _line(utterance: Utterance, at: float) -> SaidLine:
    return SaidLine(
        id=utterance.id,
        chatter=utterance.chatter.name,
        chatter_id=utterance.chatter.id,
        text=utterance.prefix + utterance.body,
        voice=utterance.voice,
        at=round(unix(at), 3),
    )
