"""What viewers paid for is settled by its own message, once, whatever else goes wrong."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import aiohttp
import pytest
from structlog.testing import capture_logs

from bot.config.sections.sources import RewardSettings, TwitchSettings
from bot.errors import TransientError
from bot.messages import ChatMessage
from bot.outcomes import PUT_OFF, Dropped, DropReason
from bot.sources.twitch_eventsub.connection import TwitchConnection
from bot.sources.twitch_eventsub.oauth import TwitchOauth
from bot.sources.twitch_eventsub.payloads import Redemption
from bot.store import Store
from tests.sources.twitch_eventsub.conftest import (  # noqa: F401 - fixtures
    STREAMER_SCOPES,
    connection,
    log_in,
    reading,
    server,
    store,
)
from tests.sources.twitch_eventsub.test_redeems import (
    REWARD,
    Ledger,
    dropped,
    heard,
    message,
    redeem,
    spoken,
    write,
)
from tests.twitch_events import redemption_event, reward
from tests.twitch_server import CLIENT_ID, TwitchServer, eventually

if TYPE_CHECKING:
    from pathlib import Path

    from bot.sources.twitch_eventsub.accounts import AccountStore
    from tests.sources.twitch_eventsub.conftest import Channel, LogIn, Reading

SETTLE = "PATCH /helix/channel_points/custom_rewards/redemptions"


@pytest.fixture(autouse=True)
def _accounts(log_in: LogIn) -> None:  # noqa: F811
    log_in()
    log_in("streamer", STREAMER_SCOPES, is_bot=False)


async def taken(channel: Channel, count: int) -> list[ChatMessage]:
    await eventually(lambda: len(channel.items) >= count, f"{count} messages")
    return [item for item in channel.items if isinstance(item, ChatMessage)]


@pytest.mark.parametrize("way", ["account", "anonymous reader"])
@pytest.mark.parametrize("outcome", [spoken, dropped])
async def test_a_message_of_another_reward_settles_nothing_of_ours(
    server: TwitchServer,  # noqa: F811
    reading: Reading,  # noqa: F811
    way: str,
    outcome: object,
) -> None:
    assert callable(outcome)
    async with reading(reward=REWARD, anonymous=way != "account") as channel:
        if way != "account":
            await eventually(lambda: server.listeners["streamer"], "anonymous reader")
        await server.chat(
            "streamer",
            "hello",
            by="viewer1",
            eventsub=way == "account",
            channel_points_custom_reward_id="hydrate",
        )
        other = await heard(channel)
        channel.source.observe(outcome(other))
        await redeem(server, "r1", text="hello")
        await write(server, "hello")
        _, ours = await taken(channel, 2)
        assert not server.settled
        channel.source.observe(spoken(ours))
        await eventually(lambda: server.settled, "settlement")

    assert server.settled == [("r1", "FULFILLED")]


def test_an_older_message_of_ours_whose_redemption_was_lost_settles_no_other() -> None:
    ledger = Ledger()
    ledger.redeems.written(message("lost", "hello"))
    ledger.redeems.ended("lost", is_spoken=False)
    ledger.redeems.written(message("m2", "hello"))
    ledger.redeem("r2", "hello")
    assert not ledger.settled
    ledger.redeems.ended("m2", is_spoken=True)

    assert [(s.redemption_id, s.is_fulfilled) for s in ledger.settled] == [("r2", True)]


def test_a_message_of_another_reward_before_ours_is_known_settles_nothing() -> None:
    ledger = Ledger()
    ledger.redeems.reward_id = None
    ledger.redeems.written(message("other", "hello", reward_id="hydrate"))
    ledger.redeems.written(message("mine", "hello"))
    ledger.redeems.ended("other", is_spoken=False)
    ledger.redeems.reward_id = "ours"
    ledger.redeems.recover([])
    ledger.redeem("r1", "hello")
    ledger.redeems.ended("mine", is_spoken=True)

    assert [(s.redemption_id, s.is_fulfilled) for s in ledger.settled] == [("r1", True)]


@pytest.mark.parametrize("same", [False, True])
def test_none_of_very_many_that_chat_never_shows_keeps_its_points(*, same: bool) -> None:
    ledger = Ledger()
    for number in range(3_000):
        ledger.redeem(f"r{number}", "same" if same else f"text {number}")
    ledger.wait()

    assert [s.redemption_id for s in ledger.settled] == [f"r{number}" for number in range(3_000)]
    assert not ledger.redeems._unwritten


@pytest.mark.parametrize("is_known_first", [False, True])
def test_none_of_very_many_that_wait_to_be_spoken_is_forgotten(*, is_known_first: bool) -> None:
    ledger = Ledger()
    for number in range(3_000):
        if is_known_first:
            ledger.redeem(f"r{number}", f"text {number}")
        ledger.redeems.written(message(f"m{number}", f"text {number}"))
    waiting = [Redemption(f"r{n}", "ours", "u1", f"text {n}") for n in range(3_000)]
    ledger.redeems.recover([])
    ledger.redeems.recover(waiting)
    for number in range(3_000):
        ledger.redeems.ended(f"m{number}", is_spoken=True)

    assert len(ledger.settled) == 3_000
    assert all(settlement.is_fulfilled for settlement in ledger.settled)


@pytest.mark.parametrize("reason", DropReason)
async def test_what_is_kept_for_the_next_start_is_not_given_back(
    server: TwitchServer,  # noqa: F811
    reading: Reading,  # noqa: F811
    tmp_path: Path,
    reason: DropReason,
) -> None:
    path = tmp_path / "state.sqlite3"
    async with reading(reward=REWARD) as channel:
        await redeem(server, "r1")
        await redeem(server, "last")
        first, last = await taken(channel, 2)
        with Store(path, journal_max_age_s=3_600) as kept:
            kept.journal.keep(first)
            for observer in (kept.journal, channel.source):
                observer.observe(Dropped.of(first, reason=reason))
        channel.source.observe(spoken(last))
        await eventually(lambda: ("last", "FULFILLED") in server.settled, "settlement")
    with Store(path, journal_max_age_s=3_600) as kept:
        is_kept = bool(kept.journal.unspoken({"main"}))

    assert is_kept == (reason in PUT_OFF)
    assert (("r1", "CANCELED") in server.settled) == (not is_kept)


async def test_a_redeem_that_waits_behind_much_chat_is_settled(
    server: TwitchServer,  # noqa: F811
    reading: Reading,  # noqa: F811
) -> None:
    """As while no output is there: what was paid for waits for one."""
    async with reading(reward=REWARD) as channel:
        await redeem(server, "r1")
        waiting = await heard(channel)
        for number in range(20_000):
            channel.source._merge.remember(f"chat{number}")
        channel.source.observe(spoken(waiting))
        await eventually(lambda: server.settled, "settlement")

    assert server.settled == [("r1", "FULFILLED")]


async def test_all_that_was_redeemed_while_the_account_was_away_is_settled(
    server: TwitchServer,  # noqa: F811
    reading: Reading,  # noqa: F811
) -> None:
    """More than Twitch tells at a time."""
    async with reading(reward=REWARD) as channel:
        channel_id = server.users["streamer"]
        await eventually(lambda: channel.source._redeems._has_recovered, "look at what waits")
        reward_id = server.rewards[channel_id][0]["id"]
        server.add_user("viewer1")
        for number in range(120):
            text = f"text {number}"
            await server.chat(
                "streamer", text, by="viewer1", channel_points_custom_reward_id=reward_id
            )
            event = redemption_event(
                server.users, "streamer", reward_id, by="viewer1", text=text, key=f"r{number}"
            )
            server.redeemed.append(event)
        for each in await taken(channel, 120):
            channel.source.observe(spoken(each))
        for session in server.sessions.values():
            session.drop()
        await eventually(lambda: len(server.settled) == 120, "settlements")

    assert {state for _, state in server.settled} == {"FULFILLED"}


async def test_one_that_twitch_never_settles_holds_up_no_other_and_is_let_go(
    server: TwitchServer,  # noqa: F811
    reading: Reading,  # noqa: F811
    store: AccountStore,  # noqa: F811
) -> None:
    naps: list[float] = []

    async def sleep(duration_s: float) -> None:
        naps.append(duration_s)
        await asyncio.sleep(0)

    settings = TwitchSettings(client_id=CLIENT_ID)
    hasty = TwitchConnection(settings, store=store, sleep=sleep)
    with capture_logs() as logs:
        async with reading(reward=REWARD, connection=hasty) as channel:
            for key in ("bad", "r1", "r2"):
                await redeem(server, key)
            server.unsettleable = {"bad"}
            for each in await taken(channel, 3):
                channel.source.observe(spoken(each))
            await eventually(
                lambda: any(entry["event"] == "redeem not settled" for entry in logs), "end"
            )

    assert sorted(server.settled) == [("r1", "FULFILLED"), ("r2", "FULFILLED")]
    assert server.calls[SETTLE] == len(("r1", "r2")) + 16
    assert 1_000 < sum(naps) < 3_600
    (entry,) = (entry for entry in logs if entry["event"] == "redeem not settled")
    assert entry["redemption_id"] == "bad"
    assert entry["remedy"]


async def test_what_was_asked_as_a_connection_is_given_up_may_be_asked_again() -> None:
    http = aiohttp.ClientSession()
    oauth = TwitchOauth(CLIENT_ID, http)
    await http.close()
    with pytest.raises(TransientError, match="given up"):
        await oauth.validate("token")


async def test_without_refunds_and_marks_nothing_is_settled(
    server: TwitchServer,  # noqa: F811
    reading: Reading,  # noqa: F811
) -> None:
    channel_id = server.users["streamer"]
    server.rewards[channel_id].append(reward(server.users, channel_id, "Say it"))
    settings = RewardSettings(title="Say it", cost=250, refund=False, fulfill=False)
    async with reading(reward=settings) as channel:
        await redeem(server, "r1")
        channel.source.observe(spoken(await heard(channel)))

    assert not server.calls[SETTLE]
