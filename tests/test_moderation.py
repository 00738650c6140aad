from collections.abc import Callable

import pytest

from bot.backlog import Backlog
from bot.config.backlog import BacklogSettings
from bot.config.policy import PolicySettings
from bot.messages import Chatter, Command, Lane, Purge, Utterance, Verb
from bot.moderation import Moderation
from bot.outcomes import Dropped, DropReason, Outcome
from bot.policy import Policy
from bot.runtime.clock import now


class SpeechStandIn:
    def __init__(self, current: Utterance | None) -> None:
        self.volume = 1.0
        self.current = current
        self.reason: DropReason | None = None

    def cut(self, reason: DropReason, matches: Callable[[Utterance], bool]) -> bool:
        if self.current is None or not matches(self.current):
            return False
        self.current, self.reason = None, reason
        return True


class Room:
    """A channel in which a1 is spoken while a2 and b1 wait."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.policy = Policy(PolicySettings(), voice="heart", known_voices=("bass", "heart"))
        self.backlog = Backlog(BacklogSettings(), self.outcomes.append)
        self.speech = SpeechStandIn(utterance("a1", "a"))
        self.backlog.put(utterance("a2", "a"))
        self.backlog.put(utterance("b1", "b"))
        self.moderation = Moderation(self.policy, self.backlog, self.speech)

    def order(self, verb: Verb, argument: str = "", chatter: Chatter | None = None) -> str:
        return self.moderation.apply(
            Command(
                id="c",
                channel="main",
                issuer="mod",
                verb=verb,
                argument=argument,
                chatter=chatter,
            )
        )

    @property
    def dropped(self) -> list[tuple[str, DropReason]]:
        return [(o.id, o.reason) for o in self.outcomes if isinstance(o, Dropped)]

    @property
    def waiting(self) -> list[str]:
        return [u.id for u in self.backlog]


def utterance(name: str, chatter: str) -> Utterance:
    return Utterance(
        id=name,
        channel="main",
        chatter=Chatter(id=f"id-{chatter}", name=chatter),
        prefix="",
        body=name,
        voice="heart",
        lane=Lane.REST,
        received_at=now(),
    )


@pytest.fixture
async def room() -> Room:
    return Room()


async def test_skip_cuts_only_what_is_spoken(room: Room) -> None:
    assert room.order(Verb.SKIP) == "skipped"
    assert room.speech.reason is DropReason.SKIPPED
    assert room.waiting == ["a2", "b1"]
    assert room.order(Verb.SKIP) == "nothing is being spoken"


async def test_skip_by_name_takes_all_of_that_chatter(room: Room) -> None:
    assert room.order(Verb.SKIP, "A") == "skipped 2 of A"
    assert room.speech.reason is DropReason.SKIPPED
    assert room.dropped == [("a2", DropReason.SKIPPED)]


async def test_clear_leaves_what_is_spoken(room: Room) -> None:
    assert room.order(Verb.CLEAR) == "cleared 2"
    assert room.speech.reason is None
    assert room.waiting == []


async def test_pause_and_resume(room: Room) -> None:
    room.order(Verb.PAUSE)
    assert room.backlog.is_paused
    room.order(Verb.RESUME)
    assert not room.backlog.is_paused


async def test_off_is_silence_at_once(room: Room) -> None:
    assert room.order(Verb.OFF) == "off, 3 dropped"
    assert not room.policy.access.is_on
    assert room.speech.reason is DropReason.OFF
    room.order(Verb.ON)
    assert room.policy.access.is_on


async def test_mute_also_takes_back_what_was_accepted(room: Room) -> None:
    assert room.order(Verb.MUTE, "a") == "a is muted, 2 dropped"
    assert room.speech.reason is DropReason.MUTED
    assert room.waiting == ["b1"]
    assert room.order(Verb.UNMUTE, "a") == "a is heard again"
    assert room.order(Verb.UNMUTE, "a") == "a was not muted"


async def test_volume_and_status(room: Room) -> None:
    assert room.order(Verb.VOLUME, "40") == "volume 40"
    assert room.speech.volume == pytest.approx(0.4)
    room.order(Verb.PAUSE)
    assert room.order(Verb.STATUS) == "on, paused, 2 waiting, volume 40"


@pytest.mark.parametrize(
    ("change", "volume"), [("+10", 50), ("-10", 30), ("-50", 0), ("+70", 100), ("+0", 40)]
)
async def test_a_volume_with_a_sign_is_a_change_of_what_it_is(
    room: Room, change: str, volume: int
) -> None:
    room.order(Verb.VOLUME, "40")

    assert room.order(Verb.VOLUME, change) == f"volume {volume}"
    assert room.speech.volume == pytest.approx(volume / 100)


@pytest.mark.parametrize("verb", Verb)
async def test_every_verb_has_an_answer(room: Room, verb: Verb) -> None:
    assert room.order(verb, "50")


@pytest.mark.parametrize(
    ("purge", "count", "cut", "waiting"),
    [
        (Purge(channel="main", message_id="a1"), 1, DropReason.DELETED, ["a2", "b1"]),
        (Purge(channel="main", message_id="b1"), 1, None, ["a2"]),
        (Purge(channel="main", message_id="x"), 0, None, ["a2", "b1"]),
        (Purge(channel="main", chatter_id="id-a"), 2, DropReason.TIMED_OUT, ["b1"]),
        (Purge(channel="main"), 3, DropReason.CLEARED, []),
    ],
)
async def test_what_the_platform_takes_back_is_not_heard(
    room: Room, purge: Purge, count: int, cut: DropReason | None, waiting: list[str]
) -> None:
    assert room.moderation.purge(purge) == count
    assert room.speech.reason is cut
    assert room.waiting == waiting


def test_a_voice_is_the_chatters_own_choice(room: Room) -> None:
    chatter = Chatter(id="u1", name="viewer")
    assert room.order(Verb.VOICE, "bass", chatter) == "your voice is bass from now on"
    assert room.order(Verb.VOICE, "bass") == "only a chatter can choose a voice"
