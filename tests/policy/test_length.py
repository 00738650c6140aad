import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.policy.cleaning import clean
from bot.policy.length import cut


@pytest.mark.parametrize(
    ("text", "characters", "words", "left"),
    [
        ("hello there", 20, 9, "hello there"),
        ("hello there", 11, 9, "hello there"),
        ("hello there", 10, 9, "hello"),
        ("hello there", 5, 9, "hello"),
        ("hello there", 3, 9, "hel"),
        ("a" * 50, 10, 9, "a" * 10),
        ("one two three", 99, 2, "one two"),
        ("one two", 99, 2, "one two"),
        ("", 5, 5, ""),
    ],
)
def test_cut(text: str, characters: int, words: int, left: str) -> None:
    assert cut(text, characters, words) == left


@given(st.text(max_size=100).map(clean), st.integers(1, 50), st.integers(1, 10))
def test_a_cut_text_is_a_short_start(text: str, characters: int, words: int) -> None:
    left = cut(text, characters, words)
    assert len(left) <= characters
    assert len(left.split()) <= words
    assert text.startswith(left)
    assert bool(left) == bool(text)
    assert cut(left, characters, words) == left
