"""Messages wait for seconds of grace, for approval, and while nobody moderates."""

import asyncio

import pytest
from msgspec.structs import replace

from bot.config.chat.moderation import ModerationSettings
from bot.config.sections.backlog import BacklogSettings
from bot.messages import Purge, Role, Verb
from bot.outcomes import Dropped, DropReason, Held, Queued
from bot.runtime.clock import now
from tests.moderation.conftest import Room, utterance

DEADLINE_S = 5.0


def settings(**sections: object) -> ModerationSettings:
    return ModerationSettings.model_validate(sections)


@pytest.fixture
async def graceful() -> Room:
    room = Room(settings(grace={"seconds": 0.2}))
    room.backlog.clear(DropReason.CLEARED)
    return room


@pytest.fixture
async def approving() -> Room:
    return Room(settings(approval={"enabled": True, "after": 2}))


async def test_a_message_is_not_handed_out_before_its_seconds(graceful: Room) -> None:
    graceful.write("hello")
    (waiting,) = graceful.backlog
    assert 0 < graceful.backlog.ready_in_s(waiting) <= 0.2
    async with asyncio.timeout(DEADLINE_S):
        taken = await graceful.backlog.take()
    assert taken.id == "hello"
    assert graceful.backlog.ready_in_s(taken) == 0


async def test_who_is_exempt_goes_first(graceful: Room) -> None:
    graceful.write("slow")
    graceful.write("quick", "mod", Role.MODERATOR)
    async with asyncio.timeout(DEADLINE_S):
        assert [(await graceful.backlog.take()).id for _ in range(2)] == ["quick", "slow"]


async def test_a_regular_is_exempt(graceful: Room) -> None:
    graceful.write("first")
    graceful.order(Verb.REGULAR, "ana")
    graceful.write("second")
    *_, last = graceful.backlog
    assert graceful.backlog.ready_in_s(last) == 0


async def test_what_is_deleted_in_its_seconds_is_never_handed_out(graceful: Room) -> None:
    graceful.write("hello")
    graceful.moderation.purge(Purge(channel="main", message_id="hello"))
    graceful.write("other", "b")
    async with asyncio.timeout(DEADLINE_S):
        assert (await graceful.backlog.take()).id == "other"


async def test_messages_of_one_chatter_keep_their_order_in_grace(graceful: Room) -> None:
    for number in range(3):
        graceful.write(f"m{number}")
    async with asyncio.timeout(DEADLINE_S):
        taken = [(await graceful.backlog.take()).id for _ in range(3)]
    assert taken == ["m0", "m1", "m2"]


async def test_a_message_waits_until_it_is_approved(approving: Room) -> None:
    held = approving.write("hello")
    assert isinstance(held, Held)
    assert held.text == "ana says: hello"
    assert "hello" not in approving.waiting
    assert approving.order(Verb.APPROVE) == "approved 1"
    assert "hello" in approving.waiting
    assert approving.order(Verb.APPROVE) == "nothing waits for approval"


async def test_a_message_that_is_rejected_is_dropped(approving: Room) -> None:
    approving.write("hello")
    assert approving.order(Verb.REJECT) == "rejected 1"
    assert approving.dropped == [("hello", DropReason.REJECTED)]


async def test_the_oldest_one_of_a_chatter_by_id_or_all(approving: Room) -> None:
    for name in ("a", "b", "c"):
        for number in range(2):
            approving.write(f"{name}{number}!", name, message_id=f"{name}-{number}")
    assert approving.order(Verb.APPROVE) == "approved 1"
    assert approving.waiting[-1] == "b1" or "a-0" in approving.waiting
    assert approving.order(Verb.APPROVE, "B") == "approved 2"
    assert approving.order(Verb.REJECT, "#c-1") == "rejected 1"
    assert approving.order(Verb.APPROVE, "all") == "approved 2"


async def test_moderators_need_no_approval_and_others_after_some(approving: Room) -> None:
    assert isinstance(approving.write("hello", "mod", Role.MODERATOR), Queued)
    for number in range(2):
        assert isinstance(approving.write(f"hello {number}"), Held)
        approving.order(Verb.APPROVE)
    assert isinstance(approving.write("hello 2"), Queued)


@pytest.mark.parametrize("verb", [Verb.CLEAR, Verb.PANIC, Verb.OFF])
async def test_what_waits_for_approval_is_dropped_with_the_rest(
    approving: Room, verb: Verb
) -> None:
    approving.write("hello")
    approving.order(verb)
    assert ("hello", DropReason(approving.dropped[0][1])) in approving.dropped
    assert len(approving.parts.approvals) == 0


async def test_a_deleted_message_waits_no_more_for_approval(approving: Room) -> None:
    approving.write("hello")
    approving.moderation.purge(Purge(channel="main", chatter_id="id-ana"))
    assert approving.dropped == [("hello", DropReason.TIMED_OUT)]


async def test_what_nobody_looks_at_expires() -> None:
    room = Room(settings(approval={"enabled": True, "expires_s": 0.01}))
    room.write("hello")
    async with asyncio.timeout(DEADLINE_S):
        while not room.dropped:
            await asyncio.sleep(0.01)
    assert room.dropped == [("hello", DropReason.EXPIRED)]


async def test_there_is_room_for_so_many() -> None:
    room = Room(settings(approval={"enabled": True, "max_waiting": 1}))
    room.write("one")
    last = room.write("two")
    assert isinstance(last, Dropped)
    assert last.reason is DropReason.FULL


async def test_one_chatter_leaves_room_for_others_to_be_approved() -> None:
    room = Room(settings(approval={"enabled": True, "max_waiting": 3}))
    for number in range(5):
        room.write(f"flood {number}", "troll")
    assert isinstance(room.write("hello"), Held)
    assert isinstance(room.write("hi", "ben"), Held)
    assert [u.id for u in room.parts.approvals] == ["flood 0", "hello", "hi"]
    assert isinstance(room.write("too late", "cem"), Dropped)


async def test_what_is_approved_late_is_spoken_however_many_wait_of_its_chatter() -> None:
    old_s = BacklogSettings().max_age_s + 1
    room = Room(settings(approval={"enabled": True}))
    room.backlog.follow(BacklogSettings(max_per_chatter=1))
    for name in ("one", "two"):
        room.parts.approvals.put(replace(utterance(name, "ana"), received_at=now() - old_s))
    assert room.order(Verb.APPROVE, "all") == "approved 2"
    async with asyncio.timeout(DEADLINE_S):
        taken = [(await room.backlog.take()).id for _ in range(4)]
    assert taken == ["a2", "b1", "one", "two"]


async def test_only_what_finds_room_counts_as_approved() -> None:
    room = Room(settings(approval={"enabled": True}))
    room.backlog.follow(BacklogSettings(max_pending=3))
    for name in ("one", "two"):
        room.write(name)
    assert room.order(Verb.APPROVE, "all") == "approved 1"


async def test_speech_waits_while_nobody_moderates_and_says_so_once() -> None:
    room = Room(settings(away={"after_min": 1e-9}))
    room.parts.presence.look()
    room.parts.presence.look()
    assert room.is_paused()
    assert room.told == ["no moderator is here: what is written waits until one writes"]
    room.write("hello", "ana")
    assert room.is_paused()
    room.write("hello", "mod", Role.MODERATOR)
    assert not room.is_paused()
    assert room.told[1:] == ["speech goes on"]


async def test_a_pause_of_a_moderator_outlasts_an_absence() -> None:
    room = Room(settings(away={"after_min": 1e-9}))
    room.order(Verb.PAUSE)
    room.parts.presence.look()
    room.write("hello", "mod", Role.MODERATOR)
    assert room.is_paused()
    assert room.told[1:] == []


async def test_speech_waits_while_the_stream_is_offline() -> None:
    room = Room(settings(away={"offline": True}))
    room.moderation.set_live(is_live=False)
    assert room.is_paused()
    room.moderation.set_live(is_live=True)
    assert not room.is_paused()
    assert room.told == ["the stream is offline: what is written waits", "speech goes on"]
