"""What Twitch tells for moderation: blocked terms, and since when chatters follow and exist."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from bot.messages import BlockedTerms, StreamStatus
from bot.runtime.clock import now, unix
from bot.sources import Asked
from bot.sources.twitch_eventsub.ages import Age, Ages
from tests.sources.twitch_eventsub.conftest import STREAMER_SCOPES
from tests.sources.twitch_eventsub.test_events import about
from tests.twitch_server import TwitchServer, eventually, network_down

if TYPE_CHECKING:
    from bot.messages import ChatMessage
    from tests.sources.twitch_eventsub.conftest import Channel, LogIn, Reading

READ_TERMS = STREAMER_SCOPES | {"moderator:read:blocked_terms"}
EVERYTHING = Asked(follow=True, account=True)


def terms(channel: Channel) -> list[tuple[str, ...]]:
    return [item.terms for item in channel.items if isinstance(item, BlockedTerms)]


async def test_words_that_the_channel_blocks_are_told(
    server: TwitchServer, log_in: LogIn, reading: Reading
) -> None:
    log_in()
    log_in("streamer", READ_TERMS, is_bot=False)
    blocked = [f"badword{number}" for number in range(250)] + ["crac*", "rotten egg"]
    server.blocked[server.users["streamer"]] = blocked
    async with reading() as channel:
        await eventually(lambda: terms(channel), "terms")
        assert terms(channel) == [tuple(blocked)]


@pytest.mark.parametrize(
    ("scopes", "settings"), [(STREAMER_SCOPES, {}), (READ_TERMS, {"blocked_terms": False})]
)
async def test_they_are_not_asked_for_without_permission_or_wish(
    server: TwitchServer,
    log_in: LogIn,
    reading: Reading,
    scopes: frozenset[str],
    settings: dict[str, bool],
) -> None:
    log_in()
    log_in("streamer", scopes, is_bot=False)
    server.blocked[server.users["streamer"]] = ["badword"]
    with capture_logs() as logs:
        async with reading(**settings) as channel:
            await server.chat("streamer", "hello")
            await channel.until("hello")
            assert terms(channel) == []
    assert not [entry for entry in logs if "term" in entry["event"]]
    assert not server.calls["GET /helix/moderation/blocked_terms"]


async def test_chat_goes_on_where_twitch_does_not_tell_them(
    server: TwitchServer, log_in: LogIn, reading: Reading
) -> None:
    log_in()
    log_in("streamer", READ_TERMS, is_bot=False)
    server.fail("GET /helix/moderation/blocked_terms", 500, 500, 500, 500, 500, 500)
    async with reading() as channel:
        await server.chat("streamer", "hello")
        await channel.until("hello")


async def first(channel: Channel) -> ChatMessage:
    await eventually(lambda: channel.texts, "message")
    return await channel.message()


async def test_chatters_come_with_what_twitch_tells_of_them(
    server: TwitchServer, log_in: LogIn, reading: Reading
) -> None:
    log_in()
    log_in("streamer", STREAMER_SCOPES, is_bot=False)
    follower = server.add_user("viewer1"), "2024-03-01T12:00:00Z"
    server.follows[server.users["streamer"], follower[0]] = follower[1]
    async with reading(asked=EVERYTHING) as channel:
        await server.chat("streamer", "hello", by="viewer1")
        await server.chat("streamer", "me too", by="viewer1")
        await channel.until("hello", "me too")
        for item in channel.items:
            assert item.chatter.follows_since == 1709294400.0  # type: ignore[union-attr]
            assert item.chatter.exists_since is not None  # type: ignore[union-attr]
    assert server.calls["GET /helix/channels/followers"] == 1


async def test_who_does_not_follow_has_followed_for_no_time(
    server: TwitchServer, log_in: LogIn, reading: Reading
) -> None:
    log_in()
    log_in("streamer", STREAMER_SCOPES, is_bot=False)
    async with reading(asked=Asked(follow=True)) as channel:
        await server.chat("streamer", "hello", by="viewer1")
        message = await first(channel)
        assert message.chatter.follows_since == pytest.approx(unix(now()), abs=60)
        assert message.chatter.exists_since is None


async def test_nothing_is_known_where_nothing_may_be_asked(
    log_in: LogIn, reading: Reading, server: TwitchServer
) -> None:
    log_in()
    async with reading(asked=Asked(follow=True)) as channel:
        await server.chat("streamer", "hello", by="viewer1")
        message = await first(channel)
        assert message.chatter.follows_since is None
    assert not server.calls["GET /helix/channels/followers"]


async def test_a_fault_holds_nobody_up(
    server: TwitchServer, log_in: LogIn, reading: Reading
) -> None:
    log_in()
    log_in("streamer", STREAMER_SCOPES, is_bot=False)
    async with reading(asked=EVERYTHING) as channel:
        server.fail("GET /helix/users", *[500] * 20)
        server.fail("GET /helix/channels/followers", *[500] * 20)
        await server.chat("streamer", "hello", by="viewer1")
        message = await first(channel)
        assert message.chatter.exists_since is None


@pytest.mark.parametrize("is_live", [True, False])
async def test_the_status_of_the_stream_is_known_from_the_start(
    is_live: bool,  # noqa: FBT001 - a column of the table
    server: TwitchServer,
    log_in: LogIn,
    reading: Reading,
) -> None:
    log_in()
    if is_live:
        server.live_channels.add(server.users["streamer"])
    async with reading(asked=Asked(live=True)) as channel:
        await eventually(lambda: channel.items, "status")
        assert channel.items == [StreamStatus(channel="main", is_live=is_live)]


async def test_a_stream_that_began_while_twitch_was_away_is_known(
    server: TwitchServer, log_in: LogIn, reading: Reading
) -> None:
    log_in()
    async with reading(asked=Asked(live=True), anonymous=False) as channel:
        await eventually(lambda: channel.items, "status")
        await eventually(lambda: channel.source.is_connected, "connection")
        with network_down(server):
            await eventually(lambda: not channel.source.is_connected, "loss")
        server.live_channels.add(server.users["streamer"])
        await eventually(lambda: len(channel.items) > 1, "second status")
        assert channel.items[-1] == StreamStatus(channel="main", is_live=True)


async def test_the_anonymous_reader_tells_of_first_messages(
    server: TwitchServer, log_in: LogIn, reading: Reading
) -> None:
    log_in()
    async with reading(asked=Asked(first=True), anonymous=True) as channel:
        await eventually(lambda: channel.source._irc.is_connected, "reader")  # type: ignore[union-attr]
        await server.chat("streamer", "hello", message_id="m1", irc=False)
        tags = f"@id=m1;user-id={server.users['viewer1']};first-msg=1"
        await server.say("streamer", f"{tags} :viewer1!v@v PRIVMSG #streamer :hello")
        message = await first(channel)
        assert message.is_first
        assert message.source == "twitch_eventsub:streamer"


async def test_nothing_but_what_a_newcomer_wrote_waits_for_what_is_asked(
    server: TwitchServer, log_in: LogIn, reading: Reading
) -> None:
    log_in()
    asked_of, answer = list[str](), asyncio.Event()

    async def ask(chatter_id: str) -> Age:
        asked_of.append(chatter_id)
        if chatter_id == server.users["newcomer"]:
            await answer.wait()
        return Age(exists_since=1.0)

    async with reading(asked=Asked(account=True)) as channel:
        channel.source._ages = Ages(ask, clock=lambda: now() - 3600)  # no two seconds pass
        await server.chat("streamer", "one", by="newcomer", message_id="m1")
        await server.chat("streamer", "two", by="newcomer")
        await server.chat("streamer", "hello", by="viewer1")
        badge = {"set_id": "moderator", "id": "1", "info": ""}
        await server.chat("streamer", "!tts skip", by="newcomer", badges=[badge])
        here, target = about(server, "streamer"), about(server, "newcomer", "target")
        await server.notify(
            "channel.chat.message_delete",
            server.users["streamer"],
            here | target | {"message_id": "m1"},
        )
        await eventually(lambda: len(channel.items) == 3, "what goes past")
        assert sorted(channel.texts) == ["!tts skip", "hello"]
        answer.set()
        await eventually(lambda: len(channel.items) == 5, "all")
        assert channel.texts[2:] == ["one", "two"]
        assert channel.items[3].chatter.exists_since == 1.0  # type: ignore[union-attr]
    assert sorted(asked_of) == sorted([server.users["newcomer"], server.users["viewer1"]])
