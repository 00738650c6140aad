# ruff: noqa: RUF001 - the characters that look alike are the point

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.policy.cleaning import clean

anything = st.text(st.characters(), max_size=200)  # surrogates and unassigned code points as well
nasty = st.text(
    st.sampled_from(
        "aé\u0301\u0316\u0338\u20dd\u200b\u200d\u202e\ufe0f\u00a8\ufdfaｂ𝐛½²\x00\n \u3000ا\u064b"
        "한\u1100"
    ),
    max_size=60,
)


@pytest.mark.parametrize(
    ("written", "cleaned"),
    [
        ("hello", "hello"),
        ("", ""),
        (" \t a \n b\r\n", "a b"),
        ("a\u00a0b\u3000c\u2028d", "a b c d"),
        ("a\x00b\x07c\x7fd\x85e", "abcde"),
        ("\u202eevil\u202c \u2066x\u2069", "evil x"),
        ("ze\u200bro\u2060wi\ufeffdth", "zerowidth"),
        ("so\u00adft", "soft"),
        ("fill\u3164er\u115f\u2800", "filler"),
        ("x\ud800y\udfffz", "xyz"),
        ("p\ue000q\U000f0000", "pq"),
        ("tag\U000e0061\U000e007f", "tag"),
        ("heart❤\ufe0f", "heart❤"),
        ("Ｈｅｌｌｏ", "Hello"),
        ("𝓗𝓮𝓵𝓵𝓸 ⓦⓞⓡⓛⓓ", "Hello world"),
        ("🅑🅐🅓", "BAD"),
        ("➊ ➁ ❸ ⓸ ⓿", "1 2 3 4 0"),
        ("it’s “fine” – ok…", "it's \"fine\" - ok..."),
        ("x² and 1½", "x^2 and 1 1/2"),
        ("café", "café"),
        ("cafe\u0301", "café"),
        ("s\u0336t\u0336r\u0336", "str"),
        ("a\u20dd", "a"),
        ("Tiếng Việt", "Tiếng Việt"),
        ("हिन्दी", "हिन्दी"),
        ("ภาษาไทย", "ภาษาไทย"),
        ("\u0301a", "a"),
        ("!tts skip \U000e0000", "!tts skip"),
        ("\ufeff!tts\u00a0skip\u034f", "!tts skip"),
    ],
)  # fmt: skip
def test_clean(written: str, cleaned: str) -> None:
    assert clean(written) == cleaned


def test_zalgo_leaves_the_letters() -> None:
    zalgo = "".join(letter + "\u0316\u0300\u0317\u0301\u0330\u0344" * 20 for letter in "he comes")
    assert clean(zalgo) == "he comes"


def test_long_runs_of_marks_do_not_take_quadratic_time() -> None:
    # Canonical ordering of this would take minutes.
    assert clean("e" + "\u0316\u0300" * 500_000) == "e"


@given(st.one_of(anything, nasty))
def test_clean_text_is_visible_stable_and_normal(text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    assert unicodedata.is_normalized("NFKC", cleaned)
    assert {unicodedata.category(c) for c in cleaned} <= {
        "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Nd", "Nl", "No",
        "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So", "Zs",
    }  # fmt: skip
    assert cleaned == " ".join(cleaned.split(" "))
    assert "  " not in cleaned
    cleaned.encode("utf-8")
