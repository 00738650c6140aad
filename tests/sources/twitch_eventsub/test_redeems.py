"""Channel points: spoken redeems are done, dropped ones are given back, each told once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec import structs

from bot.config.sections.sources import RewardSettings
from bot.messages import ChatMessage, Chatter, Event, EventKind, Lane, RejectReason, Utterance
from bot.outcomes import Dropped, DropReason, Failed, Outcome, Rejected, Spoken
from bot.runtime.clock import now
from bot.sources.twitch_eventsub.client import Settlement
from bot.sources.twitch_eventsub.payloads import Redemption
from bot.sources.twitch_eventsub.redeems import UNWRITTEN_S, Redeems
from tests.sources.twitch_eventsub.conftest import STREAMER_SCOPES, Channel
from tests.twitch_events import redemption_event, reward
from tests.twitch_server import TwitchServer, eventually

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.sources.twitch_eventsub.conftest import LogIn, Reading

KIND = "channel.channel_points_custom_reward_redemption.add"
REWARD = RewardSettings(title="Say it", cost=250)


def spoken(message: ChatMessage) -> Outcome:
    utterance = Utterance(
        id=message.id,
        channel="main",
        chatter=message.chatter,
        prefix="",
        body=message.text,
        voice="heart",
        lane=Lane.PAID,
        received_at=now(),
    )
    return Spoken.of(utterance, engines=("tone",), audio_s=1.0, synthesis_s=0.1)


def dropped(message: ChatMessage) -> Outcome:
    return Dropped.of(message, reason=DropReason.SKIPPED)


def failed(message: ChatMessage) -> Outcome:
    return Failed.of(message, error="it did not work")


def rejected(message: ChatMessage) -> Outcome:
    return Rejected.of(message, received_at=now(), reason=RejectReason.BLOCKED)


async def redeem(
    server: TwitchServer, key: str, *, text: str = "", reward_id: str | None = None
) -> None:
    """Redeem our reward, or another one, as far as the streamer's account hears it."""
    channel_id = server.users["streamer"]
    if reward_id is None:
        await eventually(lambda: server.rewards[channel_id], "reward")
        reward_id = str(server.rewards[channel_id][0]["id"])
    server.add_user("viewer1")
    event = redemption_event(server.users, "streamer", reward_id, by="viewer1", text=text, key=key)
    server.redeemed.append(event)
    await server.notify(KIND, channel_id, event)


async def write(server: TwitchServer, text: str) -> None:
    """The same, as the chat shows it."""
    channel_id = server.users["streamer"]
    await eventually(lambda: server.rewards[channel_id], "reward")
    reward_id = server.rewards[channel_id][0]["id"]
    await server.chat("streamer", text, by="viewer1", channel_points_custom_reward_id=reward_id)


@pytest.fixture(autouse=True)
def _accounts(log_in: LogIn) -> None:
    log_in()
    log_in("streamer", STREAMER_SCOPES, is_bot=False)


async def heard(channel: Channel) -> ChatMessage:
    message = await channel.message()
    assert message.event is not None
    assert message.event.kind is EventKind.REDEEM
    return message


async def second(channel: Channel) -> ChatMessage:
    """Return the second thing that was delivered."""
    await eventually(lambda: len(channel.items) == 2, "second message")
    item = channel.items[1]
    assert isinstance(item, ChatMessage)
    return item


async def test_the_reward_is_made_once(server: TwitchServer, reading: Reading) -> None:
    for _ in range(2):
        async with reading(reward=REWARD):
            pass

    (body,) = server.bodies["reward"]
    assert (body["title"], body["cost"]) == ("Say it", 250)
    assert body["is_user_input_required"]
    assert not body["should_redemptions_skip_request_queue"]


async def test_a_reward_that_is_there_is_taken(server: TwitchServer, reading: Reading) -> None:
    channel_id = server.users["streamer"]
    server.rewards[channel_id].append(reward(server.users, channel_id, "Say it"))
    async with reading(reward=REWARD):
        pass

    assert not server.bodies["reward"]


@pytest.mark.parametrize("outcome", [spoken, dropped, failed, rejected])
@pytest.mark.parametrize("text", ["", "read this"])
@pytest.mark.parametrize("order", ["redemption first", "message first", "end first"])
async def test_how_a_redeem_ends_is_told(
    server: TwitchServer, reading: Reading, outcome: object, text: str, order: str
) -> None:
    assert callable(outcome)
    async with reading(reward=REWARD) as channel:
        if order == "redemption first":
            await redeem(server, "r1", text=text)
            if text:
                await write(server, text)
            channel.source.observe(outcome(await heard(channel)))
        else:
            if text:
                await write(server, text)
            else:
                await redeem(server, "r1")
            message = await heard(channel)
            if order == "end first":
                channel.source.observe(outcome(message))
            if text:
                await redeem(server, "r1", text=text)
            if order != "end first":
                channel.source.observe(outcome(message))
        await eventually(lambda: server.settled, "settlement")
        channel.source.observe(outcome(await heard(channel)))  # nothing is told twice
        await redeem(server, "r2")
        await eventually(lambda: len(channel.items) == 2)

    assert server.settled == [("r1", "FULFILLED" if outcome is spoken else "CANCELED")]


async def test_what_is_not_to_be_told_is_not(server: TwitchServer, reading: Reading) -> None:
    settings = REWARD.model_copy(update={"refund": False})
    async with reading(reward=settings) as channel:
        for key in ("r1", "r2"):
            await redeem(server, key)
        await eventually(lambda: len(channel.items) == 2)
        first, second = (item for item in channel.items if isinstance(item, ChatMessage))
        channel.source.observe(dropped(first))
        channel.source.observe(spoken(second))
        await eventually(lambda: server.settled, "settlement")

    assert server.settled == [("r2", "FULFILLED")]


async def test_rewards_of_others_are_heard_but_not_settled(
    server: TwitchServer, reading: Reading
) -> None:
    async with reading(reward=REWARD) as channel:
        await redeem(server, "other", reward_id="hydrate")
        other = await heard(channel)
        await redeem(server, "r1")
        await eventually(lambda: len(channel.items) == 2)
        channel.source.observe(spoken(other))
        mine = channel.items[1]
        assert isinstance(mine, ChatMessage)
        channel.source.observe(spoken(mine))
        await eventually(lambda: server.settled, "settlement")

    assert server.settled == [("r1", "FULFILLED")]


async def test_without_a_reward_of_our_own_nothing_is_made_or_settled(
    server: TwitchServer, reading: Reading
) -> None:
    async with reading() as channel:
        await redeem(server, "r1", reward_id="hydrate")
        channel.source.observe(spoken(await heard(channel)))

    assert not server.bodies["reward"]
    assert not server.settled


@pytest.mark.parametrize("fault", [500, 0, 401])
async def test_settling_is_tried_until_twitch_answers(
    server: TwitchServer, reading: Reading, fault: int
) -> None:
    async with reading(reward=REWARD) as channel:
        await redeem(server, "r1")
        server.fail("PATCH /helix/channel_points/custom_rewards/redemptions", fault, fault)
        channel.source.observe(spoken(await heard(channel)))
        await eventually(lambda: server.settled, "settlement")

    assert server.settled == [("r1", "FULFILLED")]
    assert server.calls["PATCH /helix/channel_points/custom_rewards/redemptions"] == 3


async def test_a_redeem_that_twitch_refuses_to_settle_is_let_go(
    server: TwitchServer, reading: Reading
) -> None:
    async with reading(reward=REWARD) as channel:
        await redeem(server, "r1")
        server.fail("PATCH /helix/channel_points/custom_rewards/redemptions", 403)
        channel.source.observe(spoken(await heard(channel)))
        await redeem(server, "r2")
        channel.source.observe(spoken(await second(channel)))
        await eventually(lambda: server.settled, "settlement")

    assert server.settled == [("r2", "FULFILLED")]


async def test_what_was_redeemed_while_the_account_was_away_is_settled_when_it_is_back(
    server: TwitchServer, reading: Reading
) -> None:
    """Chat goes on without the account, so it is spoken; the redemption is told later."""
    async with reading(reward=REWARD, anonymous=True) as channel:
        await eventually(lambda: server.listeners["streamer"], "anonymous reader")
        await redeem(server, "before", text="first")
        await write(server, "first")
        channel.source.observe(spoken(await heard(channel)))
        await eventually(lambda: server.settled, "settlement")
        for session in server.live:
            session.is_live = False
        await redeem(server, "away", text="second")
        await write(server, "second")
        for session in server.sessions.values():
            session.drop()
        channel.source.observe(dropped(await second(channel)))
        await eventually(lambda: len(server.settled) == 2, "settlement")

    assert server.settled == [("before", "FULFILLED"), ("away", "CANCELED")]


async def test_what_waited_before_is_left_to_the_streamer(
    server: TwitchServer, reading: Reading
) -> None:
    channel_id = server.users["streamer"]
    server.rewards[channel_id].append(reward(server.users, channel_id, "Say it"))
    await redeem(server, "old", text="same text")
    async with reading(reward=REWARD) as channel:
        await write(server, "same text")
        await redeem(server, "new", text="same text")
        channel.source.observe(spoken(await heard(channel)))
        await eventually(lambda: server.settled, "settlement")

    assert server.settled == [("new", "FULFILLED")]


class Ledger:
    """The redeems of one channel, on a clock that the test moves."""

    def __init__(self, settings: RewardSettings = REWARD) -> None:
        self.settled: list[Settlement] = []
        self._due: list[tuple[float, Callable[[], None]]] = []
        self.redeems = Redeems(
            settings, self.settled.append, lambda s, call: self._due.append((s, call))
        )
        self.redeems.reward_id = "ours"

    def redeem(self, key: str, text: str) -> None:
        self.redeems.redeemed(Redemption(key, "ours", "u1", text))

    def wait(self) -> None:
        """Let more time pass than a message needs."""
        assert all(delay_s == UNWRITTEN_S for delay_s, _ in self._due)
        due, self._due = self._due, []
        for _, call in due:
            call()


def message(key: str, text: str, *, reward_id: str = "ours") -> ChatMessage:
    return ChatMessage(
        id=key,
        channel="main",
        source="twitch_eventsub:streamer",
        chatter=Chatter(id="u1", name="viewer1"),
        text=text,
        event=Event(kind=EventKind.REDEEM, reward=reward_id),
        received_at=1.0,
    )


def test_a_redeem_that_never_comes_to_chat_is_given_back_once() -> None:
    ledger = Ledger()
    ledger.redeem("held", "something bad")
    ledger.redeem("same", "twice")
    ledger.redeem("again", "twice")
    ledger.redeems.written(message("m1", "twice"))
    ledger.wait()
    assert [(s.redemption_id, s.is_fulfilled) for s in ledger.settled] == [
        ("held", False),
        ("again", False),
    ]
    ledger.redeems.ended("m1", is_spoken=True)
    ledger.redeems.written(message("m2", "something bad"))  # a moderator was slow
    ledger.redeems.ended("m2", is_spoken=True)
    ledger.wait()
    assert [s.redemption_id for s in ledger.settled] == ["held", "again", "same"]


def test_without_refunds_it_stays_in_the_streamers_queue() -> None:
    ledger = Ledger(REWARD.model_copy(update={"refund": False}))
    ledger.redeem("held", "something")
    ledger.wait()

    assert not ledger.settled


def test_a_flood_of_chat_does_not_forget_a_redeem() -> None:
    """It ends long before Twitch tells the redemption, as after ten minutes without network."""
    ledger = Ledger()
    ledger.redeems.written(message("m1", "paid"))
    ledger.redeems.ended("m1", is_spoken=True)
    for number in range(5_000):
        ledger.redeems.ended(f"chat{number}", is_spoken=True)
    ledger.redeem("r1", "paid")

    assert ledger.settled == [Settlement("r1", "ours", is_fulfilled=True)]


@pytest.mark.parametrize("text", ["", "read this"])
@pytest.mark.parametrize("ends", ["before the account is back", "after"])
async def test_what_an_earlier_run_left_is_settled_once(
    server: TwitchServer, reading: Reading, text: str, ends: str
) -> None:
    """The redemption waits at Twitch, and the journal has its message spoken after the start."""
    channel_id = server.users["streamer"]
    server.rewards[channel_id].append(reward(server.users, channel_id, "Say it"))
    await redeem(server, "strange", text="of yesterday")
    await redeem(server, "left", text=text)
    viewer = server.users["viewer1"]
    reward_id = server.rewards[channel_id][0]["id"]
    left = structs.replace(
        message("m1" if text else "left", text, reward_id=reward_id),
        chatter=Chatter(id=viewer, name="viewer1"),
    )
    async with reading(reward=REWARD, resumed=[left]) as channel:
        if ends == "after":
            await eventually(lambda: channel.source._redeems._has_recovered, "look at what waits")
        channel.source.observe(spoken(left))
        channel.source.observe(spoken(left))
        await eventually(lambda: server.settled, "settlement")
        await redeem(server, "new")
        channel.source.observe(spoken(await heard(channel)))
        await eventually(lambda: len(server.settled) == 2, "settlement")

    assert server.settled == [("left", "FULFILLED"), ("new", "FULFILLED")]


async def test_what_waits_when_the_daemon_ends_is_not_given_back(
    server: TwitchServer, reading: Reading
) -> None:
    async with reading(reward=REWARD) as channel:
        await redeem(server, "r1")
        message = await heard(channel)
        channel.source.observe(Dropped.of(message, reason=DropReason.SHUTDOWN))
        await redeem(server, "r2")
        channel.source.observe(spoken(await second(channel)))
        await eventually(lambda: server.settled, "settlement")

    assert server.settled == [("r2", "FULFILLED")]
