"""How long the daemon's event loop is held, with everything on that it can do beside speaking.

Run from the repository: `python -m tests.bench.loop [--minutes M] [--plain] [--save NAME]`. Seeded
chat of 20 messages a second is played: most of it by a scripted Twitch, which an account and the
anonymous reader hear, the rest through a broker and over HTTP, where a tenth is paid for. (A source
of type replay would leave SQLite out.) The log is at level debug in a pipe and a file; `--events`,
`--record`, metrics, health, status, systemd and MQTT are on. hibari speaks into a PulseAudio null
sink and a sound file at pace fast. `tests.bench.watched` watches the loop, in asyncio's debug mode
unless `--plain` is given; no turn of it may take over 20 ms in service, and 50 ms at the start.
"""

import argparse
import asyncio
import json
import os
import random
import socket
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiomqtt

from bot.sources.twitch_irc import CHAT_URL_VARIABLE
from tests.bench.daemon import Daemon, accounted, end_whole, sentence, sound_server
from tests.bench.report import environment, save
from tests.bench.scripted_twitch import Twitch
from tests.bench.watched import LIMIT_S, PLAIN
from tests.mqtt.conftest import PASSWORDS, Broker
from tests.twitch_server import CLIENT_ID

_LIMIT_AT_START_S = 0.05
_PER_S = 20
_ROUND = 10
"""Messages of which one is paid for and one comes through the broker, and between two looks."""
_SHOWN = 10


@contextmanager
def _systemd(folder: Path) -> Iterator[dict[str, str]]:
    """Listen to notifications as systemd does; yield the environment that says so."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        path = folder / "notify"
        listener.bind(str(path))

        def hear() -> None:
            while listener.recv(65_536) != b"end":
                pass

        threading.Thread(target=hear, daemon=True).start()
        try:
            yield {"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "10000000"}
        finally:
            listener.connect(str(path))
            listener.send(b"end")


async def _talk(daemon: Daemon, twitch: Twitch, broker: Broker, duration_s: float) -> None:
    """Let chat come in, and ask for what people and programs look at."""
    rng = random.Random(6)
    begun_at = time.monotonic()
    async with aiomqtt.Client(
        "127.0.0.1", broker.port, username="home", password=PASSWORDS["home"]
    ) as client:
        for number in range(round(duration_s * _PER_S)):
            await asyncio.sleep(max(begun_at + number / _PER_S - time.monotonic(), 0))
            name, text = f"viewer{rng.randint(1, 500)}", sentence(rng, rng.randint(1, 25))
            match number % _ROUND:
                case 0:
                    await asyncio.to_thread(daemon.post, text, name=name, cheer=100)
                    await asyncio.to_thread(_look, daemon)
                case 1:
                    body = {"author": {"id": name, "name": name}, "text": text}
                    await client.publish("ishowtts/main/chat", json.dumps(body), qos=1)
                case _:
                    await asyncio.to_thread(twitch.say, text, name)


def _look(daemon: Daemon) -> None:
    for path in ("metrics", "healthz", "readyz", "api/status"):
        with urllib.request.urlopen(f"{daemon.url}/{path}") as answer:
            answer.read()


def summary(report: dict[str, Any], begun_at: float, ended_at: float) -> dict[str, Any]:
    """Return what held the loop in a span of `time.monotonic`, the longest first."""
    turns = [turn for turn in report["long"] if begun_at <= turn["at"] < ended_at]
    turns.sort(key=lambda turn: -turn["held_s"])
    slow = [text for at, text in report["slow_callbacks"] if begun_at <= at < ended_at]
    return {
        "longest_ms": round(1000 * turns[0]["held_s"], 1) if turns else 0.0,
        "over_20_ms": sum(turn["held_s"] > LIMIT_S for turn in turns),
        "over_10_ms": sum(turn["held_s"] > LIMIT_S / 2 for turn in turns),
        "slow_callbacks_of_asyncio": len(slow),
        "longest": [
            {
                "after_s": round(turn["at"] - begun_at, 2),
                "held_ms": round(1000 * turn["held_s"], 1),
                "on_a_processor_ms": round(1000 * turn["cpu_s"], 1),
                "collecting_garbage_ms": round(1000 * turn["gc_s"], 1),
                "where": turn["where"],
            }
            for turn in turns[:_SHOWN]
        ],
    }


def complaints(result: dict[str, Any]) -> list[str]:
    """Return what is not as it should be."""
    limits = {"at_start": _LIMIT_AT_START_S, "in_service": LIMIT_S}
    found = [
        f"{when.replace('_', ' ')} the loop was held for {result[when]['longest_ms']} ms"
        for when, limit_s in limits.items()
        if result[when]["longest_ms"] > 1000 * limit_s
    ]
    if result["accepted"] != result["with_exactly_one_final_outcome"]:
        found.append("a message did not end in exactly one outcome")
    return found


def measure(folder: Path, duration_s: float) -> dict[str, Any]:
    """Run the daemon; return how long its loop was held."""
    state, report = folder / "state", folder / "report.json"
    twitch = Twitch(state)
    (folder / "broker").mkdir()
    broker = Broker(folder / "broker")
    broker.start()
    sources = [
        {"type": "ingest"},
        {"type": "mqtt"},
        {"type": "twitch_eventsub", "channel": "streamer", "emotes": []},
    ]
    outputs = [
        {"type": "device"},
        {"type": "wavefile", "path": str(folder / "speech.wav"), "pace": "fast"},
    ]
    mqtt = {"enabled": True, "host": "127.0.0.1", "port": broker.port}
    mqtt |= {"username": "ishowtts", "password": PASSWORDS["ishowtts"]}
    with sound_server(folder) as pulse, _systemd(folder) as notify:
        daemon = Daemon(
            folder,
            [],
            pulse,
            state=state,
            environment={CHAT_URL_VARIABLE: twitch.server.irc_url, **notify},
            program=(
                *("-m", "tests.bench.watched", str(report)),
                *(twitch.server.url, twitch.server.eventsub_url),
            ),
            arguments=("--record", str(folder / "record.jsonl")),
            channels=[{"name": "main", "sources": sources, "outputs": outputs}],
            engine={"engines": ["hibari", "tone"]},
            mqtt=mqtt,
            twitch={"client_id": CLIENT_ID},
            log={"level": "debug", "file": str(folder / "log.jsonl")},
        )
        ready_at = time.monotonic()
        try:
            asyncio.run(_talk(daemon, twitch, broker, duration_s))
            ended_at = time.monotonic()
        finally:
            daemon.stop()
            twitch.close()
            broker.kill()
    found = json.loads(report.read_text(encoding="utf-8"))
    return {
        "turns": found["turns"],
        "start_to_ready_s": round(daemon.ready_s, 2),
        "at_start": summary(found, found["began_at"], ready_at),
        "in_service": summary(found, ready_at, ended_at),
        "at_the_end": summary(found, ended_at, float("inf")),
        **accounted(daemon, lambda count: count > 0),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, say what is wrong, and return how many things are."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--plain", action="store_true", help="without asyncio's debug mode")
    parser.add_argument("--save", default="", help="name of the result; none is only printed")
    options = parser.parse_args(arguments)
    end_whole()
    if options.plain:
        os.environ[PLAIN] = "1"
    result: dict[str, Any] = environment("ishowtts", "hibari-tts", "aiohttp", "aiomqtt", "twitchio")
    result |= {"minutes": options.minutes, "is_in_debug_mode": not options.plain}
    with tempfile.TemporaryDirectory() as name:
        result |= measure(Path(name), options.minutes * 60)
    found = complaints(result)
    result["complaints"] = found
    save(options.save, result)
    for complaint in found:
        print(f"loop: {complaint}", file=sys.stderr)
    return len(found)


if __name__ == "__main__":
    sys.exit(main())
