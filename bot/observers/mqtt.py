"""Outcomes, latencies and states for the MQTT broker."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from importlib.metadata import version
from typing import NoReturn

import msgspec

from bot.mqtt import payloads
from bot.mqtt.outbox import Outbox
from bot.observers.timings import Timing, Timings
from bot.outcomes import FINAL, Outcome, Spoken, Started
from bot.runtime.clock import now, unix
from bot.state import DaemonState

_LONGEST_S = 2.0
"""Between two looks at the state, where there is no outcome meanwhile."""
_SHORTEST_S = 0.3
"""Between two looks, however much happens."""
_MAX_STARTED = 100
"""Messages being spoken whose timing is kept until their end."""


class MqttObserver:
    """Writer of the outbox; the connection empties it as it can."""

    def __init__(
        self, outbox: Outbox, topics: payloads.Topics, state: Callable[[], DaemonState]
    ) -> None:
        self._outbox = outbox
        self._topics = topics
        self._state = state
        self._timings = Timings()
        self._started: OrderedDict[tuple[str, str], Timing] = OrderedDict()
        self._has_news = asyncio.Event()
        self._version = version("ishowtts")
        self._started_at = now()

    def observe(self, outcome: Outcome) -> None:
        """Send the outcome, and the latency of what was spoken to its end."""
        self._outbox.put(self._topics.of(outcome.channel, "outcome"), outcome.encoded())
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
                topic = self._topics.of(outcome.channel, "latency")
                self._keep(topic, _latency(timing, outcome))

    async def run(self) -> NoReturn:
        """Send each change of the state until cancelled."""
        while True:
            self._has_news.clear()
            self.send_state()
            await asyncio.sleep(_SHORTEST_S)
            try:
                async with asyncio.timeout(_LONGEST_S - _SHORTEST_S):
                    await self._has_news.wait()
            except TimeoutError:
                pass  # a device may have come or gone

    def send_state(self) -> None:
        """Send the state as it is now."""
        state = self._state()
        payload = payloads.daemon_state(
            state, version=self._version, started_at=round(unix(self._started_at), 3)
        )
        self._keep(self._topics.state, payload)
        for name, channel in state.channels.items():
            self._keep(self._topics.of(name, "state"), payloads.channel_state(channel))

    def _keep(self, topic: str, payload: msgspec.Struct) -> None:
        self._outbox.keep(topic, msgspec.json.encode(payload))


def _latency(timing: Timing, spoken: Spoken) -> payloads.Latency:
    seconds = {name: round(value, 4) for name, value in timing._asdict().items()}
    return payloads.Latency(
        **seconds,
        id=spoken.id,
        ttfa_s=round(timing.ttfa_s, 4),
        audio_s=round(spoken.audio_s, 3),
        synthesis_s=round(spoken.synthesis_s, 4),
        rtf=round(spoken.synthesis_s / spoken.audio_s, 4) if spoken.audio_s else 0.0,
        engines=spoken.engines,
    )
