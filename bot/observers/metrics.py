"""`GET /metrics`: figures for Prometheus, see docs/monitoring.md.

Labels are names of the configuration and words of this program, never anything from chat: the
number of time series does not grow with chatters.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TypeAlias, TypeVar

from aiohttp import web
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

import bot
from bot.hardware.gpu import Gpu
from bot.observers.timings import Timings
from bot.outcomes import Applied, Dropped, Outcome, Rejected, Spoken
from bot.runtime.endpoints import Caller, endpoint
from bot.state import (
    ChannelState,
    ConnectionState,
    DaemonState,
    EngineState,
    MqttState,
    OutputState,
)

_STAGE_S = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
_RTF = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 1.5, 2, 5)
_AUDIO_S = (0.5, 1, 2, 4, 8, 16, 32)
_LAG_S = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)
_GPU_S = 1.0
"""Longest wait for the GPU's driver."""
_SEVERAL = "several"
"""Label of an utterance that several engines spoke, one taking over from another."""
_COUNTER, _GAUGE = CounterMetricFamily, GaugeMetricFamily
_T = TypeVar("_T")
_Rows: TypeAlias = Sequence[
    tuple[type[CounterMetricFamily | GaugeMetricFamily], str, str, Callable[[_T], float | None]]
]
"""Metrics of things of one kind: type, name, text and value of each; None is left out."""
_OF_CHANNEL: _Rows[ChannelState] = (
    (_GAUGE, "speaking", "Whether something is being spoken.", lambda it: it.speaking is not None),
    (_GAUGE, "on", "Whether chat is read.", lambda it: it.is_on),
    (_GAUGE, "paused", "Whether what waits is held back.", lambda it: it.is_paused),
    (_GAUGE, "overload_rung", "Rung of the ladder against overload.", lambda it: it.rung),
    (_GAUGE, "volume_ratio", "Volume, 0 to 1 of full scale.", lambda it: it.volume),
)
_OF_LANE: _Rows[int] = ((_GAUGE, "queue_utterances", "What waits to be spoken.", float),)
_OF_SOURCE: _Rows[ConnectionState] = (
    (_GAUGE, "source_connected", "Whether chat would be heard.", lambda it: it.is_connected),
    (
        _COUNTER,
        "source_reconnects",
        "How often the source tried again after a connection failed or was lost.",
        lambda it: it.reconnects,
    ),
)
_OF_ENGINE: _Rows[EngineState] = (
    (_GAUGE, "engine_ready", "Whether the engine would speak now.", lambda it: it.is_ready),
    (_COUNTER, "engine_restarts", "How often its process was replaced.", lambda it: it.restarts),
    (_GAUGE, "engine_aside", "Whether another is asked first.", lambda it: bool(it.aside)),
    (
        _GAUGE,
        "engine_expected_seconds",
        "Time after which it would begin to speak a usual message.",
        lambda it: it.expected_s,
    ),
    (
        _COUNTER,
        "engine_handovers",
        "Pieces that another engine spoke because this one was late.",
        lambda it: it.handovers,
    ),
)
_OF_OUTPUT: _Rows[OutputState] = (
    (_GAUGE, "output_available", "Whether it would be heard now.", lambda it: it.is_available),
    (_COUNTER, "output_underflows", "How often the device ran dry.", lambda it: it.underflows),
    (
        _COUNTER,
        "output_lost_seconds",
        "Speech that came too late to be heard.",
        lambda it: it.lost_s,
    ),
)
_OF_STREAM: _Rows[int] = (
    (_COUNTER, "lines_lost", "Lines that a disk or a pipe did not take.", float),
)
_OF_MQTT: _Rows[MqttState] = (
    (_GAUGE, "mqtt_connected", "Whether the broker is there.", lambda it: it.is_connected),
    (_GAUGE, "mqtt_outbox_messages", "Messages that wait for the broker.", lambda it: it.waiting),
    (
        _COUNTER,
        "mqtt_reconnects",
        "How often the broker was tried again.",
        lambda it: it.reconnects,
    ),
    (_COUNTER, "mqtt_lost", "Messages dropped because the broker was away.", lambda it: it.lost),
    (_COUNTER, "mqtt_refused", "Messages from others, not understood.", lambda it: it.refused),
)
_OF_GPU: _Rows[Gpu] = (
    (
        _GAUGE,
        "gpu_memory_used_bytes",
        "Memory in use, by any program.",
        lambda it: it.used_bytes if it.memory_bytes else None,
    ),
    (_GAUGE, "gpu_memory_bytes", "Memory of the GPU.", lambda it: it.memory_bytes or None),
    (_GAUGE, "gpu_temperature_celsius", "Temperature.", lambda it: it.temperature_c),
)
_OF_WORKLOAD: _Rows[float] = (
    (
        _GAUGE,
        "bench_ratio",
        "Median time of the last `ishowtts bench --check` over that of its baseline.",
        float,
    ),
)
_OF_VERSION: _Rows[int] = ((_GAUGE, "build_info", "The version; always 1.", float),)


class Metrics(Collector):
    """Counters of outcomes, and the state as it is when Prometheus asks."""

    def __init__(
        self, state: Callable[[], DaemonState], *, gpu: Callable[[], Iterable[Gpu]]
    ) -> None:
        """Show what `state` and `gpu` return; `gpu` may hang, so it is called in a thread."""
        self._state = state
        self._gpu = gpu
        self._gpus: tuple[Gpu, ...] = ()
        self._reading: asyncio.Future[None] | None = None
        self._timings = Timings()
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        GCCollector(registry=registry)
        counter = partial(Counter, registry=registry)
        histogram = partial(Histogram, registry=registry)
        self._outcomes = counter(
            "ishowtts_outcomes",
            "Outcomes of messages, by what happened and, where there is one, the reason.",
            ("channel", "outcome", "reason"),
        )
        self._stages = histogram(
            "ishowtts_stage_seconds",
            "Time from a message to its sound, by stage: policy, queue, engine, output.",
            ("channel", "stage"),
            buckets=_STAGE_S,
        )
        self._ttfa = histogram(
            "ishowtts_ttfa_seconds",
            "Time to first audio: from a message to the first sample that an output takes.",
            ("channel",),
            buckets=_STAGE_S,
        )
        self._rtf = histogram(
            "ishowtts_rtf_ratio",
            "Real-time factor of an utterance: seconds of synthesis per second of audio.",
            ("engine",),
            buckets=_RTF,
        )
        self._audio = histogram(
            "ishowtts_audio_seconds",
            "Length of what was spoken to its end.",
            ("channel", "engine"),
            buckets=_AUDIO_S,
        )
        self._synthesis = counter(
            "ishowtts_synthesis_seconds",
            "Time that engines took for what was spoken to its end.",
            ("engine",),
        )
        self._lag = histogram(
            "ishowtts_event_loop_lag_seconds",
            "How much later than due the event loop did what was due.",
            buckets=_LAG_S,
        )
        self._tasks = Gauge(
            "ishowtts_asyncio_tasks",
            "What the event loop has under way, the answer to this request too.",
            registry=registry,
        )
        registry.register(self)
        self.routes = [
            endpoint("GET", "/metrics", self._get, least=Caller.VIEWER, gives={"text/plain": str})
        ]

    def observe(self, outcome: Outcome) -> None:
        """Count the outcome."""
        name = outcome.kind
        reason = ""
        if isinstance(outcome, Rejected | Dropped):
            reason = outcome.reason.value
        elif isinstance(outcome, Applied):
            reason = outcome.verb.value
        self._outcomes.labels(outcome.channel, name, reason).inc()
        if timing := self._timings.observe(outcome):
            for field, seconds in zip(timing._fields, timing, strict=True):
                stage = field.removesuffix("_s")
                self._stages.labels(outcome.channel, stage).observe(seconds)
            self._ttfa.labels(outcome.channel).observe(timing.ttfa_s)
        if isinstance(outcome, Spoken):
            engine = outcome.engines[0] if len(outcome.engines) == 1 else _SEVERAL
            self._audio.labels(outcome.channel, engine).observe(outcome.audio_s)
            self._synthesis.labels(engine).inc(outcome.synthesis_s)
            if outcome.audio_s > 0:
                self._rtf.labels(engine).observe(outcome.synthesis_s / outcome.audio_s)

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics that are read anew at each request."""
        state = self._state()
        channels = state.channels.items()
        ratios = state.speed.ratios if state.speed else {}
        yield from _families(["version"], [([bot.version()], 1)], _OF_VERSION)
        yield from _families(["channel"], [([name], here) for name, here in channels], _OF_CHANNEL)
        lanes = [([name, lane], n) for name, here in channels for lane, n in here.queue.items()]
        yield from _families(["channel", "lane"], lanes, _OF_LANE)
        sources = [([name, it], c) for name, here in channels for it, c in here.connections.items()]
        yield from _families(["channel", "source"], sources, _OF_SOURCE)
        yield from _families(["engine"], [([n], it) for n, it in state.engines.items()], _OF_ENGINE)
        yield from _families(["output"], [([n], it) for n, it in state.outputs.items()], _OF_OUTPUT)
        yield from _families(["workload"], [([n], it) for n, it in ratios.items()], _OF_WORKLOAD)
        streams = [([name], count) for name, count in state.lines_lost.items()]
        yield from _families(["stream"], streams, _OF_STREAM)
        if state.mqtt is not None:
            yield from _families([], [([], state.mqtt)], _OF_MQTT)
        yield from _families(["gpu"], [([gpu.name], gpu) for gpu in self._gpus], _OF_GPU)

    def families(self) -> Iterable[Metric]:
        """Return all metrics as they are now."""
        return self._registry.collect()

    def lagged(self, seconds: float) -> None:
        """Count a lag of the event loop."""
        self._lag.observe(seconds)

    async def _get(self) -> web.Response:
        """Get the figures for Prometheus."""
        await self._read_gpu()
        self._tasks.set(len(asyncio.all_tasks()))
        body = generate_latest(self._registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _read_gpu(self) -> None:
        """Read the GPU; while its driver hangs, its figures are left out."""
        if self._reading is None or self._reading.done():
            self._gpus = ()
            self._reading = asyncio.ensure_future(self._take_gpu())
        await asyncio.wait((self._reading,), timeout=_GPU_S)

    async def _take_gpu(self) -> None:
        self._gpus = tuple(await asyncio.to_thread(lambda: tuple(self._gpu())))


def _families(
    labels: Sequence[str], things: Sequence[tuple[Sequence[str], _T]], rows: _Rows[_T]
) -> Iterator[Metric]:
    """Yield the metrics `rows` of `things`, each given with the values of its `labels`."""
    for kind, name, text, read in rows:
        family = kind(f"ishowtts_{name}", text, labels=labels)
        for values, thing in things:
            if (reading := read(thing)) is not None:
                family.add_metric(values, reading)
        yield family
