"""Every source: no string that it delivers holds half of an emoji, which nothing could write."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config.sections.sources import ConsoleSettings, IngestSettings, ReplaySettings
from bot.messages import ChatMessage
from bot.runtime.processes.packing import encode
from bot.sources import Origin
from bot.sources.chat_json import loads, read_item
from bot.sources.console import ConsoleSource
from bot.sources.ingest import IngestSource
from bot.sources.replay import ReplaySource
from bot.sources.social_stream.payloads import to_message
from bot.sources.twitch_irc import TwitchIrcSource

if TYPE_CHECKING:
    from tests.sources.conftest import Inbox, Running, ScriptedTwitch

HALF = "a\ud83d"
HALF_BYTES = HALF.encode(errors="surrogatepass")
WHOLE = "a\ufffd"

OURS: dict[str, Any] = {
    "at": 0,
    "author": {"id": HALF, "name": HALF, "login": HALF},
    "text": HALF,
    "id": HALF,
    "reply_to": HALF,
}
SOCIAL_STREAM: dict[str, Any] = {
    "chatname": HALF,
    "chatmessage": f"{HALF}<img alt='{HALF}'>&#xd83d;&#55357;",
    "type": HALF,
    "userid": HALF,
    "username": HALF + HALF,
    "meta": {"messageId": HALF + HALF},
}


def strings(message: ChatMessage) -> set[str]:
    """What a stranger put into `message`."""
    chatter = message.chatter
    return {
        message.id,
        message.text,
        chatter.id,
        chatter.name,
        chatter.login,
        message.reply_to or "",
    }


async def test_ingest(inbox: Inbox, running: Running) -> None:
    source = IngestSource(IngestSettings(type="ingest"), "main")
    async with running(source):
        await asyncio.sleep(0)
        for body in (OURS, SOCIAL_STREAM):
            await source.post(loads(json.dumps(body).encode()))
        ours, social_stream = await inbox.next_message(), await inbox.next_message()

    encode(ours)
    assert strings(ours) == {WHOLE}
    encode(social_stream)
    assert strings(social_stream) == {
        *(WHOLE, WHOLE + WHOLE, f"{WHOLE}:{WHOLE}", f"{WHOLE} {WHOLE} \ufffd\ufffd", ""),
    }


@pytest.mark.skipif(sys.platform != "linux", reason="names a file with bytes that are no text")
async def test_replay(tmp_path: Path, inbox: Inbox) -> None:
    path = tmp_path / os.fsdecode(b"chat\xff.jsonl")
    lines = (OURS, {key: value for key, value in OURS.items() if key != "id"})
    path.write_text("\n".join(map(json.dumps, lines)))
    source = ReplaySource(ReplaySettings(type="replay", path=path, speed=0), "main")
    await source.run(inbox.deliver)
    named, unnamed = await inbox.next_message(), await inbox.next_message()

    encode(named)
    assert (strings(named), named.source) == ({WHOLE}, "replay:chat\ufffd.jsonl")
    encode(unnamed)
    assert unnamed.id == "main/replay:chat\ufffd.jsonl/2"


async def test_console(inbox: Inbox) -> None:
    stream = BytesIO(HALF_BYTES + b"\n")
    await ConsoleSource(ConsoleSettings(type="console"), "main", stream=stream).run(inbox.deliver)
    message = await inbox.next_message()

    encode(message)
    assert message.text.startswith(WHOLE)


async def test_twitch(twitch: ScriptedTwitch, inbox: Inbox, running: Running) -> None:
    tags = b";".join(
        name + b"=" + HALF_BYTES
        for name in (b"id", b"user-id", b"display-name", b"login", b"reply-parent-display-name")
    )
    line = b"@%b :x!x@x PRIVMSG #some_channel :%b\r\n" % (tags, HALF_BYTES)
    async with running(TwitchIrcSource(twitch.settings, "main")):
        visit = await twitch.welcome()
        await visit.socket.send_bytes(line)
        message = await inbox.next_message()

    encode(message)
    assert all(text.startswith(WHOLE) for text in strings(message) - {""})
    assert len(strings(message)) == 2  # the login is the same as the name


_TEXT = st.text(st.characters(), max_size=99)
_OURS = st.fixed_dictionaries(
    {"author": st.fixed_dictionaries({"name": _TEXT.map("a".__add__)}), "text": _TEXT},
    optional={"reply_to": _TEXT},
)
_SOCIAL_STREAM = st.dictionaries(st.sampled_from([*SOCIAL_STREAM, "hasDonation"]), _TEXT)


@given(_OURS)
def test_any_text_in_our_own_form(value: dict[str, Any]) -> None:
    item = read_item(
        loads(json.dumps(value).encode()),
        Origin("main", "test", 0),
        new_id="new",
    )

    encode(item)


@given(_SOCIAL_STREAM)
def test_any_text_from_social_stream_ninja(value: dict[str, Any]) -> None:
    message = to_message(
        loads(json.dumps({**value, "chatname": "a"}).encode()),
        Origin("main", "test", 0),
        new_id="new",
    )

    assert message is not None
    encode(message)
