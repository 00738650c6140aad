"""Process that owns one PortAudio stream; `bot.playback.device` starts it.

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
from collections.abc import Callable, Iterable
from contextlib import suppress
from threading import Event, Thread, Timer
from typing import BinaryIO, Protocol

import numpy as np

from bot.errors import StartError
from bot.messages import Samples
from bot.playback import portaudio, protocol
from bot.playback.mixer import Mixer
from bot.runtime import child, frames
from bot.runtime.backoff import Backoff

LATENCY_S = 0.04
"""Buffer between the callback and the device: it delays the first word, and silence after a skip.
0.03 s underflowed now and then on a busy two-core machine; tests/bench/playback.py measures it.
"""
_STALLED_S = 2.0
"""Time without a callback after which the stream counts as lost."""
_WATCH_S = 0.25
_SHORTEST_S, _LONGEST_S = 0.25, 5.0
"""Waits before the device is opened again."""
_SWITCH_S = 0.001
"""Longest time that another thread keeps the interpreter from the audio callback."""
_NICE = -11
"""Priority, as PulseAudio takes by default."""
_GRACE_S = 1.0
"""Time for the last fade, after which the process ends whatever the sound server does."""


class _Status(Protocol):
    """Part of PortAudio's status flags, which `sounddevice` does not type."""

    output_underflow: bool


class DeviceProcess:
    """One stream: opened as soon as the device can be, then played on until it is lost."""

    def __init__(self, opening: protocol.Open, emit: Callable[[protocol.Event], None]) -> None:
        self._device = opening.device
        self._fade_s = opening.fade_s
        self._emit = emit
        self._mixer: Mixer | None = None
        self._stream: object = None
        """PortAudio's stream, which plays as long as it is referred to."""
        self._mono = np.empty(0, np.float32)
        self._called_at = 0.0
        self._is_closing = False
        self._silent_frames = 0
        self._buffered_frames = 0
        """Frames that may lie between the callback and the ear."""
        self._ended = Event()
        """Set when the stream has ended, or will not be opened any more."""

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
                self._stream = self._open()
                break
            except StartError as error:
                self._emit(protocol.Unavailable(error.message, error.remedy, retry_s))
            if self._ended.wait(retry_s):
                return
        told_at = 0.0
        while not self._ended.wait(_WATCH_S):
            if self._called_at > told_at:
                told_at = self._called_at
                self._emit(protocol.Heartbeat())
            elif time.monotonic() - self._called_at > _STALLED_S:
                self._lose("takes no sound", "Restart the sound server.")
                return
        if not self._is_closing:
            self._lose("disappeared", "Plug it in again, or start the sound server.")

    def _lose(self, verb: str, remedy: str) -> None:
        self._emit(protocol.Unavailable(f"Sound device {self._device!r} {verb}.", remedy))

    def _open(self) -> object:
        sd = portaudio.refresh()
        device = portaudio.choose(self._device, portaudio.devices())
        self._mixer = Mixer(device.sample_rate_hz, fade_s=self._fade_s, report=self._emit)
        try:
            stream = sd.OutputStream(
                device=device.index,
                samplerate=device.sample_rate_hz,
                channels=device.stream_channels,
                dtype="float32",
                latency=max(LATENCY_S, device.latency_s),
                callback=self._fill,
                finished_callback=self._ended.set,
            )
            self._buffered_frames = round(2 * stream.latency * stream.samplerate)
            self._called_at = time.monotonic()
            stream.start()
        except sd.PortAudioError as error:
            self._mixer = None
            raise portaudio.unusable(device.name, error) from error
        self._emit(protocol.Opened(device.name, device.sample_rate_hz, stream.latency))
        return stream

    def _fill(self, out: Samples, frames: int, _time: object, status: _Status) -> None:
        """Give PortAudio its next block, `out [frames, channels]`; runs in PortAudio's thread."""
        assert self._mixer is not None
        self._called_at = time.monotonic()
        if status.output_underflow:
            self._emit(protocol.Underflow())
        if len(self._mono) < frames:
            self._mono = np.empty(frames, np.float32)
        mono = self._mono[:frames]
        self._mixer.read_into(mono)
        out[:] = mono[:, None]
        if self._is_closing and self._mixer.is_silent:
            self._silent_frames += frames
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
    os._exit(0)  # PortAudio's own clean-up waits for ever where a sound server hangs


if __name__ == "__main__":
    main()
