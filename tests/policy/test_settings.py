from collections.abc import Callable

import pytest

from bot.config import loads
from bot.config.chat.policy import PolicySettings
from bot.errors import ConfigError
from bot.messages import ChatMessage, Rejection, Utterance
from bot.policy import Policy

CHANNEL = "channels: [{name: main}]\n"


def mistakes(policy: str) -> str:
    with pytest.raises(ConfigError) as caught:
        loads(CHANNEL + "policy:\n" + policy)
    return str(caught.value)


@pytest.mark.parametrize(
    ("policy", "sentence"),
    [
        ("  words: {strip_patterns: ['(a']}", "missing )"),
        ("  words: {drop_patterns: ['a(?=b)']}", "look-around"),
        ("  words: {drop_patterns: ['a*']}", "matches an empty text"),
        ("  words: {strip: ['b*d']}", "only at the start or the end"),
        ("  words: {strip: ['***']}", "a letter or a digit"),
        ("  words: {strip: ['c++']}", "use a pattern for more"),
        ("  name: {template: '{nam} says'}", "nothing else in braces"),
        ("  name: {template: '{name.__class__}'}", "nothing else in braces"),
        ("  name: {template: '{name!r:>99}'}", "nothing else in braces"),
        ("  name: {template: '{name'}", "nothing else in braces"),
        ("  mode: {read: mention}", "needs `names`"),
        ("  links: {action: remove}", "allowed: 'strip', 'drop', 'link' or 'off'"),
        ("  length: {max_characters: 0}", "greater than or equal to 1"),
        ("  speakable: {language: English}", "two small letters of ISO 639-1, such as en"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(policy: str, sentence: str) -> None:
    assert sentence in mistakes(policy)


def test_a_mistake_names_its_place() -> None:
    told = mistakes("  words:\n    strip_patterns:\n      - fine\n      - '(a'\n")
    assert "line 6: policy.words.strip_patterns[1]" in told


@pytest.mark.long
def test_the_largest_lists_compile_quietly_and_match(
    message: Callable[..., ChatMessage], capfd: pytest.CaptureFixture[str]
) -> None:
    ends = [f"{chr(97 + n // 676)}{chr(97 + n // 26 % 26)}{chr(97 + n % 26)}" for n in range(2_000)]
    words = tuple(f"{'blockedword' * 3}end{end}"[-40:] for end in ends)
    settings = PolicySettings.model_validate({"words": {"drop": words, "strip": words[::-1]}})
    policy = Policy(settings, voice="heart")
    for word in words[::400]:
        for written in (word, f"{word[:9]}漢{word[9:]}", ".".join(word), f"{word[:1]} {word[1:]}"):
            assert isinstance(policy(message(f"oh {written}")), Rejection)
    assert isinstance(policy(message("a b l o c k e d w o r d " * 10)), Utterance)
    assert capfd.readouterr() == ("", "")


def test_a_word_of_41_letters_is_a_mistake() -> None:
    assert "at most 40 characters" in mistakes(f"  words: {{drop: [{'a' * 41}]}}")
