"""Evening: recorded chat, read before it is rehearsed."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from bot.errors import StartError
from bot.messages import ChatItem, ChatMessage
from bot.sources import Origin
from bot.sources.chat_json import ChatJsonError, read_at, read_channel, read_item
from bot.sources.replay import EndlessLineError, numbered_lines, parse_line

_MOST_ITEMS = 1_000_000
_SOURCE = "rehearsal"


class Timed(NamedTuple):
    """Something that happened."""

    at: float
    """Seconds from the start."""
    item: ChatItem


class Evening:
    """All that a recording holds, in order."""

    def __init__(self, path: Path, *, channel: str) -> None:
        """Read the JSON Lines file at `path`; lines that name no channel belong to `channel`.

        Where the times run backwards, as in a file that was recorded in several runs, the next run
        follows at once.

        Raises:
            StartError: the file cannot be read, or holds no chat.
        """
        self.mistakes: list[str] = []
        """A clause for each line that was left out."""
        try:
            self.items = list(self._read(path, channel))
        except (OSError, ValueError, EndlessLineError) as error:
            reason = error.strerror if isinstance(error, OSError) else None
            raise StartError(
                f"The recording {path} cannot be read: {reason or error}.",
                remedy="Give the path of a JSON Lines file, as `ishowtts run --record` writes it.",
            ) from error
        if not self.items:
            because = f": {self.mistakes[0]}" if self.mistakes else ""
            raise StartError(
                f"The recording {path} holds no chat{because}.",
                remedy="Record one with `ishowtts run --record FILE`.",
            )

    @property
    def messages(self) -> Iterator[tuple[float, ChatMessage]]:
        """Iterate over the messages with their times."""
        for at, item in self.items:
            if isinstance(item, ChatMessage):
                yield at, item

    @property
    def duration_s(self) -> float:
        """Seconds until the last item."""
        return self.items[-1].at

    def _read(self, path: Path, channel: str) -> Iterator[Timed]:
        due_s = last_s = 0.0
        seen: set[str] = set()
        for number, line in numbered_lines(path):
            try:
                value = parse_line(line)
                at = read_at(value)
                origin = Origin(read_channel(value) or channel, _SOURCE, 0.0)
                item = read_item(value, origin, new_id=f"{_SOURCE}/{number}")
            except ChatJsonError as error:
                self.mistakes.append(f"line {number} {error}")
                continue
            due_s += max(0.0, at - last_s)
            last_s = at
            if isinstance(item, ChatMessage):
                if item.id in seen:
                    item = replace(item, id=f"{item.id}/{number}")
                seen.add(item.id)
            if len(seen) > _MOST_ITEMS:
                raise ValueError(f"it has more than {_MOST_ITEMS:,} messages")
            yield Timed(due_s, item)
