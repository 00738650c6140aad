"""The watch over OBS, and what it steers in the channels."""

from collections.abc import Iterable
from functools import partial

from bot.backlog import Hold
from bot.channel import Channel
from bot.config.sections.obs import ObsSettings
from bot.obs.watch import Steering, Watch
from bot.runtime.concurrency.tasks import Work
from bot.state import ObsState


class Obs:
    """The connection of a daemon to OBS; all of its channels follow."""

    def __init__(self, settings: ObsSettings, channels: Iterable[Channel]) -> None:
        """Prepare; nothing is connected before `work` runs.

        Raises:
            StartError: it is enabled, and the password cannot be read.
        """
        self._channels = tuple(channels)
        steering = Steering(
            hold=partial(self._hold, Hold.TALKING),
            duck=self._duck,
            hold_scene=partial(self._hold, Hold.SCENE),
            live=self._live,
        )
        self._watch = Watch(settings, steering) if settings.enabled else None
        self.work: dict[str, Work] = {"obs": self._watch.run} if self._watch else {}
        """What runs as long as the daemon, by task name."""

    @property
    def state(self) -> ObsState | None:
        """What the connection is doing now; None where there is none."""
        watch = self._watch
        if watch is None:
            return None
        return ObsState(
            is_connected=watch.loop.is_connected,
            state=watch.loop.state,
            scene=watch.scene,
            is_talking=watch.is_talking,
        )

    def _hold(self, reason: Hold, is_held: bool) -> None:  # noqa: FBT001 - a callback
        for channel in self._channels:
            if is_held:
                channel.backlog.pause(reason)
            else:
                channel.backlog.resume(reason)

    def _duck(self, factor: float) -> None:
        for channel in self._channels:
            channel.player.duck(factor)

    def _live(self, is_live: bool) -> None:  # noqa: FBT001 - a callback of one argument
        for channel in self._channels:
            channel.presence.set_live(is_live=is_live)
