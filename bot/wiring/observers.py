"""The observers of a daemon: made as configured, and told every outcome."""

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from aiohttp import web

from bot.config import Settings
from bot.hardware import gpu
from bot.observers import LivenessCheck, Observer
from bot.observers.event_file import EventFile
from bot.observers.health import Health
from bot.observers.metrics import Metrics
from bot.observers.notify import Notify
from bot.observers.outcome_log import OutcomeLog
from bot.observers.status import Status
from bot.outcomes import Outcome
from bot.runtime.concurrency.tasks import Work
from bot.state import DaemonState, MqttState
from bot.wiring.liveness import status_line

if TYPE_CHECKING:
    from bot.wiring.mqtt import Mqtt

log = structlog.get_logger(__name__)


class Observers:
    """All that is told each outcome or shows the state."""

    def __init__(
        self,
        settings: Settings,
        state: Callable[[], DaemonState],
        checks: Iterable[LivenessCheck] = (),
        *,
        events: Path | None,
        files: ExitStack,
    ) -> None:
        """Make those that `settings` name.

        Args:
            settings: The configuration.
            state: Returns the state of the daemon.
            checks: They tell whether the daemon is alive.
            events: Where to write the outcomes as JSON Lines.
            files: Closes what is opened here.

        Raises:
            StartError: something that is configured cannot work here.
        """
        checks = tuple(checks)
        status, health = Status(state), Health(state, checks)
        self.systemd = Notify(lambda: status_line(state()), checks)
        self._observers: list[Observer] = [OutcomeLog(), status]
        self.routes: list[web.RouteDef] = [*status.routes, *health.routes]
        """Routes for the daemon's server."""
        self.work: dict[str, Work] = {"event loop lag": health.run}
        """Work that runs as long as the daemon, by task name."""
        if self.systemd.is_wanted:
            self.work["systemd"] = self.systemd.run
        if settings.metrics.enabled:
            metrics = Metrics(state, gpu=gpu.read)
            self._observers.append(metrics)
            self.routes += metrics.routes
            health.tell_lag(metrics.lagged)
        self.mqtt: Mqtt | None = None
        """Everything that uses the MQTT broker; None where none is configured."""
        if settings.mqtt.enabled:
            # Imported by name: nobody else should load a client that he does not need.
            self.mqtt = import_module("bot.wiring.mqtt").Mqtt(settings, state)
            self._observers.append(self.mqtt.observer)
            self.work |= self.mqtt.work
        self._event_file = files.enter_context(EventFile(events)) if events else None
        if self._event_file is not None:
            self._observers.append(self._event_file)

    @property
    def mqtt_state(self) -> MqttState | None:
        """State of the connection to the MQTT broker; None where there is none."""
        return self.mqtt.state() if self.mqtt else None

    @property
    def lines_lost(self) -> dict[str, int]:
        """Lines that were not written, by the file's name among the options."""
        return {"events": self._event_file.lost} if self._event_file else {}

    def add(self, observers: Iterable[Observer]) -> None:
        """Add observers that other parts bring."""
        self._observers += observers

    def emit(self, outcome: Outcome) -> None:
        """Pass `outcome` to every observer."""
        for observer in self._observers:
            try:
                observer.observe(outcome)
            except Exception:
                # An observer that fails must not keep the daemon from speaking.
                log.exception("observer failed", observer=type(observer).__name__)
