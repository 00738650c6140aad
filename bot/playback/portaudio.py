"""Sound devices that PortAudio knows, and the choice of one by its name."""

import difflib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType

from bot.errors import StartError

MAX_CHANNELS = 2
"""Speech is the same on the first two channels of a device."""
DEFAULT = "default"
"""The device that the system would choose."""


@dataclass(frozen=True, slots=True)
class Device:
    """An output of this machine."""

    index: int
    """PortAudio's number; means nothing after PortAudio was initialised again."""
    name: str
    host_api: str
    """The system's interface for sound: ALSA, WASAPI, Core Audio..."""
    channels: int
    sample_rate_hz: int
    """The rate that the device itself prefers."""
    latency_s: float
    """The least buffering that the device itself suggests."""
    is_default: bool
    is_default_host_api: bool

    @property
    def stream_channels(self) -> int:
        """Number of channels that speech is played on."""
        return min(self.channels, MAX_CHANNELS)


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
            else "Install it with: pip install --force-reinstall sounddevice",
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
    """Return the outputs of this machine.

    Raises:
        StartError: PortAudio is missing, or cannot tell.
    """
    sd = load()
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


def choose(wanted: str, known: Sequence[Device]) -> Device:
    """Return the device that `wanted` names.

    It is `default`, a whole name, a name with its host API ("Speakers, Windows WASAPI"), or a
    part of a single name in any case. Where several host APIs offer the same device, the system's
    default one wins.

    Raises:
        StartError: there is no such device, or more than one; the remedy lists what there is.
    """
    if not known:
        raise StartError(
            "This machine has no sound device.",
            remedy="Plug one in or start the sound server; nothing needs to be restarted.",
        )
    if wanted == DEFAULT:
        found = [device for device in known if device.is_default] or list(known[:1])
    else:
        found = (
            [d for d in known if wanted in (d.name, f"{d.name}, {d.host_api}")]
            or [d for d in known if wanted.casefold() == d.name.casefold()]
            or [d for d in known if wanted.casefold() in d.name.casefold()]
        )
    preferred = [device for device in found if device.is_default_host_api] or found
    names = {device.name for device in preferred}
    if len(names) == 1:
        return preferred[0]
    if names:
        raise StartError(
            f"{wanted!r} fits more than one sound device: {_listed(names)}.",
            remedy="Write more of the name.",
        )
    everything = {device.name for device in known}
    near = difflib.get_close_matches(wanted, everything, n=1)
    raise StartError(
        f"There is no sound device {wanted!r}.",
        remedy=(f"Did you mean {near[0]!r}? " if near else "")
        + f"There are: {_listed(everything)}.",
    )


def check(wanted: str) -> Device:
    """Return the device that `wanted` names, after making sure that it could be opened now.

    Raises:
        StartError: it could not; the remedy lists the devices that there are.
    """
    sd = load()
    device = choose(wanted, devices())
    try:
        sd.check_output_settings(
            device=device.index,
            channels=device.stream_channels,
            dtype="float32",
            samplerate=device.sample_rate_hz,
        )
    except sd.PortAudioError as error:
        raise unusable(device.name, error) from error
    return device


def unusable(device: str, error: Exception) -> StartError:
    """Return the error for a device that exists but refuses to be opened."""
    return StartError(
        f"Sound device {device!r} cannot be opened: {_reason(error)}.",
        remedy="Close the program that holds it, or choose another from `ishowtts devices`.",
    )


def _unanswered(reason: str) -> StartError:
    """Return the error for a sound system that does not answer."""
    return StartError(
        f"The sound system does not tell its devices: {reason}.",
        remedy="Restart the sound server, or the machine.",
    )


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


def _listed(names: set[str]) -> str:
    return ", ".join(repr(name) for name in sorted(names))
