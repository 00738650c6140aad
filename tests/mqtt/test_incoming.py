"""What a source takes from a broker that never stops."""

import asyncio
from collections.abc import Callable

import msgspec
import pytest
from aiomqtt import Message
from structlog.testing import capture_logs

from bot.commands import parse_order
from bot.config.sections.mqtt import MqttSettings
from bot.config.sections.sources import MqttSourceSettings
from bot.errors import CommandError
from bot.messages import ChatMessage, Chatter, Command, Order, SourceItem, Verb
from bot.mqtt.connection import Connection, Received
from bot.mqtt.incoming import Incoming
from bot.mqtt.payloads import Refusal
from bot.runtime.concurrency.reconnect import ReconnectLoop
from bot.sources.mqtt import MqttSource

pytestmark = pytest.mark.parts


def received(text: str) -> Received:
    return Received("topic", text.encode(), is_retained=False)


class IncomingStandIn(Incoming):
    def __init__(self) -> None:
        self.loop = ReconnectLoop(lambda *_: None)
        self.handlers: dict[str, Callable[[Received], None]] = {}
        self.refusals: list[tuple[str, str]] = []

    def listen(self, channel: str, what: str, handler: Callable[[Received], None]) -> None:
        assert channel == "main"
        self.handlers[what] = handler

    def refuse(self, channel: str, what: str, reason: str) -> None:
        assert channel == "main"
        self.refusals.append((what, reason))

    def chat(self, number: int) -> None:
        body = f'{{"id": "m{number}", "author": {{"name": "v"}}, "text": "hi"}}'
        self.handlers["chat"](received(body))

    def command(self, text: str) -> None:
        self.handlers["command"](received(text))


@pytest.fixture
def incoming() -> IncomingStandIn:
    return IncomingStandIn()


@pytest.fixture
def source(incoming: IncomingStandIn) -> MqttSource:
    return MqttSource(MqttSourceSettings(type="mqtt"), "main", incoming, parse_order)


async def test_what_comes_before_the_daemon_is_ready_is_refused(
    source: MqttSource, incoming: IncomingStandIn
) -> None:
    del source
    incoming.chat(1)
    incoming.command("skip")

    assert incoming.refusals == [
        (what, "The daemon is starting or ending; try again.") for what in ("chat", "command")
    ]


async def test_what_was_refused_may_be_sent_again(
    source: MqttSource, incoming: IncomingStandIn
) -> None:
    panic = '{"order": "panic", "id": "p1"}'
    incoming.command(panic)
    incoming.chat(1)
    taken: list[SourceItem] = []

    async def deliver(item: SourceItem) -> None:
        taken.append(item)

    running = asyncio.create_task(source.run(deliver))
    await asyncio.sleep(0)
    for _ in range(2):  # and what was taken is not taken twice
        incoming.command(panic)
        incoming.chat(1)
    while len(taken) < 2:
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert [type(item) for item in taken] == [Command, ChatMessage]


async def test_a_daemon_that_is_busy_takes_commands_first_and_as_much_chat_as_there_is_room_for(
    source: MqttSource, incoming: IncomingStandIn
) -> None:
    room = asyncio.Event()
    taken: list[SourceItem] = []

    async def deliver(item: SourceItem) -> None:
        taken.append(item)
        await room.wait()

    running = asyncio.create_task(source.run(deliver))
    await asyncio.sleep(0)
    incoming.chat(0)
    await asyncio.sleep(0)
    assert len(taken) == 1
    for number in range(1, 1001):
        incoming.chat(number)
    for _ in range(100):
        incoming.command("status")
    refused = list(incoming.refusals)
    room.set()
    while len(taken) < 1 + 256 + 64:
        await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert [type(item) for item in taken] == [ChatMessage, *[Command] * 64, *[ChatMessage] * 256]
    assert len(refused) == 1000 - 256 + 100 - 64
    assert {reason for _, reason in refused} == {"Too much comes at once; this one is dropped."}


def test_a_source_listens_to_what_it_is_told_to(incoming: IncomingStandIn) -> None:
    MqttSource(MqttSourceSettings(type="mqtt", commands=False), "main", incoming, parse_order)

    assert incoming.handlers.keys() == {"chat"}


async def test_who_floods_is_not_answered_every_time() -> None:
    time = [100.0]
    connection = Connection(MqttSettings(), client_id="test", password=None)
    incoming = Incoming(connection, clock=lambda: time[0])
    for _ in range(1000):
        incoming.refuse("main", "chat", "The message is not JSON.")
    time[0] += 1
    incoming.refuse("main", "command", "The command is refused: why.")
    told = []
    while len(connection.outbox):
        post = await connection.outbox.first()
        connection.outbox.sent(post)
        told.append(msgspec.json.decode(post.payload, type=Refusal))

    assert [(refusal.topic, refusal.untold) for refusal in told] == [
        ("ishowtts/main/chat", 0),
        ("ishowtts/main/command", 999),
    ]
    assert incoming.refused == 1001


def test_a_message_that_breaks_its_handler_ends_with_it() -> None:
    def broken(received: Received) -> None:
        raise ZeroDivisionError(received.payload)

    connection = Connection(MqttSettings(), client_id="test", password=None)
    connection.listen("a/b", broken)
    with capture_logs() as logs:
        connection._take(Message("a/b", b"", 0, retain=False, mid=1, properties=None))

    assert [(entry["event"], entry["log_level"]) for entry in logs] == [
        ("MQTT message not handled", "error")
    ]


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("skip", Order(verb=Verb.SKIP)),
        (" STOP ", Order(verb=Verb.SKIP)),
        ("volume 50", Order(verb=Verb.VOLUME, value="50")),
        ("mute @Troll", Order(verb=Verb.MUTE, name="Troll")),
    ],
)
def test_a_command_is_read_as_in_chat(text: str, command: Order) -> None:
    assert parse_order(text) == command


@pytest.mark.parametrize("text", ["", "explode", "volume", "volume 101", "mute", "pause now"])
def test_what_is_no_command_says_why(text: str) -> None:
    with pytest.raises(CommandError, match=r"needs|takes|it is none of"):
        parse_order(text)


async def test_what_an_earlier_run_left_to_be_spoken_is_not_taken_again(
    source: MqttSource, incoming: IncomingStandIn
) -> None:
    taken: list[SourceItem] = []

    async def deliver(item: SourceItem) -> None:
        taken.append(item)

    chatter = Chatter(id="v", name="v")
    for key, name in (("m1", "mqtt"), ("m2", "ingest")):
        left = ChatMessage(
            id=key, channel="main", source=name, chatter=chatter, text="hi", received_at=0.0
        )
        source.resume(left)
    async with asyncio.timeout(60):
        running = asyncio.create_task(source.run(deliver))
        await asyncio.sleep(0)
        incoming.chat(1)
        incoming.chat(2)
        while not taken:
            await asyncio.sleep(0)
        running.cancel()

    assert [item.id for item in taken if isinstance(item, ChatMessage)] == ["m2"]
