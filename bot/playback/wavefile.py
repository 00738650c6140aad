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

from bot.config.sections.playback import WavefileSettings
from bot.errors import StartError
from bot.messages import Samples
from bot.playback import BaseOutput, OutputLostError
from bot.playback.clip import Clip
from bot.playback.gain import Gain
from bot.playback.mixer import Mixer
from bot.runtime.concurrency.background import Background
from bot.runtime.concurrency.tasks import running

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
_PATIENCE_S = 10.0
"""How long a disk may take for a block before it counts as lost, in seconds."""
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


class _Sound:
    """The file; everything here may block."""

    def __init__(self, path: Path, rate_hz: int) -> None:
        self._file = FileIO(path, "w", opener=_opener)
        self._rate_hz = rate_hz
        self.frames = 0
        try:
            self.settle()
        except OSError:
            self.close()
            raise

    def append(self, samples: Samples) -> None:
        self._write(np.rint(samples * _FULL_SCALE).astype("<i2").tobytes(), SEEK_END)
        self.frames += len(samples)

    def settle(self) -> None:
        """Let the header tell what was written."""
        self._write(header(self.frames, self._rate_hz), SEEK_SET)

    def _write(self, data: bytes, whence: int) -> None:
        self._file.seek(0, whence)
        rest = memoryview(data)
        while rest:
            rest = rest[self._file.write(rest) :]  # a full disk takes a part, then refuses

    def close(self) -> None:
        with suppress(OSError):  # what could be written was written
            self._file.close()


class WavefileOutput(BaseOutput):
    """Output into a file, with a short gap between utterances; the header is right after each one.

    At pace fast much speech comes at once, so it is converted, mixed and written in a thread.
    """

    def __init__(self, settings: WavefileSettings, *, fade_s: float) -> None:
        super().__init__(str(settings.path))
        self._path = settings.path
        self._rate_hz = settings.sample_rate_hz
        self._is_realtime = settings.pace == "realtime"
        self._fade_s = fade_s
        self._sound: _Sound | None = None
        self._background: Background | None = None
        self._trouble = "opening"

    @property
    def state(self) -> str:
        """One clause for `status`."""
        if self._sound is None:
            return self._trouble
        return f"{self._sound.frames / self._rate_hz:.1f} s written"

    async def run(self) -> None:
        """Hold the file until cancelled.

        Raises:
            StartError: it cannot be written.
        """
        self._background = Background(f"write {self._path.name}")
        try:
            async with asyncio.timeout(_PATIENCE_S):
                self._sound = await self._background.run(partial(_Sound, self._path, self._rate_hz))
            self._is_open.set()
            self._is_settled.set()
            await asyncio.get_running_loop().create_future()
        except OSError as error:
            raise StartError(
                f"The sound file {self.name} cannot be written: {_reason(error)}.",
                remedy="Choose another path for this output, or make room for it.",
            ) from error
        finally:
            self._close("closed")
            self._background.close()

    async def play(
        self, clip: Clip, *, gain: Gain, on_start: Callable[[], None], start_s: float = 0.0
    ) -> None:
        """Write `clip` as `Output.play` says; clips of several channels take turns."""
        async with self._turn:
            sound = self._sound
            mixer = Mixer(self._rate_hz, fade_s=self._fade_s, report=lambda _: None)
            mixer.begin(0)
            try:
                if sound is not None and sound.frames:
                    gap = np.zeros(round(_GAP_S * self._rate_hz), np.float32)
                    await self._do(partial(sound.append, gap))
                grown = asyncio.Event()
                with gain.watched(mixer.set_gain):
                    feed = partial(self._feed, mixer, clip, start_s, grown)
                    async with running({"feed": feed}):
                        await self._render(mixer, grown, on_start)
            except asyncio.CancelledError:
                mixer.cut()
                self._post_end(mixer)
                raise
            if sound is not None:
                await self._do(sound.settle)
            if self._sound is None:
                raise OutputLostError(f"{self.name} is lost.", heard_s=start_s)

    async def _feed(self, mixer: Mixer, clip: Clip, start_s: float, grown: asyncio.Event) -> None:
        async for piece in clip.read(start_s):
            await self._do(partial(mixer.append, piece.samples, piece.sample_rate_hz))
            grown.set()
        await self._do(mixer.finish)
        grown.set()

    async def _render(
        self, mixer: Mixer, grown: asyncio.Event, on_start: Callable[[], None]
    ) -> None:
        """Write the mixer's signal until it ends or the file is lost."""
        block = round(_BLOCK_S * self._rate_hz)
        clock = asyncio.get_running_loop().time
        started_at: float | None = None
        written = 0
        while (sound := self._sound) is not None and not mixer.is_silent:
            if not mixer.ready_frames and (started_at is None or not self._is_realtime):
                grown.clear()
                await grown.wait()
                continue
            is_first = started_at is None
            started_at = clock() if started_at is None else started_at
            # A device that ran dry plays silence, so real time goes on without the engine.
            frames = block if self._is_realtime else mixer.ready_frames
            await self._do(partial(_pull_into, sound, mixer, frames))
            if is_first and self._sound is not None:
                on_start()
            written += frames
            ahead_s = started_at + written / self._rate_hz - clock() if self._is_realtime else 0
            await asyncio.sleep(max(ahead_s, 0))

    async def _do(self, work: Callable[[], None]) -> None:
        """Do `work` in the thread, unless the file is lost; it is where that fails or hangs."""
        if self._sound is None or self._background is None:
            return
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._background.run(work)
        except OSError as error:
            self._lose(error)

    def _post_end(self, mixer: Mixer) -> None:
        """Let the thread write what a cut leaves; a cut waits for no disk."""
        sound, loop = self._sound, asyncio.get_running_loop()
        if sound is None or self._background is None:
            return

        def end() -> None:
            try:
                _pull_into(sound, mixer, mixer.ready_frames)
                sound.settle()
            except OSError as error:
                with suppress(RuntimeError):  # the event loop is closed already
                    loop.call_soon_threadsafe(self._lose, error)

        self._background.post(end)

    def _lose(self, error: OSError) -> None:
        """Go on without the file, and log that once."""
        if self._sound is None:
            return
        reason = _reason(error)
        log.warning("sound file lost", path=self.name, reason=reason, remedy=_REMEDY)
        self._close(f"stopped: {reason}. {_REMEDY}")

    def _close(self, trouble: str) -> None:
        if self._sound is not None and self._background is not None:
            self._background.post(self._sound.close)
        self._sound = None
        self._trouble = trouble
        self._is_open.clear()
        self._is_settled.set()


def _reason(error: OSError) -> str:
    return error.strerror or str(error) or f"it took over {_PATIENCE_S:.0f} s"


def _opener(path: str, flags: int) -> int:
    """Open a file; a pipe is refused, for it has no place for a header, and may be waited for."""
    if Path(path).is_fifo():
        raise OSError(errno.EINVAL, "it is a pipe")
    return os.open(path, flags, 0o600)


def _pull_into(sound: _Sound, mixer: Mixer, frames: int) -> None:
    samples = np.empty(frames, np.float32)
    mixer.read_into(samples)
    sound.append(samples)
