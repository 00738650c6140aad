"""The whole daemon at a real broker: told, ordered about, lied to, and left alone."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families as parse
from structlog.testing import capture_logs

from bot.app import Daemon
from bot.config import loads
from bot.errors import TransientError
from bot.wiring.mqtt import connect
from tests.mqtt.conftest import (
    Broker,
    Person,
    free_port,
    person,
    retained,
    until,
)

pytestmark = pytest.mark.parts

LONG = "a message that takes its time " * 8
"""About 16 s of tone."""
CHAT, COMMAND = "ishowtts/main/chat", "ishowtts/main/command"
STATE, REFUSED = "ishowtts/main/state", "ishowtts/main/refused"


def config(broker: Broker, speech: Path, **mqtt: Any) -> str:  # noqa: ANN401 - YAML
    keys = {"username": "ishowtts", "password": "voice", "client_id": "studio", **mqtt}
    more = "".join(f"  {key}: {value}\n" for key, value in keys.items())
    return f"""
channels:
  - name: main
    sources: [{{type: ingest}}, {{type: mqtt}}]
    outputs: [{{type: wavefile, path: {speech}}}]
server: {{port: 0}}
engine: {{engines: [tone]}}
mqtt:
  enabled: true
  host: 127.0.0.1
  port: {broker.port}
{more}"""


class Running:
    """A daemon in this process."""

    def __init__(self, daemon: Daemon, http: aiohttp.ClientSession) -> None:
        self.daemon = daemon
        self._http = http

    async def get(self, path: str) -> Any:  # noqa: ANN401 - JSON
        async with self._http.get(path) as answer:
            return await (answer.text() if path == "/metrics" else answer.json())

    async def say(self, text: str, **more: str) -> str:
        body = {"author": {"name": "viewer1"}, "text": text, **more}
        async with self._http.post("/api/chat", json=body) as answer:
            return str((await answer.json())["id"])

    async def status(self) -> Any:  # noqa: ANN401 - JSON
        return await self.get("/api/status")

    async def until(self, fits: Callable[[Any], bool]) -> Any:  # noqa: ANN401 - JSON
        """Return the status as soon as it fits."""
        while not fits(status := await self.status()):
            await asyncio.sleep(0.01)
        return status

    async def until_connected(self, *, is_connected: bool = True) -> None:
        await self.until(lambda status: status["mqtt"]["is_connected"] is is_connected)

    async def until_spoken(self, count: int) -> Any:  # noqa: ANN401 - JSON
        return await self.until(lambda s: s["outcomes"].get("main", {}).get("spoken") == count)


@asynccontextmanager
async def running(text: str, *, connects: bool = True) -> AsyncIterator[Running]:
    daemon = Daemon(loads(text))
    task = asyncio.create_task(daemon.run())
    try:
        while not _listens(daemon):
            assert not task.done(), task.exception()
            await asyncio.sleep(0.005)
        async with aiohttp.ClientSession(daemon.url) as http:
            here = Running(daemon, http)
            await here.until(lambda status: "open at /api/chat" in str(status))
            if connects:
                await here.until_connected()
            yield here
    finally:
        os.kill(os.getpid(), signal.SIGTERM)
        await task


def _listens(daemon: Daemon) -> bool:
    try:
        return bool(daemon.url)
    except IndexError:
        return False


@pytest.fixture
async def daemon(broker: Broker, tmp_path: Path) -> AsyncIterator[Running]:
    async with running(config(broker, tmp_path / "speech.wav")) as daemon:
        yield daemon


@pytest.fixture
async def home(broker: Broker) -> AsyncIterator[Person]:
    async with person(broker) as home:
        yield home


async def test_chat_from_a_topic_is_spoken_and_its_outcomes_and_latency_are_told(
    daemon: Running, home: Person
) -> None:
    await home.publish(CHAT, {"id": "m1", "author": {"name": "viewer1"}, "text": "hello"})
    spoken = await home.outcome("m1", "spoken")
    latency = await home.until("ishowtts/main/latency", lambda value: value["id"] == "m1")
    told = [o["outcome"] for o in home.got("ishowtts/main/outcome")]

    assert told == ["accepted", "queued", "started", "spoken"]
    assert latency["audio_s"] == pytest.approx(spoken["audio_s"], abs=0.001)
    stages = ("policy_s", "queue_s", "engine_s", "output_s")
    assert sum(latency[stage] for stage in stages) == pytest.approx(latency["ttfa_s"], abs=0.001)
    assert "ishowtts_ttfa_seconds_count" in await daemon.get("/metrics")
    for path in ("/healthz", "/readyz"):
        assert await daemon.get(path) == {"ok": True, "reasons": []}


async def test_orders_are_obeyed_in_mid_speech_and_the_state_follows(
    daemon: Running, home: Person
) -> None:
    message = await daemon.say(LONG)
    await home.until(STATE, lambda state: state["speaking"] is not None)
    await home.publish(COMMAND, "volume 30")
    await home.publish(COMMAND, '{"order": "skip", "id": "o1"}')
    dropped = await home.outcome(message, "dropped")
    obeyed = await home.outcome("o1", "obeyed")
    await home.until(STATE, lambda s: s["speaking"] is None and s["volume_percent"] == 30)
    await home.publish(COMMAND, "off")
    await home.until(STATE, lambda state: not state["is_on"])

    assert dropped["reason"] == "skipped"
    assert (obeyed["chatter"], obeyed["answer"]) == ("MQTT", "skipped")


async def test_who_comes_later_finds_the_state_and_who_comes_after_the_end_that_there_is_none(
    broker: Broker, tmp_path: Path
) -> None:
    async with running(config(broker, tmp_path / "speech.wav")):
        # The file of the output is opened beside the start.
        while not (during := await retained(broker)).get(STATE, {}).get("is_heard"):
            pass
    after = await retained(broker)

    assert during["ishowtts/availability"] == "online"
    assert during["ishowtts/state"]["engine"] == "tone"
    assert during[STATE]["is_heard"]
    assert after["ishowtts/availability"] == "offline"


HOSTILE = [
    (CHAT, b"\xff\xfe", "is not UTF-8"),
    (CHAT, b"hello", "is not JSON"),
    (CHAT, b'["a list"]', "one JSON object"),
    (CHAT, b'{"author": {"name": 7}, "text": "x"}', "has another form"),
    (CHAT, b"[" * 60_000, "nested too deeply"),
    (CHAT, b'{"text": "' + b"x" * 70_000 + b'"}', "larger than"),
    (COMMAND, b"explode", "it is none of skip,"),
    (COMMAND, b"volume 900", "from 0 to 100"),
    (COMMAND, b"\xff", "not UTF-8"),
    (COMMAND, b'{"order": ["skip"]}', "another form"),
    (COMMAND, b'{"order": ' + b"[" * 1000, "another form"),
    (COMMAND, b"mute " + b"x" * 2000, "larger than"),
]


async def test_what_is_not_understood_is_refused_in_words_and_does_no_harm(
    daemon: Running, home: Person
) -> None:
    before = (await daemon.status())["channels"]
    for topic, payload, words in HOSTILE:
        # Who floods is not answered each time.
        while not any(words in refusal["reason"] for refusal in home.got(REFUSED)):
            await home.publish(topic, payload, qos=1)
            await asyncio.sleep(0.05)
        assert home.got(REFUSED)[-1]["topic"] == topic
        home.messages.clear()
    assert (await daemon.status())["channels"] == before
    await home.publish(CHAT, {"id": "after", "author": {"name": "v"}, "text": "ok"})
    await home.outcome("after", "accepted")


async def test_a_message_that_the_daemon_asked_the_broker_not_to_send_does_not_come(
    daemon: Running, home: Person
) -> None:
    await home.publish(CHAT, b"x" * 1_000_000, qos=1)
    await home.publish(CHAT, {"id": "after", "author": {"name": "v"}, "text": "ok"}, qos=1)
    await home.outcome("after", "accepted")

    assert (await daemon.status())["mqtt"]["reconnects"] == 0


async def test_orders_and_chat_from_before_the_start_are_refused(
    broker: Broker, home: Person, tmp_path: Path
) -> None:
    await home.publish(COMMAND, "off", qos=1, retain=True)
    await home.publish(
        CHAT, {"id": "old", "author": {"name": "v"}, "text": "old"}, qos=1, retain=True
    )
    async with running(config(broker, tmp_path / "speech.wav")) as daemon:
        status = await daemon.until(lambda status: status["mqtt"]["refused"] >= 2)
        refusal = await home.until(REFUSED, lambda _: True)

    assert status["channels"]["main"]["is_on"]
    assert status["outcomes"] == {}
    assert "retain" in refusal["reason"]


async def test_what_is_delivered_twice_counts_once(daemon: Running, home: Person) -> None:
    for _ in range(2):
        await home.publish(CHAT, {"id": "m1", "author": {"name": "v"}, "text": "hi"}, qos=1)
        await home.publish(COMMAND, '{"order": "volume 20", "id": "o1"}', qos=1)
    await home.publish(CHAT, {"id": "m2", "author": {"name": "v"}, "text": "ho"}, qos=1)
    await home.outcome("m2", "accepted")
    told = [(o["id"], o["outcome"]) for o in home.got("ishowtts/main/outcome")]

    assert told.count(("m1", "accepted")) == 1
    assert told.count(("o1", "obeyed")) == 1
    assert (await daemon.status())["mqtt"]["refused"] == 0


async def test_the_acl_of_the_broker_decides_who_orders(
    broker: Broker, daemon: Running, home: Person
) -> None:
    async with person(broker, "guest") as guest:
        await guest.publish(COMMAND, "off")
        await guest.publish(CHAT, {"id": "m1", "author": {"name": "g"}, "text": "hi"}, qos=1)
        await home.outcome("m1", "accepted")

    assert (await daemon.status())["channels"]["main"]["is_on"]


async def test_speech_goes_on_without_the_broker_and_the_state_is_there_again_with_it(
    broker: Broker, daemon: Running
) -> None:
    await asyncio.to_thread(broker.kill)
    await daemon.until_connected(is_connected=False)
    message = await daemon.say("nobody tells the broker")
    away = await daemon.until_spoken(1)
    await asyncio.to_thread(broker.start)
    async with person(broker) as home:
        late = await home.outcome(message, "spoken")
        kept = await home.until("homeassistant/switch/studio/main_on/config", bool)
        await home.until("ishowtts/availability", lambda value: value == "online")
        await home.until(STATE, lambda state: state["is_on"])

    assert "reconnecting in" in away["mqtt"]["state"]
    assert late["id"] == message
    assert kept["command_topic"] == COMMAND
    assert (await daemon.status())["mqtt"]["reconnects"] >= 1


async def test_a_broker_that_hangs_holds_up_neither_speech_nor_the_end(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.mqtt.connection._ANSWER_S", 3600.0)  # the end comes without an answer
    async with running(config(broker, tmp_path / "speech.wav")) as daemon:
        broker.process.send_signal(signal.SIGSTOP)
        for _ in range(3):
            await daemon.say("hi")
        await daemon.until_spoken(3)


async def test_a_wrong_password_is_told_in_words_and_the_daemon_speaks(
    broker: Broker, tmp_path: Path
) -> None:
    text = config(broker, tmp_path / "speech.wav", password="wrong")
    with capture_logs() as logs:
        async with running(text, connects=False) as daemon:
            await until(lambda: any(entry["event"] == "MQTT disconnected" for entry in logs))
            await daemon.say("hello")
            state = (await daemon.until_spoken(1))["mqtt"]["state"]

    assert "the broker refuses ishowtts: wrong user name or password" in state
    assert "wrong'" not in str(logs)


async def test_channels_have_topics_of_their_own_below_the_configured_one(
    broker: Broker, home: Person, tmp_path: Path
) -> None:
    text = config(broker, tmp_path / "a.wav", topic="ishowtts/studio", discovery="null")
    first = text[text.index("  - name: main") : text.index("server:")]
    second = first.replace("main", "second").replace("a.wav", "b.wav")
    async with running(text.replace("server:", f"{second}server:")):
        await home.publish("ishowtts/studio/second/command", "volume 20")
        told = await home.until("ishowtts/studio/second/outcome", bool)
        states = "ishowtts/studio/second/state", "ishowtts/studio/main/state"
        await home.until(states[0], lambda state: state["volume_percent"] == 20)
        await home.until(states[1], lambda state: state["volume_percent"] == 80)

    topics = {message.topic.value for message in home.messages}
    assert (told["outcome"], told["channel"]) == ("obeyed", "second")
    assert home.got("ishowtts/studio/main/outcome") == []
    assert not any(topic.startswith("homeassistant/") for topic in topics)
    assert all(topic.startswith("ishowtts/studio/") for topic in topics)


async def test_what_moderators_take_back_is_taken_back_over_the_broker(
    daemon: Running, home: Person
) -> None:
    await daemon.say(LONG)
    await home.until(STATE, lambda state: state["speaking"] is not None)
    for number in range(4):
        author = {"id": f"u{number // 2}", "name": "v"}
        await home.publish(CHAT, {"id": f"m{number}", "author": author, "text": f"hi {number}"})
    await home.publish(CHAT, {"delete": "m0"})
    await home.publish(CHAT, {"timeout": "u1"})
    reasons = [(await home.outcome(f"m{n}", "dropped"))["reason"] for n in (0, 2, 3)]
    await home.publish(CHAT, {"clear": True})
    await home.outcome("m1", "dropped")
    await home.until(STATE, lambda state: state["speaking"] is None and state["pending"] == 0)

    assert reasons == ["deleted", "timed_out", "timed_out"]
    assert (await daemon.status())["mqtt"]["refused"] == 0


async def test_check_connects_once_and_says_what_is_wrong(
    broker: Broker, daemon: Running, tmp_path: Path
) -> None:
    async def says(**changes: Any) -> str:  # noqa: ANN401 - YAML
        text = config(broker, tmp_path / "other.wav", **changes)
        try:
            await connect(loads(text), "ishowtts-check").check()
        except TransientError as error:
            return str(error)
        return ""

    assert await says() == ""
    assert "refuses ishowtts: wrong user name or password" in await says(password="wrong")
    assert (await daemon.status())["mqtt"]["reconnects"] == 0  # whoever runs is left alone
    assert (await retained(broker))["ishowtts/availability"] == "online"
    await asyncio.to_thread(broker.kill)
    assert "docs/mqtt.md" in await says()


@asynccontextmanager
async def running_alone(text: str, folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """A daemon in a process of its own, which writes `folder/log`."""
    path = folder / "config.yaml"
    path.write_text(text)
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "run", "--config", str(path)),
            env={**os.environ, "ISHOWTTS_MQTT_PASSWORD": "voice"},
            stdin=subprocess.DEVNULL,
            stderr=log,
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_the_last_will_tells_of_a_daemon_that_was_killed(
    broker: Broker, home: Person, tmp_path: Path
) -> None:
    text = config(broker, tmp_path / "speech.wav").replace("  password: voice\n", "")
    async with running_alone(text, tmp_path) as process:
        await home.until("ishowtts/availability", lambda value: value == "online")
        process.kill()
        await home.until("ishowtts/availability", lambda value: value == "offline")

    assert (await retained(broker))["ishowtts/availability"] == "offline"


@pytest.mark.long
async def test_a_machine_that_slept_connects_again_without_a_word_of_python(
    broker: Broker, home: Person, tmp_path: Path
) -> None:
    text = config(broker, tmp_path / "speech.wav", keepalive_s=5)
    async with running_alone(text.replace("  password: voice\n", ""), tmp_path) as process:
        await home.until("ishowtts/availability", lambda value: value == "online")
        await home.until(STATE, lambda state: "open at" in str(state["sources"]))
        process.send_signal(signal.SIGSTOP)
        await home.until("ishowtts/availability", lambda value: value == "offline")
        home.messages.clear()
        process.send_signal(signal.SIGCONT)
        await home.until("ishowtts/availability", lambda value: value == "online")
        log = (tmp_path / "log").read_text()

    assert "MQTT disconnected" in log
    assert "Traceback" not in log
    assert "descriptor" not in log


async def test_a_broker_that_wants_certificates_gets_one(
    tls_broker: Broker, tmp_path: Path
) -> None:
    folder = tls_broker.folder
    files = {"ca": "ca.pem", "certificate": "daemon.pem", "key": "daemon.key"}
    paths = ", ".join(f"{key}: {folder / name}" for key, name in files.items())
    tls = f"{{enabled: true, {paths}}}"
    async with running(config(tls_broker, tmp_path / "speech.wav", tls=tls)) as daemon:
        assert (await daemon.status())["mqtt"]["state"] == "connected"


async def test_a_certificate_that_nobody_trusts_is_told_in_words(
    tls_broker: Broker, tmp_path: Path
) -> None:
    text = config(tls_broker, tmp_path / "speech.wav", tls="{enabled: true}")
    async with running(text, connects=False) as daemon:
        status = await daemon.until(lambda status: "reconnecting" in status["mqtt"]["state"])

    assert "the broker's certificate is not trusted" in status["mqtt"]["state"]


@pytest.mark.long
async def test_a_thousand_messages_a_second_are_bounded_and_speech_goes_on(
    broker: Broker, home: Person, tmp_path: Path
) -> None:
    port = free_port()
    text = config(broker, tmp_path / "speech.wav").replace("{port: 0}", f"{{port: {port}}}")
    resident = []
    async with running_alone(text, tmp_path), aiohttp.ClientSession() as http:
        await home.until(STATE, lambda state: "open at" in str(state["sources"]))
        for second in range(3):
            await _flood(home, second, per_s=1000)
            async with http.get(f"http://127.0.0.1:{port}/metrics") as answer:
                resident.append(_resident_bytes(await answer.text()))
        while (await _status(http, port))["outcomes"]["main"].get("spoken", 0) < 3:
            await asyncio.sleep(0.05)
        home.messages.clear()  # thousands of outcomes, which would be read again at each look
        await home.publish(CHAT, {"id": "last", "author": {"name": "v"}, "text": "."}, qos=1)
        await home.publish(COMMAND, '{"order": "clear", "id": "o1"}', qos=1)
        await home.outcome("o1", "obeyed")
        await home.until(STATE, lambda state: state["pending"] == 0)
        status = await _status(http, port)

    assert status["mqtt"]["waiting"] <= 1100  # the limit, and what is kept
    assert status["mqtt"]["reconnects"] == 0
    assert resident[-1] - resident[1] < 20e6


async def _status(http: aiohttp.ClientSession, port: int) -> Any:  # noqa: ANN401 - JSON
    async with http.get(f"http://127.0.0.1:{port}/api/status") as answer:
        return await answer.json()


async def _flood(home: Person, second: int, *, per_s: int) -> None:
    loop = asyncio.get_running_loop()
    started_at = loop.time()
    for number in range(per_s):
        name = f"f{second}-{number}"
        body = {"id": name, "author": {"name": f"v{name}"}, "text": "flood"}
        await home.client.publish(CHAT, json.dumps(body), qos=0)
        if (due_in_s := started_at + number / per_s - loop.time()) > 0:
            await asyncio.sleep(due_in_s)


def _resident_bytes(metrics: str) -> float:
    families = {family.name: family for family in parse(metrics)}
    return float(families["process_resident_memory_bytes"].samples[0].value)
