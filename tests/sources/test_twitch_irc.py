from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from aiohttp import WSMsgType
from structlog.testing import capture_logs

from bot.config.sections.sources import TwitchIrcSettings
from bot.errors import StartError, TransientError
from bot.messages import Purge, Role
from bot.runtime.concurrency.backoff import Backoff
from bot.sources import create
from bot.sources.emote_names import EmoteNames
from bot.sources.irc import connect
from bot.sources.twitch_irc import CHAT_URL_VARIABLE, STEADY_S, TwitchIrcSource

if TYPE_CHECKING:
    from tests.sources.conftest import (
        Eventually,
        Inbox,
        IrcServer,
        Running,
        ScriptedTwitch,
    )

DEADLINE_S = 120.0


def chat(message_id: str, text: str) -> str:
    head = ":viewer1!viewer1@viewer1.tmi.twitch.tv PRIVMSG #some_channel"
    return f"@id={message_id};user-id=1;display-name=Viewer1 {head} :{text}"


class Naps:
    """Sleeps as long as the test wants."""

    def __init__(self) -> None:
        self._taken: asyncio.Queue[float] = asyncio.Queue()
        self._over = asyncio.Semaphore(0)

    async def sleep(self, duration_s: float) -> None:
        self._taken.put_nowait(duration_s)
        await self._over.acquire()

    async def begun(self) -> float:
        """Return how long the next sleep is to last, once it has begun."""
        async with asyncio.timeout(DEADLINE_S):
            return await self._taken.get()

    def end(self) -> None:
        self._over.release()


@pytest.fixture
def naps() -> Naps:
    return Naps()


async def test_chat_is_delivered(twitch: ScriptedTwitch, inbox: Inbox, running: Running) -> None:
    source = create(twitch.settings, "main")
    assert (source.name, source.state) == ("twitch_irc:some_channel", "not started")

    async with running(source):
        visit = await twitch.visit()
        assert source.state == "connecting"
        await visit.let_in()
        await visit.say(
            chat("m1", "hello"), "@target-user-id=1 :tmi.twitch.tv CLEARCHAT #some_channel :viewer1"
        )
        message = await inbox.next_message()
        purge = await inbox.next()

    assert source.state == "connected"
    assert (message.id, message.channel, message.source) == ("m1", "main", source.name)
    assert (message.chatter.name, message.text) == ("Viewer1", "hello")
    assert purge == Purge(channel="main", chatter_id="1")


async def test_other_rooms_and_frames_of_one_line_or_many(
    twitch: ScriptedTwitch, inbox: Inbox, running: Running
) -> None:
    async with running(create(twitch.settings, "main")):
        visit = await twitch.welcome()
        await visit.say(chat("m1", "not here").replace("#some", "#other"))
        await visit.socket.send_str(chat("m2", "a frame without line end"))
        await visit.socket.send_bytes(chat("m3", "binary").encode())
        await visit.say(chat("m4", "two"), "", chat("m5", "lines"))
        ids = [(await inbox.next_message()).id for _ in range(4)]

    assert ids == ["m2", "m3", "m4", "m5"]


class Names(EmoteNames):
    """Names that are known as soon as somebody asks for those of a channel."""

    def __init__(self) -> None:
        super().__init__(())
        self.asked: list[str] = []

    async def keep_fresh(self, channel_id: str) -> None:
        self.asked.append(channel_id)
        self._names["test"] = frozenset({"KEKWait"})


async def test_further_emotes_are_known_by_the_rooms_id(
    twitch: ScriptedTwitch, inbox: Inbox, running: Running, eventually: Eventually
) -> None:
    names = Names()
    async with running(TwitchIrcSource(twitch.settings, "main", emotes=names)):
        visit = await twitch.welcome()
        await visit.say("@room-id=../../x :tmi.twitch.tv ROOMSTATE #some_channel")
        await visit.say(chat("m1", "KEKWait before"))
        before = await inbox.next_message()
        await visit.say("@room-id=1234;slow=0 :tmi.twitch.tv ROOMSTATE #some_channel")
        await visit.say("@room-id=9;slow=0 :tmi.twitch.tv ROOMSTATE #some_channel")
        await eventually(lambda: bool(names.asked))
        await visit.say(chat("m2", "KEKWait after"))
        after = await inbox.next_message()

    assert names.asked == ["1234"]
    assert (before.emotes, after.emotes) == ((), ((0, 7),))


async def test_ping_is_answered(twitch: ScriptedTwitch, running: Running) -> None:
    async with running(create(twitch.settings, "main")):
        visit = await twitch.welcome()
        await visit.say("PING :tmi.twitch.tv")

        assert await visit.expect("PONG") == "PONG :tmi.twitch.tv"


@pytest.mark.parametrize("way", ["drop", "close", "reconnect", "refuse", "flood"])
async def test_it_comes_back_and_delivers_each_message_once(
    twitch: ScriptedTwitch, inbox: Inbox, running: Running, naps: Naps, way: str
) -> None:
    source = TwitchIrcSource(twitch.settings, "main", sleep=naps.sleep)
    with capture_logs() as logs:
        async with running(source):
            visit = await twitch.welcome()
            await visit.say(chat("m1", "before"))
            await inbox.next()
            match way:
                case "drop":
                    visit.drop()
                case "close":
                    await visit.socket.close()
                case "reconnect":
                    await visit.say(":tmi.twitch.tv RECONNECT")
                case "refuse":
                    await visit.say(":tmi.twitch.tv NOTICE * :Login authentication failed")
                case "flood":
                    with suppress(ConnectionError):  # it hangs up in the middle
                        await visit.socket.send_str("x" * (5 * 1024 * 1024))
            delay_s = await naps.begun()
            state = source.state
            naps.end()
            visit = await twitch.welcome()
            await visit.say(chat("m1", "before"), chat("m2", "after"))
            message = await inbox.next_message()

    assert message.id == "m2"
    assert inbox.rest() == []
    assert 1 <= delay_s <= 2
    assert state.startswith(f"reconnecting in {delay_s:.0f} s after: ")
    assert source.state == "connected"
    assert [(e["event"], e["log_level"]) for e in logs if e["log_level"] != "info"] == [
        ("chat disconnected", "warning")
    ]


async def test_a_quiet_server_that_answers_is_kept(
    twitch: ScriptedTwitch, inbox: Inbox, running: Running
) -> None:
    source = TwitchIrcSource(twitch.settings, "main", idle_s=0.05, answer_s=DEADLINE_S)
    async with running(source):
        visit = await twitch.welcome()
        for _ in range(3):
            await visit.expect("PING")
            await visit.say(":tmi.twitch.tv PONG tmi.twitch.tv")
        await visit.say(chat("m1", "still here"))
        await inbox.next()

    assert source.reconnects == 0


async def test_a_server_that_fell_silent_is_noticed(twitch: ScriptedTwitch) -> None:
    async with connect(twitch.url, idle_s=0.05, answer_s=0.05) as irc:
        visit = await twitch.visit()
        with pytest.raises(TransientError, match=r"^no answer within 0.05 s$"):
            await irc.receive()
        await visit.expect("PING")


async def test_a_server_that_never_lets_in_is_left(
    twitch: ScriptedTwitch, running: Running, naps: Naps
) -> None:
    source = TwitchIrcSource(twitch.settings, "main", sleep=naps.sleep, answer_s=0.1)
    async with running(source):
        await naps.begun()

    assert "no entry to #some_channel within 0.1 s" in source.state
    assert "check its name" in source.state


@pytest.mark.parametrize(
    "line",
    [
        "@msg-id=msg_channel_suspended :tmi.twitch.tv NOTICE #some_channel :It is suspended.",
        ":irc.example 474 nick #some_channel :It is suspended.",
        "ERROR :It is suspended.",
    ],
)
async def test_why_a_channel_is_closed_stands_in_the_state(
    twitch: ScriptedTwitch, running: Running, naps: Naps, line: str
) -> None:
    source = TwitchIrcSource(twitch.settings, "main", sleep=naps.sleep)
    async with running(source):
        visit = await twitch.visit()
        await visit.expect("NICK")
        await visit.say(line)
        await naps.begun()

    assert source.state.endswith("after: the server says: It is suspended.")


async def test_it_never_gives_up_and_waits_longer_each_time(
    twitch: ScriptedTwitch, running: Running, naps: Naps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CHAT_URL_VARIABLE, "ws://127.0.0.1:1")
    source = TwitchIrcSource(
        twitch.settings, "main", sleep=naps.sleep, backoff=Backoff(draw=lambda: 0.5)
    )
    delays_s = []
    async with running(source):
        for _ in range(9):
            delays_s.append(await naps.begun())
            naps.end()

    assert delays_s == [1.5, 3, 6, 12, 24, 45, 45, 45, 45]


async def test_after_a_good_connection_the_back_off_starts_anew(
    twitch: ScriptedTwitch, running: Running, naps: Naps
) -> None:
    clock = 0.0
    source = TwitchIrcSource(
        twitch.settings,
        "main",
        sleep=naps.sleep,
        monotonic=lambda: clock,
        backoff=Backoff(draw=lambda: 0.0),
    )
    delays_s = []
    async with running(source):
        for lasted_s in (1.0, 1.0, STEADY_S):
            visit = await twitch.welcome()
            await visit.say("PING :x")
            await visit.expect("PONG")  # so it has seen that it is in the room
            clock += lasted_s
            visit.drop()
            delays_s.append(await naps.begun())
            naps.end()

    assert delays_s == [1, 2, 1]


async def test_hostile_lines_are_no_news(
    twitch: ScriptedTwitch, inbox: Inbox, running: Running
) -> None:
    with capture_logs() as logs:
        async with running(create(twitch.settings, "main")):
            visit = await twitch.welcome()
            await visit.say(
                "", "@", ":", "\0", "@id=;emotes=9999999999999-1;badges=/// :x!y@z PRIVMSG"
            )
            await visit.say(chat("m1", "x" * 1_000_000))
            await visit.say("@" + "a=b;" * 3000 + "id=m2 :x!y@z PRIVMSG #some_channel :tags")
            await visit.socket.send_bytes(b"\xff\xfe\0\x80 PRIVMSG #some_channel :\xc3")
            assert visit.socket._writer is not None
            await visit.socket._writer.send_frame(
                chat("m3", "caf").encode() + b"\xe9\0", WSMsgType.TEXT
            )
            await visit.say(chat("", "no id"), chat("m4", "<b>' OR 1=1 --\u202e\u0336"))
            texts = [(await inbox.next_message()).text for _ in range(4)]

    assert texts == ["tags", "caf\ufffd\0", "no id", "<b>' OR 1=1 --\u202e\u0336"]
    assert inbox.rest() == []
    assert {entry["log_level"] for entry in logs} <= {"info", "debug"}


async def test_a_server_without_tags_is_read_too(
    twitch: ScriptedTwitch, inbox: Inbox, running: Running
) -> None:
    async with running(create(twitch.settings, "main")):
        visit = await twitch.visit()
        await visit.expect("CAP REQ")
        await visit.say(":irc.example CAP * NAK :twitch.tv/tags twitch.tv/commands")
        await visit.expect("CAP END")
        await visit.say(":irc.example 001 nick :Welcome")
        await visit.expect("JOIN")
        await visit.say(":bob!bob@host PRIVMSG #some_channel :hello")

        assert (await inbox.next_message()).chatter.id == "bob"


@pytest.mark.parametrize("when", ["connecting", "connected", "reconnecting", "talking"])
async def test_it_stops_at_once(
    twitch: ScriptedTwitch, naps: Naps, eventually: Eventually, inbox: Inbox, when: str
) -> None:
    source = TwitchIrcSource(twitch.settings, "main", sleep=naps.sleep)
    before = asyncio.all_tasks()
    task = asyncio.create_task(source.run(inbox.deliver))
    talking = None
    visit = await twitch.visit()
    if when != "connecting":
        await visit.let_in()
    if when == "reconnecting":
        visit.drop()
        await naps.begun()
    if when == "talking":

        async def talk() -> None:
            while True:
                await visit.say(chat("m1", "and another thing"))
                await asyncio.sleep(0)

        talking = asyncio.create_task(talk())
        await inbox.next()
    task.cancel()
    async with asyncio.timeout(DEADLINE_S):
        with pytest.raises(asyncio.CancelledError):
            await task
    if talking is not None:
        talking.cancel()
        await asyncio.wait([talking])
    visit.ended.set()
    await eventually(lambda: len(asyncio.all_tasks() - before) <= 1)  # the server's end


@pytest.mark.parametrize("url", ["ws://127.0.0.1:99999", "wss://a..b", "ws://[bad"])
async def test_an_address_that_can_never_work_is_a_reason_not_to_start(
    twitch: ScriptedTwitch, inbox: Inbox, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv(CHAT_URL_VARIABLE, url)
    source = create(twitch.settings, "main")

    with pytest.raises(StartError) as caught:
        await source.run(inbox.deliver)

    assert url in caught.value.message


async def test_a_real_irc_server_is_read(
    inspircd: IrcServer, inbox: Inbox, running: Running, eventually: Eventually
) -> None:
    source = create(TwitchIrcSettings(type="twitch_irc", channel="room"), "main")
    async with running(source):
        await eventually(lambda: source.state == "connected")
        reader, writer = await asyncio.open_connection("127.0.0.1", inspircd.port)
        writer.write(b"NICK bob\r\nUSER bob 0 * :bob\r\n")
        async with asyncio.timeout(DEADLINE_S):
            await reader.readuntil(b" 001 ")
        writer.write(b"JOIN #room\r\n")
        writer.write(b"PRIVMSG #room :hello :there\r\n")
        writer.write("PRIVMSG #room :zoë 😀 \u202e\r\n".encode())
        writer.write(b"PRIVMSG #room :\x01ACTION waves\x01\r\n")
        writer.write(b"PRIVMSG #room :caf\xe9\r\n")
        messages = [await inbox.next_message() for _ in range(4)]
        writer.close()
        await writer.wait_closed()

    assert [message.text for message in messages[:3]] == [
        "hello :there",
        "zoë 😀 \u202e",
        "waves",
    ]
    assert messages[3].text.startswith("caf")
    assert {message.chatter.id for message in messages} == {"bob"}
    assert Role.MODERATOR not in messages[0].chatter.roles
    assert len({message.id for message in messages}) == 4
