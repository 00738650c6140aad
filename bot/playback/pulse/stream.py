"""A stream on one sink of the sound server, which ends rather than go to another sink."""

import ctypes
import time
from contextlib import suppress

import numpy as np

from bot.errors import StartError, shown
from bot.playback.device_entry import Callbacks
from bot.playback.pulse import library
from bot.playback.pulse.library import Callback
from bot.playback.pulse.server import DUMMY, Server

_CHANNELS = 2
_FRAME_BYTES = 4 * _CHANNELS
_OPEN_S = 5.0
_TIMING_S = 0.25
"""Longest wait for the first measurement of the latency."""
_SUSPENDED_S = 0.5
"""Time after which a suspended sink counts as away: one that was idle wakes within it."""


class PulseStream:
    """Plays what `fill` gives. Every callback runs inside a call, in the thread that makes it."""

    widens_at_once = True
    """Whether `widen` leaves no gap."""

    def __init__(
        self,
        sink: str | None,
        sample_rate_hz: int,
        callbacks: Callbacks,
        *,
        latency_s: float,
    ) -> None:
        """Open a stream on `sink`; None follows the server's default sink.

        Args:
            sink: Name of the sink.
            sample_rate_hz: Rate of what `fill` gives.
            callbacks: What it calls.
            latency_s: Wanted time from `fill` to the ear.

        Raises:
            StartError: the server is away, or refuses.
        """
        self._sink = sink
        self._rate_hz = sample_rate_hz
        self._callbacks = callbacks
        self._suspended_at: float | None = None
        self._is_removed = False
        self._mono = np.empty(0, np.float32)
        self._stereo = np.empty((0, _CHANNELS), np.float32)
        self._server = Server()
        try:
            self._open(sample_rate_hz, latency_s)
        except BaseException:
            self._server.close()  # a server takes so many clients, and this is tried again
            raise

    def _open(self, sample_rate_hz: int, latency_s: float) -> None:
        self._lib = self._server.lib
        spec = library.SampleSpec(library.FLOAT32, sample_rate_hz, _CHANNELS)
        context = self._server.context
        self._stream = self._lib.pa_stream_new(context, b"speech", ctypes.byref(spec), None)
        self._functions: list[Callback] = [
            library.REQUEST(self._write),
            library.NOTIFY(lambda _stream, _data: self._callbacks.underflow()),
            library.SUBSCRIBED(self._on_change),
        ]
        self._connect(latency_s)
        self.device = self._where()
        """Name of the sink that it plays on."""
        self.latency_s = self._measure(latency_s)
        """Time from `fill` to the ear, as far as the server knows."""

    def _connect(self, latency_s: float) -> None:
        lib, server = self._lib, self._server
        write, underflow, changed = self._functions
        lib.pa_stream_set_write_callback(self._stream, write, None)
        lib.pa_stream_set_underflow_callback(self._stream, underflow, None)
        lib.pa_context_set_subscribe_callback(server.context, changed, None)
        server.call("pa_context_subscribe", library.SUBSCRIBE_SINKS, library.ON_SUCCESS())
        attributes = self._attributes(latency_s)
        flags = library.INTERPOLATE_TIMING | library.AUTO_TIMING_UPDATE | library.ADJUST_LATENCY
        if self._sink is not None:
            flags |= library.DONT_MOVE
        name = None if self._sink is None else self._sink.encode()
        if (
            lib.pa_stream_connect_playback(
                self._stream, name, ctypes.byref(attributes), flags, None, None
            )
            < 0
        ):
            raise self._refused()
        ends = (library.STREAM_FAILED, library.STREAM_TERMINATED)
        server.wait(lambda: self._state in {library.STREAM_READY, *ends}, _OPEN_S)
        if self._state in ends:
            raise self._refused()

    def _attributes(self, latency_s: float) -> library.BufferAttr:
        length = round(latency_s * self._rate_hz) * _FRAME_BYTES
        unset = library.INVALID_INDEX
        return library.BufferAttr(unset, length, 0, unset, unset)

    def widen(self, latency_s: float) -> None:
        """Buffer `latency_s` seconds from now on; what is played has no gap.

        Raises:
            StartError: the stream is lost, or the server refuses.
        """
        answers: list[int] = []
        answered = library.ON_SUCCESS(lambda _stream, is_done, _data: answers.append(is_done))
        self._functions.append(answered)
        attributes = self._attributes(latency_s)
        operation = self._lib.pa_stream_set_buffer_attr(
            self._stream, ctypes.byref(attributes), answered, None
        )
        if not operation:
            raise self._gone()
        self._lib.pa_operation_unref(operation)
        self._server.wait(lambda: bool(answers) or self._state != library.STREAM_READY)
        self._check()
        self.latency_s = self._measure(latency_s)

    @property
    def spare_s(self) -> float:
        """How late a block may come before the server has nothing to play."""
        found = self._lib.pa_stream_get_buffer_attr(self._stream)
        spare = found.contents.tlength - found.contents.minreq if found else 0
        return max(0, spare) / _FRAME_BYTES / self._rate_hz

    def _measure(self, least_s: float) -> float:
        latency_us, is_negative = ctypes.c_uint64(), ctypes.c_int()
        with suppress(StartError):  # a sink that does not run has none to measure
            self._server.wait(
                lambda: (
                    not self._lib.pa_stream_get_latency(
                        self._stream, ctypes.byref(latency_us), ctypes.byref(is_negative)
                    )
                ),
                _TIMING_S,
            )
        measured_s = 0.0 if is_negative.value else latency_us.value / 1e6
        return min(max(least_s, measured_s), 1.0)

    @property
    def _state(self) -> int:
        state: int = self._lib.pa_stream_get_state(self._stream)
        return state

    def _where(self) -> str:
        return library.text(self._lib.pa_stream_get_device_name(self._stream))

    def wait(self, seconds: float) -> None:
        """Play for `seconds`.

        Raises:
            StartError: the stream is lost; it says why.
        """
        until = time.monotonic() + seconds
        while (left_s := until - time.monotonic()) > 0:
            self._server.iterate(left_s)
            self._check()

    def _check(self) -> None:
        if self._is_removed or self._state != library.STREAM_READY:
            raise self._gone()
        where = self._where()
        if self._sink is None:
            self.device = where
            if where == DUMMY:
                raise self._gone()
        elif where not in {self._sink, ""}:
            raise StartError(
                f"The sound server moved the stream from {shown(self._sink)} to {shown(where)}.",
                remedy=f"{shown(self._sink)} is tried again; another one is written as `device:`.",
            )
        if self._lib.pa_stream_is_suspended(self._stream) <= 0:
            self._suspended_at = None
            return
        self._suspended_at = self._suspended_at or time.monotonic()
        if time.monotonic() - self._suspended_at > _SUSPENDED_S:
            raise StartError(
                f"Sound device {shown(self.device)} is suspended.",
                remedy=f"Resume it with: pactl suspend-sink {self.device} 0",
            )

    def _write(self, _stream: object, wanted: int, _data: object) -> None:
        frames = wanted // _FRAME_BYTES
        if len(self._mono) < frames:
            self._mono = np.empty(frames, np.float32)
            self._stereo = np.empty((frames, _CHANNELS), np.float32)
        mono, stereo = self._mono[:frames], self._stereo[:frames]
        self._callbacks.fill(mono)
        stereo[:] = mono[:, None]
        self._lib.pa_stream_write(
            self._stream,
            stereo.ctypes.data,
            stereo.nbytes,
            None,
            0,
            library.SEEK_RELATIVE,
        )

    def _on_change(self, _context: object, event: int, index: int, _data: object) -> None:
        is_sink = event & library.EVENT_FACILITY == library.EVENT_SINK
        is_removed = event & library.EVENT_TYPE == library.EVENT_REMOVED
        if self._sink is not None and is_sink and is_removed:
            self._is_removed |= index == self._lib.pa_stream_get_device_index(self._stream)

    def _gone(self) -> StartError:
        name = self._sink or "default"
        return StartError(
            f"Sound device {shown(name)} disappeared.",
            remedy="Plug it in again, or start the sound server.",
        )

    def _refused(self) -> StartError:
        if self._lib.pa_context_errno(self._server.context) == library.NO_ENTITY:
            return self._gone()
        name = self._sink or "default"
        return StartError(
            f"Sound device {shown(name)} cannot be opened: {self._server.trouble}.",
            remedy="Choose another from `ishowtts devices`, or restart the sound server.",
        )
