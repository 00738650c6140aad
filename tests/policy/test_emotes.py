from collections.abc import Callable
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config.chat.policy import EmoteSettings
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
        ("hi kekw KEKWait KEKWs", (), "hi kekw KEKWait KEKWs"),
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


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("KEKW, no way", "no way"),
        ("(KEKW) hi", "( ) hi"),
        ("hi KEKW!", "hi!"),
        ("so KEKW, I left", "so, I left"),
        ("no way. KEKW, really?", "no way. really?"),
        ("KEKW... KEKW!! what", "what"),
        ('"KEKW" she said', '" " she said'),
        ("is that *KEKW*?", "is that * *?"),
        ("@KEKW hi", "@KEKW hi"),  # somebody's name
        ("#KEKW KEKW.tv KEKW's", "#KEKW KEKW.tv KEKW's"),
    ],
)
def test_names_are_known_with_punctuation_at_them(text: str, left: str, draft: Make) -> None:
    assert words(draft(text)) == left


PLATFORM_TOKENS = [
    ("nice :heart_eyes: run", "nice run", "nice heart eyes run"),
    (":100: agreed", "agreed", "100 agreed"),
    (":_hypeWave::_hypeWave: go", "go", "hypeWave hypeWave go"),
    (":_はろー: hi", "hi", "はろー hi"),
    (":face-blue-smiling: hi", "hi", "face blue smiling hi"),
    ("so close [emote:37226:KEKW]", "so close", "so close KEKW"),
    ("[emote:1:a][emote:2:b]hi", "hi", "a b hi"),
    ("<:pepe_ok:123456789> and <a:party:42>!", "and!", "pepe ok and party !"),
    ("ok :wave:, bye", "ok, bye", "ok wave , bye"),
    ("well done:clap:", "well done:clap:", "well done:clap:"),
    ("at 12:30:45 or :30:", "at 12:30:45 or :30:", "at 12:30:45 or :30:"),
    ("std::vector::size", "std::vector::size", "std::vector::size"),
    ("[emote:x:KEKWx] <:a:>", "[emote:x:KEKWx] <:a:>", "[emote:x:KEKWx] <:a:>"),
]


@pytest.mark.parametrize(("text", "left", "read"), PLATFORM_TOKENS)
def test_tokens_of_platforms_are_emotes(text: str, left: str, read: str, draft: Make) -> None:
    assert words(draft(text)) == left
    assert words(draft(text), "off") == read


def test_the_first_token_is_read_by_its_name(draft: Make) -> None:
    assert words(draft(":heart_eyes: hi KEKW [emote:1:LUL]"), "first") == "heart eyes hi"
    assert words(draft("hi KEKW :heart_eyes:"), "first") == "hi KEKW"
    marked = draft("hi :wave: there", emotes=((3, 9),))  # a picture of that name
    assert words(marked, "first") == "hi wave there"
    assert words(marked) == "hi there"


def test_words_with_numbers_are_left_to_the_source(draft: Make) -> None:
    sent = draft("Cheer100 play RE4 or GTA5", event=EventKind.CHEER, emotes=((0, 8),))

    assert words(sent) == "play RE4 or GTA5"
    assert words(sent, "first") == "play RE4 or GTA5"
    assert words(sent, "off") == "Cheer100 play RE4 or GTA5"


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
    marks = ".,!?;:…"  # those behind an emote go with it where no word is before it
    assert [c for c in left if not c.isspace() and c not in marks] == [
        c for c in expected if not c.isspace() and c not in marks
    ]
