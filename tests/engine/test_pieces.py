import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.engine.pieces import Lengths, Pauses, split

LENGTHS = Lengths()
PAUSES = Pauses(sentence_s=0.3, clause_s=0.12, word_s=0.03)
WORDS = "a bc hello wonderful incomprehensibilities . , ! ? ; : ... — 你好 。 😀 é e\u0301"
CHAT = st.lists(st.sampled_from(WORDS.split()) | st.text(max_size=20)).map(" ".join)
CLUSTERS = st.sampled_from(["a", "e\u0301", "👩\u200d💻", "❤\ufe0f"])


def texts(text: str) -> list[str]:
    return [piece.text for piece in split(text)]


def bare(text: str) -> str:
    return "".join(text.split())


@given(CHAT)
@example("x" * 300)
@example("a\ud800b " * 100)
@example("你好" * 200)
def test_nothing_is_lost_added_or_moved(text: str) -> None:
    assert bare("".join(texts(text))) == bare(text)


@given(CHAT)
def test_pieces_are_short_and_not_empty(text: str) -> None:
    for index, piece in enumerate(split(text)):
        assert piece.text == piece.text.strip() != ""
        assert len(piece.text) <= (LENGTHS.longest if index else LENGTHS.first)


@given(CHAT)
def test_a_pause_follows_every_piece_but_the_last(text: str) -> None:
    pauses = [piece.pause_s for piece in split(text, LENGTHS, PAUSES)]

    assert all(pause in PAUSES for pause in pauses[:-1])
    assert pauses[-1:] in ([0.0], [])


@given(
    st.lists(st.sampled_from(["a", "e\u0301", "👩\u200d💻", "❤\ufe0f"]), min_size=99, max_size=300)
)
def test_a_character_keeps_its_marks(clusters: list[str]) -> None:
    for piece in texts("".join(clusters)):
        assert not unicodedata.combining(piece[0])
        assert not {piece[0], piece[-1]} & {"\u200d"}
        assert piece[0] != "\ufe0f"


@given(CHAT)
def test_words_are_whole_unless_one_is_longer_than_a_piece(text: str) -> None:
    words = text.split()
    if all(len(word) < 20 and bare(word).isascii() for word in words):
        assert [word for piece in texts(text) for word in piece.split()] == words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n ", []),
        ("gg", ["gg"]),
        ("no. yes.", ["no. yes."]),
        ("...", ["..."]),
        ("viewer one says: hello there", ["viewer one says:", "hello there"]),
        ("Nice play, chat. 3.5 points, e.g. more", ["Nice play,", "chat. 3.5 points, e.g. more"]),
        (
            'He said "what a game!" and left the room.',
            ['He said "what a game!"', "and left the room."],
        ),
        ("今天天气很好，我们去公园玩吧！", ["今天天气很好，我们去公园玩吧！"]),
    ],
)
def test_pieces_end_where_a_speaker_would_breathe(text: str, expected: list[str]) -> None:
    assert texts(text) == expected


@pytest.mark.parametrize(
    ("text", "pause_s"),
    [
        ("A whole sentence. Another one follows", 0.3),
        ("A whole sentence?! Another one follows", 0.3),
        ("First a clause, then some more", 0.12),
        ("今天天气真的非常好啊。我们去公园玩吧我们去公园", 0.3),
        ("word " * 30, 0.03),
    ],
)
def test_the_silence_at_a_join_follows_the_punctuation(text: str, pause_s: float) -> None:
    assert split(text, LENGTHS, PAUSES)[0].pause_s == pause_s


def test_a_long_message_without_punctuation_is_cut_between_words_and_starts_short() -> None:
    pieces = texts("word " * 60)

    assert len(pieces) >= 3
    assert len(pieces[0]) <= LENGTHS.first
    assert all(word == "word" for piece in pieces for word in piece.split())


def test_later_pieces_hold_whole_sentences() -> None:
    sentence = "This is a sentence of medium length. "
    pieces = texts(sentence * 8)

    assert all(piece.endswith("length.") for piece in pieces)
    assert max(map(len, pieces)) > 100
    for number in range(1, len(pieces)):
        heard_before = sum(map(len, pieces[:number]))
        assert len(pieces[number]) <= max(heard_before, LENGTHS.first)


def test_wide_characters_count_as_syllables() -> None:
    assert len(texts("好" * 60)[0]) == 20
