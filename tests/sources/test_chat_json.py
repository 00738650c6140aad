import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import (
    ChatItem,
    ChatMessage,
    Chatter,
    Event,
    EventKind,
    Purge,
    Role,
    SourceItem,
)
from bot.sources import Origin
from bot.sources.chat_json import ChatJsonError, dump_item, loads, read_at, read_channel, read_item

FULL = {
    "at": 1.5,
    "channel": "demo",
    "id": "m1",
    "author": {"id": "u1", "name": "viewer1", "roles": ["moderator"]},
    "text": "hello",
    "emotes": [[0, 5]],
    "event": {"kind": "cheer", "amount": 100},
}


def read(value: dict[str, Any], channel: str = "main") -> SourceItem:
    return read_item(value, Origin(channel, "test", 7.0), new_id="new")


def test_every_field_is_read() -> None:
    value = loads(json.dumps(FULL).encode())

    assert (read_at(value), read_channel(value)) == (1.5, "demo")
    assert read(value, "demo") == ChatMessage(
        id="m1",
        channel="demo",
        source="test",
        chatter=Chatter(id="u1", name="viewer1", roles=frozenset({Role.MODERATOR})),
        text="hello",
        emotes=((0, 5),),
        event=Event(kind=EventKind.CHEER, amount=100),
        received_at=7.0,
    )


def test_almost_everything_is_optional() -> None:
    message = read({"author": {"name": "viewer1"}, "text": ""})

    assert isinstance(message, ChatMessage)
    assert (message.id, message.chatter) == ("new", Chatter(id="viewer1", name="viewer1"))
    assert read_channel({}) is None


@pytest.mark.parametrize(
    ("value", "purge"),
    [
        ({"delete": "m1"}, Purge(channel="main", message_id="m1")),
        ({"timeout": "u1"}, Purge(channel="main", chatter_id="u1")),
        ({"clear": True}, Purge(channel="main")),
    ],
)
def test_what_is_taken_back_is_read(value: dict[str, Any], purge: Purge) -> None:
    assert read(value) == purge


@pytest.mark.parametrize(
    ("change", "mistake"),
    [
        ({"author": None}, "Expected `object`, got `null` - at `$.author`"),
        ({"author": {}}, "missing required field `name`"),
        ({"author": {"name": ""}}, "length >= 1 - at `$.author.name`"),
        ({"author": {"name": "x" * 201}}, "length <= 200 - at `$.author.name`"),
        ({"author": {"name": "a", "login": "x" * 201}}, "<= 200 - at `$.author.login`"),
        ({"reply_to": "x" * 201}, "length <= 200 - at `$.reply_to`"),
        ({"author": {"name": "a", "id": 5}}, "Expected `str | null`, got `int`"),
        ({"author": {"name": "a", "roles": ["king"]}}, "'king' - at `$.author.roles[0]`"),
        ({"text": 5}, "Expected `str`, got `int` - at `$.text`"),
        ({"id": "x" * 201}, "length <= 200 - at `$.id`"),
        ({"emotes": [[1]]}, "at `$.emotes[0]`"),
        ({"event": {"kind": "party"}}, "'party' - at `$.event.kind`"),
        ({"event": {"kind": "cheer", "amount": -1}}, ">= 0.0 - at `$.event.amount`"),
        ({"event": {"kind": "cheer", "amount": 1e400}}, "at `$.event.amount`"),
        ({"event": {"kind": "cheer", "amount": True}}, "got `bool`"),
        ({"delete": 5}, "Expected `str`, got `int` - at `$.delete`"),
        ({"clear": False}, "at `$.clear`"),
    ],
)
def test_a_mistake_is_named(change: dict[str, Any], mistake: str) -> None:
    with pytest.raises(ChatJsonError) as caught:
        read({**FULL, **change})

    assert mistake in str(caught.value)


@pytest.mark.parametrize(
    ("data", "mistake"),
    [
        (b"", "is not JSON"),
        (b"{", "is not JSON"),
        (b"[1]", "needs to be one JSON object"),
        (b"null", "needs to be one JSON object"),
        (b'{"at": NaN}', "NaN is no number"),
        (b'{"at": -Infinity}', "-Infinity is no number"),
        (b'{"at": ' + b"9" * 60_000 + b"}", "is not JSON"),
        (b"[" * 60_000, "is nested too deeply"),
        (b'{"a":' * 10_000, "is nested too deeply"),
        (b'{"text": "\xff"}', "is not UTF-8"),
    ],
)
def test_what_is_no_object_is_refused(data: bytes, mistake: str) -> None:
    with pytest.raises(ChatJsonError) as caught:
        loads(data)

    assert mistake in str(caught.value)


@pytest.mark.parametrize("value", [{}, {"at": -1}, {"at": "1"}, {"at": True}, {"at": 1e300}])
def test_a_time_is_needed_in_a_recording(value: dict[str, Any]) -> None:
    with pytest.raises(ChatJsonError):
        read_at(value)


def test_half_an_emoji_is_replaced_and_a_byte_order_mark_skipped() -> None:
    text = b'{"author": {"name": "a\\ud800"}, "text": "\\ud83d\\ude00\\ude00", "\\udfff": 1}'

    message = read(loads(b"\xef\xbb\xbf" + text))

    assert isinstance(message, ChatMessage)
    assert (message.chatter.name, message.text) == ("a\ufffd", "\U0001f600\ufffd")


def test_no_mistake_quotes_half_an_emoji() -> None:
    with pytest.raises(ChatJsonError) as caught:
        read(loads(b'{"author": {"name": "a", "roles": ["\\ud83d"]}, "text": ""}'))

    assert str(caught.value).isprintable()


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(), below, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from([*FULL, "delete", "timeout", "clear", "reply_to"]), _JSON)
def test_no_value_raises_anything_else(key: str, value: Any) -> None:  # noqa: ANN401
    try:
        item = read({**FULL, key: value})
    except ChatJsonError:
        return
    assert item.channel == "main"


_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
_ITEMS = st.one_of(
    st.builds(
        ChatMessage,
        id=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=9),
        channel=st.just("demo"),
        source=st.just("test"),
        chatter=st.builds(
            Chatter,
            id=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=9),
            name=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=9),
            login=_TEXT,
            roles=st.frozensets(st.sampled_from(Role)),
        ),
        text=_TEXT,
        event=st.none()
        | st.builds(Event, kind=st.sampled_from(EventKind), amount=st.floats(0, 1e12)),
        reply_to=st.none() | _TEXT.filter(bool),
        received_at=st.just(7.0),
    ),
    st.builds(Purge, channel=st.just("demo"), message_id=st.just("m1")),
    st.builds(Purge, channel=st.just("demo"), chatter_id=st.just("u1")),
    st.builds(Purge, channel=st.just("demo")),
)


@given(_ITEMS, st.floats(0, 1e6))
def test_every_item_comes_back(item: ChatItem, at: float) -> None:
    line = dump_item(item, at)
    value = loads(line.encode())

    assert "\n" not in line
    assert read_at(value) == round(at, 3)
    assert read(value, "demo") == item
