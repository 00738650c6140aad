"""Every language: known by its script or its words, spoken where an engine can, else left out."""

# ruff: noqa: RUF001 - the characters that look alike are the point

from collections.abc import Collection
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from py3langid.langid import MODEL_FILE, LanguageIdentifier
from pydantic import ValidationError

from bot.config.chat.languages import TOLD_APART
from bot.config.chat.policy import PolicySettings
from bot.messages import EventKind, Rejection, RejectReason, Utterance
from bot.policy import Policy
from bot.policy.languages.letters import readable
from bot.policy.languages.scripts import is_readable, main_script, scripts_of
from tests.policy.conftest import MakeMessage as Make
from tests.policy.conftest import _message

ENGLISH = frozenset({"en"})
EVERY = frozenset({"en", "es", "de", "fr", "pt", "ja", "ko", "ru", "uk", "el", "ar", "th", "zh"})


def policy(spoken: Collection[str] | None, **settings: Any) -> Policy:  # noqa: ANN401
    return Policy(PolicySettings.model_validate(settings), voice="heart", spoken=lambda: spoken)


def accepted(verdict: Utterance | Rejection) -> Utterance:
    assert isinstance(verdict, Utterance), verdict
    return verdict


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("こんにちは", "ja"),
        ("今日はいい天気ですね", "ja"),
        ("コンニチハ hello", "ja"),
        ("안녕하세요 lol", "ko"),
        ("你好", "zh"),
        ("Привет всем", "ru"),
        ("γεια σου", "el"),
        ("مرحبا", "ar"),
        ("สวัสดี", "th"),
        ("hello there", "en"),
        ("ça va", "en"),
        ("hello привет friend", "en"),
    ],
)
def test_a_script_tells_the_language(text: str, language: str, message: Make) -> None:
    assert accepted(policy(EVERY)(message(text))).language == language


def test_a_language_of_chat_comes_before_the_usual_one_of_its_script(message: Make) -> None:
    ukrainian = policy(EVERY, languages={"chat": ["uk"]})
    assert accepted(ukrainian(message("Привіт"))).language == "uk"
    assert accepted(policy({"uk", "en"})(message("Привіт"))).language == "uk"


@pytest.mark.parametrize("text", ["こんにちは", "안녕하세요", "Привет", "你好", "สวัสดี 😀"])
def test_what_no_engine_speaks_is_rejected_with_its_reason(text: str, message: Make) -> None:
    verdict = policy(ENGLISH)(message(text))
    assert isinstance(verdict, Rejection)
    assert verdict.reason is RejectReason.LANGUAGE
    assert "no engine speaks" in verdict.detail


@pytest.mark.parametrize(
    ("text", "left_out", "transliterated"),
    [
        ("hello こんにちは friend", "hello friend", "hello konnichiha friend"),
        ("very good привет", "very good", "very good privet"),
        ("café naïve", "café naïve", "café naïve"),
    ],
)
def test_words_in_other_letters(
    text: str, left_out: str, transliterated: str, message: Make
) -> None:
    assert accepted(policy(ENGLISH)(message(text))).body == left_out
    other = policy(ENGLISH, languages={"unspoken": "transliterate"})
    assert accepted(other(message(text))).body == transliterated


def test_transliterated_text_is_in_the_own_language(message: Make) -> None:
    said = accepted(policy(ENGLISH, languages={"unspoken": "transliterate"})(message("Привет")))
    assert (said.language, said.body) == ("en", "Privet")


@pytest.mark.parametrize("kind", [None, EventKind.CHEER])
def test_who_reads_for_a_language_that_nobody_speaks_introduces_too(
    kind: EventKind | None, message: Make
) -> None:
    german = policy({"de"}, languages={"unspoken": "transliterate"}, speakable={"language": "ja"})
    said = accepted(german(message("こんにちは 3", name="Ana", event=kind)))
    assert said.language == "de"
    assert (said.prefix + said.body).startswith("Ana jubelt" if kind else "Ana sagt: ")
    assert is_readable(said.prefix + said.body, scripts_of("de"))


def test_transliterated_words_are_no_slang(message: Make) -> None:
    said = accepted(policy(ENGLISH, languages={"unspoken": "transliterate"})(message("ты 2 раза")))
    assert said.body == "ty two raza"


@pytest.mark.parametrize("kind", [EventKind.CHEER, EventKind.DONATION, EventKind.REDEEM])
def test_what_was_paid_for_is_never_silent(kind: EventKind, message: Make) -> None:
    said = accepted(policy(ENGLISH)(message("こんにちは", name="Ana", event=kind)))
    assert "konnichiwa" in said.body
    assert said.language == "en"


def test_an_announcement_needs_no_text(message: Make) -> None:
    said = accepted(policy(ENGLISH)(message("こんにちは", name="Ana", event=EventKind.RAID)))
    assert said.body == "Ana raids with one hundred viewers."


@pytest.mark.parametrize(
    ("name", "login", "said"),
    [
        ("たろう", "taro", "taro says: "),
        ("たろう", "", "someone says: "),
        ("Émile", "emile", "Émile says: "),
    ],
)
def test_a_name_in_other_letters(name: str, login: str, said: str, message: Make) -> None:
    sent = message("hi", name=name)
    sent = replace(sent, chatter=replace(sent.chatter, login=login))
    assert accepted(policy(ENGLISH)(sent)).prefix == said
    assert accepted(policy(None)(sent)).prefix == f"{name} says: "


def test_the_introduction_is_in_the_language_of_the_message(message: Make) -> None:
    sent = message("こんにちは", name="Ana")
    assert accepted(policy(EVERY)(sent)).prefix.startswith("Anaさん")
    own = policy(EVERY, name={"templates": {"ja": "{name}: "}})
    assert accepted(own(sent)).prefix.startswith("Ana:")
    assert accepted(policy(EVERY, name={"templates": {}})(sent)).prefix == "Ana: "


def test_numbers_are_said_in_the_language_of_the_message(message: Make) -> None:
    assert accepted(policy(EVERY)(message("５００円です"))).body == "五百円です"
    spanish = policy(EVERY, languages={"chat": ["es"]})
    said = accepted(spanish(message("tengo 2 perros y mucho amor por este canal")))
    assert (said.language, said.body[:14]) == ("es", "tengo dos perr")


CHAT = [
    ("es", "no puedo creer lo que acabas de hacer amigo"),
    ("de", "das war wirklich sehr schön gespielt von dir"),
    ("en", "that was the best thing I have seen all day"),
    ("en", "gg"),
    ("en", "lol nice one"),
]


@pytest.mark.parametrize(("language", "text"), CHAT)
def test_words_tell_the_language(language: str, text: str, message: Make) -> None:
    chosen = policy(EVERY, languages={"chat": ["es", "de"]})
    assert accepted(chosen(message(text))).language == language


def test_a_short_text_is_taken_for_what_the_chatter_wrote_before(message: Make) -> None:
    chosen = policy(EVERY, languages={"chat": ["es", "de"]})
    for _ in range(2):
        chosen(message("muchas gracias por todo lo que haces en el canal"))
    assert accepted(chosen(message("hola"))).language == "es"
    other = message("hola")
    other = replace(other, chatter=replace(other.chatter, id="somebody else"))
    assert accepted(policy(EVERY, languages={"chat": ["de"]})(other)).language == "en"


def test_a_language_has_its_voice(message: Make) -> None:
    chosen = policy(EVERY, languages={"voices": {"ja": "hana"}})
    assert accepted(chosen(message("こんにちは"))).voice == "hana"
    assert accepted(chosen(message("hello"))).voice == "heart"


def test_blocked_words_hold_in_every_language(message: Make) -> None:
    words = {"drop": ["плохой", "plohoy"]}
    for spoken, settings in (
        (EVERY, {}),
        (ENGLISH, {}),
        (ENGLISH, {"languages": {"unspoken": "transliterate"}}),
    ):
        verdict = policy(spoken, words=words, **settings)(message("ты плохой"))
        assert isinstance(verdict, Rejection)


@given(st.text(max_size=60), st.sampled_from(["en", "ja", "ru", "zz"]))
def test_what_is_left_is_readable(text: str, language: str) -> None:
    scripts = scripts_of(language)
    left = readable(text, scripts)
    assert is_readable(left, scripts)
    assert main_script(left) in scripts


@given(
    st.text(max_size=60),
    st.sampled_from([ENGLISH, EVERY, frozenset({"ja", "en"})]),
    st.sampled_from(["en", "es", "ja"]),
    st.sampled_from(["leave_out", "transliterate"]),
    st.sampled_from([None, EventKind.CHEER]),
)
def test_nothing_is_said_that_its_voice_cannot_read(
    text: str, spoken: frozenset[str], own: str, unspoken: str, kind: EventKind | None
) -> None:
    settings = {"languages": {"unspoken": unspoken}, "speakable": {"language": own}}
    verdict = policy(spoken, **settings)(_message(text, name=text, event=kind))
    if isinstance(verdict, Utterance):
        assert verdict.language in {"", *spoken}
        assert is_readable(verdict.prefix + verdict.body, scripts_of(verdict.language or own))


@pytest.mark.parametrize(
    "settings",
    [
        {"languages": {"chat": ["nb"]}},
        {"languages": {"chat": ["xx"]}},
        {"languages": {"chat": ["es"]}, "speakable": {"language": "nb"}},
    ],
)
def test_what_cannot_be_told_apart_is_a_mistake(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="cannot be told apart"):
        PolicySettings.model_validate(settings)


def test_the_languages_that_are_told_apart_are_those_of_the_model() -> None:
    known = LanguageIdentifier.from_model_file(MODEL_FILE).labels
    assert {label for label in known if len(label) == 2} == TOLD_APART
