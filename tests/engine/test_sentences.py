import pytest

from bot.engine.pieces import Pauses, split
from bot.engine.sentences import ends_sentence

_END = "|"


@pytest.mark.parametrize(
    "text",
    [
        "the U.S. |team",
        "Dr. |Smith",
        "Dr. |Will",
        "e.g. |this",
        "St. |Louis",
        "a.m. |today",
        "J. |K. Rowling",
        "J. K. |Rowling",
        "No. |5 is alive",
        "cats vs. |The Dogs",
        "apples etc. |and pears",
        "(Mr. |Bean)",
    ],
)
def test_an_abbreviation_ends_no_sentence(text: str) -> None:
    assert not ends_sentence(*text.split(_END))


@pytest.mark.parametrize(
    "text",
    [
        "I live in the U.S. |He left.",
        "So do I. |Rowling does not.",
        "Oh no. |Yes",
        "It was 5 p.m. |We went home.",
        "Main St. |I\u2019m there",
        "ok. |then go",
        "Wow! |St. Louis",
        "It costs 3.5. |Nice",
        "We took plan B. |It worked.",
    ],
)
def test_a_sentence_ends(text: str) -> None:
    assert ends_sentence(*text.split(_END))


@pytest.mark.parametrize("text", ["Today the U.S. team won it", "It is v1.2 and 3.5 of them now"])
def test_a_text_is_not_cut_at_an_abbreviation(text: str) -> None:
    assert [piece.text for piece in split(text)] == [text]


def test_numbers_make_pieces_shorter() -> None:
    assert max(len(piece.text) for piece in split("1234567 " * 20)) <= 50


def test_no_sentence_pause_stands_behind_an_abbreviation() -> None:
    first = split("word " * 10 + "the U.S. team " + "word " * 20)[0]
    assert first.pause_s != Pauses().sentence_s
