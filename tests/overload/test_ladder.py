from collections.abc import Callable

import pytest
from msgspec.structs import replace
from pydantic import ValidationError

from bot.backlog import Backlog
from bot.config.sections.overload import OverloadSettings, RungSettings
from bot.messages import Answer, Lane, RejectReason, Segment, Utterance
from bot.outcomes import DropReason, Outcome, Overload
from bot.overload import Ladder, Relief
from tests.overload.conftest import utterance

RUNGS = (
    RungSettings(name="less effort", waiting=2, least_nfe=True),
    RungSettings(name="no names", waiting=4, without_names=True, max_words=12),
    RungSettings(name="fast", waiting=6, speed=1.2, max_words=4, takes="moderators"),
    RungSettings(name="paid only", waiting=8, takes="paid"),
)


class Rig:
    """A ladder whose clock the test sets."""

    def __init__(self, backlog: Backlog, outcomes: list[Outcome]) -> None:
        self.now = 1000.0
        self.told: list[Answer] = []
        self.backlog = backlog
        self._outcomes = outcomes

    def ladder(
        self,
        *rungs: RungSettings,
        announce: bool = False,
        is_heard: Callable[[Utterance], bool] = lambda _: True,
    ) -> Ladder:
        return Ladder(
            OverloadSettings(rungs=rungs, down_ratio=0.5, least_s=10, announce=announce),
            self.backlog,
            channel="main",
            emit=self._outcomes.append,
            tell=self.told.append,
            is_heard=is_heard,
            clock=lambda: self.now,
        )

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds

    def fill(self, count: int) -> None:
        """Let so many utterances wait."""
        self.backlog.clear(DropReason.CLEARED)
        for number in range(count):
            self.backlog.put(utterance(number))

    @property
    def rungs(self) -> list[int]:
        """The rungs that outcomes told of."""
        return [outcome.rung for outcome in self._outcomes if isinstance(outcome, Overload)]


@pytest.fixture
def rig(backlog: Backlog, outcomes: list[Outcome]) -> Rig:
    return Rig(backlog, outcomes)


async def test_it_is_climbed_at_once_and_left_one_by_one(rig: Rig) -> None:
    ladder = rig.ladder(*RUNGS)
    rig.fill(8)
    ladder.look()
    rig.fill(0)
    for _ in range(100):
        rig.now += 1
        ladder.look()

    assert rig.rungs == [4, 3, 2, 1, 0]


async def test_no_rung_is_left_early(rig: Rig) -> None:
    ladder = rig.ladder(*RUNGS)
    rig.fill(2)
    ladder.look()
    rig.fill(0)
    rig.now += 9.9
    ladder.look()

    assert ladder.rung == 1


async def test_a_rung_is_left_only_well_below_its_limit(rig: Rig) -> None:
    ladder = rig.ladder(*RUNGS)
    rig.fill(6)
    ladder.look()
    rig.now += 1000
    rig.fill(3)  # half of 6, which is not below it
    ladder.look()
    before = ladder.rung
    rig.fill(2)
    ladder.look()

    assert (before, ladder.rung) == (3, 2)


async def test_what_rungs_do_adds_up(rig: Rig) -> None:
    ladder = rig.ladder(*RUNGS)
    rig.fill(6)
    ladder.look()

    assert ladder.relief == Relief(without_name=True, max_words=4, speed=1.2, least_nfe=True)


@pytest.mark.parametrize(
    ("waiting", "refused"),
    [
        (0, []),
        (4, []),
        (6, [Lane.REST]),
        (8, [Lane.MODERATOR, Lane.REST]),
    ],
)
async def test_rungs_take_in_less_but_always_what_was_paid_for(
    rig: Rig, waiting: int, refused: list[Lane]
) -> None:
    ladder = rig.ladder(*RUNGS)
    rig.fill(waiting)
    ladder.look()
    answers = {lane: ladder.refuse(utterance(99, lane=lane)) for lane in Lane}

    assert [lane for lane, answer in answers.items() if answer] == refused
    assert all(a.reason is RejectReason.OVERLOAD for a in answers.values() if a)


@pytest.mark.parametrize(
    ("rung", "reaches"),
    [
        (RungSettings(name="r", speech_s=10), lambda rig: rig.fill(3)),
        (RungSettings(name="r", oldest_s=30), lambda rig: (rig.fill(1), rig.wait(30))),
    ],
)
async def test_speech_and_age_reach_a_rung_too(
    rig: Rig, rung: RungSettings, reaches: Callable[[Rig], object]
) -> None:
    ladder = rig.ladder(rung)
    rig.fill(1)
    ladder.look()
    before = ladder.rung
    reaches(rig)
    ladder.look()

    assert (before, ladder.rung) == (0, 1)


async def test_chat_is_told_of_each_higher_rung_and_of_the_end(rig: Rig) -> None:
    ladder = rig.ladder(*RUNGS, announce=True)
    for waiting in (2, 4, 0, 4, 0):
        rig.fill(waiting)
        for _ in range(9):
            ladder.look()
            rig.now += 1
    for _ in range(30):
        ladder.look()
        rig.now += 1

    assert [(it.name, it.fields.get("name")) for it in rig.told] == [
        ("overload", "less effort"),
        ("overload", "no names"),
        ("overload_over", None),
    ]


async def test_it_says_nothing_in_chat_by_default(rig: Rig) -> None:
    ladder = rig.ladder(*RUNGS)
    rig.fill(8)
    ladder.look()

    assert rig.told == []


def test_a_rung_needs_a_limit() -> None:
    with pytest.raises(ValidationError, match="a rung needs one of"):
        RungSettings(name="never")


@pytest.mark.parametrize(
    ("lane", "prefix", "body"),
    [
        (Lane.REST, "", "one two"),
        (Lane.MODERATOR, "viewer1 says: ", "one two three"),
        (Lane.PAID, "viewer1 says: ", "one two three"),
    ],
)
def test_only_plain_chat_is_shortened(lane: Lane, prefix: str, body: str) -> None:
    relief = Relief(without_name=True, max_words=2, speed=1.5, least_nfe=True)
    whole = utterance(1, "one two three", lane=lane)
    said = relief.of(whole).said(whole)

    assert (said.prefix, said.body) == (prefix, body)


def test_what_many_wrote_is_spoken_whole_with_their_number() -> None:
    merged = replace(utterance(1, "one two three and 9 others"), copies=9)
    relief = Relief(without_name=True, max_words=2, least_nfe=True)

    assert relief.of(merged) == Relief(least_nfe=True)


def test_what_is_short_enough_is_left_as_it_is() -> None:
    whole = utterance(1, "one  two three")

    assert Relief(max_words=3).said(whole) is whole


def test_voices_and_sounds_are_cut_as_the_text_is() -> None:
    parts = (
        Segment(text="one two", voice="other"),
        Segment(sound="horn"),
        Segment(text="three four five"),
        Segment(text="six"),
        Segment(sound="bell"),
    )
    whole = replace(utterance(1, "one two three four five six"), segments=parts)

    assert Relief(max_words=4).said(whole).segments == (
        *parts[:2],
        Segment(text="three four"),
    )


async def test_what_waits_for_an_output_that_is_away_is_no_load(rig: Rig) -> None:
    ladder = rig.ladder(*RUNGS, is_heard=lambda _: False)
    rig.fill(8)
    ladder.look()
    assert ladder.rung == 0
