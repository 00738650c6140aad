"""Speech in browsers: from message to sample in the page, and many pages at once.

Run from the repository: `python -m tests.bench.browser [--save browser]`. The page is Chromium's;
the many are programs that take what pages are sent, and see whether it comes before it is heard.
"""

import argparse
import asyncio
import os
import statistics
import struct
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import aiohttp

from tests.bench.report import environment, save, spread_ms
from tests.web.chromium import Page
from tests.web.overlay.measures import apart_ms, marked_ms, silence_ms
from tests.web.served import BadNetwork, Served

_CHAT = (
    "hello chat, this game is so good",
    "what a play, nice one",
    "no way, that was close",
    "can you try the other door?",
    "why did you do that",
    "first time here, love the stream",
    "well played, again please",
)
_SHORT = ("nice one", "so good", "oh no", "well done", "what a play", "that was close", "hello")
"""Of so many messages a minute, all can be spoken."""
_HEADER = struct.Struct("<IIdd")
_TELL = """
const before = begun.length;
const {timeOrigin} = performance;
const sent = performance.now();
const body = JSON.stringify({id: arguments[0], author: {name: "viewer"}, text: arguments[1]});
const headers = {"Content-Type": "application/json"};
await fetch("/api/chat", {method: "POST", body, headers});
while (begun.length === before) await new Promise((done) => setTimeout(done, 2));
const {frame, late} = begun.at(-1);
const {player} = overlay;
const {contextTime, performanceTime} = player.context.getOutputTimestamp();
const heard = performanceTime + (frame / player.rate - contextTime) * 1000;
return [heard - sent, heard - sent - player.output.latencyMs, late / player.rate];
"""


def message_to_sample(daemon: Served, messages: int) -> dict[str, Any]:
    """Return how long it takes from a message to its first sample in a page, and where."""
    page = Page()
    heard, played, added, late = [], [], [], 0
    try:
        _open(page, daemon.url)
        for number in range(messages):
            key = f"m{number}"
            heard_ms, played_ms, late_s = page.run(_TELL, key, _CHAT[number % len(_CHAT)])
            started = daemon.wait_for(key, "started")
            accepted = daemon.outcomes(key)["accepted"]
            daemon.wait_for(key, "spoken")
            made_s = started["first_chunk_at"] - accepted["received_at"]
            heard.append(heard_ms / 1000)
            played.append(played_ms / 1000)
            added.append(played_ms / 1000 - made_s)
            late += late_s > 0
    finally:
        page.close()
    return {
        "message_to_sample": spread_ms(played),
        "of_that_added_by_the_browser_path": spread_ms(added),
        "message_to_ear_of_this_browser": spread_ms(heard),
        "late": late,
    }


def kept_times(folder: Path, count: int) -> dict[str, Any]:
    """Return how soon a purge is heard, how far apart two pages are, and how late a word is."""
    tones, speech = Served(folder / "tone"), Served(folder / "speech", engine="hibari")
    pages = Page(), Page()
    network = BadNetwork(tones.port, jitter_s=0.1, stalls=0, stall_s=0)
    try:
        with tones:
            for page, url in zip(pages, (tones.url, network.url), strict=True):
                _open(page, url)
            apart = [apart_ms(tones, pages, f"a{number}") for number in range(count)]
            pages[1].close()
            silent = [silence_ms(tones, pages[0], f"s{number}") for number in range(count)]
        with speech:
            _open(pages[0], speech.url)
            marked = [
                abs(late_ms)
                for number in range(count // 2)
                for late_ms in marked_ms(speech, pages[0], f"w{number}")
            ]
    finally:
        for page in pages:
            page.close()
        network.close()
    kept = {"purge_to_silence": silent, "two_pages_apart": apart, "word_to_mark": marked}
    return {name: spread_ms([each / 1000 for each in found]) for name, found in kept.items()}


def _open(page: Page, url: str) -> None:
    page.open(f"{url}/overlay")
    page.wait_until_playing()
    page.record()


class _Listener:
    """A program that takes what a page is sent."""

    def __init__(self) -> None:
        self.slack_s: list[float] = []
        """How long before it is heard each frame came."""
        self.frames = 0

    async def listen(self, session: aiohttp.ClientSession, url: str) -> None:
        async with session.ws_connect(f"{url}/api/listen", max_msg_size=0) as socket:
            reporting = asyncio.create_task(_report(socket))
            clock = asyncio.get_running_loop().time  # CLOCK_MONOTONIC, as the daemon's
            async for message in socket:
                if message.type is aiohttp.WSMsgType.BINARY:
                    *_, at_ms, _sent_ms = _HEADER.unpack_from(message.data)
                    self.slack_s.append(at_ms / 1000 - clock())
                    self.frames += 1
            reporting.cancel()


async def _report(socket: aiohttp.ClientWebSocketResponse) -> None:
    while True:
        await socket.send_str('{"type":"ping","t":0}')
        await socket.send_str('{"type":"report","is_running":true,"wanted_ms":60}')
        await asyncio.sleep(2)


async def _say(daemon: Served, per_minute: float, minutes: float) -> int:
    count = round(per_minute * minutes)
    for number in range(count):
        text = f"{_SHORT[number % len(_SHORT)]} {number}"
        await asyncio.to_thread(daemon.say, f"many{number}", text)
        await asyncio.sleep(60 / per_minute)
    await asyncio.to_thread(daemon.wait_for, f"many{count - 1}", "spoken")
    return sum("spoken" in daemon.outcomes(f"many{number}") for number in range(count))


async def many_pages(
    daemon: Served, pages: int, per_minute: float, minutes: float, *, dead: int
) -> dict[str, Any]:
    """Return whether any of so many pages would have had a gap; `dead` ones take nothing."""
    listeners = [_Listener() for _ in range(pages)]
    stuck = [await _stuck(daemon.port) for _ in range(dead)]
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        tasks = []
        for each in listeners:
            tasks.append(asyncio.create_task(each.listen(session, daemon.url)))
            await asyncio.sleep(0.02)  # so many at once would be a flood
        await asyncio.sleep(3)
        cpu_before, began_at = _cpu_s(daemon.pid), time.monotonic()
        messages = await _say(daemon, per_minute, minutes)
        await asyncio.sleep(5)
        cpu_s = _cpu_s(daemon.pid) - cpu_before
        took_s = time.monotonic() - began_at
        closed = [task.exception() for task in tasks if task.done()]
        assert not closed, closed[0]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for _, writer in stuck:
        writer.close()
    slack = [value for each in listeners for value in each.slack_s]
    return {
        "pages": pages,
        "dead_pages": dead,
        "messages_spoken": messages,
        "messages_a_minute": per_minute,
        "frames_of_each_page": Counter(each.frames for each in listeners),
        "late_frames": sum(value < 0 for value in slack),
        "least_slack_ms": round(min(slack) * 1000, 1),
        "median_slack_ms": round(statistics.median(slack) * 1000, 1),
        "daemon_cores": round(cpu_s / took_s, 2),
        "event_loop_lag": _lag(daemon),
    }


async def _stuck(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Return a connection that says it plays, and reads nothing."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
    key = "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
    head = "Host: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    writer.write(f"GET /api/listen HTTP/1.1\r\n{head}{key}\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    report = b'{"type":"report","is_running":true}'
    writer.write(bytes([0x81, 0x80 | len(report), 0, 0, 0, 0]) + report)
    await writer.drain()
    transport = writer.transport
    assert isinstance(transport, asyncio.ReadTransport)
    transport.pause_reading()
    return reader, writer


def _cpu_s(pid: int) -> float:
    """Return the processor time of a process, without its children, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _lag(daemon: Served) -> dict[str, float]:
    """Return the event loop's lag as the daemon's own figures tell it."""
    with urlopen(f"{daemon.url}/metrics") as answer:
        lines = answer.read().decode().splitlines()
    found = [line.split() for line in lines if "loop_lag" in line and not line.startswith("#")]
    return {name: float(value) for name, value in found if "_bucket" not in name}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print and save."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--messages", type=int, default=60)
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--save", default="")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        daemon = Served(Path(folder) / "page", engine="hibari", outputs=[{"type": "browser"}])
        with daemon:
            one = message_to_sample(daemon, chosen.messages)
        kept = kept_times(Path(folder), max(chosen.messages // 3, 2))
        with daemon:
            many = asyncio.run(many_pages(daemon, chosen.pages, 50, chosen.minutes, dead=3))
    save(
        chosen.save,
        {"environment": environment("aiohttp"), "one_page": one, "times": kept, "many_pages": many},
    )


if __name__ == "__main__":
    main()
