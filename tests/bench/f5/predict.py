"""Prediction of F5-TTS on machines that are not here: `python -m tests.bench.f5.predict [MACHINE]`.

Counted work over the machine's peak, times the shares of the peak that were measured on an H100
(tests/bench/results). Nothing was measured on the machine itself. Without a machine it prints the
table of docs/speed.md.

Peak of the Jetsons: tensor cores x 512 operations a clock (dense, half precision) x clock, which
gives a quarter of the sparse INT8 operations that the data sheets name for the GPU alone.
"""

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch

from bot.engine.f5.model.sampler import Sampling
from bot.engine.f5.weights.installed import BUNDLED
from bot.engine.f5.weights.model_folder import guidance, load_vocoder, read_model
from bot.engine.upstream.engine import architecture
from bot.speedcheck.report import say, table
from tests.bench.f5 import roofline
from tests.bench.f5.checkpoints import REFERENCE_S, SHAPES
from tests.bench.f5.own_stages import NFE
from tests.bench.f5.results import OURS, Ceilings, Results, load
from tests.bench.f5.workload import FRAMES_PER_S, LONG, Load, single

_BYTES = 2
_LOADS = (*map(single, (1.0, 3.0, 5.0, 10.0)), LONG)
_HOST_SLOWER = 5.0
"""How many times slower a Jetson's core is taken to be than the H100's host in Python: a guess."""
_OFFICIAL = "F5TTS_v1_Base"
RESULTS = Path(__file__).parents[1] / "results" / "f5_gpu_h100.json"
"""Measured on an H100."""


class Machine(NamedTuple):
    """A GPU at its highest clock."""

    title: str
    peak_tflop_per_s: float
    """Dense products in half precision, accumulated in float32."""
    bandwidth_gb_per_s: float
    clock_mhz: float
    memory_gb: float
    """Shared with the CPU on a Jetson."""
    mode: str
    """Power mode that the clock belongs to."""


def _orin(
    title: str, mode: str, *, cores: int, mhz: float, gb_per_s: float, memory_gb: float
) -> Machine:
    peak = cores * 512 * mhz / 1e6
    return Machine(title, round(peak, 1), gb_per_s, mhz, memory_gb, mode)


MACHINES = {
    "orin-64": _orin(
        "Jetson AGX Orin 64 GB", "MAXN", cores=64, mhz=1300, gb_per_s=204.8, memory_gb=64
    ),
    "orin-32": _orin(
        "Jetson AGX Orin 32 GB", "MAXN", cores=56, mhz=930, gb_per_s=204.8, memory_gb=32
    ),
    "orin-nx-16": _orin(
        "Jetson Orin NX 16 GB", "MAXN, not super", cores=32, mhz=918, gb_per_s=102.4, memory_gb=16
    ),
    "orin-nx-8": _orin(
        "Jetson Orin NX 8 GB", "MAXN, not super", cores=32, mhz=765, gb_per_s=102.4, memory_gb=8
    ),
    "orin-nano": _orin(
        "Jetson Orin Nano 8 GB", "15 W", cores=32, mhz=625, gb_per_s=68, memory_gb=8
    ),
    "orin-nano-super": _orin(
        "Jetson Orin Nano 8 GB Super", "MAXN SUPER", cores=32, mhz=1020, gb_per_s=102, memory_gb=8
    ),
}
H100 = Machine("H100 SXM", 989.4, 3350.0, 1830, 80, "700 W")
"""The GPU that the shares are measured on."""


class Shape(NamedTuple):
    """A model to count the work of."""

    name: str
    architecture: Mapping[str, Any]
    vocoder: tuple[int, int, int]
    """Width, inner width and depth of Vocos."""
    sampling: Sampling


class Shares(NamedTuple):
    """Shares of an H100's peaks that our engine reaches."""

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


def show(name: str) -> None:
    """Print the estimates for the machine `name`, and their assumptions."""
    machine, shares = MACHINES[name], measured_shares(load(RESULTS))
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


def documented() -> Iterator[str]:
    """Yield the table of docs/speed.md: 3 s of speech on every machine."""
    shares, shapes = measured_shares(load(RESULTS)), (bundled(), official())
    rows = []
    for name, machine in MACHINES.items():
        cells = [f"`{name}`", machine.title, machine.mode]
        for shape in shapes:
            found = estimate(machine, shares, shape, single(3.0))
            cells.append(f"{_rounded(found.ms / 1e3)} s, RTF {_rounded(found.rtf)}")
        rows.append(cells)
    yield from table(("machine", "board", "power mode", *(shape.name for shape in shapes)), rows)


def _rounded(value: float) -> str:
    """Return two significant digits: more would claim too much."""
    return f"{float(f'{value:.2g}'):g}"


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
    """Return the model that comes with the package."""
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


def main() -> None:
    """Run `python -m tests.bench.f5.predict`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("machine", nargs="?", choices=MACHINES, help="all, for docs/speed.md")
    name = parser.parse_args().machine
    if name is not None:
        show(name)
        return
    for line in documented():
        say(line)


if __name__ == "__main__":
    main()
