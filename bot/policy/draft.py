"""Draft: a message on its way through the chain of filters to an utterance."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from bot.messages import (
    PAID_EVENTS,
    ChatMessage,
    EventKind,
    Lane,
    Rejection,
    Role,
    Segment,
    Utterance,
)

Span: TypeAlias = tuple[int, int]
"""Half-open range of code points."""
_MODERATORS = frozenset({Role.MODERATOR, Role.BROADCASTER})


class Draft(msgspec.Struct, frozen=True):
    """Message and the words for it so far."""

    message: ChatMessage
    """As it came, for filters that judge the chatter or the platform's marks."""
    text: str
    """Text that would be spoken so far."""
    prefix: str = ""
    """Introduction with the chatter's name, once it is made."""
    prefix_language: str = ""
    """ISO 639 code of the introduction; empty is the channel's own language."""
    language: str = ""
    """ISO 639 code of the text; empty where any voice may read it."""
    is_romanized: bool = False
    """Whether its words are those of another language, in Latin letters."""
    segments: tuple[Segment, ...] = ()
    """Voices and sounds within the text as it was written; empty if it has no tags."""

    def with_text(self, text: str) -> "Draft":
        """Return the draft with other text; itself when nothing changed."""
        return self if text == self.text else replace(self, text=text)

    def with_prefix(self, prefix: str) -> "Draft":
        """Return the draft with another introduction."""
        return replace(self, prefix=prefix)

    def utterance(self, *, voice: str, is_announced: bool = False) -> Utterance:
        """Return the utterance of the finished draft.

        A message whose event is announced comes before chat that nothing was given for.
        """
        message = self.message
        lane = Lane.REST
        if is_paid(message):
            lane = Lane.PAID
        elif is_announced or not _MODERATORS.isdisjoint(message.chatter.roles):
            lane = Lane.MODERATOR
        return Utterance(
            id=message.id,
            channel=message.channel,
            chatter=message.chatter,
            # An announcement is never left out.
            prefix="" if is_announced else self.prefix,
            body=f"{self.prefix}{self.text}".rstrip() if is_announced else self.text,
            voice=voice,
            language=self.language,
            event=message.event.kind if message.event else None,
            amount=message.event.amount if message.event else 0,
            unit=message.event.unit if message.event else "",
            pictures=message.pictures,
            lane=lane,
            received_at=message.received_at,
        )


Filter: TypeAlias = Callable[[Draft], Draft | Rejection]
"""Plain callable: returns the next draft, or the reason why there is none. It keeps no state
about messages, so that the order of the chain is the only order there is."""


_SUBSCRIPTIONS = frozenset({EventKind.SUB, EventKind.RESUB, EventKind.GIFT})
"""Events whose text is what the chatter paid for; without one they are news."""


def is_paid(message: ChatMessage) -> bool:
    """Tell whether the chatter gave something for the message."""
    if message.event is None:
        return False
    kind = message.event.kind
    return kind in PAID_EVENTS or (kind in _SUBSCRIPTIONS and bool(message.text.strip()))


def without(text: str, spans: Iterable[Span]) -> str:
    """Return `text` with a space for each of `spans`."""
    kept: list[str] = []
    done = 0
    for start, end in disjoint(spans, len(text)):
        kept += (text[done:start], " ")
        done = end
    return "".join([*kept, text[done:]])


def disjoint(spans: Iterable[Span], length: int) -> Iterator[Span]:
    """Yield `spans` in order, cut to a text of `length`, without overlaps."""
    done = 0
    for start, end in sorted(spans):
        first, last = max(start, done), min(end, length)
        if first < last:
            yield first, last
            done = last
