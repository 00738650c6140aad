# ruff: noqa: RUF001 - the characters that look alike are the point

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.config.chat.policy import PolicySettings
from bot.config.chat.words import WordSettings
from bot.messages import ChatMessage, EventKind, Rejection, RejectReason, Role, Utterance
from bot.policy import Policy
from bot.policy.draft import Draft
from bot.policy.words import Words

Make = Callable[..., ChatMessage]

MAX_CHARACTERS = 40
BLOCKED = ("bad", "idiot", "one", "someone", "*ss")
STRICT = Policy(
    PolicySettings.model_validate(
        {
            "length": {"max_characters": MAX_CHARACTERS, "max_words": 7},
            "words": {"strip": BLOCKED, "strip_patterns": ["x.z"]},
            "emoji": {"action": "name"},
        }
    ),
    voice="heart",
)
JUDGE = Words(WordSettings(drop=BLOCKED, drop_patterns=("x.z",)))


def policy(**sections: object) -> Policy:
    return Policy(PolicySettings.model_validate(sections), voice="heart")


def spoken(result: Utterance | Rejection) -> str | RejectReason:
    return result.reason if isinstance(result, Rejection) else result.prefix + result.body


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hello", "viewer one says: hello"),
        ("Look: https://example.com !", "viewer one says: Look: link!"),
        ("GG THAT WAS AMAAAAAAZING!!!!", "viewer one says: good game that was amaaazing!"),
        ("KEKW KEKW KEKW", RejectReason.EMPTY),
        ("😀😀", RejectReason.EMPTY),
        ("...", RejectReason.EMPTY),
        ("\u200b\u202e\x00", RejectReason.EMPTY),
        ("", RejectReason.EMPTY),
        ("\u200b!play", RejectReason.COMMAND),
        ("שלום", "viewer one says: שלום"),
        ("<b>Robert'); DROP TABLE x;--</b>", "viewer one says: Robert' DROP table x;-"),
    ],
)
def test_the_default_chain(text: str, expected: str | RejectReason, message: Make) -> None:
    assert spoken(policy()(message(text))) == expected


def test_emote_ranges_refer_to_the_raw_text(message: Make) -> None:
    sent = message("\u200b😀 Kappa wow", emotes=((3, 8),))
    assert spoken(policy()(sent)) == "viewer one says: wow"


def test_a_reply_loses_its_mention_before_the_mode_is_checked(message: Make) -> None:
    commands_only = policy(mode={"read": "command"})
    sent = message("@Bob !tts hello", reply_to="Bob")
    assert spoken(commands_only(sent)) == "viewer one says: hello"


def test_the_trigger_is_the_channels(message: Make) -> None:
    commands_only = Policy(
        PolicySettings.model_validate({"mode": {"read": "command"}}), voice="heart", trigger="!say"
    )
    assert spoken(commands_only(message("!say hello"))) == "viewer one says: hello"
    assert spoken(commands_only(message("!tts hello"))) is RejectReason.COMMAND


def test_words_are_checked_as_written_and_as_spoken(message: Make) -> None:
    assert spoken(policy(words={"strip": ["b4d"]})(message("so b4d"))) == "viewer one says: so"
    spelled_out = policy(words={"drop": ["five dollars", "be right back"]})
    assert spoken(spelled_out(message("here is $5"))) is RejectReason.BLOCKED
    assert spoken(spelled_out(message("brb"))) is RejectReason.BLOCKED
    joined = policy(words={"drop_patterns": ["^viewer one says: hello"]})
    assert spoken(joined(message("hello"))) is RejectReason.BLOCKED


def test_a_blocked_name_is_not_spoken(message: Make) -> None:
    strict = policy(words={"strip": ["bad"]})
    assert spoken(strict(message("hi", name="B_4_D"))) == "someone says: hi"


@pytest.mark.parametrize("name", ["user69", "User_69_", "69", "u\u06669", "user٦٩"])
@pytest.mark.parametrize("blocked", ["sixty nine", "69", "sixty*"])
def test_a_name_is_judged_as_it_is_written_and_said(message: Make, name: str, blocked: str) -> None:
    strict = policy(words={"strip": [blocked]})
    assert spoken(strict(message("hi", name=name))) == "someone says: hi"
    dropping = policy(words={"drop": [blocked]})
    assert spoken(dropping(message("hi", name=name))) is RejectReason.BLOCKED


def test_the_prefix_is_what_is_said(message: Make) -> None:
    result = policy()(message("hi", name="user69"))
    assert isinstance(result, Utterance)
    assert result.prefix == "user sixty nine says: "
    digits = policy(speakable={"numbers": False})
    assert spoken(digits(message("hi", name="user69"))) == "user69 says: hi"
    numbered = policy(name={"anonymous": "viewer 1"}, words={"strip": ["bad"]})
    assert spoken(numbered(message("hi", name="bad"))) == "viewer one says: hi"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fuck漢", RejectReason.BLOCKED),
        ("漢fuck", RejectReason.BLOCKED),
        ("f\u0e31uck", RejectReason.BLOCKED),
        ("fu </b>ck", RejectReason.BLOCKED),
        ("fu <b", RejectReason.BLOCKED),
        ("你好 fu", "viewer one says: 你好 fu"),
    ],
)
def test_disguises_do_not_pass_the_chain(
    text: str, expected: str | RejectReason, message: Make
) -> None:
    assert spoken(policy(words={"drop": ["fuck", "fu b"]})(message(text))) == expected


def test_emoji_that_are_left_to_the_engine_arrive(message: Make) -> None:
    assert spoken(policy(emoji={"action": "off"})(message("😀"))) == "viewer one says: 😀"


def test_a_cheer_is_read_without_its_cheermotes(message: Make) -> None:
    sent = message("Cheer100 hello", event=EventKind.CHEER, emotes=((0, 8),))
    said = "viewer one cheers one hundred bits. hello"
    assert spoken(policy(mode={"read": "command"})(sent)) == said


def test_moderation_acts_at_once(message: Make) -> None:
    channel = policy()
    channel.access.is_on = False
    assert not channel.access.is_on
    assert spoken(channel(message())) is RejectReason.OFF
    channel.access.is_on = True
    channel.chatters.mute_name("@Viewer1")
    assert spoken(channel(message())) is RejectReason.MUTED
    assert channel.chatters.unmute("viewer1")
    assert not channel.chatters.unmute("viewer1")
    assert spoken(channel(message())) == "viewer one says: hello"


def test_channels_do_not_share_their_mutes(message: Make) -> None:
    one, other = policy(), policy()
    one.chatters.mute_name("viewer1")
    assert spoken(other(message())) == "viewer one says: hello"


@pytest.mark.parametrize(
    "text",
    [
        "a" * 1_000_000,
        "ab " * 400_000,
        "9" * 1_000_000,
        "e" + "\u0316\u0300" * 500_000,
        "👨\u200d" * 300_000,
        "\ufdfa" * 300_000,
        "(" * 1_000_000,
        "a." * 500_000,
        "1,111" * 200_000,
        "b.a.d " * 200_000,
        "\ud800" * 1_000_000,
    ],
    ids=lambda text: f"{text[:4]!a}",
)
def test_a_megabyte_is_a_message_like_any_other(text: str, message: Make) -> None:
    result = STRICT(message(text, name=text))
    assert isinstance(result, Rejection) or len(result.body) <= MAX_CHARACTERS


hostile = st.one_of(
    st.text(st.characters(), max_size=120),
    st.text("b4dBаáx.z1 5$€:-_*😀👍🏽\u200d\u0301\u0338\u202e!?", max_size=120),
    st.lists(
        st.sampled_from(
            [*BLOCKED, "b4d", "1", "x1z", "brb", "$1", "10:30", "a$$", "example.com", "KEKW"]
        ),
        max_size=30,
    ).map(" ".join),
    st.builds(lambda text, times: text * times, st.text(max_size=5), st.integers(0, 500)),
)


@example(text='0👋"1\u0300👋0', name="v", role=Role.SUBSCRIBER)  # a word taken out makes two
@given(text=hostile, name=hostile, role=st.sampled_from(Role))
def test_whatever_is_written_is_rejected_or_safe(
    message: Make, text: str, name: str, role: Role
) -> None:
    result = STRICT(message(text, name=name, roles=frozenset({role})))
    if isinstance(result, Rejection):
        result.detail.encode("utf-8")
        return
    whole = result.prefix + result.body
    whole.encode("utf-8")
    assert not {unicodedata.category(c) for c in whole} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert 0 < len(result.body) <= MAX_CHARACTERS
    assert len(result.body.split()) <= 7
    assert result.body == " ".join(result.body.split())
    assert any(c.isalnum() for c in result.body)
    assert set("[](){}<>/\\|`*_").isdisjoint(whole)


@given(text=hostile, name=hostile)
def test_nothing_blocked_is_ever_spoken(message: Make, text: str, name: str) -> None:
    result = STRICT(message(text, name=name))
    if isinstance(result, Utterance):
        said = Draft(message(), result.body, result.prefix)
        assert JUDGE(said) == said
