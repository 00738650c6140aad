"""Results of one run of the stages, as JSON."""

from pathlib import Path

import msgspec

from bot.errors import StartError
from bot.runtime.files.folders import write_whole
from bot.speedcheck import results
from bot.speedcheck.results import Conditions, Hardware, Start

OURS = "ours"
"""Contender: our engine."""
SCHEMA = 1
"""Grows when a field changes its meaning; files of another form are refused by `load`."""


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """The model under test."""

    name: str
    weights: str
    """random, or trained"""
    parameters: int
    device: str
    dtype: str
    """In which our engine computes; upstream: float16 on a GPU, float32 on a CPU."""
    cfg_strength: float = 2.0
    """Of classifier-free guidance; at 0 a step evaluates one row instead of two."""


class Ceilings(msgspec.Struct, frozen=True, kw_only=True):
    """Rates that the hardware reaches in this run."""

    gemm_tflop_per_s: float
    """Best of a large square matrix product in the model's type."""
    gemm_size: int
    copy_gb_per_s: float
    """Bytes read and written by a large copy."""


class Times(results.Times, frozen=True, kw_only=True):
    """Repetitions of one thing."""

    beside_ms: float = 0.0
    """Median of our engine's runs between those of another contender; 0 if there were none."""


class Roofline(msgspec.Struct, frozen=True, kw_only=True):
    """Counted work, and how long the hardware's ceilings let it take."""

    dit_tflop: float
    """Of the transformer: true frames, both passes of guidance, all steps."""
    other_tflop: float
    """Of text encoder and vocoder."""
    moved_gb: float
    """Bytes that have to pass the memory once: weights each step, activations between products."""
    compute_ms: float
    memory_ms: float
    bound: str
    """compute, or memory: the longer one"""
    share: float
    """The bound over the median time."""
    dit_share: float
    """The transformer's work at the GEMM ceiling over the median time."""


class Case(msgspec.Struct, kw_only=True):
    """One workload of one contender."""

    times: Times
    speech_s: float
    """Of all items together."""
    rtf: float
    """Real-time factor: median seconds for a second of speech."""
    nfe: int
    items: int = 1
    frames: int = 0
    """Of all items together, references included."""
    roofline: Roofline | None = None
    graph: Times | None = None
    """The CUDA graph alone, without the host's work around it."""
    graph_dit_share: float | None = None
    """The transformer's work at the GEMM ceiling over the graph's time."""
    first_s: float | None = None
    """The first request of this kind: compiling, recording."""


class Errors(msgspec.Struct, frozen=True, kw_only=True):
    """Relative L2 distances to upstream in float32 with the same weights and noise."""

    upstream_mel: float
    """Upstream in the type that it computes in on this device."""
    upstream_wave: float
    own_mel: float
    own_wave: float
    batch_against_alone: float
    """Ours, the wave in a batch of three against the same item alone."""


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """All graphs up to 30 s."""

    graphs: int
    recording_s: float
    weights_mb: float
    """Allocated before the first graph."""
    graphs_mb: float
    """Allocated and reserved by all graphs, over that."""
    process_mb: float
    """The whole process, with the CUDA context."""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A speed that is asked for, and the one that was reached."""

    what: str
    asked: str
    reached: str
    is_met: bool
    bound: str = ""
    """The bottleneck, where it is missed."""


class ProfileItem(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of work."""

    name: str
    ms: float
    share: float
    """Of the request."""
    largest: list[str]
    """The kernels or operators that take most of it, with their milliseconds."""


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """Parts of the time of one request."""

    request_ms: float
    """Median, measured without the profiler."""
    items: list[ProfileItem]
    """The largest first; together the request."""


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
    model: Model
    ceilings: Ceilings | None = None
    conditions: Conditions | None = None
    """While `cases["ours"]` were measured."""
    cases: dict[str, dict[str, Case]] = {}
    """By contender, then by workload, for instance `cases["ours"]["5 s"]`."""
    ratios: dict[str, dict[str, float]] = {}
    """By contender, then by workload: its median over ours."""
    errors: dict[str, Errors] = {}
    """By workload."""
    memory: Memory | None = None
    start: dict[str, Start] = {}
    """cold, and warm"""
    profile: dict[str, Profile] = {}
    """By workload."""
    targets: list[Target] = []
    failures: dict[str, str] = {}
    """By stage, what went wrong there."""
    stage_s: dict[str, float] = {}
    """How long each stage took."""

    def put(self, contender: str, workload: str, case: Case) -> None:
        """Add a case."""
        self.cases.setdefault(contender, {})[workload] = case

    def save(self, path: Path) -> None:
        """Write the JSON, whole or not at all.

        Raises:
            StartError: it cannot be written.
        """
        try:
            write_whole(path, msgspec.json.format(msgspec.json.encode(self), indent=1) + b"\n")
        except OSError as error:
            raise StartError(
                f"The results cannot be written to {path}: {error.strerror}.",
                remedy="Give --json a file in a folder that exists and can be written to.",
            ) from error


def load(path: Path) -> Results:
    """Return the results in a file.

    Raises:
        StartError: it cannot be read, or holds something else.
    """
    try:
        results = msgspec.json.decode(path.read_bytes(), type=Results)
    except (OSError, msgspec.DecodeError) as error:
        raise StartError(
            f"{path} holds no results of the benchmark: {error}.",
            remedy="Make it with: python -m tests.bench.f5 --json FILE",
        ) from error
    if results.schema != SCHEMA:
        raise StartError(
            f"{path} has the form {results.schema} of the results; this version writes {SCHEMA}.",
            remedy="Measure again with: python -m tests.bench.f5 --json FILE",
        )
    return results
