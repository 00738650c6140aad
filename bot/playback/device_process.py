"""Process that owns one stream on a sound device; `bot.playback.device` starts it.

It is a process of its own because PortAudio sees a device that was plugged in only after it was
initialised again, which ends every stream of the process; because a call into a sound server that
hangs cannot be interrupted, only killed; and because an audio callback in Python needs an
interpreter whose lock nobody else holds for long.

It reads requests from standard input and writes events to standard output, see
`bot.playback.protocol`. It ends when standard input does, and when its stream is lost: the system
cleans up best.
"""

import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from threading import Event, Thread, Timer
from typing import BinaryIO, NamedTuple, Protocol, TypeVar

import numpy as np

from bot.errors import StartError, shown
from bot.messages import Samples
from bot.playback import devices, protocol
from bot.playback.device_entry import DEFAULT, Callbacks
from bot.playback.frame_clock import FrameClock
from bot.playback.mixer import Mixer
from bot.playback.portaudio import PortAudioStream
from bot.playback.pulse.stream import PulseStream
from bot.runtime.concurrency.backoff import Backoff
from bot.runtime.processes import child, frames

_T = TypeVar("_T")
LATENCY_S = 0.04
"""Buffer between the callback and the device: it delays the first word, and silence after a skip.
0.03 s underflowed now and then on a busy two-core machine; tests/bench/playback.py measures it.
It doubles when the device runs dry, until it is opened anew.
"""
_WIDEST_S = 0.32
_SETTLED_S = 1.0
"""Time after opening, or a change of the buffer, in which running dry does not widen it."""
_BLOCK_S = 0.011
"""Block of sound servers: the clock is as fine as that, and what is less counts if they say so."""
_ASLEEP_S = 1.0
"""A delay of at least so long is a machine that slept, for which no buffer is wide enough."""
_STALLED_S = 2.0
"""Time without a callback after which the stream counts as lost."""
_WATCH_S = 0.25
_CLOSING_S = 0.02
"""The same while the last fade is played."""
_SHORTEST_S, _LONGEST_S = 0.25, 5.0
"""Waits before the device is opened again."""
_SWITCH_S = 0.001
"""Longest time that another thread keeps the interpreter from the audio callback."""
_NICE = -11
"""Priority, as PulseAudio takes by default."""
_GRACE_S = 1.0
"""Time for the last fade, after which the process ends whatever the sound server does."""


class Stream(Protocol):
    """A stream on a sound device, which pulls what it plays."""

    device: str
    """Name of the device that it plays on now."""
    latency_s: float
    """From the callback to the ear, as far as the sound system knows."""
    widens_at_once: bool
    """Whether `widen` leaves no gap."""

    @property
    def spare_s(self) -> float:
        """How late a block may come before the device has nothing to play."""

    def widen(self, latency_s: float) -> None:
        """Buffer `latency_s` seconds from now on.

        Raises:
            StartError: the stream is lost.
        """

    def wait(self, seconds: float) -> None:
        """Play for `seconds`.

        Raises:
            StartError: the stream is lost; it says why.
        """


class _Loss(NamedTuple):
    """Sound that came too late for the device."""

    seconds: float
    is_speech: bool


class DeviceProcess:
    """One stream: opened as soon as the device can be, then played on until it is lost."""

    def __init__(self, opening: protocol.Open, emit: Callable[[protocol.Event], None]) -> None:
        self._device = opening.device
        self._needs_server = opening.needs_server
        self._fade_s = opening.fade_s
        self._emit = emit
        self._mixer: Mixer | None = None
        self._rate_hz = 0
        self._has_server = False
        self._called_at = 0.0
        self._clock = FrameClock(1, float("inf"))
        self._latency_s = LATENCY_S
        """Buffer that was asked for last."""
        self._widened_at = 0.0
        self._is_too_narrow = False
        self._is_silent = True
        self._underflows: deque[None] = deque()
        """One for each that the sound system tells."""
        self._losses: deque[_Loss] = deque()
        """Those that the clock tells."""
        self._is_closing = False
        self._silent_frames = 0
        self._buffered_frames: float = 0
        """Frames that may lie between the callback and the ear."""
        self._ended = Event()
        """Set when the last fade was heard, or the device will not be opened any more."""

    def take(self, requests: Iterable[protocol.Request]) -> None:
        """Do what `requests` ask until they end; then the stream fades and ends too."""
        try:
            for request in requests:
                if self._mixer is not None:
                    _apply(request, self._mixer)
        finally:
            self._is_closing = True
            if self._mixer is None:
                self._ended.set()
            else:
                self._mixer.cut()
            Timer(_GRACE_S, os._exit, (0,)).start()  # the sound server may hang

    def run(self) -> None:
        """Return when the stream has ended, or will not be opened any more."""
        backoff = Backoff(shortest_s=_SHORTEST_S, longest_s=_LONGEST_S)
        while True:
            retry_s = backoff.next_s()
            try:
                stream = self._open()
                break
            except StartError as error:
                self._mixer = None
                self._emit(protocol.Unavailable(error.message, error.remedy, retry_s))
            if self._ended.wait(retry_s):
                return
        try:
            self._watch(stream)
        except StartError as error:
            if not self._is_closing:
                self._emit(protocol.Unavailable(error.message, error.remedy))

    def _watch(self, stream: Stream) -> None:
        told_at, device = 0.0, stream.device
        while not self._ended.is_set():
            stream.wait(_CLOSING_S if self._is_closing else _WATCH_S)
            if stream.device != device:
                device = stream.device
                self._measure(stream)
                self._tell_opened(stream)
            self._tell_losses()
            if self._is_too_narrow and (self._is_silent or stream.widens_at_once):
                self._widen(stream)
            if self._called_at > told_at:
                told_at = self._called_at
                self._emit(protocol.Heartbeat())
            elif time.monotonic() - self._called_at > _STALLED_S:
                raise StartError(
                    f"Sound device {shown(self._device)} takes no sound.",
                    remedy="Restart the sound server.",
                )

    def _tell_losses(self) -> None:
        """Tell how often the device ran dry since the last call, and note a buffer too narrow."""
        told, losses = len(_taken(self._underflows)), _taken(self._losses)
        if not told and sum(loss.seconds for loss in losses) < _BLOCK_S:
            return  # it came just in time
        lost_s = sum(loss.seconds for loss in losses if loss.is_speech)
        self._emit(protocol.Underflow(max(told, 1), lost_s))
        was_asleep = sum(loss.seconds for loss in losses) > _ASLEEP_S
        has_settled = time.monotonic() - self._widened_at > _SETTLED_S
        if has_settled and not was_asleep and self._latency_s < _WIDEST_S:
            self._is_too_narrow = True

    def _widen(self, stream: Stream) -> None:
        self._latency_s = min(2 * self._latency_s, _WIDEST_S)
        stream.widen(self._latency_s)
        self._measure(stream)
        self._emit(protocol.Widened(stream.latency_s))

    def _measure(self, stream: Stream) -> None:
        """Take up how the stream buffers since it was opened, moved or widened."""
        self._clock = FrameClock(self._rate_hz, stream.spare_s)
        self._buffered_frames = 2 * stream.latency_s * self._rate_hz
        self._widened_at = time.monotonic()
        self._is_too_narrow = False

    def _open(self) -> Stream:
        device = devices.find(self._device, needs_server=self._needs_server)
        self._rate_hz = device.sample_rate_hz
        self._mixer = Mixer(self._rate_hz, fade_s=self._fade_s, report=self._emit)
        self._called_at = time.monotonic()
        callbacks = Callbacks(self._fill, lambda: self._underflows.append(None))
        stream: Stream
        if device.is_sink:
            sink = None if self._device == DEFAULT else device.name
            stream = PulseStream(sink, self._rate_hz, callbacks, latency_s=LATENCY_S)
        else:
            stream = PortAudioStream(device, callbacks, latency_s=LATENCY_S)
        self._measure(stream)
        self._has_server = device.is_sink
        self._tell_opened(stream)
        return stream

    def _tell_opened(self, stream: Stream) -> None:
        self._emit(
            protocol.Opened(stream.device, self._rate_hz, stream.latency_s, self._has_server)
        )

    def _fill(self, mono: Samples) -> None:
        """Give the stream its next block; runs in its thread."""
        assert self._mixer is not None
        self._called_at = time.monotonic()
        self._is_silent = self._mixer.is_silent
        if lost_s := self._clock.handed(len(mono), self._called_at):
            self._losses.append(_Loss(lost_s, is_speech=not self._is_silent))
        self._mixer.read_into(mono)
        if self._is_closing and self._mixer.is_silent:
            self._silent_frames += len(mono)
            if self._silent_frames >= self._buffered_frames:
                self._ended.set()


def _apply(request: protocol.Request, mixer: Mixer) -> None:
    match request:
        case protocol.Begin(play):
            mixer.begin(play)
        case protocol.Speech(samples, sample_rate_hz):
            mixer.append(np.frombuffer(samples, np.float32), sample_rate_hz)
        case protocol.End():
            mixer.finish()
        case protocol.Cut():
            mixer.cut()
        case protocol.SetGain(gain):
            mixer.set_gain(gain)


def _taken(queue: deque[_T]) -> list[_T]:
    """Take what is in `queue`, to which another thread may append."""
    return [queue.popleft() for _ in range(len(queue))]


def _raise_priority() -> None:
    """Take a higher priority, as PulseAudio and PipeWire do, where the user may."""
    if sys.platform != "win32":
        with suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, 0, _NICE)


def _quiet_libraries() -> BinaryIO:
    """Return standard output for events alone; what C libraries print is thrown away.

    ALSA and JACK write to standard error whenever a device is missing, thus at every retry.
    Python's own errors still reach the daemon's terminal.
    """
    sys.stderr = os.fdopen(os.dup(2), "w", encoding="utf-8", errors="replace")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    return child.claim_stdout(others=2)


def main() -> None:
    """Play on one device until standard input ends."""
    child.end_with_parent()
    child.ignore_interrupts()
    _raise_priority()
    sys.setswitchinterval(_SWITCH_S)  # the callback gets the interpreter in time
    emit = child.Sender(_quiet_libraries(), protocol.encode)
    requests = map(protocol.decode_request, frames.read(sys.stdin.buffer))
    opening = next(requests, None)
    if isinstance(opening, protocol.Open):
        process = DeviceProcess(opening, emit)
        Thread(target=process.take, args=(requests,), name="requests", daemon=True).start()
        process.run()
    emit.close()
    os._exit(0)  # the libraries' own clean-up waits for ever where a sound server hangs


if __name__ == "__main__":
    main()
