from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import ChatMessage, Chatter, Role
from bot.sources import Origin
from bot.sources.social_stream import is_social_stream, native_id
from bot.sources.social_stream.payloads import to_message

# As its background page sends it, from its event reference.
MESSAGE: dict[str, Any] = {
    "chatname": "Jess",
    "chatmessage": 'Looking <b>good</b> <img src="data:image/png;base64,iVBO" alt=":wave:">',
    "chatimg": "https://socialstream.ninja/media/user1.jpg",
    "type": "youtube",
    "userid": "UC123",
    "nameColor": "",
    "chatbadges": ["https://socialstream.ninja/icons/bot.png"],
    "hasDonation": "",
    "membership": "MEMBERSHIP",
    "mod": True,
    "textonly": False,
    "event": False,
    "id": 41_234,
    "meta": {"messageId": "yt1"},
}


def read(value: dict[str, Any]) -> ChatMessage | None:
    return to_message(value, Origin("main", "ingest", 7.0), new_id="new")


def test_a_message_is_read() -> None:
    assert is_social_stream(MESSAGE)
    assert native_id(MESSAGE) == "yt1"
    assert read(MESSAGE) == ChatMessage(
        id="new",
        channel="main",
        source="ingest",
        chatter=Chatter(
            id="youtube:UC123",
            name="Jess",
            roles=frozenset({Role.MODERATOR, Role.SUBSCRIBER}),
        ),
        text="Looking good :wave:",
        emotes=((13, 19),),
        received_at=7.0,
    )


def test_plain_text_is_left_alone() -> None:
    message = read({"chatname": "a", "chatmessage": "<b>1 &lt; 2", "textonly": True})

    assert message is not None
    assert (message.text, message.chatter.id) == ("<b>1 &lt; 2", "social_stream:a")


def test_names_are_cut() -> None:
    keys = ("chatname", "username", "userid", "type")
    message = read({**MESSAGE, **{key: key[0] * 60_000 for key in keys}})

    assert message is not None
    assert message.chatter.id == "t" * 200
    assert (message.chatter.name, message.chatter.login) == ("c" * 200, "u" * 200)


@pytest.mark.parametrize("flag", ["mod", "moderator", "admin"])
@pytest.mark.parametrize(
    ("value", "is_moderator"),
    [(True, True), ("true", True), (False, False), ("false", False), ([1], False), ("", False)],
)
def test_only_a_set_flag_makes_a_moderator(flag: str, value: object, is_moderator: bool) -> None:  # noqa: FBT001
    message = read({"chatname": "a", "chatmessage": "b", flag: value})

    assert message is not None
    assert (Role.MODERATOR in message.chatter.roles) is is_moderator


@pytest.mark.parametrize(
    "value",
    [
        {"event": "viewer_updates", "meta": {"youtube": 815}},
        {"type": "twitch", "event": "hype_train", "meta": {"phase": "begin"}},
        {"chatname": " ", "chatmessage": "nobody"},
    ],
)
def test_what_nobody_says_is_none(value: dict[str, Any]) -> None:
    assert is_social_stream(value)
    assert read(value) is None


@pytest.mark.parametrize(
    "value", [{}, {"text": "a"}, {"author": {}, "chatname": "a"}, {"delete": "m1"}]
)
def test_our_own_form_is_another(value: dict[str, Any]) -> None:
    assert not is_social_stream(value)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(), below, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*MESSAGE, "host", "vip", "username"]), _JSON))
def test_no_value_raises(value: dict[str, Any]) -> None:
    native_id(value)
    message = read(value)

    assert message is None or message.chatter.name
