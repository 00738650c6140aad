"""Tells the broker what becomes of messages, how fast, and what every part is doing."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from importlib.metadata import version
from typing import NoReturn

import msgspec

from bot.clock import now
from bot.mqtt import payloads
from bot.mqtt.outbox import Outbox
from bot.mqtt.topics import Topics
from bot.observers.timings import Timing, Timings
from bot.outcomes import FINAL, Outcome, Spoken, Started
from bot.state import DaemonState

_LOOK_S = 2.0
"""The state is looked at so often where no outcome gives a reason to."""
_GAP_S = 0.3
"""Between two states, however much happens."""
_MAX_STARTED = 100


class MqttObserver:
    """Puts everything into the outbox, at once; the connection empties it as it can."""

    def __init__(self, outbox: Outbox, topics: Topics, state: Callable[[], DaemonState]) -> None:
        """Fill `outbox`; `state` returns what every part is doing now."""
        self._outbox = outbox
        self._topics = topics
        self._state = state
        self._timings = Timings()
        self._started: OrderedDict[tuple[str, str], Timing] = OrderedDict()
        self._has_news = asyncio.Event()
        self._version = version("ishowtts")
        self._started_at = round(now(), 3)

    def observe(self, outcome: Outcome) -> None:
        """Send the outcome, and the latency of what was spoken."""
        self._outbox.put(self._topics.of(outcome.channel, "outcome"), msgspec.json.encode(outcome))
        self._has_news.set()
        timing = self._timings.observe(outcome)
        key = outcome.channel, outcome.id
        if timing is not None and isinstance(outcome, Started):
            self._started[key] = timing
            if len(self._started) > _MAX_STARTED:
                self._started.popitem(last=False)
        elif isinstance(outcome, FINAL):
            timing = self._started.pop(key, None)
            if timing is not None and isinstance(outcome, Spoken):
                self._keep(
                    self._topics.of(outcome.channel, "latency"), payloads.latency(timing, outcome)
                )

    async def run(self) -> NoReturn:
        """Keep the state at the broker true, until cancelled."""
        while True:
            self._has_news.clear()
            self.tell_state()
            await asyncio.sleep(_GAP_S)
            try:
                async with asyncio.timeout(_LOOK_S - _GAP_S):
                    await self._has_news.wait()
            except TimeoutError:
                pass  # look anyway: a device may have come or gone

    def tell_state(self) -> None:
        """Let the broker keep the state as it is now."""
        state = self._state()
        told = payloads.daemon_state(state, version=self._version, started_at=self._started_at)
        self._keep(self._topics.state, told)
        for name, channel in state.channels.items():
            self._keep(self._topics.of(name, "state"), payloads.channel_state(channel))

    def _keep(self, topic: str, payload: msgspec.Struct) -> None:
        self._outbox.keep(topic, msgspec.json.encode(payload))
