"""Several channels on one connection, and more chat than any channel has."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest

from bot.messages import ChatMessage
from bot.sources.twitch_eventsub import merging
from bot.sources.twitch_rooms import TwitchRooms
from tests.sources.twitch_eventsub.conftest import CHAT_TOPICS, STREAMER_SCOPES
from tests.sources.twitch_eventsub.test_events import about
from tests.twitch_events import notice_event
from tests.twitch_server import DEADLINE_S, TwitchServer, eventually

if TYPE_CHECKING:
    from tests.sources.twitch_eventsub.conftest import LogIn, Reading


async def test_several_channels_share_one_connection(
    server: TwitchServer, log_in: LogIn, reading: Reading
) -> None:
    logins = [f"channel{number}" for number in range(10)]
    for login in logins:
        server.add_user(login)
    log_in()
    async with AsyncExitStack() as stack:
        channels = {login: await stack.enter_async_context(reading(login)) for login in logins}
        assert len(server.live) == 1
        for login in logins:
            await server.chat(login, f"hello {login}")
        for login, channel in channels.items():
            await channel.until(f"hello {login}")

    assert server.calls["GET /ws"] == 1


async def test_a_message_of_a_shared_chat_is_heard_once_where_both_channels_are_read(
    server: TwitchServer, log_in: LogIn, reading: Reading
) -> None:
    log_in()
    rooms = TwitchRooms()
    server.add_user("viewer1")
    source = about(server, "streamer", "source_broadcaster") | {"source_message_id": "m1"}
    kind, users = "shared_chat_announcement", server.users
    announcement = notice_event(
        users, "other", kind, {"color": "PRIMARY"}, by="viewer1", text="copy", **source
    )

    async def shown_in_other(number: int) -> None:
        """Show copies in `other`, and what was written there."""
        await server.chat("other", "copy", message_id=f"copy{number}", irc=False, **source)
        await server.notify("channel.chat.notification", server.users["other"], announcement)
        tags = f"@id=irc{number};user-id=7;room-id={server.users['other']}"
        tags += f";source-room-id={server.users['streamer']};source-id=m1"
        await server.say("other", f"{tags} :viewer1!v@v PRIVMSG #other :copy")
        await server.chat("other", f"there {number}")

    async with reading("other", rooms=rooms, anonymous=True) as second:
        await eventually(lambda: second.source._irc.is_connected, "reader")  # type: ignore[union-attr]
        async with reading("streamer", rooms=rooms) as first:
            await server.chat("streamer", "here", message_id="m1")
            await shown_in_other(1)
            await first.until("here")
            await second.until("there 1")
        await shown_in_other(2)
        await second.until("there 1", "copy", "copy", "copy", "there 2")


async def test_a_message_of_a_third_channel_is_heard_once_however_many_show_it(
    server: TwitchServer, log_in: LogIn, reading: Reading
) -> None:
    log_in()
    rooms = TwitchRooms()
    source = about(server, "third", "source_broadcaster") | {"source_message_id": "m1"}
    tags = f"user-id=7;source-room-id={server.users['third']};source-id=m1"
    both = {"rooms": rooms, "anonymous": True}
    async with reading(**both) as first, reading("other", **both) as second:
        for channel in (first, second):
            login, irc = channel.source.login, channel.source._irc
            await eventually(lambda irc=irc: irc.is_connected, "reader")  # type: ignore[misc]
            await server.chat(login, "copy", message_id=f"of_{login}", irc=False, **source)
            line = f"@id=of_{login};room-id={server.users[login]};{tags}"
            await server.say(login, f"{line} :viewer1!v@v PRIVMSG #{login} :copy")
            await server.chat(login, "own")
        await first.until("copy", "own")
        await second.until("own")


async def test_channels_join_and_leave_while_others_go_on(
    server: TwitchServer, log_in: LogIn, reading: Reading
) -> None:
    log_in()
    for login in ("streamer", "other"):
        log_in(login, STREAMER_SCOPES, is_bot=False)
    async with reading("streamer") as first:
        for number in range(3):
            async with reading("other") as second:
                await eventually(lambda: len(server.topics()) == 2 * (CHAT_TOPICS + 3), "topics")
                await server.chat("other", f"there {number}")
                await second.until(f"there {number}")
            await eventually(lambda: len(server.topics()) == CHAT_TOPICS + 3, "end of topics")
            await server.chat("other", "nobody listens")
            await server.chat("streamer", f"here {number}")
        await first.until("here 0", "here 1", "here 2")
        assert first.source.state == "connected"

    # One connection for each account; those of `other` ended with what they were for.
    assert server.calls["GET /ws"] == 2 + 3
    await eventually(lambda: not server.live, "end of the connections")


async def test_a_channel_that_does_not_exist_harms_no_other(
    server: TwitchServer, log_in: LogIn, reading: Reading
) -> None:
    log_in()
    async with reading("nobody_here", wait=False) as nowhere, reading("streamer") as channel:
        await eventually(lambda: "knows no channel nobody_here" in nowhere.source.state)
        await server.chat("streamer", "hello")
        await channel.until("hello")


@pytest.mark.parametrize("anonymous", [False, True])
async def test_five_thousand_messages_in_a_burst_are_all_heard(
    server: TwitchServer,
    log_in: LogIn,
    reading: Reading,
    monkeypatch: pytest.MonkeyPatch,
    *,
    anonymous: bool,
) -> None:
    """`tests/bench/twitch.py` measures what they cost when they take ten seconds."""
    monkeypatch.setattr(merging, "GRACE_S", DEADLINE_S)  # a busy machine is slower than Twitch
    log_in()
    async with reading(anonymous=anonymous) as channel:
        if anonymous:
            await eventually(lambda: server.listeners["streamer"], "anonymous reader")
        for number in range(5_000):
            await server.chat("streamer", str(number), by=f"viewer{number % 300}")
            if number % 100 == 0:
                await asyncio.sleep(0)
        await eventually(lambda: len(channel.items) >= 5_000, f"all: {len(channel.items)}")
        texts = [item.text for item in channel.items if isinstance(item, ChatMessage)]

    assert texts == list(map(str, range(5_000)))
    assert channel.source._merge.taken_over == 0
