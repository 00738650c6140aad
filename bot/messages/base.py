"""Base of every message."""

import msgspec


class Message(msgspec.Struct, frozen=True, kw_only=True, tag=True, tag_field="type"):
    """Base of every message: immutable, slotted, and tagged with its class name when encoded."""
