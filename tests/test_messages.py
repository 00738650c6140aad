import inspect
import typing
from enum import Enum
from types import UnionType
from typing import Any, TypeVar

import msgspec
import numpy as np
import pytest

from bot import messages, outcomes
from bot.messages import AudioChunk, ChatMessage, Chatter, Message, Role, Samples
from bot.outcomes import OUTCOMES, Applied, Outcome
from bot.runtime.processes.packing import decode, encode

_M = TypeVar("_M", bound=msgspec.Struct)
MESSAGES = [
    kind
    for module in (messages, outcomes)
    for _, kind in inspect.getmembers(module, inspect.isclass)
    if kind.__module__ == module.__name__
    and issubclass(kind, Message)
    and kind not in (Message, Outcome)
]


def example(annotation: Any) -> Any:  # noqa: ANN401 - one value of any annotated type
    """Return a value of the type that is not its default."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    value: Any
    if annotation == Samples:
        value = np.array([0.0, 0.5, -1.0], np.float32)
    elif isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        value = make(annotation)
    elif isinstance(annotation, type) and issubclass(annotation, Enum):
        value = list(annotation)[-1]
    elif origin in {typing.Union, UnionType}:
        value = example(next(a for a in arguments if a is not type(None)))
    elif origin in {frozenset, tuple}:
        value = origin(example(a) for a in arguments if a is not Ellipsis)
    elif origin is dict:
        value = {example(arguments[0]): example(arguments[1])}
    else:
        value = {str: "héllo 🐦 \0", int: 7, float: 1.5, bool: True}[annotation]
    return value


def make(kind: type[_M]) -> _M:
    hints = typing.get_type_hints(kind)
    return kind(
        **{field.name: example(hints[field.name]) for field in msgspec.structs.fields(kind)}
    )


@pytest.mark.parametrize("kind", MESSAGES)
def test_every_message_round_trips(kind: type[Message]) -> None:
    message = make(kind)
    back = decode(encode(message), kind)

    if isinstance(message, AudioChunk):
        assert isinstance(back, AudioChunk)
        assert back.samples.dtype == np.float32
        assert back.samples.tolist() == message.samples.tolist()
        assert back.sample_rate_hz == message.sample_rate_hz
    else:
        assert back == message


@pytest.mark.parametrize("kind", OUTCOMES)
def test_every_outcome_is_one_json_object_that_names_itself(kind: type[Outcome]) -> None:
    outcome = make(kind)
    assert isinstance(outcome, Outcome)
    line = msgspec.json.encode(outcome)

    name = "obeyed" if kind is Applied else kind.__name__.lower()
    assert msgspec.json.decode(line)["outcome"] == outcome.kind == name
    assert msgspec.json.decode(line, type=kind) == outcome


def test_every_outcome_is_listed() -> None:
    assert set(OUTCOMES) == {kind for kind in MESSAGES if issubclass(kind, Outcome)}


@pytest.mark.parametrize("kind", MESSAGES)
def test_messages_cannot_be_changed(kind: type[Message]) -> None:
    message = make(kind)
    field = msgspec.structs.fields(kind)[0].name

    with pytest.raises(AttributeError):
        setattr(message, field, getattr(message, field))


def test_decoding_something_else_is_an_error() -> None:
    with pytest.raises(msgspec.ValidationError):
        decode(encode(make(Chatter)), ChatMessage)


def test_an_outcome_carries_who_it_is_about() -> None:
    chatter = Chatter(id="u1", name="viewer1", roles=frozenset({Role.VIP}))
    message = ChatMessage(
        id="m1", channel="main", source="test", chatter=chatter, text="hi", received_at=1.0
    )
    outcome = outcomes.Failed.of(message, error="why")

    assert (outcome.id, outcome.channel, outcome.chatter) == ("m1", "main", "viewer1")
    assert outcome.error == "why"
