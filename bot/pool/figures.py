"""Figures of a worker for Prometheus: its load, its speed, and what became of requests."""

from enum import Enum

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

_WAIT_S = (0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
_SPEECH_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Result(Enum):
    """What became of a request."""

    SPOKEN = "spoken"
    REFUSED = "refused"
    """The engine cannot speak such a text."""
    LOST = "lost"
    """The engine was lost; another worker is asked."""
    BUSY = "busy"
    """It was not taken."""
    CANCELLED = "cancelled"


class Figures:
    """Counters and gauges of one worker."""

    def __init__(self) -> None:
        registry = CollectorRegistry()
        self._registry = registry
        self._requests = Counter(
            "ishowtts_pool_requests", "Requests by what became of them.", ["result"],
            registry=registry,
        )  # fmt: skip
        for result in Result:
            self._requests.labels(result.value)
        self._waiting = Gauge(
            "ishowtts_pool_waiting", "Requests that wait for the engine.", registry=registry
        )
        self._under_way = Gauge(
            "ishowtts_pool_under_way", "Requests that the engine has now.", registry=registry
        )
        self._open = Gauge(
            "ishowtts_pool_open", "Whether the worker takes requests.", registry=registry
        )
        self._connected = Gauge(
            "ishowtts_pool_connected", "Whether NATS is there.", registry=registry
        )
        self._speech = Counter(
            "ishowtts_pool_speech_seconds", "Speech that was made.", registry=registry
        )
        self._wait = Histogram(
            "ishowtts_pool_wait_seconds", "Time of a request before the engine got it.",
            buckets=_WAIT_S, registry=registry,
        )  # fmt: skip
        self._took = Histogram(
            "ishowtts_pool_took_seconds", "Time that the engine took for a request.",
            buckets=_SPEECH_S, registry=registry,
        )  # fmt: skip
        self.is_open = False

    def count(self, result: Result) -> None:
        """Count a request."""
        self._requests.labels(result.value).inc()

    def note_wait(self, wait_s: float) -> None:
        """Note how long a request waited."""
        self._wait.observe(wait_s)

    def note_speech(self, duration_s: float, took_s: float) -> None:
        """Note speech, and how long it took."""
        self.count(Result.SPOKEN)
        self._speech.inc(duration_s)
        self._took.observe(took_s)

    def show(self, *, waiting: int, under_way: int, is_open: bool, is_connected: bool) -> None:
        """Show the load."""
        self._waiting.set(waiting)
        self._under_way.set(under_way)
        self._open.set(is_open)
        self._connected.set(is_connected)
        self.is_open = is_open and is_connected

    async def metrics(self, _request: web.Request) -> web.Response:
        """Answer `GET /metrics`."""
        body = generate_latest(self._registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def health(self, _request: web.Request) -> web.Response:
        """Answer `GET /healthz`: 200 while the worker takes requests, else 503."""
        return web.Response(status=200 if self.is_open else 503)
