# ruff: noqa: RUF001 - the characters that look alike are the point

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config.policy import WordSettings
from bot.messages import Rejection, RejectReason
from bot.policy.cleaning import clean
from bot.policy.draft import Draft
from bot.policy.words import Words

Make = Callable[..., Draft]

BLOCKED = (
    "bad", "ass", "god", "kill yourself", "raping", "rude*", "*vile*", "idiot", "shit", "плохо",
    "ばか", "1488",
    "fool",
)  # fmt: skip
EVASIONS = [
    "BAD", "bàd", "b4d", "8ad", "b@d", "baaaaad", "baad", "bbaadd", "b.a.d", "b a d", "b  .a. d",
    "b_a_d", "b-a-d", "(b)(a)(d)", "b*d", "bаd", "βad", "ｂａｄ", "𝐛𝐚𝐝", "ⓑⓐⓓ", "🅑🅐🅓", "ʙᴀᴅ", "ᴮᴬᴰ",
    "b\u0336a\u0336d\u0336", "b\u200bad", "ba\u00add", "b\x00ad", "\u202ebad", "bad!", "'bad'",
    "bad1", "1bad", "@ss", "a$$", "4ss", "a55", "sh1t", "$h!t", "5h17", "s h i t", "iiddiioott",
    "1d10t", "i.d.i.o.t", "іdіot", "kill  yourself", "killyourself", "kill-yourself",
    "k1ll y0urself", "k i l l y o u r s e l f", "rudeness", "RUDE", "revilement", "vile", "ПЛОХО",
    "плoxo", "1488", "14-88", "ばかか", "f00l", "fooool",
]  # fmt: skip
INNOCENTS = [
    "Scunthorpe", "class", "glass", "assassin", "bass", "badge", "abad", "badly", "good",
    "rapping", "add", "45s left", "455 points", "$455", "5s", "intrude", "crude",
    "kill your self-doubt", "skill yourself", "shitake", "the ba d", "as", "as so", "плохой",
    "41488", "fol", "a s", "i d o t", "silt",
]  # fmt: skip


def stripped(sent: Draft, **lists: tuple[str, ...]) -> str:
    result = Words(WordSettings.model_validate(lists), anonymous="someone says: ")(sent)
    assert isinstance(result, Draft)
    return result.prefix + result.text


@pytest.mark.parametrize("written", EVASIONS)
def test_a_blocked_word_is_found_in_disguise(written: str, draft: Make) -> None:
    said = clean(f"oh {written} no")
    left = stripped(draft(said), strip=BLOCKED).split()
    assert {word for word in left if word.isalpha()} <= {"oh", "no"}
    result = Words(WordSettings(drop=BLOCKED), anonymous="")(draft(said))
    assert isinstance(result, Rejection)
    assert result.reason is RejectReason.BLOCKED
    assert result.detail
    assert result.detail in said


@pytest.mark.parametrize("written", INNOCENTS)
def test_innocents_stay(written: str, draft: Make) -> None:
    assert stripped(draft(f"oh {written} no"), strip=BLOCKED) == f"oh {written} no"


def test_several_words_are_taken_out_at_once(draft: Make) -> None:
    assert stripped(draft("bad you bad bad are idiot bad"), strip=BLOCKED) == "you are"


def test_what_joins_after_a_strip_is_found_too(draft: Make) -> None:
    assert stripped(draft("kill bad yourself ok"), strip=BLOCKED) == "ok"


def test_endless_nesting_is_dropped(draft: Make) -> None:
    nested = "x " * 50 + "y " * 50
    result = Words(WordSettings(strip_patterns=("x y",)), anonymous="")(draft(nested))
    assert isinstance(result, Rejection)


def test_patterns(draft: Make) -> None:
    assert stripped(draft("call 555-1234 NOW"), strip_patterns=(r"\d{3}-\d{4}", "now")) == "call"
    result = Words(WordSettings(drop_patterns=("^first$",)), anonymous="")(draft("FIRST"))
    assert isinstance(result, Rejection)


def test_a_pattern_is_matched_against_body_and_whole(draft: Make) -> None:
    sent = Draft(draft().message, "first", "viewer1 says: ")
    assert isinstance(Words(WordSettings(drop_patterns=("^first",)), anonymous="")(sent), Rejection)
    assert isinstance(
        Words(WordSettings(drop_patterns=("^viewer1 says: first$",)), anonymous="")(sent), Rejection
    )


def test_a_blocked_name_is_replaced(draft: Make) -> None:
    sent = Draft(draft().message, "hello", "B4D says: ")
    assert stripped(sent, strip=BLOCKED) == "someone says: hello"


def test_a_blocked_name_drops_the_message_when_asked(draft: Make) -> None:
    sent = Draft(draft().message, "hello", "B4D says: ")
    assert isinstance(Words(WordSettings(drop=BLOCKED), anonymous="")(sent), Rejection)


def test_name_and_body_may_not_form_a_blocked_phrase(draft: Make) -> None:
    sent = Draft(draft().message, "yourself ok", "kill ")
    assert stripped(sent, strip=BLOCKED) == "someone says: yourself ok"


def test_a_blocked_introduction_is_left_out(draft: Make) -> None:
    sent = Draft(draft().message, "hello", "viewer1 says: ")
    assert stripped(sent, strip=("says",)) == "hello"


def test_hostile_text_takes_linear_time(draft: Make) -> None:
    # A backtracking engine would need longer than the universe is old.
    text = "b." * 50_000 + " " + "a " * 50_000 + "end"
    assert stripped(draft(text), strip_patterns=("(b+.?)+$",), strip=("bad*", "*aab")) == " ".join(
        text.split()
    )


def test_thousands_of_words_fit(draft: Make) -> None:
    many = tuple(
        f"blocked{chr(97 + n // 676)}{chr(97 + n // 26 % 26)}{chr(97 + n % 26)}"
        for n in range(2_000)
    )
    assert stripped(draft(f"oh {many[1999]} no {many[0]}"), strip=many) == "oh no"


@given(
    st.lists(st.sampled_from([*EVASIONS, *INNOCENTS, "oh", "b", "a", "d", "."]), max_size=12).map(
        " ".join
    )
)
def test_nothing_blocked_remains(draft: Make, text: str) -> None:
    words = Words(WordSettings(strip=BLOCKED), anonymous="")
    result = words(draft(clean(text)))
    if isinstance(result, Draft):
        assert words(result) == result
        again = Words(WordSettings(drop=BLOCKED), anonymous="")(result)
        assert isinstance(again, Draft)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=80))
def test_any_text_is_survived(draft: Make, text: str) -> None:
    Words(WordSettings(strip=BLOCKED, strip_patterns=(".b",)), anonymous="")(draft(text))
