"""What travels through the chain of filters."""

from collections.abc import Callable
from typing import TypeAlias

import msgspec

from bot.messages import ChatMessage, Rejection


class Draft(msgspec.Struct, frozen=True):
    """A message on its way to becoming an utterance."""

    message: ChatMessage
    """As it came, for filters that judge the chatter or the platform's marks."""
    text: str
    """What would be spoken so far."""


Filter: TypeAlias = Callable[[Draft], Draft | Rejection]
"""A plain callable: gives the next draft, or the reason why there is none. It keeps no state
about messages, so that the order of the chain is the only order there is."""
