"""What the evaluation speaks, and that it is recognised in training data."""

import pytest

from training import heldout


@pytest.mark.parametrize(
    ("name", "count", "least", "most"),
    [("chat", 200, 4, 25), ("short", 60, 1, 3), ("names", 60, 3, 14)],
)
def test_each_list_has_its_number_and_length_of_sentences(
    name: str, count: int, least: int, most: int
) -> None:
    sentences = heldout.sentences(name)
    assert len(set(sentences)) == count
    assert all(least <= len(sentence.split()) <= most for sentence in sentences)
    assert not any(character.isdigit() for sentence in sentences for character in sentence)


def test_a_held_out_sentence_is_known_in_any_writing() -> None:
    assert heldout.holds("i THINK you missed the chest, behind the waterfall!")
    assert heldout.holds("Can you hear me now?"), "the part after the name counts, too"
    assert heldout.holds("NO WAY!!")
    assert not heldout.holds("I think you missed the chest")
