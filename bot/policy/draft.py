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
    prefix: str = ""
    """The introduction with the chatter's name, once it is made."""

    def with_text(self, text: str) -> "Draft":
        """Return the draft with other text; itself when nothing changed."""
        return self if text == self.text else Draft(self.message, text, self.prefix)


Filter: TypeAlias = Callable[[Draft], Draft | Rejection]
"""A plain callable: gives the next draft, or the reason why there is none. It keeps no state
about messages, so that the order of the chain is the only order there is."""
