from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config.chat.policy import RepeatSettings
from bot.policy.draft import Draft
from bot.policy.repeats import Repeats

Make = Callable[..., Draft]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("hellooooooo", "hellooo"),
        ("HeLLOooOOo", "HeLLOOO"),
        ("good book", "good book"),
        ("World War III", "World War III"),
        ("1000000 and 55555", "1000000 and 55555"),
        ("wow!!!!!!", "wow!"),
        ("what?!?!?!?!", "what?!"),
        ("well......... ok", "well... ok"),
        ("well... ok", "well... ok"),
        ("C++", "C++"),
        ("-----", "-"),
        ("no no no no no", "no no"),
        ("No, no no. NO!", "No, no"),
        ("KEKW KEKW KEKW", "KEKW KEKW"),
        ("follow me follow me follow me follow me", "follow me follow me"),
        ("follow me follow me follow him", "follow me follow me follow him"),
        ("the cat and the dog", "the cat and the dog"),
        ("приве" + "т" * 9, "приветтт"),
        ("", ""),
    ],
)
def test_repetitions_are_shortened(text: str, left: str, draft: Make) -> None:
    assert Repeats(RepeatSettings())(draft(text)).text == left


def test_limits_are_configurable(draft: Make) -> None:
    strict = Repeats(RepeatSettings(max_letters=1, max_words=1))
    assert strict(draft("hellooo no no a b a b")).text == "helo no a b"


@given(st.lists(st.sampled_from("ab"), max_size=60), st.integers(1, 4))
def test_no_word_follows_itself_too_often(draft: Make, words: list[str], most: int) -> None:
    left = Repeats(RepeatSettings(max_words=most))(draft(" ".join(words))).text.split()
    for start in range(len(left)):
        run = left[start : start + most + 1]
        assert len(run) <= most or len(set(run)) > 1


@given(st.text("aA!?. b", max_size=100))
def test_nothing_is_added(draft: Make, text: str) -> None:
    assert len(Repeats(RepeatSettings())(draft(text)).text) <= len(text)
