"""Setting OBS up: our browser source, or the capture of our sink."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from bot.obs.client import Client, ObsError

NAME: Final = "ishowtts"
"""Name of our source."""
_BROWSER: Final = "browser_source"
_CAPTURES: Final = ("pulse_output_capture", "pipewire_audio_output_capture")
_SIZE: Final = (1920, 1080)
_MONITORING: Final = "OBS_MONITORING_TYPE_"


class Done(NamedTuple):
    """What was done."""

    scene: str
    is_new: bool
    """Whether the source was made; else it was set anew."""
    notes: list[str]
    """Sentences for people: what to look at."""


class Seen(NamedTuple):
    """What OBS has."""

    version: str
    scene: str
    inputs: list[tuple[str, str]]
    """Name and kind of each."""
    is_streaming: bool


async def look(obs: Client) -> Seen:
    """Return what OBS has.

    Raises:
        ObsError: it does not tell.
        ObsAwayError: it went away.
    """
    version = await obs.request("GetVersion")
    stream = await obs.request("GetStreamStatus")
    return Seen(
        version=str(version.get("obsVersion", "")),
        scene=await _scene(obs),
        inputs=await _inputs(obs),
        is_streaming=stream.get("outputActive") is True,
    )


async def add_browser(obs: Client, url: str, *, is_heard: bool) -> Done:
    """Make the browser source of the overlay at `url` in the current scene, or set it anew.

    `is_heard` lets the streamer hear it too, by the monitor of OBS.

    Raises:
        ObsError: this OBS has no browser source, or refuses.
        ObsAwayError: it went away.
    """
    width, height = _SIZE
    settings = {
        "url": url,
        "width": width,
        "height": height,
        "reroute_audio": True,  # Control audio via OBS
        "restart_when_active": False,
        "shutdown": False,
    }
    if _BROWSER not in await _kinds(obs):
        raise ObsError(
            "This OBS has no browser source.",
            remedy="Install OBS with it (Debian's has none), or take the sound by a sink:"
            " ishowtts obs setup --sink NAME",
        )
    done = await _put(obs, _BROWSER, settings)
    desktop = await _desktop_audio(obs)
    monitoring = "NONE"
    if is_heard:
        # Desktop Audio would record once more what the monitor plays.
        monitoring = "MONITOR_ONLY" if desktop else "MONITOR_AND_OUTPUT"
        if desktop:
            done.notes.append(
                f"{desktop} records what you hear, so our source is set to Monitor Only: else"
                " the speech would be in the stream twice."
            )
    await obs.request(
        "SetInputAudioMonitorType", inputName=NAME, monitorType=_MONITORING + monitoring
    )
    return done


async def add_capture(obs: Client, sink: str) -> Done:
    """Make the capture of the monitor of `sink` in the current scene, or set it anew.

    Raises:
        ObsError: this OBS captures no sinks, or refuses.
        ObsAwayError: it went away.
    """
    kinds = await _kinds(obs)
    kind = next((kind for kind in _CAPTURES if kind in kinds), None)
    if kind is None:
        raise ObsError(
            "This OBS captures no sinks of PulseAudio or PipeWire.",
            remedy="Use the browser source: ishowtts obs setup",
        )
    done = await _put(obs, kind, {"device_id": f"{sink}.monitor"})
    desktop = await _desktop_audio(obs)
    if desktop:
        done.notes.append(
            f"Leave the monitoring of our source off while {desktop} is on: else the speech is in"
            " the stream twice."
        )
    return done


async def _put(obs: Client, kind: str, settings: Mapping[str, Any]) -> Done:
    scene = await _scene(obs)
    present = dict(await _inputs(obs)).get(NAME)
    if present is None:
        await obs.request(
            "CreateInput",
            sceneName=scene,
            inputName=NAME,
            inputKind=kind,
            inputSettings=dict(settings),
            sceneItemEnabled=True,
        )
        return Done(scene, is_new=True, notes=[])
    if present != kind:
        raise ObsError(
            f"OBS has a source {NAME} of another kind ({present}).",
            remedy="Rename or remove it in OBS, and run this again.",
        )
    await obs.request("SetInputSettings", inputName=NAME, inputSettings=dict(settings))
    return Done(scene, is_new=False, notes=[])


async def _desktop_audio(obs: Client) -> str:
    """Return the name of a Desktop Audio that is not muted; empty for none."""
    special = await obs.request("GetSpecialInputs")
    for place in ("desktop1", "desktop2"):
        name = special.get(place)
        if isinstance(name, str) and name:
            muted = await obs.request("GetInputMute", inputName=name)
            if muted.get("inputMuted") is False:
                return name
    return ""


async def _scene(obs: Client) -> str:
    found = await obs.request("GetCurrentProgramScene")
    return str(found.get("currentProgramSceneName", ""))


async def _kinds(obs: Client) -> list[str]:
    kinds = (await obs.request("GetInputKindList", unversioned=True)).get("inputKinds")
    return [str(kind) for kind in kinds] if isinstance(kinds, list) else []


async def _inputs(obs: Client) -> list[tuple[str, str]]:
    inputs = (await obs.request("GetInputList")).get("inputs")
    return [
        (str(one.get("inputName")), str(one.get("unversionedInputKind", one.get("inputKind"))))
        for one in (inputs if isinstance(inputs, list) else ())
        if isinstance(one, dict)
    ]
