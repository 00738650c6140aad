"""Metrics that are read from the daemon's state at each request, see docs/monitoring.md."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias, TypeVar

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

import bot
from bot.hardware.gpu import Gpu
from bot.state import (
    ChannelState,
    ConnectionState,
    DaemonState,
    EngineState,
    MqttState,
    OutputState,
)

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
    (
        _GAUGE,
        "engine_ready",
        "Whether the engine would speak now, or rests (engine.idle_s) until somebody writes.",
        lambda it: it.is_ready or it.is_idle,
    ),
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


def readings(state: DaemonState, gpus: Iterable[Gpu]) -> Iterator[Metric]:
    """Yield the metrics of `state` and `gpus`."""
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
    yield from _families(["gpu"], [([gpu.name], gpu) for gpu in gpus], _OF_GPU)


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
