"""Results of one run: the JSON that is kept, and that later runs are compared with."""

import math
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import msgspec

from bot.errors import StartError
from bot.runtime.files.folders import read_bounded, write_whole

MOST_BYTES = 8 << 20
"""Limit of a file of results."""
SCHEMA = 2
"""Grows when a field changes its meaning; files of another form are refused by `load`."""


class Hardware(msgspec.Struct, frozen=True, kw_only=True):
    """The machine."""

    key: str
    """Equal for results that may be compared."""
    processor: str
    cores: int
    memory_gb: float
    threads: int = 0
    """Of torch; 0 where it is not known."""
    gpu: str = ""
    """Name of the GPU; empty where there is none."""
    gpu_memory_gb: float = 0.0
    driver: str = ""
    clocks: dict[str, str] = {}
    """Clocks and power at the start, with units, as driver or kernel name them."""
    load_average: float = 0.0
    """Of the minute before the start: what else the machine did."""


class OtherProcess(msgspec.Struct, frozen=True, kw_only=True):
    """A process that is none of ours."""

    name: str
    pid: int
    cores: float = 0.0
    """CPU time over the time that passed: 1 is one core."""
    gpu_mb: float = 0.0
    """Memory that it holds on the GPU."""


class Conditions(msgspec.Struct, frozen=True, kw_only=True):
    """State of the machine during the measurement; 0 and empty where it is not known."""

    cpu_mhz: float = 0.0
    cpu_max_mhz: float = 0.0
    governor: str = ""
    temperature_c: float = 0.0
    """Of the hottest sensor of the system."""
    gpu_mhz: float = 0.0
    gpu_max_mhz: float = 0.0
    gpu_temperature_c: float = 0.0
    throttled: list[str] = []
    """Why the GPU ran slower than asked."""
    jetson: list[str] = []
    """What makes a Jetson slower than it could be: power mode, clocks, heat."""
    stolen: float = 0.0
    """Share of the CPU time that the host of this virtual machine gave to others."""
    quota_wait: float = 0.0
    """Seconds in a second that the control group waited for its CPU quota."""
    others_share: float = 0.0
    """Share of the CPU time of all cores that other processes took."""
    others: list[OtherProcess] = []
    """Other users of the CPU, the busiest first."""
    gpu_others: list[OtherProcess] = []
    """Other users of the GPU."""


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """The model and how it was asked to speak; results of another one are not compared."""

    name: str
    device: str
    """As configured: auto, cpu, cuda or cuda:1."""
    nfe: int
    """Number of function evaluations."""
    cfg_strength: str
    """Of classifier-free guidance: auto, or a number."""


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """Repetitions of one thing."""

    p50_ms: float
    p95_ms: float
    std_over_mean: float
    runs: int
    anchor_ms: float = 0.0
    """Median time of a fixed matrix product between the runs; 0 if it was not taken."""

    @classmethod
    def of(cls, times_s: Sequence[float], anchors_s: Sequence[float] = ()) -> Self:
        """Return the statistics of at least two times in seconds."""
        ordered = sorted(times_s)
        return cls(
            p50_ms=round(statistics.median(ordered) * 1e3, 4),
            p95_ms=round(ordered[math.ceil(0.95 * len(ordered)) - 1] * 1e3, 4),
            std_over_mean=round(statistics.stdev(ordered) / statistics.mean(ordered), 4),
            runs=len(ordered),
            anchor_ms=round(statistics.median(anchors_s) * 1e3, 4) if anchors_s else 0.0,
        )


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One workload."""

    times: Times
    """From the request to the last sample of all utterances."""
    ttfa: Times
    """Time to first audio: to the first piece, of several utterances of the last one to begin."""
    speech_s: float
    """Of all utterances together."""
    rtf: float
    """Real-time factor: median seconds for a second of speech."""
    nfe: int


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """Start of the engine's process; seconds since then."""

    warm_s: float
    """Until it can speak."""
    first_audio_s: float
    """Until the first piece of the first utterance."""


class Results(msgspec.Struct, kw_only=True):
    """One run."""

    schema: int = SCHEMA
    ishowtts: str
    date: str
    """UTC, ISO 8601"""
    mode: str
    """quick, full or chosen"""
    hardware: Hardware
    versions: dict[str, str]
    """Of ishowtts, the system, and what the engine's interpreter has."""
    model: Model
    conditions: Conditions | None = None
    """While `cases` were measured."""
    repeated: int = 0
    """How often workloads that seemed slower were measured again; their fastest median stands."""
    disturbed: str = ""
    """Why the run cannot be judged; empty for a good one."""
    cases: dict[str, Case] = {}
    """By workload, for instance `cases["3 s"]`."""
    start: dict[str, Start] = {}
    """cold (with empty caches) and warm"""
    failures: dict[str, str] = {}
    """By workload, what went wrong there."""

    def save(self, path: Path) -> None:
        """Write the JSON, whole or not at all.

        Raises:
            StartError: it cannot be written.
        """
        try:
            _write(self, path)
        except OSError as error:
            raise StartError(
                f"The results cannot be written to {path}: {error.strerror}.",
                remedy="Give --json a file in a folder that exists and can be written to.",
            ) from error


def keep(content: msgspec.Struct, path: Path) -> None:
    """Write `content` as JSON into the state folder, whole or not at all.

    Raises:
        StartError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(content, path)
    except OSError as error:
        raise StartError(
            f"Results cannot be kept in {path.parent}: {error.strerror}.",
            remedy="Make the folder writable, or set STATE_DIRECTORY to one that is.",
        ) from error


def _write(content: msgspec.Struct, path: Path) -> None:
    write_whole(path, msgspec.json.format(msgspec.json.encode(content), indent=1) + b"\n")


def load(path: Path) -> Results:
    """Return the results in a file.

    Raises:
        StartError: it cannot be read, or holds something else.
    """
    try:
        content = read_bounded(path, MOST_BYTES)
        schema = msgspec.json.decode(content, type=_Form).schema
        if schema != SCHEMA:
            raise StartError(
                f"{path} has the form {schema} of the results; this version writes {SCHEMA}.",
                remedy="Measure again with: ishowtts bench --quick --json FILE",
            )
        return msgspec.json.decode(content, type=Results)
    except (OSError, msgspec.DecodeError, RecursionError) as error:
        raise StartError(
            f"{path} holds no results of the benchmark: {error}.",
            remedy="Make it with: ishowtts bench --quick --json FILE",
        ) from error


class _Form(msgspec.Struct):
    schema: int
