"""`GET /metrics`: figures for Prometheus, see docs/monitoring.md.

Labels are names of the configuration and words of this program, never anything from chat: the
number of time series does not grow with chatters.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from importlib.metadata import version

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

from bot.hardware.gpu import Gpu
from bot.observers.timings import Timings
from bot.outcomes import Applied, Dropped, Outcome, Rejected, Spoken
from bot.state import ChannelState, DaemonState, MqttState

PATH = "/metrics"

_STAGE_S = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
_RTF = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 1.5, 2, 5)
_AUDIO_S = (0.5, 1, 2, 4, 8, 16, 32)
_LAG_S = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)
_GPU_S = 1.0
"""Longest wait for the GPU's driver."""
_SEVERAL = "several"
"""Label of an utterance that several engines spoke, one taking over from another."""

Family = CounterMetricFamily | GaugeMetricFamily


class Metrics:
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
        registry.register(_State(self._read_state))

    @property
    def routes(self) -> list[web.RouteDef]:
        """The routes for the daemon's server."""
        return [web.get(PATH, self._get)]

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

    def families(self) -> Iterable[Metric]:
        """Return the metrics as they are now."""
        return self._registry.collect()

    def lagged(self, seconds: float) -> None:
        """Count a lag of the event loop."""
        self._lag.observe(seconds)

    async def _get(self, _: web.Request) -> web.Response:
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

    def _read_state(self) -> Iterator[Family]:
        yield from _of_state(self._state())
        yield from _of_gpus(self._gpus)


class _State(Collector):
    """Collector of what is read anew at each request."""

    def __init__(self, read: Callable[[], Iterable[Family]]) -> None:
        self._read = read

    def collect(self) -> Iterable[Metric]:
        return self._read()

    def describe(self) -> Iterable[Metric]:
        """Return nothing: the state may not be there yet when this is registered."""
        return ()


def _of_state(state: DaemonState) -> Iterator[Family]:
    build = GaugeMetricFamily("ishowtts_build_info", "The version; always 1.", labels=["version"])
    build.add_metric([version("ishowtts")], 1)
    yield build
    yield from _of_channels(state.channels)
    speed = GaugeMetricFamily(
        "ishowtts_bench_ratio",
        "Median time of the last `ishowtts bench --check` over that of its baseline.",
        labels=["workload"],
    )
    for workload, ratio in (state.speed.ratios if state.speed else {}).items():
        speed.add_metric([workload], ratio)
    yield speed
    if state.mqtt is not None:
        yield from _of_mqtt(state.mqtt)
    ready = GaugeMetricFamily(
        "ishowtts_engine_ready", "Whether the engine would speak now.", labels=["engine"]
    )
    restarts = CounterMetricFamily(
        "ishowtts_engine_restarts", "How often its process was replaced.", labels=["engine"]
    )
    for name, engine in state.engines.items():
        ready.add_metric([name], engine.is_ready)
        restarts.add_metric([name], engine.restarts)
    yield from (ready, restarts)
    available = GaugeMetricFamily(
        "ishowtts_output_available", "Whether the output would be heard now.", labels=["output"]
    )
    underflows = CounterMetricFamily(
        "ishowtts_output_underflows", "How often the device ran dry.", labels=["output"]
    )
    for name, output in state.outputs.items():
        available.add_metric([name], output.is_available)
        underflows.add_metric([name], output.underflows)
    yield from (available, underflows)


def _of_channels(channels: Mapping[str, ChannelState]) -> Iterator[Family]:
    queue = GaugeMetricFamily(
        "ishowtts_queue_utterances", "What waits to be spoken.", labels=["channel", "lane"]
    )
    speaking = GaugeMetricFamily(
        "ishowtts_speaking", "Whether something is being spoken.", labels=["channel"]
    )
    is_on = GaugeMetricFamily("ishowtts_on", "Whether chat is read.", labels=["channel"])
    paused = GaugeMetricFamily(
        "ishowtts_paused", "Whether what waits is held back.", labels=["channel"]
    )
    volume = GaugeMetricFamily(
        "ishowtts_volume_ratio", "Volume, 0 to 1 of full scale.", labels=["channel"]
    )
    connected = GaugeMetricFamily(
        "ishowtts_source_connected", "Whether chat would be heard.", labels=["channel", "source"]
    )
    reconnects = CounterMetricFamily(
        "ishowtts_source_reconnects",
        "How often the source tried again after a connection failed or was lost.",
        labels=["channel", "source"],
    )
    for name, channel in channels.items():
        for lane, count in channel.queue.items():
            queue.add_metric([name, lane], count)
        speaking.add_metric([name], channel.speaking is not None)
        is_on.add_metric([name], channel.is_on)
        paused.add_metric([name], channel.is_paused)
        volume.add_metric([name], channel.volume)
        for source, connection in channel.connections.items():
            connected.add_metric([name, source], connection.is_connected)
            reconnects.add_metric([name, source], connection.reconnects)
    yield from (queue, speaking, is_on, paused, volume, connected, reconnects)


def _of_mqtt(mqtt: MqttState) -> Iterator[Family]:
    for name, text, value in (
        ("connected", "Whether the broker is there.", mqtt.is_connected),
        ("outbox_messages", "Messages that wait for the broker.", mqtt.waiting),
    ):
        yield GaugeMetricFamily(f"ishowtts_mqtt_{name}", text, value)
    for name, text, value in (
        ("reconnects", "How often the broker was tried again.", mqtt.reconnects),
        ("lost", "Messages that were dropped because the broker was away.", mqtt.lost),
        ("refused", "Messages from others that were not understood.", mqtt.refused),
    ):
        yield CounterMetricFamily(f"ishowtts_mqtt_{name}", text, value)


def _of_gpus(gpus: Iterable[Gpu]) -> Iterator[Family]:
    used = GaugeMetricFamily(
        "ishowtts_gpu_memory_used_bytes", "Memory in use, by any program.", labels=["gpu"]
    )
    total = GaugeMetricFamily("ishowtts_gpu_memory_bytes", "Memory of the GPU.", labels=["gpu"])
    celsius = GaugeMetricFamily("ishowtts_gpu_temperature_celsius", "Temperature.", labels=["gpu"])
    for gpu in gpus:
        if gpu.memory_bytes:
            used.add_metric([gpu.name], gpu.used_bytes)
            total.add_metric([gpu.name], gpu.memory_bytes)
        if gpu.temperature_c is not None:
            celsius.add_metric([gpu.name], gpu.temperature_c)
    yield from (used, total, celsius)
