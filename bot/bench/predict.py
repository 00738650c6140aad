"""`ishowtts bench --predict`: what a machine that is not here may reach.

Counted work over the machine's peak, times the shares of the peak that were measured on an H100.
Nothing of it was measured on the machine in question.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from bot.bench import roofline
from bot.bench.checkpoints import REFERENCE_S, SHAPES
from bot.bench.machines import H100, MACHINES, Machine
from bot.bench.own_stages import NFE
from bot.bench.report import Reporter, table
from bot.bench.results import OURS, Ceilings, Results, load
from bot.bench.workload import FRAMES_PER_S, LONG, Load, single
from bot.engine.f5.model.sampler import Sampling
from bot.engine.f5.weights.installed import BUNDLED
from bot.engine.f5.weights.model_folder import guidance, load_vocoder, read_model
from bot.engine.upstream.engine import architecture

_BYTES = 2
_LOADS = (*map(single, (1.0, 3.0, 5.0, 10.0)), LONG)
_HOST_SLOWER = 5.0
"""How many times slower a Jetson's core is taken to be than the H100's host in Python: a guess."""
_OFFICIAL = "F5TTS_v1_Base"
_MEASURED = "f5_gpu_h100.json"
_CHECKOUT = Path(__file__).parents[2]


class Shape(NamedTuple):
    """A model to count the work of."""

    name: str
    architecture: Mapping[str, Any]
    vocoder: tuple[int, int, int]
    """Width, inner width and depth of Vocos."""
    sampling: Sampling


class Shares(NamedTuple):
    """What our engine reaches of an H100."""

    products: float
    """Of the peak, by the largest product."""
    copies: float
    """Of the bandwidth, by the largest copy."""
    least: float
    """Of the roofline of these two, at the workload that reaches least."""
    most: float
    by_workload: Mapping[str, float]
    host_ms: float
    """Around the GPU's work."""


class Estimate(NamedTuple):
    """Time of one workload."""

    workload: str
    tflop: float
    moved_gb: float
    bound: str
    """compute, or memory"""
    ms: float
    fastest_ms: float
    slowest_ms: float
    rtf: float


def show(name: str) -> int:
    """Print the estimates for the machine `name`, and what they rest on; return the exit code.

    Raises:
        StartError: the results of the H100 do not come with this installation.
    """
    machine, shares, say = MACHINES[name], measured_shares(load(_results_path())), Reporter().say
    for line in _assumptions(machine, shares):
        say(line)
    for shape in (bundled(), official()):
        guided = "with" if shape.sampling.copies > 1 else "without"
        say(
            f"\n{shape.name}, NFE {shape.sampling.steps}, {guided} guidance, "
            f"{REFERENCE_S:g} s reference"
        )
        rows = [
            (
                each.workload,
                f"{each.tflop:.3g}",
                f"{each.moved_gb:.3g}",
                each.bound,
                f"{each.ms:.0f}",
                f"{each.fastest_ms:.0f} to {each.slowest_ms:.0f}",
                f"{each.rtf:.3f}",
            )
            for each in (estimate(machine, shares, shape, each) for each in _LOADS)
        ]
        head = ("speech", "TFLOP", "GB moved", "bound", "ms, estimated", "range", "RTF, estimated")
        for line in table(head, rows):
            say(line)
    return 0


def _assumptions(machine: Machine, shares: Shares) -> Iterator[str]:
    yield f"ESTIMATE for {machine.title}: counted, not measured; nobody ran this there."
    yield (
        f"Assumed: clocks locked at {machine.clock_mhz:.0f} MHz (power mode {machine.mode}, "
        f"jetson_clocks), peak {machine.peak_tflop_per_s:g} TFLOP/s in dense half precision, "
        f"{machine.bandwidth_gb_per_s:g} GB/s, nothing else running."
    )
    yield (
        f"Measured on an H100 and taken over: {shares.products:.0%} of the peak in large "
        f"products, {shares.copies:.0%} of the bandwidth in copies, and of the roofline of "
        f"both {shares.least:.0%} to {shares.most:.0%}, by workload."
    )
    yield (
        f"Host work of {shares.host_ms:.1f} ms a request there is taken {_HOST_SLOWER:g} times. "
        "The range is that of the shares alone: another architecture may reach less."
    )
    yield (
        "For comparison, measured by iShowTTS with upstream's code on an AGX Orin, 27.8 s at NFE "
        "7: RTF 0.168 with locked clocks, 0.352 without."
    )


def _results_path() -> Path:
    inside = Path(__file__).with_name(_MEASURED)
    return inside if inside.is_file() else _CHECKOUT / "tests/bench/results" / _MEASURED


def measured_shares(results: Results) -> Shares:
    """Return the shares that `results` of an H100 reached."""
    assert results.ceilings is not None
    cases = results.cases[OURS]
    shares = {name: case.roofline.share for name, case in cases.items() if case.roofline}
    host_ms = [
        case.times.p50_ms - case.graph.p50_ms for case in cases.values() if case.graph is not None
    ]
    return Shares(
        products=results.ceilings.gemm_tflop_per_s / H100.peak_tflop_per_s,
        copies=results.ceilings.copy_gb_per_s / H100.bandwidth_gb_per_s,
        least=min(shares.values()),
        most=max(shares.values()),
        by_workload=shares,
        host_ms=max(host_ms[0], 0.0),  # the shortest request: least of it hides behind the GPU
    )


def bundled() -> Shape:
    """Return what comes with the package."""
    import torch  # noqa: PLC0415 - only to read the vocoder's sizes

    state, traits, _ = read_model(BUNDLED / "model")
    vocoder = load_vocoder(BUNDLED / "vocoder", torch.device("cpu"), torch.float32)
    return Shape(
        "bundled",
        architecture(state, traits),
        roofline.vocoder_sizes(vocoder),
        Sampling(NFE, guidance(BUNDLED / "model")),
    )


def official() -> Shape:
    """Return the official model."""
    shape = SHAPES[_OFFICIAL]
    sizes = {
        "dim": shape.width,
        "depth": shape.depth,
        "heads": shape.width // 64,
        "ff_mult": 2,
        "text_dim": shape.text_width,
        "conv_layers": shape.text_depth,
    }
    vocoder = (shape.vocoder_width, 3 * shape.vocoder_width, shape.vocoder_depth)
    return Shape(_OFFICIAL, sizes, vocoder, Sampling(NFE))


def estimate(machine: Machine, shares: Shares, shape: Shape, asked: Load) -> Estimate:
    """Return how long `shape` may take for `asked` on `machine`."""
    reference_frames = int(REFERENCE_S * FRAMES_PER_S)
    speech_frames = [int(target_s * FRAMES_PER_S) for target_s in asked.targets_s]
    work = roofline.work(
        shape.architecture,
        shape.vocoder,
        frames=[reference_frames + frames for frames in speech_frames],
        speech_frames=sum(speech_frames),
        sampling=shape.sampling,
        bytes_per_value=_BYTES,
    )
    ceilings = Ceilings(
        gemm_tflop_per_s=machine.peak_tflop_per_s * shares.products,
        gemm_size=0,
        copy_gb_per_s=machine.bandwidth_gb_per_s * shares.copies,
    )
    line = roofline.roofline(work, ceilings, 1.0)
    least_ms = max(line.compute_ms, line.memory_ms)
    host_ms = shares.host_ms * _HOST_SLOWER
    ms, fastest_ms, slowest_ms = (
        least_ms / share + host_ms
        for share in (shares.by_workload.get(asked.name, shares.least), shares.most, shares.least)
    )
    return Estimate(
        workload=asked.name,
        tflop=line.dit_tflop + line.other_tflop,
        moved_gb=line.moved_gb,
        bound=line.bound,
        ms=ms,
        fastest_ms=fastest_ms,
        slowest_ms=slowest_ms,
        rtf=ms / 1e3 / asked.speech_s,
    )
