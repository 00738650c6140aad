"""Sound devices that PortAudio knows, and streams on them."""

import errno
import sys
from collections.abc import Iterator
from threading import Event
from types import ModuleType
from typing import Protocol

import numpy as np

from bot.errors import StartError, shown
from bot.messages import Samples
from bot.playback.device_entry import Callbacks, Device
from bot.runtime.installed import installer


def load() -> ModuleType:
    """Return the module `sounddevice`, with PortAudio initialised.

    Raises:
        StartError: the PortAudio library is not installed, or does not start.
    """
    try:
        import sounddevice  # noqa: PLC0415 - only those who use a device need the library
    except OSError as error:
        raise StartError(
            f"The PortAudio library, which plays sound, cannot be loaded ({error}).",
            remedy="Install it with: sudo apt install libportaudio2"
            if sys.platform.startswith("linux")
            else f"Install it with: {installer()} --force-reinstall sounddevice",
        ) from error
    except Exception as error:
        # The class of its errors cannot be named: it is gone with the module.
        raise _unanswered(_reason(error)) from error
    module: ModuleType = sounddevice
    return module


def refresh() -> ModuleType:
    """Return the module `sounddevice`, after PortAudio looked for devices again.

    It ends every stream of this process.

    Raises:
        StartError: PortAudio is missing or does not start.
    """
    sd = load()
    try:
        if sd._initialized:  # noqa: SLF001 - not after a try that failed
            sd._terminate()  # noqa: SLF001 - its documentation names no other way
        sd._initialize()  # noqa: SLF001
    except sd.PortAudioError as error:
        raise _unanswered(_reason(error)) from error
    return sd


def devices() -> list[Device]:
    """Return the outputs of this machine, after a new look; it ends every stream of the process.

    Raises:
        StartError: PortAudio is missing, or cannot tell.
    """
    sd = refresh()
    try:
        return list(_outputs(sd))
    except sd.PortAudioError as error:
        raise _unanswered(_reason(error)) from error
    except UnicodeDecodeError as error:
        raise _unanswered("the name of one is not UTF-8") from error


def _outputs(sd: ModuleType) -> Iterator[Device]:
    apis = sd.query_hostapis()
    try:
        default = sd.query_devices(kind="output")["index"]
    except (sd.PortAudioError, ValueError):  # the machine has no output
        default = -1
    default_api = sd.query_devices(default)["hostapi"] if default >= 0 else -1
    for info in sd.query_devices():
        if info["max_output_channels"] > 0:
            yield Device(
                index=info["index"],
                name=info["name"],
                host_api=apis[info["hostapi"]]["name"],
                channels=info["max_output_channels"],
                sample_rate_hz=round(info["default_samplerate"]),
                latency_s=info["default_low_output_latency"],
                is_default=info["index"] == default,
                is_default_host_api=info["hostapi"] == default_api,
            )


def check(device: Device) -> None:
    """Make sure that `device` could be opened now.

    Raises:
        StartError: it could not.
    """
    sd = load()
    try:
        sd.check_output_settings(
            device=device.index,
            channels=device.stream_channels,
            dtype="float32",
            samplerate=device.sample_rate_hz,
        )
    except sd.PortAudioError as error:
        raise unusable(device.name, error) from error


_UNAVAILABLE, _NO_COMBINATION = -9985, -9993
"""PortAudio's codes; with ALSA it tells the second one of everything but a busy device."""
_BUSY = {-errno.EBUSY, -0x7776FFF6}
"""Codes of ALSA and WASAPI (AUDCLNT_E_DEVICE_IN_USE)."""
_GONE = {-errno.EIO, -errno.ENODEV, -errno.ENOENT, -errno.ECONNREFUSED, -0x7776FFFC}
"""The same; AUDCLNT_E_DEVICE_INVALIDATED."""


class _Status(Protocol):
    """Part of PortAudio's status flags, which `sounddevice` does not type."""

    output_underflow: bool


class PortAudioStream:
    """Plays what `fill` gives, which is called in PortAudio's thread."""

    widens_at_once = False
    """Whether `widen` leaves no gap."""

    def __init__(
        self,
        device: Device,
        callbacks: Callbacks,
        *,
        latency_s: float,
    ) -> None:
        """Open a stream on `device`, one of `devices`; arguments as in `PulseStream`.

        Raises:
            StartError: it refuses.
        """
        self.device = device.name
        self._device = device
        self._callbacks = callbacks
        self._mono = np.empty(0, np.float32)
        self._open(latency_s)

    def _open(self, latency_s: float) -> None:
        device, sd = self._device, load()
        self._ended = Event()
        try:
            self._stream = sd.OutputStream(
                device=device.index,
                samplerate=device.sample_rate_hz,
                channels=device.stream_channels,
                dtype="float32",
                latency=max(latency_s, device.latency_s),
                callback=self._call,
                finished_callback=self._ended.set,
            )
            self._stream.start()
        except sd.PortAudioError as error:
            raise unusable(device.name, error) from error
        self.latency_s: float = self._stream.latency
        """Time from `fill` to the ear, as far as the system knows."""

    def widen(self, latency_s: float) -> None:
        """Buffer `latency_s` seconds from now on; a moment of silence comes between.

        Raises:
            StartError: the device cannot be opened again.
        """
        self._stream.close()
        self._open(latency_s)

    @property
    def spare_s(self) -> float:
        """How late a block may come before the device has nothing to play."""
        return self.latency_s

    def wait(self, seconds: float) -> None:
        """Play for `seconds`.

        Raises:
            StartError: the stream has ended.
        """
        if self._ended.wait(seconds):
            raise StartError(
                f"Sound device {shown(self.device)} disappeared.",
                remedy="Plug it in again, or start the sound server.",
            )

    def _call(self, out: Samples, frames: int, _time: object, status: _Status) -> None:
        """Give PortAudio its next block, `out [frames, channels]`."""
        if status.output_underflow:
            self._callbacks.underflow()
        if len(self._mono) < frames:
            self._mono = np.empty(frames, np.float32)
        mono = self._mono[:frames]
        self._callbacks.fill(mono)
        out[:] = mono[:, None]


def unusable(device: str, error: Exception) -> StartError:
    """Return the error for a device that exists but refuses to be opened."""
    code, host_code = _codes(error)
    if code == _UNAVAILABLE or host_code in _BUSY:
        reason, remedy = "another program holds it", "Close that program"
    elif code == _NO_COMBINATION or host_code in _GONE:
        # What PortAudio says of these is about something else.
        reason = "it is gone, or the sound server that it leads to"
        remedy = "Plug it in again, or start the sound server"
    else:
        reason, remedy = _reason(error), "Try whether another program can play on it"
    return StartError(
        f"Sound device {shown(device)} cannot be opened: {reason}.",
        remedy=f"{remedy}, or choose another from `ishowtts devices`.",
    )


def _unanswered(reason: str) -> StartError:
    """Return the error for a sound system that does not answer."""
    return StartError(
        f"The sound system does not tell its devices: {reason}.",
        remedy="Restart the sound server, or the machine.",
    )


def _codes(error: Exception) -> tuple[int, int]:
    """Return PortAudio's code and that of the system below it, 0 where there is none."""
    match error.args:
        case (_, int(code), (_, int(host_code), _)):
            return code, host_code
        case (_, int(code), *_):
            return code, 0
    return 0, 0


def _reason(error: Exception) -> str:
    """Return what PortAudio says, without its error codes."""
    match error.args:
        case (str(text), _, (_, _, str(host_text))) if host_text:
            return f"{_last_part(text)}, {host_text}"
        case (str(text), *_):
            return _last_part(text)
    return str(error)


def _last_part(text: str) -> str:
    return text.rpartition(": ")[2].partition(" [")[0]
