"""Sound devices of this machine, and the choice of one by its name.

Where a sound server runs, its sinks come first: they have names and descriptions, and a stream of
ours stays on the one it is for. What else PortAudio knows follows.
"""

import difflib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from bot.errors import StartError, named, shown
from bot.playback import portaudio
from bot.playback.device_entry import DEFAULT, Device
from bot.playback.pulse.server import Server, ServerAwayError, Sink


def find(wanted: str, *, needs_server: bool = False) -> Device:
    """Return the device that `wanted` names, see `choose`.

    With a sound server the default is the server's: taking the card of a server away would silence
    every other program. `needs_server` says that the device was one of its sinks, so that this is
    waited for, and not taken by another way.

    Raises:
        StartError: there is no such device now, or more than one.
    """
    try:
        sinks = _sinks()
    except ServerAwayError:
        if needs_server:
            raise
        return choose(wanted, portaudio.devices())
    if wanted == DEFAULT or needs_server:
        return choose(wanted, sinks)
    with suppress(StopIteration):
        return next(sink for sink in sinks if sink.name == wanted)
    return choose(wanted, [*sinks, *_beside(sinks)])


def known() -> list[Device]:
    """Return the outputs of this machine.

    Raises:
        StartError: it cannot be told, and there is no sound server.
    """
    try:
        sinks = _sinks()
    except ServerAwayError:
        return portaudio.devices()
    return [*sinks, *_beside(sinks)]


def check(wanted: str) -> Device:
    """Return the device that `wanted` names, after making sure that it could be opened now.

    Raises:
        StartError: it could not; the remedy lists the devices that there are.
    """
    device = find(wanted)
    if not device.is_sink:
        portaudio.check(device)
    return device


def _sinks() -> list[Device]:
    with Server() as server:
        return [_device(sink, server.system) for sink in server.sinks()]


def _device(sink: Sink, system: str) -> Device:
    return Device(
        index=sink.index,
        name=sink.name,
        host_api=system,
        channels=sink.channels,
        sample_rate_hz=sink.sample_rate_hz,
        latency_s=0.0,
        is_default=sink.is_default,
        is_default_host_api=True,
        description=sink.description,
        is_sink=True,
    )


def _beside(sinks: Sequence[Device]) -> list[Device]:
    """Return what PortAudio knows besides the ways to `sinks`; nothing where it is missing."""
    ways = {DEFAULT, "pulse", "pipewire", *(sink.name for sink in sinks)}
    with suppress(StartError):
        return [
            replace(device, is_default=False, is_default_host_api=False)
            for device in portaudio.devices()
            if device.name not in ways
        ]
    return []


def choose(wanted: str, known: Sequence[Device]) -> Device:
    """Return the device that `wanted` names.

    It is `default`, a whole name or description, a name with its host API ("Speakers, Windows
    WASAPI"), or a part of a single name or description in any case. Where several host APIs offer
    the same device, the system's default one wins.

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
        folded = wanted.casefold()
        found = (
            [d for d in known if wanted in (d.name, f"{d.name}, {d.host_api}")]
            or [d for d in known if wanted and wanted == d.description]
            or [d for d in known if folded in {d.name.casefold(), d.description.casefold() or None}]
            or [d for d in known if folded in f"{d.name}\n{d.description}".casefold()]
        )
    preferred = [device for device in found if device.is_default_host_api] or found
    names = {device.name for device in preferred}
    if len(names) == 1:
        return preferred[0]
    if names:
        raise StartError(
            f"{shown(wanted)} fits more than one sound device: {_listed(preferred)}.",
            remedy="Write more of it, or the name that `ishowtts devices` shows.",
        )
    everything = {name for d in known for name in (d.name, d.description) if name}
    near = difflib.get_close_matches(wanted, everything, n=1)
    raise StartError(
        f"There is no sound device {shown(wanted)}.",
        remedy=(f"Did you mean {named(near[0])}? " if near else "")
        + f"There are: {_listed(known)}.",
    )


def _listed(devices: Sequence[Device]) -> str:
    names = {
        named(d.name) + (f" ({d.description})" if d.description not in {"", d.name} else "")
        for d in devices
    }
    return ", ".join(sorted(names))
