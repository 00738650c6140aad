"""Every fault at every stage, with the bundled model and real processes, down to what was heard.

Left out, because they cannot mean anything:

- samples that are not finite, at a start: nobody hears the first words, and weights that are not
  finite are refused (test_checkpoint.py);
- a call that hangs, at a start: a slow machine may load for as long; in playback it is noticed as
  in sampling.

What is only read or written at a start is made to matter in the other stages: with the corruption
of the cache the process is killed, and on the full disk a voice is added.
"""

import asyncio
import itertools
import os
import shutil
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from structlog.testing import capture_logs

from bot.engine.f5.weights.installed import choose
from bot.engine.fallback import FallbackEngine
from bot.engine.joining import fit_piece
from bot.engine.narrator import Narrator
from bot.engine.pieces import Piece, split
from bot.engine.process.supervisor import Supervisor
from bot.engine.process.watchdog import Limits
from bot.messages import Samples, SpeechRequest
from bot.outcomes import FINAL, Outcome, Spoken, Started
from bot.runtime.files.folders import resource
from tests.engine.channel import Channel

pytestmark = pytest.mark.parts

_DEADLINE_S = 1800
"""Only a hang takes this long: all of them together take a minute of CPU time."""
_RATE_HZ = 24_000
_TEXT = "Nice to meet you. Good to see you again."
_PIECES = split(_TEXT)
_LIMITS = Limits(loading_s=20.0, slow_s=3600.0, unknown_s=3600.0)
"""A process that stops while it loads is missed sooner than usual, and nothing but its own steps
tells that one hangs."""
_ALIKE = 0.95
"""Correlation of a sentence with what was heard of it."""
_SILENCE = 0.01
"""Limit on the level beside the pieces, of full scale: more than rounding leaves."""

_LANES = (("kill", "raise", "nan", "corrupt"), ("stop", "memory", "hang", "disk"))
"""Faults that are tried one after the other, both lanes at the same time."""
_TOLD = {
    "kill": "ended unexpectedly",
    "raise": "illegal memory access",
    "nan": "not finite",
    "corrupt": "cached reference voice is unreadable",
    "stop": "does not answer",
    "memory": "no memory left",
    "hang": "engine process hangs",
    "disk": "could not be cached",
}
"""Words of the log for each fault."""
_LEFT_OUT = {("nan", "start"), ("hang", "start"), ("hang", "playback")}
_CELLS = [
    (fault, stage)
    for fault in _TOLD
    for stage in ("start", "sampling", "playback")
    if (fault, stage) not in _LEFT_OUT
]


class Cell(NamedTuple):
    """Result of an utterance during which something broke."""

    ends: Sequence[Outcome]
    speakers: Sequence[str]
    """The engine that spoke each piece; empty where the piece was not heard."""
    rest: float
    """The loudest that was heard beside the pieces."""


class Lane:
    """One channel whose engine breaks, and what spoke on it."""

    def __init__(self, folder: Path, second: Supervisor) -> None:
        for name in ("orders", "voices"):
            (folder / name).mkdir(parents=True)
        shutil.copytree(resource("voices") / "heart", folder / "voices" / "heart")
        bundled, _ = choose("bundled", "bundled")
        options = {
            "model": str(bundled.model),
            "vocoder": str(bundled.vocoder),
            "voices": str(folder / "voices"),
            "cache": str(folder / "cache"),
            "orders": str(folder / "orders"),
            "nfe": 2,
            "device": "cpu",
        }
        self._orders = folder / "orders"
        self._go = self._orders / "go"
        self._first = Supervisor(
            "f5", lambda: options, engine="breaking:BreakingF5", limits=_LIMITS
        )
        self._second = second
        # So patient that a fault is noticed as such and not as slowness.
        narrator = Narrator(
            FallbackEngine([self._first, self._second], stall_s=120, patience_s=3600)
        )
        self._channel = Channel(narrator, folder / "heard.wav", rate_hz=_RATE_HZ)

    async def play(self, faults: Sequence[str]) -> dict[tuple[str, str], Cell]:
        """Return what came of each fault at each of its stages."""
        cells = {}
        try:
            async with self._channel.open():
                for fault in faults:
                    sampled = await self._break_sampling(fault)
                    if (fault, "start") in _CELLS:
                        await self._break_start(fault)
                    if (fault, "playback") in _CELLS:
                        await self._break_playback(fault)
                    for stage in ("sampling", "start", "playback"):
                        if (fault, stage) in _CELLS:
                            identity = sampled if stage == "sampling" else f"{fault}-{stage}"
                            cells[fault, stage] = await self._judge(identity)
        finally:
            await self._first.close()
        return cells

    async def _break_sampling(self, fault: str) -> str:
        """Break the first piece, before anything is heard; return the utterance."""
        for number in itertools.count():
            identity = f"{fault}-sampling-{number}"
            await self._first.warm_up()
            self._order(fault, _PIECES[0])
            if (fault, "start") in _CELLS and fault != "disk":
                (self._orders / "start").write_text(fault)
            self._go.touch()
            self._channel.say(_TEXT, identity)
            # On a busy machine the chain may take the other engine: then it is said once more.
            while self._orders_left("speech") and not self._ends(identity):
                await asyncio.sleep(0.01)
            is_broken = not self._orders_left("speech")
            self._go.unlink()
            await self._channel.outcome(identity, *FINAL)
            if is_broken:
                return identity
        raise AssertionError

    def _ends(self, identity: str) -> list[Outcome]:
        return [o for o in self._channel.outcomes if o.id == identity and isinstance(o, FINAL)]

    async def _break_start(self, fault: str) -> None:
        """Break what is started, while another engine is heard."""
        if fault == "disk":  # which costs no process otherwise
            (self._orders / "start").write_text(fault)
            assert self._first.pid is not None
            os.kill(self._first.pid, signal.SIGKILL)
            await self._first.wait_changed()
        await self._break_when_heard(f"{fault}-start", "start")

    async def _break_playback(self, fault: str) -> None:
        """Break the second piece while the first one is heard."""
        await self._first.warm_up()
        self._order(fault, _PIECES[1])
        await self._break_when_heard(f"{fault}-playback", "speech")

    async def _break_when_heard(self, identity: str, order: str) -> None:
        self._channel.say(_TEXT, identity)
        await self._channel.outcome(identity, Started)
        self._go.touch()
        while self._orders_left(order):
            await asyncio.sleep(0.01)
        self._go.unlink()
        await self._channel.outcome(identity, *FINAL)

    def _orders_left(self, name: str) -> bool:
        return (self._orders / name).exists()

    def _order(self, fault: str, piece: Piece) -> None:
        (self._orders / "speech").write_text(f"{fault}\n{piece.text}\n")

    async def _judge(self, identity: str) -> Cell:
        rest = self._channel.heard_of(identity).copy()
        speakers = []
        for piece in _PIECES:
            for supervisor in (self._second, self._first):
                await supervisor.warm_up()
                if take_out(await rendition(supervisor, piece, identity), rest):
                    speakers.append(supervisor.name)
                    break
            else:
                speakers.append("")
        return Cell(self._ends(identity), speakers, float(np.abs(rest).max()))


async def rendition(supervisor: Supervisor, piece: Piece, identity: str) -> Samples:
    """Return how an engine speaks a piece of this utterance."""
    request = SpeechRequest(id=identity, text=piece.text, voice="heart")
    chunk = await supervisor.speak(request)
    fitted = fit_piece(
        chunk, is_first=piece is _PIECES[0], is_last=piece.is_last, pause_s=piece.pause_s
    )
    assert fitted is not None
    return fitted.samples


def take_out(speech: Samples, recording: Samples) -> bool:
    """Tell whether `speech` is heard in `recording`, and silence it there."""
    if len(recording) < len(speech):
        return False
    size = len(recording) + len(speech)
    spectrum = np.fft.rfft(recording, size) * np.fft.rfft(speech, size).conj()
    products = np.fft.irfft(spectrum, size)[: len(recording) - len(speech) + 1]
    begin = int(products.argmax())
    there = recording[begin : begin + len(speech)]
    norm = float(np.linalg.norm(there) * np.linalg.norm(speech))
    if not norm or products[begin] / norm < _ALIKE:
        return False
    there -= speech
    return True


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Cell]:
    """Play all of them once; return what gives one."""

    async def play() -> dict[tuple[str, str], Cell]:
        second = Supervisor("hibari", dict)
        lanes = [Lane(tmp_path_factory.mktemp(faults[0]), second) for faults in _LANES]
        plays = (lane.play(faults) for lane, faults in zip(lanes, _LANES, strict=True))
        try:
            async with asyncio.timeout(_DEADLINE_S):
                await second.warm_up()
                first_lane, second_lane = await asyncio.gather(*plays)
        finally:
            await second.close()
        return first_lane | second_lane

    with pytest.MonkeyPatch.context() as patch, capture_logs() as logs:
        patch.setenv("PYTHONPATH", str(Path(__file__).parent))
        patch.setenv("OMP_NUM_THREADS", "1")  # for each of the lanes
        results = asyncio.run(play())
    told = "\n".join(map(str, logs))

    def get(fault: str, stage: str) -> Cell:
        assert _TOLD[fault] in told
        return results[fault, stage]

    return get


@pytest.mark.long
@pytest.mark.timeout(_DEADLINE_S + 30)
@pytest.mark.parametrize(("fault", "stage"), _CELLS)
def test_every_word_is_heard_once(
    cells: Callable[[str, str], Cell], fault: str, stage: str
) -> None:
    cell = cells(fault, stage)

    assert [type(end) for end in cell.ends] == [Spoken]
    assert cell.rest < _SILENCE
    if stage == "start":
        assert cell.speakers == ["hibari", "hibari"]
    elif fault == "disk":
        # It stops no speech. Who speaks the second piece depends on which is free first.
        assert cell.speakers[0] == "f5"
        assert cell.speakers[1]
    elif stage == "sampling":
        assert cell.speakers[0] == "hibari"
    else:
        assert cell.speakers == ["f5", "hibari"]
