from collections.abc import Callable

import emoji
import pytest

from bot.config.chat.policy import EmojiSettings
from bot.policy.draft import Draft
from bot.policy.emojis import Emojis, characters

Make = Callable[..., Draft]


def words(filter_: Emojis, sent: Draft) -> str:
    return " ".join(filter_(sent).text.split())


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("nice 👍🏽 one", "nice one"),
        ("👨‍👩‍👧‍👦 family", "family"),
        ("flag 🇩🇪🇫🇷", "flag"),
        ("🏴󠁧󠁢󠁥󠁮󠁧󠁿 england", "england"),
        ("1️⃣ first", "first"),
        ("❤️❤︎ love", "love"),
        ("😀😀😀", ""),
        ("a😀b", "a b"),
        ("1 # * 2", "1 # * 2"),
        ("日本語 ¿qué?", "日本語 ¿qué?"),
        ("👩‍👩‍👩‍👩 not in any list", "not in any list"),
    ],
)
def test_strip(text: str, left: str, draft: Make) -> None:
    assert words(Emojis(EmojiSettings(), language="en"), draft(text)) == left


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nice 👍🏽", "nice thumbs up medium skin tone"),
        ("❤️", "red heart"),
        ("🇩🇪", "Germany"),
        ("👨‍👩‍👧", "family man woman girl"),
        ("2️⃣", "keycap 2"),
    ],
)
def test_name(text: str, said: str, draft: Make) -> None:
    filter_ = Emojis(EmojiSettings(action="name"), language="en")
    assert words(filter_, draft(text)).replace("-", " ") == said


def test_names_are_bounded(draft: Make) -> None:
    filter_ = Emojis(EmojiSettings(action="name", max_names=2), language="en")
    assert words(filter_, draft("😀" * 50)) == "grinning face grinning face"
    assert words(filter_, draft("😀")) == "grinning face"  # every message anew


def test_names_follow_the_language(draft: Make) -> None:
    assert words(Emojis(EmojiSettings(action="name"), language="de"), draft("❤️")) == "rotes herz"


def test_a_language_without_names_has_the_english_ones(draft: Make) -> None:
    assert words(Emojis(EmojiSettings(action="name"), language="cy"), draft("❤️")) == "red heart"


def test_off_leaves_emoji(draft: Make) -> None:
    assert words(Emojis(EmojiSettings(action="off"), language="en"), draft("hi 😀")) == "hi 😀"


def test_every_emoji_is_recognised_whole(draft: Make) -> None:
    filter_ = Emojis(EmojiSettings(), language="en")
    # A single skin tone is part of what stands before it, so each stands alone.
    left = [sequence for sequence in emoji.EMOJI_DATA if words(filter_, draft(sequence))]
    assert left == []


def test_no_letter_or_digit_is_an_emoji() -> None:
    assert {c for c in characters() if c.isalpha() or c.isdigit()} <= set("ℹⓂ")
