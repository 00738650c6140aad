"""Watch over OBS: the streamer's microphone, the scene, and whether the stream runs."""

from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn

import structlog

from bot.config.sections.obs import ObsSettings
from bot.errors import IshowttsError, TransientError
from bot.obs.client import Client, ObsError, Subscription, connected, password_of
from bot.obs.gate import Gate
from bot.runtime.clock import awake
from bot.runtime.concurrency.reconnect import ReconnectLoop

log = structlog.get_logger(__name__)

_STARTED, _STOPPED = "OBS_WEBSOCKET_OUTPUT_STARTED", "OBS_WEBSOCKET_OUTPUT_STOPPED"


class Steering(NamedTuple):
    """What the watch does to the voice."""

    hold: Callable[[bool], None]
    """Holds what waits while the streamer talks, or lets it go."""
    duck: Callable[[float], None]
    """Makes the voice so loud, as a factor beside its volume."""
    hold_scene: Callable[[bool], None]
    """Holds what waits during a scene, or lets it go."""
    live: Callable[[bool], None]
    """Is told when the stream begins or ends."""


class Watch:
    """Connection to OBS that is made again whenever it is lost; nothing is held meanwhile."""

    def __init__(self, settings: ObsSettings, steering: Steering) -> None:
        """Prepare; `run` connects.

        Raises:
            StartError: the password cannot be read.
        """
        self._settings = settings
        self._steering = steering
        self._password = password_of(settings)
        self._gate = Gate(settings.gate, self._talks, awake)
        self._told = ""
        self._was_live = False
        self.scene = ""
        """The program scene; empty while nothing is known."""
        self.loop = ReconnectLoop(self._lost)

    @property
    def is_talking(self) -> bool:
        """Whether the voice is held or softer because the streamer talks."""
        return self._gate.is_talking

    async def run(self) -> NoReturn:
        """Watch until cancelled."""
        await self.loop.run(self._watch)

    async def _watch(self) -> None:
        wanted = Subscription.SCENES | Subscription.OUTPUTS
        if self._settings.gate.input:
            wanted |= Subscription.VOLUME_METERS
        try:
            async with connected(self._settings, self._password, wanted) as obs:
                self.loop.connected()
                self._told = ""
                log.info("OBS connected", host=self._settings.host, port=self._settings.port)
                await self._look(obs)
                async for event in obs.events():
                    self._take(event.kind, event.data)
        except ObsError as error:
            raise TransientError(_one_line(error)) from error
        finally:
            self._gate.release()
            self._enter("")

    async def _look(self, obs: Client) -> None:
        found = await obs.request("GetCurrentProgramScene")
        self._enter(str(found.get("currentProgramSceneName", "")))
        is_live = (await obs.request("GetStreamStatus")).get("outputActive")
        # It may have begun or ended while nobody was connected.
        if is_live is True or (is_live is False and self._was_live):
            self._tell_live(is_live=is_live)
        name = self._settings.gate.input
        if name:
            inputs = (await obs.request("GetInputList")).get("inputs")
            names = [i.get("inputName") for i in inputs or () if isinstance(i, dict)]
            if name not in names:
                log.warning(
                    "no such input in OBS: the gate does nothing",
                    input=name,
                    remedy=f"Set obs.gate.input to one of {', '.join(map(str, names))}.",
                )

    def _take(self, kind: str, data: Any) -> None:  # noqa: ANN401 - JSON
        if kind == "InputVolumeMeters":
            self._gate.meter(data)
        elif kind == "CurrentProgramSceneChanged":
            self._enter(str(data.get("sceneName", "")))
        elif kind == "StreamStateChanged" and data.get("outputState") in (_STARTED, _STOPPED):
            is_live = data["outputState"] == _STARTED
            log.info("OBS streams" if is_live else "OBS streams no more")
            self._tell_live(is_live=is_live)

    def _tell_live(self, *, is_live: bool) -> None:
        self._was_live = is_live
        self._steering.live(is_live)

    def _enter(self, scene: str) -> None:
        before, self.scene = self.scene in self._settings.hold_scenes, scene
        now = scene in self._settings.hold_scenes
        if now != before:
            log.info("scene holds the voice" if now else "scene lets the voice go", scene=scene)
            self._steering.hold_scene(now)

    def _talks(self, is_talking: bool) -> None:  # noqa: FBT001 - a callback of one argument
        if self._settings.gate.mode == "hold":
            self._steering.hold(is_talking)
        else:
            self._steering.duck(10 ** (self._settings.gate.duck_db / 20) if is_talking else 1.0)

    def _lost(self, reason: str, retry_s: float) -> None:
        # OBS is often not running: that is told once, and again when the reason differs.
        if reason != self._told:
            self._told = reason
            log.info("OBS is away; trying again", reason=reason, retry_s=retry_s)


def _one_line(error: IshowttsError) -> str:
    return " ".join(str(error).split())
