"""Errors, split by what the caller can do about them.

An error is for a person: it says what happened, to what, and (`remedy`) what to do.
"""

from collections.abc import Sequence
from reprlib import Repr
from typing import NamedTuple

_LONGEST = 400
"""Characters of a text that is told."""


def shown(value: object, most: int = 60) -> str:
    """Return `value` as Python writes it, in `most` characters on one line, however large it is.

    For errors about what was read: `repr` of it may be larger than any memory.
    """
    brief = Repr()
    brief.maxlevel = 2
    brief.maxother = brief.maxstring = brief.maxlong = most
    try:
        text = brief.repr(value)
    except ValueError:  # an int of more digits than Python writes
        return "a number of thousands of digits"
    return shortened(text, most)


def named(name: str) -> str:
    """Return a name that somebody has to write elsewhere, such as that of a device, in quotes."""
    return shown(name, _LONGEST)


def raised(error: BaseException) -> str:
    """Return what others raised, with its type."""
    return shown(error, _LONGEST)


def shortened(text: str, most: int = _LONGEST) -> str:
    """Return `text`, cut to at most so many characters."""
    return text if len(text) <= most else text[: most - 1] + "…"


class IshowttsError(Exception):
    """Root of every error that this package raises on purpose."""

    def __init__(self, message: str, *, remedy: str = "") -> None:
        """Store the sentence for the user, and the step that mends it."""
        super().__init__(message)
        self.message = message
        """What happened, to what."""
        self.remedy = remedy
        """What to do about it; empty when nothing can be done."""

    def __str__(self) -> str:
        """Return message and remedy as one text."""
        return f"{self.message} {self.remedy}".strip()


class TransientError(IshowttsError):
    """Trying again later may help: a lost connection, a device that is busy or unplugged."""


class LeaseLostError(TransientError):
    """Another daemon may speak now: this one stops, and stands by."""


class LogInError(IshowttsError):
    """An account's permission is missing or gone: only its owner can give it, by logging in."""


class UtteranceError(IshowttsError):
    """This utterance cannot be spoken: drop it and go on with the next one."""


class CrowdedError(Exception):
    """Too many requests are under way."""


class MemoryExhaustedError(UtteranceError):
    """This utterance does not fit into memory: let another engine speak it, and start anew."""


class CommandError(IshowttsError):
    """A command that makes no sense; the message is a clause for who gave it."""


class StartError(IshowttsError):
    """The daemon must not start like this: a port that is taken, an engine that cannot load."""


class Problem(NamedTuple):
    """One mistake in the configuration."""

    path: str
    """Where it stands, for instance `channels[0].sources[1].type`."""
    line: int | None
    """Line in the file, from 1; None when the value did not come from a line."""
    message: str
    """The value, what is wrong with it and what is allowed."""
    suggestion: str = ""
    """Nearest valid name, when there is one."""

    def __str__(self) -> str:
        """Return the mistake as one line for people."""
        path = shortened(self.path)
        place = f"line {self.line}: {path}" if self.line else path
        suggestion = f"; {self.suggestion}" if self.suggestion else ""
        return f"{place}: {shortened(self.message)}{suggestion}"


class ConfigError(StartError):
    """The configuration holds mistakes; `problems` lists all of them."""

    def __init__(self, source: str, problems: Sequence[Problem]) -> None:
        """Report every problem of the configuration file `source` at once."""
        count = len(problems)
        head = f"{source} has {count} mistake{'s' if count != 1 else ''}:"
        super().__init__("\n".join([head, *(f"  - {problem}" for problem in problems)]))
        self.problems = tuple(problems)
        """Every mistake, in the order of the file."""
