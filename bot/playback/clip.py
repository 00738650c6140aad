"""Clip: the speech of one utterance while it grows; the engine appends, outputs read."""

from collections.abc import AsyncIterator, Callable, Sequence

from bot.messages import AudioChunk, WordTime
from bot.runtime.concurrency.waiting import Changes

_PIECE_S = 0.1
"""Longest piece that a reader gets, so that it never works for long on one."""


class Clip:
    """Audio of one utterance for any number of readers, each from any moment on.

    Kept until the utterance is over, so that an output that lost its device can go on where it was
    cut. Half a minute of speech at 24 kHz is 3 MB.
    """

    def __init__(self, utterance: str = "") -> None:
        self.utterance = utterance
        """Id of what is said, for outputs that tell which it is."""
        self.chunks: list[AudioChunk] = []
        """Audio so far."""
        self.is_complete = False
        """Whether nothing more will come."""
        self.words: list[WordTime] = []
        """When each word is heard, from the beginning of the clip on."""
        self.on_words: Callable[[Sequence[WordTime]], None] | None = None
        """Is told the words of each further piece."""
        self._growth = Changes()

    @property
    def duration_s(self) -> float:
        """Length so far, in seconds."""
        return sum(chunk.duration_s for chunk in self.chunks)

    def append(self, chunk: AudioChunk) -> None:
        """Add the next piece."""
        words = [word.moved(self.duration_s) for word in chunk.words]
        self.words += words
        self.chunks.append(chunk)
        if words and self.on_words is not None:
            self.on_words(words)
        self._growth.tell()

    def finish(self) -> None:
        """Mark the clip as complete: what is there is played to its end."""
        self.is_complete = True
        self._growth.tell()

    async def read(self, start_s: float = 0.0) -> AsyncIterator[AudioChunk]:
        """Yield the speech from `start_s` seconds on in pieces of 0.1 s or less, as it grows."""
        index, before_s = 0, 0.0
        while True:
            while index < len(self.chunks):
                chunk = self.chunks[index]
                skipped = max(0, round((start_s - before_s) * chunk.sample_rate_hz))
                step = max(1, round(_PIECE_S * chunk.sample_rate_hz))
                for begin in range(skipped, len(chunk.samples), step):
                    yield AudioChunk(
                        samples=chunk.samples[begin : begin + step],
                        sample_rate_hz=chunk.sample_rate_hz,
                    )
                index, before_s = index + 1, before_s + chunk.duration_s
            if self.is_complete:
                return
            await self._growth.wait()
