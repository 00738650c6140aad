"""5,000 chat messages in 10 s through the real Twitch client: how many are lost or heard twice.

It tells what CPU that costs, too, and fails for any that is lost or heard twice.

The scripted Twitch runs in this process, the client in one of its own, which measures itself. It
hears everything twice, with the account and anonymously, as it does by default.

Run from the repository: `python -m tests.bench.twitch`.
"""

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import twitchio
from twitchio.eventsub import websockets

from bot import logs
from bot.config.sections.logs import LogSettings
from bot.config.sections.sources import TwitchEventsubSettings, TwitchSettings
from bot.messages import ChatMessage, SourceItem
from bot.runtime.clock import now
from bot.sources.twitch_eventsub.accounts import AccountStore
from bot.sources.twitch_eventsub.connection import TwitchConnection
from bot.sources.twitch_eventsub.source import TwitchEventsubSource
from bot.sources.twitch_irc import CHAT_URL_VARIABLE
from tests.bench.report import environment, save, spread_ms
from tests.twitch_accounts import log_in
from tests.twitch_server import CLIENT_ID, TwitchServer

MESSAGES = 5_000
DURATION_S = 10.0
CHATTERS = 300
_BURST = 10
_REST_S = 1.0


async def listen(url: str, eventsub_url: str, irc_url: str, folder: str) -> None:
    """Be the client: say when it hears, then how it went."""
    logs.configure(LogSettings(level="error"))
    twitchio.http.Route.BASE, twitchio.http.Route.ID_BASE = f"{url}helix/", url
    websockets.WSS = eventsub_url
    os.environ[CHAT_URL_VARIABLE] = irc_url
    settings = TwitchEventsubSettings(
        type="twitch_eventsub", channel="streamer", emotes=(), events=("cheer",)
    )
    connection = TwitchConnection(
        TwitchSettings(client_id=CLIENT_ID), store=AccountStore(Path(folder))
    )
    source = TwitchEventsubSource(settings, "main", connection)
    numbers: list[int] = []
    latencies_s: list[float] = []
    is_over = asyncio.Event()

    async def deliver(item: SourceItem) -> None:
        if not isinstance(item, ChatMessage):
            return
        if item.text == "over":
            is_over.set()
            return
        number, _, sent_at = item.text.partition(" ")
        numbers.append(int(number))
        latencies_s.append(now() - float(sent_at))

    task = asyncio.create_task(source.run(deliver))
    while source.state != "connected" or (source._irc and source._irc.state != "connected"):
        await asyncio.sleep(0.01)
    print("ready", flush=True)
    cpu_s, started_at = time.process_time(), time.monotonic()
    await is_over.wait()
    result = {
        **accounted(numbers, MESSAGES),
        "taken_over_from_the_anonymous_reader": source._merge.taken_over,
        "cpu_s": round(time.process_time() - cpu_s, 2),
        "wall_s": round(time.monotonic() - started_at, 2),
        "latency": spread_ms(latencies_s),
    }
    print(json.dumps(result), flush=True)
    task.cancel()
    await asyncio.wait({task})


async def measure() -> dict[str, Any]:
    """Be Twitch, and return what the client says."""
    server = TwitchServer()
    await server.start()
    server.add_user("streamer")
    with tempfile.TemporaryDirectory() as folder:
        log_in(server, AccountStore(Path(folder)))
        client = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.bench.twitch"),
            *(server.url, server.eventsub_url, server.irc_url, folder),
            stdout=asyncio.subprocess.PIPE,
        )
        assert client.stdout is not None
        await client.stdout.readline()
        started_at = time.monotonic()
        for number in range(MESSAGES):
            if number % _BURST == 0:
                due_at = started_at + number / MESSAGES * DURATION_S
                await asyncio.sleep(max(0.0, due_at - time.monotonic()))
            text = f"{number} {now():.6f}"
            await server.chat("streamer", text, by=f"viewer{number % CHATTERS}")
        await asyncio.sleep(_REST_S)
        await server.chat("streamer", "over")
        result: dict[str, Any] = json.loads(await client.stdout.readline())
        await client.wait()
    await server.close()
    return result


def accounted(numbers: Sequence[int], sent: int) -> dict[str, int]:
    """Return how many messages were heard, of these numbers, and are missing or came again."""
    different = len(set(numbers))
    heard = len(numbers)
    return {"heard": heard, "lost": sent - different, "doubled": heard - different}


def main() -> int:
    """Measure and save; return 1 if a message was lost or heard twice."""
    result = asyncio.run(measure())
    share = round(100 * result["cpu_s"] / result["wall_s"], 1)
    result = {
        **environment("aiohttp", "twitchio"),
        "messages": MESSAGES,
        "in_s": DURATION_S,
        **result,
        "percent_of_a_core": share,
    }
    save("twitch", result)
    return int(result["lost"] > 0 or result["doubled"] > 0)


if __name__ == "__main__":
    if sys.argv[1:]:
        asyncio.run(listen(*sys.argv[1:]))
    else:
        sys.exit(main())
