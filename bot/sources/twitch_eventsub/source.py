"""One Twitch channel read with an account, and the anonymous reader beside it."""

import asyncio
from collections.abc import Callable, Iterable
from functools import partial

import structlog
from msgspec import structs
from twitchio import models
from twitchio.models.eventsub_ import BaseEvent

from bot.config.sections.sources import TwitchEventsubSettings, TwitchIrcSettings
from bot.errors import IshowttsError
from bot.messages import (
    BlockedTerms,
    ChatMessage,
    EventKind,
    RejectReason,
    SourceItem,
    StreamStatus,
    Verb,
)
from bot.outcomes import FINAL, PUT_OFF, Applied, Dropped, Notice, Outcome, Rejected, Spoken
from bot.runtime.clock import now
from bot.runtime.concurrency.waiting import first_to_end
from bot.sources import NOTHING, Asked, Deliver, Origin, Remote
from bot.sources.emote_names import EmoteNames
from bot.sources.twitch_eventsub import payloads
from bot.sources.twitch_eventsub.accounts import Account
from bot.sources.twitch_eventsub.ages import Ages, age_of
from bot.sources.twitch_eventsub.client import EventClient, Settlement
from bot.sources.twitch_eventsub.connection import TwitchConnection
from bot.sources.twitch_eventsub.merging import Merge
from bot.sources.twitch_eventsub.payloads import Redemption
from bot.sources.twitch_eventsub.redeems import Redeems
from bot.sources.twitch_eventsub.replies import Importance, Reply
from bot.sources.twitch_irc import TwitchIrcSource
from bot.sources.twitch_rooms import TwitchRooms

log = structlog.get_logger(__name__)

_QUESTIONS = frozenset({Verb.STATUS, Verb.WHO, Verb.VOICE})
"""Commands whose answer is all that there is of them."""
_MAX_WAITING = 10_000
_ASK_AGAIN_S = 30.0


class TwitchEventsubSource(Remote):
    """Chat and events of one channel; also answers there, and settles its redeems."""

    def __init__(
        self,
        settings: TwitchEventsubSettings,
        channel: str,
        connection: TwitchConnection,
        *,
        emotes: EmoteNames | None = None,
        asked: Asked = NOTHING,
        rooms: TwitchRooms | None = None,
    ) -> None:
        """Share `connection` with the other channels of the account; ask what is `asked`.

        Copies of messages from others of `rooms`, in a shared chat, are left out.
        """
        self.settings = settings
        self.login = settings.channel.removeprefix("#").lower()
        self.name = f"{settings.type}:{self.login}"
        self._channel = channel
        self._rooms = rooms or TwitchRooms()
        self._connection = connection
        self._loop = connection.loop
        self._queue: asyncio.Queue[SourceItem] = asyncio.Queue()
        self._dropped = 0
        self._is_heard = self._was_heard = False
        self._events = frozenset(map(EventKind, settings.events))
        self._redeems = Redeems(settings.reward, self._settle, self._call_later)
        self._emotes = emotes or EmoteNames(settings.emotes)
        self._ages: Ages | None = None
        if asked.follow or asked.account:
            self._ages = Ages(partial(age_of, connection, self.login, asked))
        self._asks_live = asked.live
        self._is_known = asyncio.Event()
        self._is_back = asyncio.Event()
        """Set when the account hears the chat again."""
        self._asks_first = asked.first
        self._merge = Merge(self._accept, self._call_later, asks_first=self._may_ask_first)
        irc = TwitchIrcSettings(
            type="twitch_irc",
            channel=settings.channel,
            shared_chat=settings.shared_chat,
            emotes=(),  # they are marked here, in what both readers hear
        )
        self._irc = TwitchIrcSource(irc, channel, self._rooms) if settings.anonymous else None

    @property
    def state(self) -> str:
        """State of the account's connection, and of the anonymous reader where it stands in."""
        state = self._connection.state(self.login)
        if self._irc is None or self._is_heard:
            return state
        return f"{state}; chat is read anonymously meanwhile: {self._irc.state}"

    @property
    def is_connected(self) -> bool:
        """Whether chat comes in, through the account or the anonymous reader."""
        return self._is_heard or (self._irc is not None and self._irc.is_connected)

    @property
    def room_id(self) -> str:
        """User id of the streamer; empty while it is not known."""
        told = self._irc.room_id if self._irc is not None else ""
        return self._connection.channel_id(self.login) or told

    async def run(self, deliver: Deliver) -> None:
        """Deliver the channel's chat and events until cancelled."""
        try:
            with self._rooms.reading(self._channel, self):
                await self._run(deliver)
        finally:
            if self._ages is not None:
                await self._ages.close()

    async def _run(self, deliver: Deliver) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._connection.listen(self), name=self.name)
            group.create_task(self._deliver_all(deliver), name=f"{self.name} deliveries")
            group.create_task(self._keep_emotes(), name=f"{self.name} emotes")
            if self._asks_live:
                group.create_task(self._tell_live(), name=f"{self.name} live")
            if self._irc is not None:
                group.create_task(self._irc.run(self._take_anonymous), name=self._irc.name)

    def notify(self, event: BaseEvent) -> None:
        """Take a notification of EventSub."""
        if not self.settings.shared_chat and payloads.is_from_elsewhere(event):
            return
        if self._rooms.is_known(self._channel, payloads.copy_of(event)):
            return
        if isinstance(event, models.ChannelPointsRedemptionAdd):
            self._redeems.redeemed(payloads.to_redemption(event))
        item = payloads.to_item(event, Origin(self._channel, self.name, now()))
        if item is not None:
            self._merge.from_account(item, event.timestamp)

    def resume(self, message: ChatMessage) -> None:
        """Take note of a message that an earlier run left to be spoken."""
        ours = {self.name, self._irc.name if self._irc is not None else self.name}
        if message.source in ours and _is_redeem(message):
            self._merge.remember(message.id)
            self._redeems.written(message)

    def recover(self, waiting: Iterable[Redemption]) -> None:
        """Take the redeems of our reward that nobody settled yet."""
        self._redeems.recover(waiting)

    def block(self, terms: tuple[str, ...]) -> None:
        """Take the words that the channel blocks."""
        self._queue.put_nowait(BlockedTerms(channel=self._channel, terms=terms))

    def connection_changed(self, *, is_heard: bool, reward_id: str | None) -> None:
        """Take note of whether the account receives this chat, and of our reward."""
        if is_heard and not self._is_heard:
            if self._was_heard:
                self._is_back.set()
            self._was_heard = True
        self._is_heard = is_heard
        if self._connection.channel_id(self.login) is not None:
            self._is_known.set()
        self._redeems.reward_id = reward_id or self._redeems.reward_id
        if not is_heard:
            self._merge.release_all()

    def observe(self, outcome: Outcome) -> None:
        """Answer commands that came from here, and settle redeems."""
        if outcome.channel != self._channel:
            return
        # It is spoken, and settled, after the next start.
        is_put_off = isinstance(outcome, Dropped) and outcome.reason in PUT_OFF
        if isinstance(outcome, (*FINAL, Rejected, Applied)) and not is_put_off:
            self._redeems.ended(outcome.id, is_spoken=isinstance(outcome, Spoken | Applied))
        match outcome:
            case Notice(text=text):
                self._write(text, Importance.ANSWER)
            case Applied(is_silent=False, answer=text) if outcome.id in self._merge:
                asks = outcome.verb in _QUESTIONS
                importance = Importance.ANSWER if asks else Importance.CONFIRMATION
                self._write(text, importance, outcome)
            # What a moderator has mistyped; of other commands nobody is told.
            case Rejected(reason=RejectReason.COMMAND, detail=text) if outcome.id in self._merge:
                self._write(text, Importance.ANSWER, outcome)

    def _write(self, text: str, importance: Importance, answered: Outcome | None = None) -> None:
        """Write `text` in chat, as the reply to the message of `answered` if there is one."""
        channel_id = self._connection.channel_id(self.login)
        if channel_id is None or not self._connection.may_write or not text:
            return
        self._connection.replies.put(
            Reply(
                channel_id=channel_id,
                text=text,
                reply_to=answered.id if answered else None,
                name=answered.chatter if answered else "",
                importance=importance,
                asked_at=now(),
            )
        )

    def _settle(self, settlement: Settlement) -> None:
        if (channel_id := self._connection.channel_id(self.login)) is not None:
            self._connection.settler.put(channel_id, settlement)

    async def _take_anonymous(self, item: SourceItem) -> None:
        self._merge.from_anonymous(item, account_hears=self._is_heard)

    def _may_ask_first(self) -> bool:
        """Tell whether the anonymous reader is to tell of first messages: EventSub does not."""
        return self._asks_first and self._irc is not None and self._irc.is_connected

    def _accept(self, item: SourceItem) -> None:
        """Queue an item that both readers together bring once."""
        wanted: SourceItem | None = item
        if isinstance(item, ChatMessage):
            if self._connection.is_own(item):
                return
            if _is_redeem(item) and item.text:
                self._redeems.written(item)
            wanted = self._wanted(item)
        if wanted is None:
            return
        if self._queue.qsize() >= _MAX_WAITING:
            self._dropped += 1
            if isinstance(wanted, ChatMessage):
                self._redeems.ended(wanted.id, is_spoken=False)
        elif self._ages is not None and isinstance(wanted, ChatMessage):
            self._ages.date(wanted, self._queue.put_nowait)
        else:
            self._queue.put_nowait(wanted)

    def _wanted(self, item: ChatMessage) -> ChatMessage | None:
        """Return `item` with its emotes, without an event that is not configured, or None."""
        item = self._emotes.marked(item)
        if item.event is None or item.event.kind in self._events:
            return item
        return structs.replace(item, event=None) if item.text else None

    async def _tell_live(self) -> None:
        """Tell whether the stream is live: events tell of changes alone, and of none while away."""
        await self._is_known.wait()
        while True:
            self._is_back.clear()
            try:
                is_live = await self._connection.ask(self.login, _is_live)
            except IshowttsError as error:
                log.warning("stream status not known", source=self.name, reason=str(error))
                await asyncio.sleep(_ASK_AGAIN_S)
            else:
                self._queue.put_nowait(StreamStatus(channel=self._channel, is_live=is_live))
                await self._is_back.wait()

    async def _keep_emotes(self) -> None:
        readers = [self._is_known.wait()]
        if self._irc is not None:  # the account may wait for a log-in
            readers.append(self._irc.has_room_id.wait())
        await first_to_end(*readers)
        await self._emotes.keep_fresh(self.room_id)

    async def _deliver_all(self, deliver: Deliver) -> None:
        while True:
            item = await self._queue.get()
            if self._dropped:
                log.warning("chat dropped: too slow", source=self.name, count=self._dropped)
                self._dropped = 0
            await deliver(item)

    def _call_later(self, delay_s: float, call: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_later(delay_s, call)


async def _is_live(client: EventClient, bot: Account, channel_id: str) -> bool:
    return await client.is_live(channel_id, user_id=bot.user_id)


def _is_redeem(message: ChatMessage) -> bool:
    return message.event is not None and message.event.kind is EventKind.REDEEM
