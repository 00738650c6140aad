"""Makes the observers of a daemon, and tells them what becomes of messages."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from typing import Any

import structlog
from aiohttp import web

from bot.config import Settings
from bot.hardware import gpu
from bot.observers import Observer
from bot.observers.event_file import EventFile
from bot.observers.health import Health
from bot.observers.metrics import Metrics
from bot.observers.outcome_log import OutcomeLog
from bot.observers.status import Status
from bot.outcomes import Outcome
from bot.runtime.tasks import Work
from bot.state import DaemonState, MqttState

log = structlog.get_logger(__name__)


class Watchers:
    """Everybody who is told each outcome."""

    def __init__(
        self,
        settings: Settings,
        state: Callable[[], DaemonState],
        *,
        events: Path | None,
        files: ExitStack,
    ) -> None:
        """Make those that `settings` name.

        Args:
            settings: The configuration.
            state: Returns the state of the daemon.
            events: Where to write the outcomes as JSON Lines.
            files: Closes what is opened here.

        Raises:
            StartError: something that is configured cannot work here.
        """
        self.feed: Any = None
        """Gives sources what comes from the MQTT broker, where there is one."""
        self._mqtt_state: Callable[[], MqttState] | None = None
        self._work: dict[str, Work] = {}
        self._observers: list[Observer] = [OutcomeLog()]
        if settings.mqtt.enabled:
            # Imported by name: nobody else should load a client that he does not need.
            mqtt = import_module("bot.wiring.mqtt").Mqtt(settings, state)
            self._mqtt_state = mqtt.state
            self.feed = mqtt.feed
            self._observers.append(mqtt.observer)
            self._work |= mqtt.work
        status = Status(state)
        self._observers.append(status)
        self._routes = [*status.routes]
        self.health = Health(state)
        self._routes += self.health.routes
        self._work["event loop lag"] = self.health.run
        if settings.metrics.enabled:
            metrics = Metrics(state, gpu=gpu.read)
            self._observers.append(metrics)
            self._routes += metrics.routes
            self.health.tell_lag(metrics.lagged)
        if events is not None:
            self._observers.append(files.enter_context(EventFile(events)))

    @property
    def routes(self) -> list[web.RouteDef]:
        """What they serve."""
        return self._routes

    @property
    def work(self) -> Mapping[str, Work]:
        """What runs as long as the daemon, by task name."""
        return self._work

    @property
    def mqtt_state(self) -> MqttState | None:
        """State of the connection to the MQTT broker; None where there is none."""
        return self._mqtt_state() if self._mqtt_state else None

    def add(self, observers: Iterable[Observer]) -> None:
        """Tell these, too."""
        self._observers += observers

    def emit(self, outcome: Outcome) -> None:
        """Tell everybody."""
        for observer in self._observers:
            try:
                observer.observe(outcome)
            except Exception:
                # Whoever watches must not silence who speaks.
                log.exception("an observer failed", observer=type(observer).__name__)
