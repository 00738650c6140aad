"""Names of the topics."""

import re

_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]")
_MAX_LENGTH = 60


def level(name: str) -> str:
    """Return `name` as one level of a topic: separators and wildcards become `_`."""
    return _UNSAFE.sub("_", name)[:_MAX_LENGTH] or "_"


class Topics:
    """The topics of one daemon; all of them start with `base`."""

    def __init__(self, base: str) -> None:
        self._base = base
        self.availability = f"{base}/availability"
        """Whether the daemon is there."""
        self.state = f"{base}/state"
        """State of the whole daemon."""

    def of(self, channel: str, what: str) -> str:
        """Return the topic of a channel for `what`."""
        return f"{self._base}/{level(channel)}/{what}"
