"""WAV file as an output: what would be heard, without a sound device."""

import asyncio
import errno
import os
import struct
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from io import SEEK_END, SEEK_SET, FileIO
from pathlib import Path

import numpy as np
import structlog

from bot.config.playback import WavefileSettings
from bot.errors import StartError
from bot.messages import Samples
from bot.playback import BaseOutput, OutputLostError
from bot.playback.clip import Clip
from bot.playback.gain import Gain
from bot.playback.mixer import Mixer
from bot.runtime.tasks import running

log = structlog.get_logger(__name__)

_BLOCK_S = 0.02
"""Speech that is written at once in real time."""
_GAP_S = 0.3
"""Silence between two utterances."""
_FULL_SCALE = 32767
_BYTES_PER_FRAME = 2
_HEADER_BYTES = 80
_MAX_SIZE = 2**32 - 1
"""Largest count of RIFF, which has 32 bits; it also refers to the count of RF64."""
_REMEDY = "Free the disk and start again; other outputs go on."


def header(frames: int, sample_rate_hz: int) -> bytes:
    """Return the 80 bytes before `frames` of 16-bit mono PCM: WAV, or RF64 past 4 GiB.

    RF64 counts in 64 bits, in a chunk that is left empty as long as nobody needs it, so that a file
    can outgrow WAV while it is written.

    Sources: Multimedia Programming Interface and Data Specifications 1.0 (IBM, Microsoft, 1991);
    EBU Tech 3306, RF64.
    """
    data_bytes = frames * _BYTES_PER_FRAME
    riff_bytes = data_bytes + _HEADER_BYTES - 8
    is_long = riff_bytes > _MAX_SIZE
    counts = (riff_bytes, data_bytes, frames) if is_long else (0, 0, 0)
    return struct.pack(
        "<4sI4s4sIQQQI4sIHHIIHH4sI",
        *(b"RF64" if is_long else b"RIFF", min(riff_bytes, _MAX_SIZE), b"WAVE"),
        *(b"ds64" if is_long else b"JUNK", 28, *counts, 0),
        *(b"fmt ", 16, 1, 1),
        *(sample_rate_hz, sample_rate_hz * _BYTES_PER_FRAME, _BYTES_PER_FRAME, 16),
        *(b"data", _MAX_SIZE if is_long else data_bytes),
    )


class WavefileOutput(BaseOutput):
    """Output into a file, with a short gap between utterances; the header is right after each one.

    A block is a few kilobytes and goes to the system's cache, so it is written in the event loop.
    """

    def __init__(self, settings: WavefileSettings, *, fade_s: float) -> None:
        super().__init__(str(settings.path))
        self._path = settings.path
        self._rate_hz = settings.sample_rate_hz
        self._is_realtime = settings.pace == "realtime"
        self._fade_s = fade_s
        self._file: FileIO | None = None
        self._frames = 0
        self._trouble = "opening"

    @property
    def state(self) -> str:
        """One clause for `status`."""
        if self._file is None:
            return self._trouble
        return f"{self._frames / self._rate_hz:.1f} s written"

    async def run(self) -> None:
        """Hold the file until cancelled.

        Raises:
            StartError: it cannot be written.
        """
        try:
            self._file = FileIO(self._path, "w", opener=_opener)
            self._file.write(header(0, self._rate_hz))
        except OSError as error:
            self._close("cannot be written")
            raise StartError(
                f"The sound file {self.name} cannot be written: {error.strerror or error}.",
                remedy="Choose another path for this output, or make room for it.",
            ) from error
        self._is_open.set()
        self._is_settled.set()
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            self._close("closed")

    async def play(
        self, clip: Clip, *, gain: Gain, on_start: Callable[[], None], start_s: float = 0.0
    ) -> None:
        """Write `clip` as `Output.play` says; clips of several channels take turns."""
        async with self._turn:
            if self._frames:
                self._write(np.zeros(round(_GAP_S * self._rate_hz), np.float32))
            mixer = Mixer(self._rate_hz, fade_s=self._fade_s, report=lambda _: None)
            mixer.begin(0)
            grown = asyncio.Event()
            try:
                with gain.watched(mixer.set_gain):
                    async with running({"feed": partial(_feed, mixer, clip, start_s, grown)}):
                        await self._render(mixer, grown, on_start)
            except asyncio.CancelledError:
                mixer.cut()
                self._write(_pull(mixer, mixer.ready_frames))
                raise
            finally:
                self._write_bytes(header(self._frames, self._rate_hz), SEEK_SET)
            if self._file is None:
                raise OutputLostError(f"{self.name} is lost.", heard_s=start_s)

    async def _render(
        self, mixer: Mixer, grown: asyncio.Event, on_start: Callable[[], None]
    ) -> None:
        """Write the mixer's signal until it ends or the file is lost."""
        block = round(_BLOCK_S * self._rate_hz)
        clock = asyncio.get_running_loop().time
        started_at: float | None = None
        written = 0
        while self._file is not None and not mixer.is_silent:
            if not mixer.ready_frames and (started_at is None or not self._is_realtime):
                grown.clear()
                await grown.wait()
                continue
            if started_at is None:
                started_at = clock()
                on_start()
            # A device that ran dry plays silence, so real time goes on without the engine.
            frames = block if self._is_realtime else mixer.ready_frames
            self._write(_pull(mixer, frames))
            written += frames
            ahead_s = started_at + written / self._rate_hz - clock() if self._is_realtime else 0
            await asyncio.sleep(max(ahead_s, 0))

    def _write(self, samples: Samples) -> None:
        self._write_bytes(np.rint(samples * _FULL_SCALE).astype("<i2").tobytes(), SEEK_END)
        self._frames += len(samples)

    def _write_bytes(self, data: bytes, whence: int) -> None:
        """Write, unless the file is lost; log once when it is, and go on without it."""
        if self._file is None:
            return
        try:
            self._file.seek(0, whence)
            rest = memoryview(data)
            while rest:
                rest = rest[self._file.write(rest) :]  # a full disk takes a part, then refuses
        except OSError as error:
            reason = error.strerror or str(error)
            log.warning("sound file lost", path=self.name, reason=reason, remedy=_REMEDY)
            self._close(f"stopped: {reason}. {_REMEDY}")

    def _close(self, trouble: str) -> None:
        self._trouble = trouble
        self._is_open.clear()
        self._is_settled.set()
        file, self._file = self._file, None
        if file is not None:
            with suppress(OSError):  # what could be written was written
                file.close()


def _opener(path: str, flags: int) -> int:
    """Open a file; a pipe is refused, for it has no place for a header, and may be waited for."""
    if Path(path).is_fifo():
        raise OSError(errno.EINVAL, "it is a pipe")
    return os.open(path, flags, 0o600)


async def _feed(mixer: Mixer, clip: Clip, start_s: float, grown: asyncio.Event) -> None:
    async for piece in clip.read(start_s):
        mixer.append(piece.samples, piece.sample_rate_hz)
        grown.set()
    mixer.finish()
    grown.set()


def _pull(mixer: Mixer, frames: int) -> Samples:
    samples = np.empty(frames, np.float32)
    mixer.read_into(samples)
    return samples
