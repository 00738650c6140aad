"""Copy-paste raids: finds lines that many chatters write, or nearly so."""

import math
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Container, Mapping, Sequence
from itertools import islice, pairwise
from typing import NamedTuple

from msgspec.structs import replace

from bot.config.chat.raids import RaidSettings
from bot.messages import Lane, Segment, Utterance
from bot.runtime.recent import Recent

_LINES = 200
"""Different lines that are remembered."""
_MESSAGES = 20
"""Messages of one line that are known again while they wait, the latest."""
_MOST_CHARACTERS = 200
"""Characters of a line that are compared."""
_MOST_CHATTERS = 10_000
"""Chatters of one line that are told apart, those who wrote it last."""
_FEW_WORDS = 4
"""Lines of fewer words are compared by pairs of letters."""
_ALIKE = 0.75
"""Share of the parts of both lines that two copies have in common."""


class Copies(NamedTuple):
    """Copies of one line."""

    messages: Mapping[str, Utterance]
    """Those with it that were let through, by their ids."""
    waiting: Sequence[Utterance]
    """Those of them that wait, in the order in which they would be spoken."""
    others: int
    """Chatters who wrote it, besides the first one."""


class _Line:
    """A line, and who wrote it."""

    def __init__(self, parts: frozenset[str]) -> None:
        self.parts = parts
        rarest_first = sorted(parts, key=lambda part: (-len(part), part))
        # Of lines that are alike, each has one of these in common with those of the other.
        self.marks = rarest_first[: len(parts) - math.ceil(_ALIKE * len(parts)) + 1]
        self.chatters: Recent[str, float] = Recent(_MOST_CHATTERS)
        """When each wrote it, by their ids, who wrote last at the end."""
        self.messages: Recent[str, Utterance] = Recent(_MESSAGES)
        self.seen_at = 0.0
        self.kept_at = -math.inf
        """When one was let through, or was known to wait."""


class Raids:
    """The lines of one channel's chat in the last seconds."""

    def __init__(self, settings: RaidSettings, *, say_numbers: Callable[[str], str] = str) -> None:
        """Take the settings, as `follow` does."""
        self.follow(settings, say_numbers=say_numbers)
        self._lines: OrderedDict[str, _Line] = OrderedDict()
        """By their letters, the one that was written last at the end."""
        self._marked: defaultdict[str, set[str]] = defaultdict(set)
        """Letters of the lines that have a part among their marks."""

    def follow(self, settings: RaidSettings, *, say_numbers: Callable[[str], str]) -> None:
        """Do as `settings` say from now on; `say_numbers` puts a text's numbers into words."""
        self._settings = settings
        self._say_numbers = say_numbers

    def take(
        self,
        utterance: Utterance,
        find: Callable[[Container[str]], Sequence[Utterance]] = lambda _: (),
    ) -> Copies | None:
        """Note `utterance`; return what it copies if enough chatters wrote that, else None.

        It is let through where none waits, and none was heard lately. `find` returns what waits of
        the messages with these ids.
        """
        if not self._settings.chatters or utterance.lane is not Lane.REST:
            return None
        text = utterance.body[:_MOST_CHARACTERS].casefold()
        letters = "".join(filter(str.isalpha, text))
        if len(letters) < self._settings.min_letters:
            return None
        at, least = utterance.received_at, self._settings.chatters
        since = at - self._settings.window_s
        self._forget(since)
        key, line = self._find(letters, text)
        self._lines[key] = line
        self._lines.move_to_end(key)
        line.seen_at = line.chatters[utterance.chatter.id] = at
        if len(line.chatters) >= least:
            waiting = find(line.messages)
            is_many = next(islice(reversed(line.chatters.values()), least - 1, None)) >= since
            is_copied = is_many or any(other.copies for other in waiting)
            if is_copied and (waiting or line.kept_at >= since):
                line.kept_at = at if waiting else line.kept_at
                return Copies(line.messages, waiting, len(line.chatters) - 1)
            while not waiting and next(iter(line.chatters.values())) < since:
                line.chatters.popitem(last=False)
        line.messages[utterance.id], line.kept_at = utterance, at
        return None

    def with_others(self, utterance: Utterance, count: int) -> Utterance:
        """Return `utterance` with the number of others who wrote it."""
        others = self._say_numbers(self._settings.others.replace("{count}", str(count)))
        segments = utterance.segments
        return replace(
            utterance,
            body=f"{utterance.body} {others}",
            copies=count,
            segments=(*segments, Segment(text=others)) if segments else (),
        )

    def _find(self, letters: str, text: str) -> tuple[str, _Line]:
        if (line := self._lines.get(letters)) is not None:
            return letters, line
        new = _Line(_parts(letters, text))
        parts = new.parts
        for key in set().union(*(self._marked.get(mark, ()) for mark in new.marks)):
            line = self._lines[key]
            common = len(parts & line.parts)
            if common >= _ALIKE * (len(parts) + len(line.parts) - common):
                return key, line
        while len(self._lines) >= _LINES:
            self._forget_oldest()
        for mark in new.marks:
            self._marked[mark].add(letters)
        return letters, new

    def _forget(self, before: float) -> None:
        while self._lines and next(iter(self._lines.values())).seen_at < before:
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        key, line = self._lines.popitem(last=False)
        for mark in line.marks:
            self._marked[mark].discard(key)
            if not self._marked[mark]:
                del self._marked[mark]


def _parts(letters: str, text: str) -> frozenset[str]:
    """Return what a line is made of: its words without digits and marks, or pairs of letters."""
    words = ("".join(filter(str.isalpha, word)) for word in text.split())
    parts = frozenset(filter(None, words))
    if len(parts) >= _FEW_WORDS:
        return parts
    return frozenset(first + second for first, second in pairwise(letters))
