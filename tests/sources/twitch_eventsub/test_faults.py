"""The fault table: after each, nothing is lost that the platform still delivers, nothing doubled.

Every fault is met with the account alone, and with the anonymous reader beside it; then what is
written while the account hears nothing is heard too.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
import random
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from bot.config.sections.sources import RewardSettings, TwitchSettings
from bot.errors import StartError
from bot.messages import Purge
from bot.runtime.clock import now
from bot.runtime.concurrency.backoff import Backoff
from bot.sources.twitch_eventsub import merging
from bot.sources.twitch_eventsub.connection import TwitchConnection
from bot.sources.twitch_eventsub.replies import Importance, Reply
from bot.sources.twitch_eventsub.source import TwitchEventsubSource
from tests.sources.test_twitch_irc import Names
from tests.sources.twitch_eventsub.conftest import CHAT_TOPICS, STREAMER_SCOPES, Channel
from tests.twitch_events import chat_event, stamp
from tests.twitch_server import CLIENT_ID, DEADLINE_S, TwitchServer, eventually, network_down

pytestmark = pytest.mark.parts

if TYPE_CHECKING:
    from bot.sources.twitch_eventsub.accounts import AccountStore
    from tests.sources.twitch_eventsub.conftest import LogIn, Reading

both = pytest.mark.parametrize("anonymous", [True, False], ids=["with anonymous", "alone"])
SUBSCRIBE = "POST /helix/eventsub/subscriptions"


async def settled(server: TwitchServer, channel: Channel) -> None:
    """Return when the chat is heard again in every way that it is to be heard."""
    await eventually(
        lambda: sum(server.topics().values()) == CHAT_TOPICS, "all of the subscriptions"
    )
    await channel.heard()
    if channel.source._irc is not None:
        await eventually(lambda: channel.source._irc.state == "connected", "anonymous reader")  # type: ignore[union-attr]
        await eventually(lambda: server.listeners["streamer"], "anonymous reader")


async def goes_on(server: TwitchServer, channel: Channel, *expected: str) -> None:
    """Show that what was written before was delivered once, and that chat goes on."""
    await settled(server, channel)
    await server.chat("streamer", "after")
    await channel.until(*expected, "after")
    assert server.topics() == Counter(dict.fromkeys(server.topics(), 1))


@both
@pytest.mark.parametrize("way", ["drop", "close"])
async def test_a_connection_that_is_lost(
    server: TwitchServer, log_in: LogIn, reading: Reading, way: str, *, anonymous: bool
) -> None:
    log_in()
    async with reading(anonymous=anonymous) as channel:
        await settled(server, channel)
        await server.chat("streamer", "before")
        for _ in range(3):
            (session,) = server.live
            session.is_live = False
            if way == "drop":
                session.drop()
            else:
                await session.socket.close(code=4000)
            await server.chat("streamer", f"during {session.id}")
            await settled(server, channel)
        during = [f"during {key}" for key, s in server.sessions.items() if not s.is_live]
        await goes_on(server, channel, "before", *(during if anonymous else []))


@both
async def test_a_reconnect_message_loses_nothing(
    server: TwitchServer, log_in: LogIn, reading: Reading, *, anonymous: bool
) -> None:
    log_in()
    server.welcome_s = 0.2
    async with reading(anonymous=anonymous) as channel:
        await settled(server, channel)
        texts: list[str] = []
        for number in range(3):
            (old,) = server.live
            await server.reconnect()
            while old.is_live:  # until the new connection is welcomed, events come to the old one
                texts.append(f"{number} {len(texts)}")
                await server.chat("streamer", texts[-1])
                await asyncio.sleep(0.01)
            await server.chat("streamer", f"{number} new")
            texts.append(f"{number} new")
        assert len(texts) > 10
        await goes_on(server, channel, *texts)

    assert server.calls[SUBSCRIBE] == CHAT_TOPICS  # they were handed over


@both
async def test_a_reconnect_that_fails(
    server: TwitchServer, log_in: LogIn, reading: Reading, *, anonymous: bool
) -> None:
    log_in()
    async with reading(anonymous=anonymous) as channel:
        await settled(server, channel)
        server.fail("GET /ws", 0, 500)
        (old,) = server.live
        await server.reconnect()
        await eventually(lambda: not old.is_live, "end of the old connection")
        await goes_on(server, channel)


@both
async def test_a_socket_that_is_half_open(
    server: TwitchServer, log_in: LogIn, reading: Reading, store: AccountStore, *, anonymous: bool
) -> None:
    log_in()
    backoff = Backoff(shortest_s=0.05, longest_s=0.2)
    settings = TwitchSettings(client_id=CLIENT_ID)
    connection = TwitchConnection(settings, store=store, backoff=backoff, silence_s=2.0)
    server.keepalive_s = 0.1
    async with reading(anonymous=anonymous, connection=connection) as channel:
        await settled(server, channel)
        await server.chat("streamer", "before")
        (session,) = server.live
        session.is_silent = True
        await server.chat("streamer", "during")
        await eventually(lambda: not session.is_live, "end of the silent connection")
        await goes_on(server, channel, "before", *(["during"] if anonymous else []))


CALLS = ("GET /oauth2/validate", "GET /helix/users", SUBSCRIBE, "GET /ws", "POST /oauth2/token")


@pytest.mark.long
@pytest.mark.parametrize(
    ("call", "fault"),
    [
        (call, fault)
        for call in CALLS
        for fault in (0, 400, 401, 403, 429, 500, 503)
        if call != SUBSCRIBE or fault not in {400, 403}  # that refuses one topic, see below
    ],
)
async def test_every_call_may_fail_at_the_start(  # noqa: PLR0917 - fixtures
    server: TwitchServer,
    log_in: LogIn,
    reading: Reading,
    store: AccountStore,
    call: str,
    fault: int,
) -> None:
    log_in()
    if call == "POST /oauth2/token":
        server.expire()
    server.fail(call, fault, fault)
    async with reading(connection=impatient(store), wait=False) as channel:
        await goes_on(server, channel)


@both
@pytest.mark.parametrize("fault", [0, 401, 500])
@pytest.mark.parametrize("call", ["GET /oauth2/validate", SUBSCRIBE, "GET /ws"])
async def test_every_call_may_fail_after_a_drop(  # noqa: PLR0917 - fixtures
    server: TwitchServer,
    log_in: LogIn,
    reading: Reading,
    store: AccountStore,
    call: str,
    fault: int,
    *,
    anonymous: bool,
) -> None:
    log_in()
    async with reading(anonymous=anonymous, connection=impatient(store)) as channel:
        await settled(server, channel)
        server.fail(call, *[fault] * 5)
        (session,) = server.live
        session.is_live = False
        session.drop()
        await goes_on(server, channel)


def impatient(store: AccountStore) -> TwitchConnection:
    """A connection that does not sleep, only lets others run."""

    async def sleep(duration_s: float) -> None:
        await asyncio.sleep(min(duration_s, 0.001))

    return TwitchConnection(TwitchSettings(client_id=CLIENT_ID), store=store, sleep=sleep)


async def test_a_topic_that_twitch_refuses_leaves_the_others(
    server: TwitchServer, log_in: LogIn, reading: Reading
) -> None:
    log_in()
    server.fail(SUBSCRIBE, 403)
    async with reading(wait=False, anonymous=True) as channel:
        await eventually(lambda: sum(server.topics().values()) == CHAT_TOPICS - 1)
        await eventually(lambda: "no channel.chat.message" in channel.source.state)
        assert "chat is read anonymously meanwhile" in channel.source.state
        await eventually(lambda: server.listeners["streamer"])
        await server.chat("streamer", "still heard")
        await channel.until("still heard")


@both
async def test_an_access_token_that_expires_is_renewed_and_kept(
    server: TwitchServer, log_in: LogIn, reading: Reading, store: AccountStore, *, anonymous: bool
) -> None:
    first = log_in()
    async with reading(anonymous=anonymous) as channel:
        await settled(server, channel)
        server.expire()
        (session,) = server.live
        session.is_live = False
        session.drop()
        await goes_on(server, channel)

    bot = store.load().bot
    assert bot is not None
    assert bot.access_token in server.access
    assert bot.refresh_token in server.refresh
    assert bot.access_token != first.access_token
    assert server.calls["POST /oauth2/token"] == 1


async def test_an_access_token_that_expires_meanwhile_is_renewed_by_the_next_request(
    server: TwitchServer, log_in: LogIn, reading: Reading, store: AccountStore
) -> None:
    log_in()
    async with reading() as channel:
        await settled(server, channel)
        server.expire()
        await eventually(lambda: channel.source._connection._client is not None)
        await channel.source._connection._write(server.users["streamer"], "hello", None)
        assert server.sent
        bot = store.load().bot

    assert bot is not None
    assert bot.access_token in server.access
    assert server.calls["POST /oauth2/token"] == 1


@both
async def test_a_log_in_that_was_taken_back(
    server: TwitchServer, log_in: LogIn, reading: Reading, store: AccountStore, *, anonymous: bool
) -> None:
    bot = log_in()
    with capture_logs() as logs:
        async with reading(anonymous=anonymous, connection=impatient(store)) as channel:
            await settled(server, channel)
            await server.take_back(bot.user_id)
            states: set[str] = set()
            remedy = "Log in again: ishowtts login twitch"

            def is_told() -> bool:
                states.add(channel.source.state)
                return any("waiting for a log-in" in state and remedy in state for state in states)

            await eventually(is_told, "notice")
            await server.chat("streamer", "during")
            if anonymous:
                await channel.until("during")
            log_in()
            await goes_on(server, channel, *(["during"] if anonymous else []))

    why = "the account took its permission back, or changed its password."
    reasons = {entry["why"] for entry in logs if entry["event"] == "EventSub subscription revoked"}
    assert reasons == {f"{why} {remedy}"}


@pytest.mark.parametrize("status", ["chat_user_banned", "user_removed", "a reason of tomorrow"])
async def test_a_subscription_that_is_revoked_is_asked_for_again(
    server: TwitchServer, log_in: LogIn, reading: Reading, status: str
) -> None:
    bot = log_in()
    async with reading() as channel:
        await settled(server, channel)
        await server.take_back(bot.user_id, status)
        await goes_on(server, channel)


async def test_the_streamers_log_in_that_is_gone_costs_only_what_needs_it(
    server: TwitchServer, log_in: LogIn, reading: Reading, store: AccountStore
) -> None:
    log_in()
    owner = log_in("streamer", STREAMER_SCOPES, is_bot=False)
    async with reading(connection=impatient(store)) as channel:
        await eventually(lambda: sum(server.topics().values()) == CHAT_TOPICS + 3)
        await server.take_back(owner.user_id)
        await goes_on(server, channel)


async def test_nobody_is_logged_in_and_then_somebody(
    server: TwitchServer, log_in: LogIn, reading: Reading, store: AccountStore
) -> None:
    async with reading(wait=False, anonymous=True, connection=impatient(store)) as channel:
        await eventually(lambda: server.listeners["streamer"], "anonymous reader")
        await server.chat("streamer", "anonymously")
        await channel.until("anonymously")
        assert "ishowtts login twitch" in channel.source.state
        log_in()
        await goes_on(server, channel, "anonymously")


@both
async def test_what_comes_twice_is_heard_once(
    server: TwitchServer, log_in: LogIn, reading: Reading, *, anonymous: bool
) -> None:
    log_in()
    async with reading(anonymous=anonymous) as channel:
        await settled(server, channel)
        for number in range(50):
            metadata = {"message_id": f"n{number}"}
            key = await server.chat("streamer", f"t{number}", metadata=metadata)
            event = chat_event(server.users, "streamer", f"t{number}", by="viewer1", message_id=key)
            for again in (metadata, {"message_id": f"again{number}"}):
                await server.notify(
                    "channel.chat.message", server.users["streamer"], event, **again
                )
        await goes_on(server, channel, *(f"t{number}" for number in range(50)))


@both
async def test_the_clock_of_this_machine_and_that_of_twitch_may_differ(
    server: TwitchServer,
    log_in: LogIn,
    reading: Reading,
    monkeypatch: pytest.MonkeyPatch,
    *,
    anonymous: bool,
) -> None:
    """A machine without battery starts in 1970, and is set right while the daemon runs."""
    log_in()
    async with reading(anonymous=anonymous) as channel:
        await settled(server, channel)
        for year in (1970, 2099):
            at = dt.datetime(year, 1, 1, tzinfo=dt.UTC)
            metadata = {"timestamp": stamp(at)}
            await server.chat("streamer", f"in {year}", metadata=metadata)

            class Elsewhen(dt.datetime):
                @classmethod
                def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:  # type: ignore[override]
                    return dt.datetime(2051, 1, 1, tzinfo=tz)

            monkeypatch.setattr("twitchio.eventsub.websockets.datetime.datetime", Elsewhen)
            await server.chat("streamer", f"still {year}")
        (session,) = server.live
        await goes_on(server, channel, "in 1970", "still 1970", "in 2099", "still 2099")
        assert session.is_live  # no false alarm


@both
async def test_ten_minutes_without_network(
    server: TwitchServer, log_in: LogIn, reading: Reading, store: AccountStore, *, anonymous: bool
) -> None:
    log_in()
    slept: list[float] = []
    is_over = asyncio.Event()

    async def sleep(duration_s: float) -> None:
        """Let ten minutes pass without taking them."""
        slept.append(duration_s)
        if sum(slept) >= 600:
            is_over.set()
        await asyncio.sleep(0)

    settings = TwitchSettings(client_id=CLIENT_ID)
    connection = TwitchConnection(settings, store=store, sleep=sleep)
    async with reading(connection=connection, anonymous=anonymous) as channel:
        if channel.source._irc is not None:
            channel.source._irc._loop._sleep = sleep
        await settled(server, channel)
        await server.chat("streamer", "before")
        await channel.until("before")
        slept.clear()
        calls = server.calls.total()
        with network_down(server):
            await asyncio.wait_for(is_over.wait(), DEADLINE_S)
            assert channel.source.state.startswith(("reconnecting in", "connecting"))
            tries = server.calls.total() - calls
        await goes_on(server, channel, "before")

    assert 10 < tries < 60  # neither given up nor a storm


async def test_one_channel_is_not_read_twice(
    server: TwitchServer, log_in: LogIn, reading: Reading, connection: TwitchConnection
) -> None:
    del server
    log_in()
    async with reading() as channel:
        second = TwitchEventsubSource(channel.source.settings, "main", connection)
        with pytest.raises(ExceptionGroup) as caught:
            await second.run(channel.deliver)
        assert caught.group_contains(StartError, match="two sources")


async def test_a_fault_of_the_anonymous_reader_is_not_heard(
    server: TwitchServer, log_in: LogIn, reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merging, "GRACE_S", DEADLINE_S)  # a busy machine is slower than Twitch
    log_in()
    async with reading(anonymous=True) as channel:
        await settled(server, channel)
        await server.chat("streamer", "before")
        await server.close_irc()
        await eventually(lambda: not server.listeners["streamer"], "end of the anonymous reader")
        await server.chat("streamer", "during")
        await goes_on(server, channel, "before", "during")
        assert channel.source._merge.taken_over == 0


REWARDS = "/helix/channel_points/custom_rewards"


@pytest.mark.parametrize("fault", [0, 401, 403, 500])
@pytest.mark.parametrize(
    "call", [f"GET {REWARDS}", f"POST {REWARDS}", f"GET {REWARDS}/redemptions"]
)
async def test_a_reward_that_cannot_be_prepared_costs_no_chat(  # noqa: PLR0917 - fixtures
    server: TwitchServer,
    log_in: LogIn,
    reading: Reading,
    connection: TwitchConnection,
    call: str,
    fault: int,
) -> None:
    log_in()
    log_in("streamer", STREAMER_SCOPES, is_bot=False)
    server.fail(call, fault, fault, fault)
    settings = RewardSettings(title="Say it")
    async with reading(reward=settings, events=("redeem",)) as channel:
        await server.chat("streamer", "heard meanwhile")
        await channel.until("heard meanwhile")
        subscriptions = connection._subscriptions
        passed_s = itertools.count(0, 900)
        subscriptions._clock = lambda: now() + next(passed_s)  # each look is much later

        def is_ready() -> object:
            connection._changed.set()
            return channel.source._redeems.reward_id

        await eventually(is_ready, "reward")
        await server.chat("streamer", "after")
        await channel.until("heard meanwhile", "after")

    assert server.calls["GET /ws"] == 2  # one for each account, for ever
    assert len(server.rewards[server.users["streamer"]]) == 1


@pytest.mark.parametrize("fault", [0, 401, 429, 500])
async def test_an_answer_is_written_once_whatever_twitch_says_first(
    server: TwitchServer, log_in: LogIn, reading: Reading, store: AccountStore, fault: int
) -> None:
    log_in()
    async with reading(connection=(connection := impatient(store))) as channel:
        server.fail("POST /helix/chat/messages", *[fault] * (1 if fault == 401 else 3))
        connection.replies.put(
            Reply(server.users["streamer"], "hello", None, "mod", Importance.ANSWER, now())
        )
        await eventually(lambda: server.sent, "answer")
        await goes_on(server, channel)

    assert [body["message"] for body in server.sent] == ["hello"]


@pytest.mark.parametrize("fault", [0, 401, 404, 500])
async def test_leaving_a_channel_may_fail(
    server: TwitchServer, log_in: LogIn, reading: Reading, store: AccountStore, fault: int
) -> None:
    log_in()
    connection = impatient(store)
    async with reading(connection=connection) as channel:
        async with reading("other", connection=connection):
            await eventually(lambda: sum(server.topics().values()) == 2 * CHAT_TOPICS)
            server.fail("DELETE /helix/eventsub/subscriptions", fault, fault)
            if fault == 404:
                for session in server.live:
                    session.subscriptions = {
                        key: subscription
                        for key, subscription in session.subscriptions.items()
                        if subscription["condition"]["broadcaster_user_id"] != server.users["other"]
                    }
        await goes_on(server, channel)


@both
async def test_notifications_in_any_order_and_number(
    server: TwitchServer, log_in: LogIn, reading: Reading, *, anonymous: bool
) -> None:
    """Forty messages, ten of them deleted, each one to three times, shuffled."""
    log_in()
    draw = random.Random(6)
    async with reading(anonymous=anonymous) as channel:
        await settled(server, channel)
        users, channel_id = server.users, server.users["streamer"]
        server.add_user("viewer1")
        deleted = {f"m{number}" for number in range(0, 40, 4)}
        blank = chat_event(users, "streamer", "", by="viewer1", message_id="")
        here = {key: value for key, value in blank.items() if key.startswith("broadcaster")}
        target = {f"target_user_{key}": users["viewer1"] for key in ("id", "login", "name")}
        every = []
        for number in range(40):
            key = f"m{number}"
            event = chat_event(users, "streamer", key, by="viewer1", message_id=key)
            times = draw.randint(1, 3)
            every += [("channel.chat.message", event, {"message_id": f"n{number}"})] * times
        draw.shuffle(every)
        for key in sorted(deleted):  # before its message
            gone = here | target | {"message_id": key}
            await server.notify("channel.chat.message_delete", channel_id, gone)
        for kind, event, metadata in every:
            await server.notify(kind, channel_id, event, **metadata)
        await goes_on(server, channel, *({f"m{number}" for number in range(40)} - deleted))
        purges = [item.message_id for item in channel.items if isinstance(item, Purge)]

    assert sorted(map(str, purges)) == sorted(deleted)


async def test_emotes_are_known_before_anybody_logged_in(
    reading: Reading,
) -> None:
    names = Names()
    async with reading(anonymous=True, emotes=names, wait=False) as channel:
        await eventually(lambda: names.asked, "emotes")
        assert names.asked == [channel.source.room_id]
