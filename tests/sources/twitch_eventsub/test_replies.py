"""What the bot writes: within Twitch's limits, the important first, and never heard by itself."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from bot.config.sections.sources import TwitchSettings
from bot.errors import TransientError
from bot.messages import ChatMessage, Verb
from bot.outcomes import Applied, Notice
from bot.runtime.clock import now
from bot.sources.twitch_eventsub.connection import TwitchConnection
from bot.sources.twitch_eventsub.faults import RefusedError
from bot.sources.twitch_eventsub.replies import (
    MAX_CHARACTERS,
    WINDOW_S,
    Importance,
    Reply,
    ReplySender,
)
from tests.twitch_server import CLIENT_ID, TwitchServer, eventually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.sources.twitch_eventsub.accounts import AccountStore
    from tests.sources.twitch_eventsub.conftest import LogIn, Reading


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def clock(self) -> float:
        return self.now_s

    async def sleep(self, duration_s: float) -> None:
        self.now_s += duration_s
        await asyncio.sleep(0)


class Chat:
    """Takes what is written, and when."""

    def __init__(self, time: Time) -> None:
        self._time = time
        self.lines: list[tuple[float, str, str | None]] = []
        self.errors: list[Exception] = []

    async def send(self, channel_id: str, text: str, reply_to: str | None) -> None:
        assert channel_id
        if self.errors:
            raise self.errors.pop(0)
        self.lines.append((self._time.now_s, text, reply_to))
        await asyncio.sleep(0)

    @property
    def texts(self) -> list[str]:
        return [text for _, text, _ in self.lines]


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def chat(time: Time) -> Chat:
    return Chat(time)


@asynccontextmanager
async def running(sender: ReplySender) -> AsyncIterator[None]:
    task = asyncio.create_task(sender.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def reply(text: str, time: Time, *, channel: str = "1", asks: bool = False) -> Reply:
    importance = Importance.ANSWER if asks else Importance.CONFIRMATION
    return Reply(channel, text, "m1", "mod", importance, time.now_s)


async def test_no_more_than_the_limit_is_written_in_any_window(time: Time, chat: Chat) -> None:
    sender = ReplySender(chat.send, limit=20, clock=time.clock, sleep=time.sleep)
    async with running(sender):
        for number in range(65):
            sender.put(reply(f"n{number}", time, channel=str(number)))
            await eventually(lambda: not sender._waiting or len(sender._waiting) < 20)
        await eventually(lambda: not sender._waiting)

    times = [at for at, _, _ in chat.lines]
    assert len(chat.lines) + sender.dropped == 65
    assert len(chat.lines) > 40
    for start in times:
        assert sum(start <= at < start + WINDOW_S for at in times) <= 20


async def test_what_waits_for_one_channel_is_written_as_one_message(time: Time, chat: Chat) -> None:
    sender = ReplySender(chat.send, limit=20, clock=time.clock, sleep=time.sleep)
    for text in ("paused", "resumed", "resumed"):
        sender.put(reply(text, time))
    sender.put(reply("on, 0 waiting, volume 80", time, asks=True))
    sender.put(reply("elsewhere", time, channel="2"))
    async with running(sender):
        await eventually(lambda: len(chat.lines) == 2)

    assert chat.texts == [
        "@mod on, 0 waiting, volume 80 | @mod paused | @mod resumed",
        "elsewhere",
    ]
    assert [to for _, _, to in chat.lines] == [None, "m1"]


async def test_a_message_is_never_too_long(time: Time, chat: Chat) -> None:
    sender = ReplySender(chat.send, limit=20, clock=time.clock, sleep=time.sleep)
    for number in range(10):
        sender.put(reply(f"{number}" * 200, time))
    sender.put(reply("x" * 900, time, channel="2"))
    async with running(sender):
        await eventually(lambda: not sender._waiting)

    assert max(map(len, chat.texts)) == MAX_CHARACTERS
    assert all(any(f"{number}" * 200 in text for text in chat.texts) for number in range(10))


async def test_the_least_important_are_dropped(time: Time, chat: Chat) -> None:
    sender = ReplySender(chat.send, limit=20, clock=time.clock, sleep=time.sleep)
    for number in range(18):
        sender.put(reply(f"done {number}", time, channel=str(number)))
    for number in range(5):
        sender.put(reply(f"answer {number}", time, channel=f"a{number}", asks=True))
    async with running(sender):
        await eventually(lambda: not sender._waiting)

    assert chat.texts[:5] == [f"answer {number}" for number in range(5)]
    assert "done 2" not in chat.texts
    assert "done 3" in chat.texts
    assert sender.dropped == 3


async def test_an_answer_that_would_come_too_late_is_dropped(time: Time, chat: Chat) -> None:
    sender = ReplySender(chat.send, limit=20, clock=time.clock, sleep=time.sleep)
    sender.put(reply("old", time))
    time.now_s += 61
    sender.put(reply("new", time))
    async with running(sender):
        await eventually(lambda: chat.lines)

    assert chat.texts == ["new"]
    assert sender.dropped == 1


async def test_a_reply_is_tried_again_after_a_fault_and_not_after_a_refusal(
    time: Time, chat: Chat
) -> None:
    sender = ReplySender(chat.send, limit=20, clock=time.clock, sleep=time.sleep)
    chat.errors = [TransientError("no network"), RefusedError("no")]
    sender.put(reply("first", time))
    async with running(sender):
        await eventually(lambda: sender.dropped)
        sender.put(reply("second", time))
        await eventually(lambda: chat.lines)

    assert chat.texts == ["second"]


def obeyed(message: ChatMessage, answer: str = "on, 0 waiting, volume 80") -> Applied:
    return Applied.of(message, received_at=now(), verb=Verb.STATUS, answer=answer)


@pytest.mark.parametrize("anonymous", [True, False])
async def test_status_is_answered_in_chat_and_not_heard(
    server: TwitchServer, log_in: LogIn, reading: Reading, *, anonymous: bool
) -> None:
    log_in()
    async with reading(anonymous=anonymous) as channel:
        key = await server.chat("streamer", "!tts status", by="mod")
        channel.source.observe(obeyed(await channel.message()))
        await eventually(lambda: server.sent, "reply")
        await server.chat("streamer", "next")
        await channel.until("!tts status", "next")

    assert server.sent == [
        {
            "broadcaster_id": server.users["streamer"],
            "sender_id": server.users["the_bot"],
            "message": "on, 0 waiting, volume 80",
            "reply_parent_message_id": key,
        }
    ]


async def test_a_streamer_who_is_the_bot_is_heard_all_the_same(
    server: TwitchServer, log_in: LogIn, reading: Reading
) -> None:
    log_in("streamer")
    async with reading() as channel:
        await server.chat("streamer", "!tts status", by="streamer")
        channel.source.observe(obeyed(await channel.message()))
        await eventually(lambda: server.sent, "reply")
        await server.chat("streamer", "that was my own bot", by="streamer")
        await channel.until("!tts status", "that was my own bot")


async def test_a_streamer_who_is_the_bot_may_say_what_the_bot_said(
    server: TwitchServer, log_in: LogIn, reading: Reading
) -> None:
    log_in("streamer")
    async with reading() as channel:
        await server.chat("streamer", "!tts on", by="streamer")
        order = await channel.message()
        channel.source.observe(Notice.of(order, text="on"))
        await eventually(lambda: server.sent, "notice")
        for text in ("!tts off", "!tts on", "come on", "on"):
            await server.chat("streamer", text, by="streamer")
        await channel.until("!tts on", "!tts off", "!tts on", "come on", "on")


async def test_orders_from_elsewhere_are_not_answered(
    server: TwitchServer, log_in: LogIn, reading: Reading
) -> None:
    log_in()
    async with reading() as channel:
        await server.chat("streamer", "!tts status", by="mod")
        message = await channel.message()
        values = {field: getattr(message, field) for field in message.__struct_fields__}
        channel.source.observe(obeyed(ChatMessage(**values | {"id": "typed in the terminal"})))
        channel.source.observe(obeyed(message))
        await eventually(lambda: server.sent, "reply")

    assert len(server.sent) == 1


@pytest.mark.parametrize("reason", ["not permitted", "not wanted"])
async def test_without_permission_or_wish_nothing_is_written(
    server: TwitchServer, log_in: LogIn, reading: Reading, store: AccountStore, reason: str
) -> None:
    scopes = (
        {"user:read:chat"} if reason == "not permitted" else {"user:read:chat", "user:write:chat"}
    )
    log_in(scopes=frozenset(scopes))
    settings = TwitchSettings(client_id=CLIENT_ID, replies=reason == "not permitted")
    async with reading(connection=TwitchConnection(settings, store=store)) as channel:
        await server.chat("streamer", "!tts status", by="mod")
        channel.source.observe(obeyed(await channel.message()))
        await server.chat("streamer", "next")
        await channel.until("!tts status", "next")

    assert server.sent == []
