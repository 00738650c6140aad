from collections.abc import Callable

import pytest

from bot.config.chat.policy import ModeSettings
from bot.messages import EventKind, Rejection, RejectReason
from bot.policy.draft import Draft
from bot.policy.mode import Mode, drop_reply_mention, without_reply_mention

Make = Callable[..., Draft]


def outcome(settings: ModeSettings, sent: Draft) -> str | RejectReason:
    result = Mode(settings, trigger="!tts")(sent)
    return result.reason if isinstance(result, Rejection) else result.text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hello", "hello"),
        ("!play", RejectReason.COMMAND),
        ("!tts hello", RejectReason.COMMAND),
        ("hello !play", "hello !play"),
        ("!помощь", RejectReason.COMMAND),
        ("!100", RejectReason.COMMAND),
        *(
            (text, text)
            for text in ("!", "!!", "!?", "!!!1", "!! that was close", "! wow", "!!!wow")
        ),
        ("", ""),
    ],
)
def test_all(text: str, expected: str | RejectReason, draft: Make) -> None:
    assert outcome(ModeSettings(), draft(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("!tts hello there", "hello there"),
        ("!TTS hello", "hello"),
        ("!tts", ""),
        ("!ttsx hello", RejectReason.COMMAND),
        ("hello", RejectReason.MODE),
        ("hello !tts", RejectReason.MODE),
    ],
)
def test_command(text: str, expected: str | RejectReason, draft: Make) -> None:
    assert outcome(ModeSettings(read="command"), draft(text)) == expected


@pytest.mark.parametrize(
    ("prefixes", "text", "expected"),
    [
        (("!!",), "!!play", RejectReason.COMMAND),
        (("!!",), "!!! what", "!!! what"),
        (("!!",), "!play", "!play"),
        (("$", "bot:"), "$roll", RejectReason.COMMAND),
        (("$", "bot:"), "bot: what is up", RejectReason.COMMAND),
        (("$", "bot:"), "$ 5 is a lot", "$ 5 is a lot"),
        ((".",), "... and then", "... and then"),
        ((".*",), ".play", ".play"),
        ((), "!play", "!play"),
    ],
)
def test_prefixes_of_marks_need_a_word_behind_them(
    prefixes: tuple[str, ...], text: str, expected: str | RejectReason, draft: Make
) -> None:
    assert outcome(ModeSettings(ignored_prefixes=prefixes), draft(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@Streamer hello", "hello"),
        ("hello @streamer, how are you", "hello how are you"),
        ("hello @streamer2", RejectReason.MODE),
        ("hello streamer", RejectReason.MODE),
        ("mail me@streamer", RejectReason.MODE),
        ("@田中 hello", "hello"),
        ("!play @streamer", RejectReason.COMMAND),
    ],
)
def test_mention(text: str, expected: str | RejectReason, draft: Make) -> None:
    settings = ModeSettings(read="mention", names=("streamer", "@田中"))
    assert outcome(settings, draft(text)) == expected


def test_a_reply_to_somebody_is_a_mention(draft: Make) -> None:
    settings = ModeSettings(read="mention", names=("streamer",))
    assert outcome(settings, draft("thanks", reply_to="Streamer")) == "thanks"
    assert outcome(settings, draft("thanks", reply_to="other")) is RejectReason.MODE


@pytest.mark.parametrize("event", [EventKind.CHEER, EventKind.DONATION, EventKind.REDEEM])
def test_who_paid_is_read_in_every_mode(event: EventKind, draft: Make) -> None:
    assert outcome(ModeSettings(read="command"), draft("hello", event=event)) == "hello"


def test_a_follow_is_not_paid(draft: Make) -> None:
    settings = ModeSettings(read="command")
    assert outcome(settings, draft("hello", event=EventKind.FOLLOW)) is RejectReason.MODE


def test_prefixes_are_configurable(draft: Make) -> None:
    settings = ModeSettings(ignored_prefixes=("?", "bot:"))
    assert outcome(settings, draft("?help")) is RejectReason.COMMAND
    assert outcome(settings, draft("bot: x")) is RejectReason.COMMAND
    assert outcome(settings, draft("!help")) == "!help"
    assert outcome(ModeSettings(ignored_prefixes=()), draft("!help")) == "!help"


@pytest.mark.parametrize(
    ("text", "reply_to", "left"),
    [
        ("@Viewer2 yes", "viewer2", "yes"),
        ("@viewer2, yes", "Viewer2", "yes"),
        ("@viewer3 yes", "viewer2", "@viewer3 yes"),
        ("@viewer2 yes", None, "@viewer2 yes"),
        ("@viewer2", "viewer2", ""),
        ("yes", "viewer2", "yes"),
        ("", "viewer2", ""),
        ("@viewer22 yes", "viewer2", "@viewer22 yes"),
        ("@Bob Smith yes", "Bob Smith", "yes"),
        ("@bob !tts skip", "Bob\U000e0000", "!tts skip"),
        ("@ yes", "", "yes"),
        ("@STRASSE yes", "straße", "@STRASSE yes"),
    ],
)
def test_the_mention_of_a_reply_is_left_out(
    text: str, reply_to: str | None, left: str, draft: Make
) -> None:
    assert drop_reply_mention(draft(text, reply_to=reply_to)).text == left
    assert without_reply_mention(text, reply_to) == left
