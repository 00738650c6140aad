import pytest
from msgspec.structs import replace

from bot.config.chat.raids import RaidSettings
from bot.messages import Chatter, Lane, Segment, Utterance
from bot.policy.raids import Copies, Raids

LINE = "come and watch the nastyname tournament on the other channel now"
MANY = 4


def utterance(
    number: int, body: str, *, lane: Lane = Lane.REST, received_at: float = 100.0
) -> Utterance:
    return Utterance(
        id=f"m{number}",
        channel="main",
        chatter=Chatter(id=f"u{number}", name=f"viewer{number}"),
        prefix="",
        body=body,
        voice="heart",
        lane=lane,
        received_at=received_at,
    )


def found(*bodies: str, lane: Lane = Lane.REST, every_s: float = 0.0) -> list[Copies | None]:
    raids = Raids(RaidSettings(chatters=MANY))
    return [
        raids.take(utterance(number, body, lane=lane, received_at=100 + number * every_s))
        for number, body in enumerate(bodies)
    ]


def others(copies: Copies | None) -> int | None:
    return copies.others if copies else None


def test_it_takes_enough_chatters() -> None:
    assert list(map(others, found(*[LINE] * 6))) == [None, None, None, 3, 4, 5]


@pytest.mark.parametrize(
    "body",
    [
        LINE.upper(),
        f"{LINE} 4711",
        f"{LINE}!!!",
        f"{LINE} please",
        LINE.replace("other", "third"),
        LINE.replace(" ", ""),
        f"hey {LINE}",
    ],
)
def test_near_copies_count(body: str) -> None:
    assert others(found(LINE, LINE, LINE, body)[-1]) == MANY - 1


@pytest.mark.parametrize(
    "body", ["gg", "lol", "hi", "good game", "xd", "let us go", "♥♥♥", "1 2 3"]
)
def test_short_common_lines_are_left_alone(body: str) -> None:
    assert set(found(*[body] * 50)) == {None}


@pytest.mark.parametrize(
    "body",
    [
        "come and look at my garden on the other side of town",
        "which nastyname won the tournament last year",
        "the stream has no sound, please look at it",
    ],
)
def test_other_lines_are_no_copies(body: str) -> None:
    assert found(LINE, LINE, LINE, body)[-1] is None


def test_lines_without_spaces_are_compared_by_their_letters() -> None:
    line = "みんなあたらしいチャンネルをみにきてください"

    assert others(found(line, line, f"{line}ね", f"ねえ{line}")[-1]) == MANY - 1


@pytest.mark.parametrize("lane", [Lane.PAID, Lane.MODERATOR])
def test_what_was_paid_for_and_moderators_are_never_copies(lane: Lane) -> None:
    assert set(found(*[LINE] * 9, lane=lane)) == {None}


def test_one_chatter_is_no_crowd() -> None:
    raids = Raids(RaidSettings(chatters=2))
    one = utterance(1, LINE)

    assert {raids.take(replace(one, id=str(number))) for number in range(9)} == {None}


def test_a_line_is_forgotten_after_its_time() -> None:
    assert set(found(*[LINE] * 6, every_s=31.0)) == {None}


def test_only_chatters_of_the_last_seconds_count() -> None:
    assert set(found(*[LINE] * 20, every_s=11.0)) == {None}


def test_a_line_that_many_write_all_evening_is_heard_now_and_then() -> None:
    copies = found(*[LINE] * 40, every_s=5.0)
    heard = [number * 5 for number, each in enumerate(copies) if each is None]
    assert heard == [0, 5, 10, 45, 80, 115, 150, 185]


def test_it_can_be_turned_off() -> None:
    raids = Raids(RaidSettings(chatters=0))

    assert {raids.take(utterance(number, LINE)) for number in range(9)} == {None}


def test_what_is_remembered_is_bounded() -> None:
    raids = Raids(RaidSettings(chatters=MANY, min_letters=1))
    for number in range(MANY - 1):
        raids.take(utterance(number, LINE))
    for number in range(300):
        unlike = "".join(chr(0x4E00 + number * 40 + offset) for offset in range(20))
        raids.take(utterance(number, unlike))

    assert raids.take(utterance(99, LINE)) is None


def test_the_number_is_said_in_words() -> None:
    raids = Raids(RaidSettings(), say_numbers=lambda text: text.replace("14", "fourteen"))

    assert raids.with_others(utterance(1, "hello"), 14).body == "hello ... and fourteen others"


def test_the_number_is_a_part_of_its_own_among_voices_and_sounds() -> None:
    parts = (Segment(text="hello", voice="other"), Segment(sound="horn"))
    merged = Raids(RaidSettings()).with_others(replace(utterance(1, "hello"), segments=parts), 3)

    assert merged.segments == (*parts, Segment(text="... and 3 others"))
