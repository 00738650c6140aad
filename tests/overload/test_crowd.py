import pytest

from bot.backlog import Backlog
from bot.config.chat.raids import RaidSettings
from bot.config.sections.overload import OverloadSettings
from bot.messages import Lane, Rejection, RejectReason, Utterance
from bot.outcomes import Dropped, DropReason, Outcome
from bot.overload import Crowd, Ladder
from bot.policy.raids import Raids
from tests.overload.conftest import LINE, utterance


@pytest.fixture
def crowd(backlog: Backlog, outcomes: list[Outcome]) -> Crowd:
    ladder = Ladder(
        OverloadSettings(rungs=()),
        backlog,
        channel="main",
        emit=outcomes.append,
        tell=lambda _: None,
    )
    return Crowd(ladder, Raids(RaidSettings(chatters=3)), backlog)


def write(crowd: Crowd, backlog: Backlog, message: Utterance) -> Rejection | None:
    """Let `message` come in."""
    rejection = crowd.refuse(message)
    if rejection is None:
        backlog.put(message)
    return rejection


async def test_copies_of_many_become_one_line_with_their_number(
    crowd: Crowd, backlog: Backlog, outcomes: list[Outcome]
) -> None:
    rejections = [write(crowd, backlog, utterance(number)) for number in range(15)]

    assert [waiting.body for waiting in backlog] == [f"{LINE} ... and 14 others"]
    assert [r.reason for r in rejections if r] == [RejectReason.DUPLICATE] * 13
    dropped = [(it.id, it.reason) for it in outcomes if isinstance(it, Dropped)]
    assert dropped == [("m1", DropReason.DUPLICATE)]


async def test_a_line_is_as_new_as_its_last_copy(crowd: Crowd, backlog: Backlog) -> None:
    for number in range(4):
        write(crowd, backlog, utterance(number, received_at=1000.0 + number))

    assert [waiting.received_at for waiting in backlog] == [1003.0]


async def test_a_copy_that_waits_long_takes_in_all_that_come(
    crowd: Crowd, backlog: Backlog
) -> None:
    for number in range(3):
        write(crowd, backlog, utterance(number, received_at=1000.0))
    for number in range(3, 9):  # too slow for a raid, but that has begun
        write(crowd, backlog, utterance(number, received_at=1000.0 + 29 * (number - 2)))

    assert [waiting.body for waiting in backlog] == [f"{LINE} ... and 8 others"]
    await backlog.take()
    assert write(crowd, backlog, utterance(9, received_at=1203.0)) is None


async def test_what_was_spoken_already_is_not_said_again(crowd: Crowd, backlog: Backlog) -> None:
    write(crowd, backlog, utterance(0))
    write(crowd, backlog, utterance(1))
    taken = [await backlog.take(), await backlog.take()]
    rejections = [write(crowd, backlog, utterance(number)) for number in range(2, 9)]

    assert all(rejections)
    assert len(backlog) == 0
    assert [each.body for each in taken] == [LINE, LINE]


async def test_other_lines_stay_where_they_are(crowd: Crowd, backlog: Backlog) -> None:
    other = utterance(50, "which map comes next my friends", lane=Lane.REST)
    write(crowd, backlog, other)
    for number in range(9):
        write(crowd, backlog, utterance(number))

    assert other in list(backlog)
    assert len(backlog) == 2
