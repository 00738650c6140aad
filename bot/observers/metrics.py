"""`GET /metrics`: figures for Prometheus, see docs/monitoring.md.

Labels are names of the configuration and words of this program, never anything from chat: the
number of time series does not grow with chatters.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

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
from prometheus_client.core import Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from bot.hardware.gpu import Gpu
from bot.messages import RejectReason, Verb
from bot.observers.readings import readings
from bot.observers.timings import Timing, Timings
from bot.outcomes import OUTCOMES, Applied, Dropped, DropReason, Outcome, Rejected, Spoken
from bot.runtime.concurrency.aside import iterate_aside
from bot.runtime.endpoints import Caller, endpoint
from bot.state import DaemonState

_STAGE_S = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
_RTF = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 1.5, 2, 5)
_AUDIO_S = (0.5, 1, 2, 4, 8, 16, 32)
_LAG_S = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)
_GPU_S = 1.0
"""Longest wait for the GPU's driver."""
_SEVERAL = "several"
"""Label of an utterance that several engines spoke, one taking over from another."""
_REASONS: dict[type[Outcome], Sequence[str]] = {
    Rejected: tuple(reason.value for reason in RejectReason),
    Dropped: tuple(reason.value for reason in DropReason),
    Applied: tuple(verb.value for verb in Verb),
}
"""Every reason of those outcomes that have one."""
_STAGES = tuple(field.removesuffix("_s") for field in Timing._fields)


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
        self._begun: set[tuple[str, str]] = set()
        """Pairs of channel and engine whose counters are there."""
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
            for stage, seconds in zip(_STAGES, timing, strict=True):
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
        return readings(self._state(), self._gpus)

    def _begin_at_zero(self) -> None:
        """Make the counters of all channels and engines, so that `increase` sees a first event."""
        state = self._state()
        for channel in state.channels:
            for engine in (*state.engines, _SEVERAL):
                if (channel, engine) in self._begun:
                    continue
                self._begun.add((channel, engine))
                self._audio.labels(channel, engine)
                self._synthesis.labels(engine)
                self._rtf.labels(engine)
                self._begin_channel(channel)

    def _begin_channel(self, channel: str) -> None:
        self._ttfa.labels(channel)
        for stage in _STAGES:
            self._stages.labels(channel, stage)
        for kind in OUTCOMES:
            for reason in _REASONS.get(kind, ("",)):
                self._outcomes.labels(channel, str(kind.__struct_config__.tag), reason)

    def families(self) -> Iterable[Metric]:
        """Return all metrics as they are now."""
        self._begin_at_zero()
        return self._registry.collect()

    def lagged(self, seconds: float) -> None:
        """Count a lag of the event loop."""
        self._lag.observe(seconds)

    async def _get(self) -> web.Response:
        """Get the figures for Prometheus."""
        await self._read_gpu()
        self._tasks.set(len(asyncio.all_tasks()))
        self._begin_at_zero()
        body = generate_latest(self._registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _read_gpu(self) -> None:
        """Read the GPU; while its driver hangs, its figures are left out."""
        if self._reading is None or self._reading.done():
            self._gpus = ()
            self._reading = asyncio.ensure_future(self._take_gpu())
        await asyncio.wait((self._reading,), timeout=_GPU_S)

    async def _take_gpu(self) -> None:
        # In a thread that nobody waits for at the end: a driver that hangs would keep the daemon.
        self._gpus = tuple([gpu async for gpu in iterate_aside(self._gpu, "gpu")])
