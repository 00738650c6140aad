"""One channel over any engines: all is real but chat, and what is heard is written to a file."""

import asyncio
import wave
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np

from bot.backlog import Backlog
from bot.config.sections.backlog import BacklogSettings
from bot.config.sections.playback import PlaybackSettings, WavefileSettings
from bot.engine.narrator import Narrator
from bot.lookahead import Lookahead
from bot.messages import Chatter, Lane, Samples, Utterance
from bot.outcomes import FINAL, Outcome
from bot.playback.player import Player
from bot.playback.wavefile import WavefileOutput
from bot.runtime.clock import now
from bot.runtime.concurrency.tasks import running
from bot.speaker import Speaker


class Channel:
    """Backlog, speaker, player and a sound file that grows in real time."""

    def __init__(self, narrator: Narrator, path: Path, *, rate_hz: int) -> None:
        """Let `narrator` speak into the file `path`."""
        self.path = path
        self.accepted: list[str] = []
        """Ids of what was to be said, in order."""
        self.outcomes: list[Outcome] = []
        self._grown = asyncio.Event()
        self._header_bytes = 0
        self._ends: dict[str, int] = {}
        """How long the recording was, in bytes, when each utterance ended."""
        wavefile = WavefileSettings(type="wavefile", path=path, sample_rate_hz=rate_hz)
        self._output = WavefileOutput(wavefile, fade_s=0.0)
        self.backlog = Backlog(BacklogSettings(max_per_chatter=50), self._emit)
        self._speaker = Speaker(
            backlog=self.backlog,
            lookahead=Lookahead(
                self.backlog,
                narrator,
                stall_s=120,
                max_age_s=1e6,
                prefix_again_after_s=60,
                ahead_s=3.0,
            ),
            # The default level of the gain is 80 %.
            player=Player([self._output], PlaybackSettings(volume=100)),
            emit=self._emit,
            max_age_s=1e6,
        )

    def _emit(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        if isinstance(outcome, FINAL):
            self._ends[outcome.id] = self.path.stat().st_size
        self._grown.set()
        self._grown = asyncio.Event()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Be heard while the block runs."""
        async with running({"output": self._output.run, "speaker": self._speaker.run}):
            await self._output.wait_until_settled()
            self._header_bytes = self.path.stat().st_size
            yield

    def say(self, text: str, identity: str) -> None:
        """Accept an utterance."""
        self.accepted.append(identity)
        self.backlog.put(
            Utterance(
                id=identity,
                channel="main",
                chatter=Chatter(id="u", name="viewer"),
                prefix="",
                body=text,
                voice="heart",
                lane=Lane.REST,
                received_at=now(),
            )
        )

    async def outcome(self, identity: str, *kinds: type[Outcome]) -> Outcome:
        """Return the first outcome of this utterance that is one of `kinds`, or wait for it."""
        while True:
            for outcome in self.outcomes:
                if outcome.id == identity and isinstance(outcome, kinds):
                    return outcome
            await self._grown.wait()

    async def drain(self) -> None:
        """Return when all that waits was heard."""
        await self._speaker.drain()

    def heard_of(self, identity: str) -> Samples:
        """Return what was recorded from the end of the utterance before it to its own."""
        ends = [self._header_bytes, *self._ends.values()]
        place = list(self._ends).index(identity)
        return _decode(self.path.read_bytes()[ends[place] : ends[place + 1]])

    def without_one_end(self) -> list[str]:
        """Return the ids of what did not end in exactly one outcome."""
        ends = Counter(outcome.id for outcome in self.outcomes if isinstance(outcome, FINAL))
        return [identity for identity in self.accepted if ends[identity] != 1]


def heard(path: Path) -> Samples:
    """Return a recording."""
    with wave.open(str(path)) as file:
        return _decode(file.readframes(file.getnframes()))


def _decode(data: bytes) -> Samples:
    return np.frombuffer(data, "<i2").astype(np.float32) / np.float32(32767)
