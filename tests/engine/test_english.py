from collections import defaultdict

import pytest
from hibari import Hibari
from hibari.g2p import G2P
from hypothesis import given
from hypothesis import strategies as st

from bot.engine.english import phonemize, read
from bot.engine.word_times import written_words

g2p = G2P()


def said(text: str) -> dict[str, str]:
    """What is said of each written word."""
    words = written_words(text)
    result = defaultdict[str, str](str)
    for sentence in read(text):
        for phoneme, owner in zip(sentence.phonemes, sentence.owners, strict=True):
            result[words[owner]] += phoneme
    return {word: phonemes.strip() for word, phonemes in result.items()}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello there, you.", {"Hello": "həlˈO", "there,": "ðˈɛɹ,", "you.": "ju."}),
        ("It cost $5.50 then", {"$5.50": "fˈIv dˈɑləɹz ænd fˈɪfti sˈɛnts"}),
        ("I ran 12 km at 7:30 pm", {"12": "twˈɛlv", "km": "kəlˈɑməTəɹz", "7:30": "sˈɛvən θˈɜɹTi"}),
        ("On March 3, we go", {"March": "mˈɑɹʧ", "3,": "θˈɜɹd,", "go": "ɡˌO"}),
        ('He said "hi." Then Dr. Smith left', {'"hi."': "hˈI.", "Dr.": "dˈɑktəɹ"}),
        ("no — well 🎉 yes", {"no": "nˈO", "yes": "jˈɛs"}),
    ],
)
def test_what_is_said_belongs_to_the_word_that_is_written(
    text: str, expected: dict[str, str]
) -> None:
    found = said(text)

    assert {word: found[word] for word in expected} == expected


ODD = [
    "hi", "Hello,", "wow!", "5km", "$3", "1st", "7:30", "pm", "—", "...",
    "🎉", "Dr.", "你好", "[", "x-ray", "3/4/2024", "THX1138", "don't", "St", "&",
    "50%", '"No."', "[a b](/c/)",
]  # fmt: skip


@given(st.lists(st.sampled_from(ODD), max_size=8), st.sampled_from([" ", "  ", "\n"]))
def test_reading_says_the_same_as_the_package_and_in_order(words: list[str], space: str) -> None:
    text = space.join(words)
    sentences = [g2p(sentence) for sentence in Hibari.split_sentences(text)]
    owners = [owner for sentence in read(text) for owner in sentence.owners]

    assert phonemize(text) == [each for each in sentences if any(map(str.isalpha, each))]
    assert owners == sorted(owners)
    assert all(0 <= owner < len(written_words(text)) for owner in owners)
