from collections.abc import Callable
from typing import Any

import pytest

from bot.messages import ChatMessage, Chatter, Event, EventKind, Role
from bot.policy.draft import Draft
from bot.policy.words.lexicon import english

MakeMessage = Callable[..., ChatMessage]
MakeDraft = Callable[..., Draft]


def _message(
    text: str = "hello",
    *,
    name: str = "viewer1",
    login: str = "",
    roles: frozenset[Role] = frozenset(),
    event: EventKind | None = None,
    **fields: Any,  # noqa: ANN401 - the rest of ChatMessage
) -> ChatMessage:
    return ChatMessage(
        id="m1",
        channel="main",
        source="test",
        chatter=Chatter(id="u1", name=name, login=login, roles=roles),
        text=text,
        event=Event(kind=event, amount=100) if event else None,
        received_at=1.5,
        **fields,
    )


@pytest.fixture(scope="session", autouse=True)
def lexicon() -> None:
    """Load it here: in a test it would count for a message."""
    english()


@pytest.fixture(scope="session")
def message() -> MakeMessage:
    """Make a chat message of a text."""
    return _message


@pytest.fixture(scope="session")
def draft() -> MakeDraft:
    """Make a draft of a text."""
    return lambda text="hello", **fields: Draft(_message(text, **fields), text)


class Kept:
    """What is remembered, by its kind, for as long as this object lives."""

    def __init__(self, **values: dict[str, str]) -> None:
        self._values = values

    def __call__(self, kind: str) -> dict[str, str]:
        return self._values.setdefault(kind, {})
