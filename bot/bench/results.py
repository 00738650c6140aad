"""What a run of the benchmark finds: the JSON that it writes, and that later runs compare with."""

from pathlib import Path

import msgspec

from bot.errors import StartError
from bot.runtime.folders import write_whole

OURS = "ours"
"""Contender: our engine."""
SCHEMA = 1
"""Raised when a field changes its meaning; older files are then refused by `load`."""


class Hardware(msgspec.Struct, frozen=True, kw_only=True):
    """What it ran on."""

    key: str
    """Equal for results that may be compared."""
    processor: str
    cores: int
    threads: int
    """That torch uses."""
    memory_gb: float
    gpu: str = ""
    """Name of the GPU; empty where there is none."""
    gpu_memory_gb: float = 0.0
    driver: str = ""
    clocks: dict[str, str] = {}
    """What the driver or the kernel says of clocks and power at the start, with units."""
    load_average: float = 0.0
    """Over the last minute, at the start: what else the machine did."""


class OtherProcess(msgspec.Struct, frozen=True, kw_only=True):
    """A process that is none of ours."""

    name: str
    pid: int
    cores: float = 0.0
    """Processor time over the time that passed: 1 is one core."""
    gpu_mb: float = 0.0
    """Memory that it holds on the GPU."""


class Conditions(msgspec.Struct, frozen=True, kw_only=True):
    """What the machine was like while our engine was measured; 0 and empty where it is not told."""

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
    """Share of the time that the host of this virtual machine gave to others."""
    quota_wait: float = 0.0
    """Seconds in a second that were waited for the control group's quota of the processor."""
    others: list[OtherProcess] = []
    """Who used the processor, the busiest first."""
    gpu_others: list[OtherProcess] = []
    """Who else uses the GPU."""


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured."""

    name: str
    weights: str
    """random, or trained"""
    parameters: int
    device: str
    dtype: str
    """In which our engine computes; upstream: float16 on a GPU, float32 on a processor."""
    cfg_strength: float = 2.0
    """Of classifier-free guidance; at 0 a step evaluates one row instead of two."""


class Ceilings(msgspec.Struct, frozen=True, kw_only=True):
    """What the hardware reaches in this run."""

    gemm_tflop_per_s: float
    """Best of a large square matrix product in the model's type."""
    gemm_size: int
    copy_gb_per_s: float
    """Bytes read and written by a large copy."""


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """Repetitions of one thing, on the host's clock."""

    p50_ms: float
    p95_ms: float
    std_over_mean: float
    runs: int
    anchor_ms: float = 0.0
    """Median of a fixed matrix product between the runs: the machine's mood; 0 if not taken."""
    beside_ms: float = 0.0
    """Median of our engine's runs between the runs of another contender; 0 if there were none."""


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


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """A process from its start to its first speech; seconds since it was started."""

    python_s: float
    imports_s: float
    warm_s: float
    first_audio_s: float
    ttfa: Times
    """Of later messages: from the request to the first chunk of audio."""
    ttfa_speech_s: float
    """How long the first chunk of those messages is."""


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is asked, and what was reached."""

    what: str
    asked: str
    reached: str
    is_met: bool
    bound: str = ""
    """What bounds it, where it is missed."""


class ProfileItem(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of work."""

    name: str
    ms: float
    share: float
    """Of the request."""
    largest: list[str]
    """The kernels or operators that take most of it, with their milliseconds."""


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """Where the time of one request goes."""

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
    repeated: int = 0
    """How often workloads that seemed slower were measured again; their fastest median stands."""
    disturbed: str = ""
    """What made the run worth nothing as a measure; empty for a good one."""
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
    bars: list[Bar] = []
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
            remedy="Make it with: ishowtts bench --quick --json FILE",
        ) from error
    if results.schema != SCHEMA:
        raise StartError(
            f"{path} has the form {results.schema} of the results; this version writes {SCHEMA}.",
            remedy="Measure again with: ishowtts bench --quick --json FILE",
        )
    return results
