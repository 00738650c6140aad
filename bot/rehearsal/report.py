"""What a rehearsal shows: counts, and messages with what became of them, side by side."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from bot.logs import escaped
from bot.messages import ChatMessage
from bot.rehearsal.evening import Evening
from bot.rehearsal.rehearse import End, Rehearsal, Result

_TEXT = 100
"""Characters of a text that are shown."""
_HOUR_S = 3_600
_MINUTE_S = 60


class Report:
    """One evening under one configuration, or under two."""

    def __init__(self, evening: Evening, rehearsals: Mapping[str, Rehearsal]) -> None:
        """Take the rehearsals by the names of their configurations."""
        self._evening = evening
        self._rehearsals = rehearsals

    @property
    def differences(self) -> int:
        """How many messages the configurations treat differently."""
        return sum(self._differs(message) for _, message in self._evening.messages)

    def lines(self, *, everything: bool) -> Iterator[str]:
        """Yield what people read.

        Without `everything` these are the messages that the configurations treat differently; of
        one alone, those that are not said as they were written.
        """
        for at, message in self._evening.messages:
            if everything or self._is_shown(message):
                yield f"{_time(at)}  {_short(message.chatter.name)}: {_short(message.text)}"
                for name, result in self._of(message).items():
                    indent = f"  {name:{self._width}}" if len(self._rehearsals) > 1 else "         "
                    yield f"{indent}  {_told(result)}"
        yield from self._summary()

    def records(self) -> Iterator[bytes]:
        """Yield a JSON object for each message, and one with the counts."""
        for at, message in self._evening.messages:
            yield msgspec.json.encode(
                {
                    "at": at,
                    "id": message.id,
                    "chatter": message.chatter.name,
                    "text": message.text,
                    "differs": self._differs(message),
                    "results": {
                        name: {
                            "end": result.end,
                            "said": result.said,
                            "reason": result.reason,
                            "detail": result.detail,
                            "waited_s": round(result.waited_s, 2),
                        }
                        for name, result in self._of(message).items()
                    },
                }
            )
        yield msgspec.json.encode({"differences": self.differences, "counts": self._counts()})

    @property
    def _width(self) -> int:
        return max(map(len, self._rehearsals))

    def _counts(self) -> dict[str, dict[str, Any]]:
        return {name: dict(r.counts()) | _times(r) for name, r in self._rehearsals.items()}

    def _of(self, message: ChatMessage) -> dict[str, Result]:
        return {name: r.results[message.id] for name, r in self._rehearsals.items()}

    def _differs(self, message: ChatMessage) -> bool:
        return len({result.heard for result in self._of(message).values()}) > 1

    def _is_shown(self, message: ChatMessage) -> bool:
        if len(self._rehearsals) > 1:
            return self._differs(message)
        (result,) = self._of(message).values()
        is_as_written = _letters(result.said).endswith(_letters(message.text))
        return result.end is not End.SAID or not is_as_written

    def _summary(self) -> Iterator[str]:
        messages = sum(1 for _ in self._evening.messages)
        yield ""
        yield f"{messages:,} messages in {_time(self._evening.duration_s)}"
        counts = self._counts()
        rows = sorted({row for each in counts.values() for row in each}, key=_ORDER)
        names = list(counts)
        width = max(map(len, rows))
        if len(names) > 1:
            yield f"{'':{width}}  " + "  ".join(f"{name:>12}" for name in names)
        for row in rows:
            values = (counts[name].get(row, 0) for name in names)
            yield f"{row:{width}}  " + "  ".join(f"{value:>12,}" for value in values)
        if len(names) > 1:
            yield f"{self.differences:,} messages differ"
        for mistake in self._evening.mistakes[:3]:
            yield f"left out: {escaped(mistake)}"
        if (more := len(self._evening.mistakes) - 3) > 0:
            yield f"left out: {more:,} further lines"


def _ORDER(row: str) -> tuple[int, str]:  # noqa: N802 - a key
    heads = [*End, "speech_s", "longest_wait_s"]
    head = row.partition(":")[0]
    return (heads.index(head), row)


def _times(rehearsal: Rehearsal) -> dict[str, int]:
    results: Sequence[Result] = list(rehearsal.results.values())
    return {
        "speech_s": round(sum(result.audio_s for result in results)),
        "longest_wait_s": math.ceil(max((result.waited_s for result in results), default=0.0)),
    }


def _told(result: Result) -> str:
    detail = f" ({_short(result.detail)})" if result.detail else ""
    match result.end:
        case End.SAID:
            return f"said     {_short(result.said)}"
        case End.DROPPED if result.said:
            return f"dropped  {result.reason}{detail}, after it began: {_short(result.said)}"
        case End.HELD:
            return "held     for approval, which nobody gave"
        case _:
            return f"{result.end:8} {result.reason}{detail}"


def _short(text: str) -> str:
    return escaped(text if len(text) <= _TEXT else f"{text[:_TEXT]}...")


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _time(seconds: float) -> str:
    minutes, whole_s = divmod(int(seconds), _MINUTE_S)
    return f"{minutes // _MINUTE_S}:{minutes % _MINUTE_S:02}:{whole_s:02}"
