from collections.abc import Callable
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config.policy import EmoteSettings
from bot.messages import EventKind
from bot.policy.draft import Draft
from bot.policy.emotes import Emotes

Make = Callable[..., Draft]
Ranges = tuple[tuple[int, int], ...]


def words(
    sent: Draft,
    action: Literal["strip", "first", "off"] = "strip",
    names: tuple[str, ...] = ("KEKW",),
) -> str:
    return " ".join(Emotes(EmoteSettings(action=action, names=names))(sent).text.split())


@pytest.mark.parametrize(
    ("text", "emotes", "left"),
    [
        ("Kappa hi Kappa", ((0, 5), (9, 14)), "hi"),
        ("😀 Kappa hi", ((2, 7),), "😀 hi"),  # ranges count code points
        ("hi KEKW", (), "hi"),
        ("hi kekw KEKWait KEKW!", (), "hi kekw KEKWait KEKW!"),
        ("hi", ((0, 99),), ""),
        ("hi", ((5, 9),), "hi"),
        ("hi", ((-3, 1),), "i"),
        ("hi", ((2, 1), (1, 1)), "hi"),
        ("abcdef", ((2, 4), (0, 3)), "ef"),
        ("", ((0, 5),), ""),
    ],
)
def test_emotes_are_left_out(text: str, emotes: Ranges, left: str, draft: Make) -> None:
    assert words(draft(text, emotes=emotes)) == left


def test_the_first_emote_stays_wherever_it_comes_from(draft: Make) -> None:
    assert words(draft("KEKW Kappa hi", emotes=((5, 10),)), "first") == "KEKW hi"
    assert words(draft("Kappa KEKW hi", emotes=((0, 5),)), "first") == "Kappa hi"


def test_off_leaves_everything(draft: Make) -> None:
    assert words(draft("Kappa KEKW", emotes=((0, 5),)), "off") == "Kappa KEKW"


def test_names_are_no_regular_expressions(draft: Make) -> None:
    assert words(draft("D: D; (x"), names=("D:", "(x")) == "D;"


def test_without_names_only_ranges_count(draft: Make) -> None:
    assert words(draft("KEKW  hi"), names=()) == "KEKW hi"


def test_cheermotes_are_left_out_of_cheers_only(draft: Make) -> None:
    assert words(draft("Cheer100 great Corgo25", event=EventKind.CHEER)) == "great"
    assert words(draft("Cheer100 great")) == "Cheer100 great"


@given(
    st.text(max_size=50),
    st.lists(st.tuples(st.integers(-60, 60), st.integers(-60, 60)), max_size=8),
)
def test_any_ranges_leave_a_part_of_the_text(
    draft: Make, text: str, emotes: list[tuple[int, int]]
) -> None:
    left = Emotes(EmoteSettings(names=()))(draft(text, emotes=tuple(emotes))).text
    covered = {index for start, end in emotes for index in range(max(start, 0), end)}
    expected = [c for index, c in enumerate(text) if index not in covered]
    assert [c for c in left if c != " "] == [c for c in expected if c != " "]
