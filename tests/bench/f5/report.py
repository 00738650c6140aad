"""Lines and tables of a run of the stages, on the standard output."""

from collections.abc import Iterator

from bot.speedcheck.report import say, table
from tests.bench.f5.results import OURS, Case, Ceilings, Errors, Memory, Profile, Results

RANDOM_WARNING = (
    "RANDOM WEIGHTS: the times are those of a trained model of this shape, the sound is noise."
)


def tell_ceilings(found: Ceilings) -> None:
    """Tell what the hardware reaches."""
    say(
        f"ceilings: {found.gemm_tflop_per_s:.4g} TFLOP/s in a product of "
        f"{found.gemm_size} squared, {found.copy_gb_per_s:.4g} GB/s in a copy"
    )


def tell_case(contender: str, workload: str, case: Case) -> None:
    """Tell one case."""
    times = case.times
    shares = [f"RTF {case.rtf:.4f}"]
    if case.roofline is not None:
        shares.append(f"{case.roofline.share:.0%} of the roofline")
    if case.graph_dit_share is not None:
        shares.append(f"DiT {case.graph_dit_share:.0%} of the GEMM ceiling")
    say(
        f"{contender}, NFE {case.nfe}, {workload}: {times.p50_ms:.2f} ms (95 % within "
        f"{times.p95_ms:.2f}, spread {times.std_over_mean:.1%}, {times.runs} runs), "
        + ", ".join(shares)
    )


def tell_memory(found: Memory) -> None:
    """Tell what the graphs take."""
    say(
        f"memory: {found.graphs} graphs up to 30 s take {found.graphs_mb:.0f} MB over "
        f"{found.weights_mb:.0f} MB, the process {found.process_mb:.0f} MB; recorded in "
        f"{found.recording_s:.1f} s"
    )


def tell_error(workload: str, found: Errors) -> None:
    """Tell the distances to upstream in float32."""
    say(
        f"error against float32 upstream, {workload}: mel {found.own_mel:.2%} "
        f"(upstream {found.upstream_mel:.2%}), wave {found.own_wave:.2%} "
        f"(upstream {found.upstream_wave:.2%}); in a batch against alone "
        f"{found.batch_against_alone:.2%}"
    )


def tell_profile(workload: str, found: Profile) -> None:
    """Print where the time goes, and name the largest item."""
    say(f"\nwhere {found.request_ms:.2f} ms go, {workload}:")
    rows = [
        (item.name, f"{item.ms:.2f}", f"{item.share:.0%}", "; ".join(item.largest))
        for item in found.items
    ]
    for line in table(("part", "ms", "share", "mostly"), rows):
        say(line)
    say(f"largest: {found.items[0].name}, {found.items[0].share:.0%}\n")


def header(results: Results) -> Iterator[str]:
    """Yield what was measured on what."""
    hardware, model = results.hardware, results.model
    if hardware.gpu:
        driver = hardware.driver or "unknown"
        yield f"{hardware.gpu}, {hardware.gpu_memory_gb:g} GB, driver {driver}"
    threads = f"{hardware.threads} threads, " if hardware.threads else ""
    yield (
        f"{hardware.processor}, {hardware.cores} cores, {threads}"
        f"{hardware.memory_gb:g} GB, load {hardware.load_average:g}"
    )
    if hardware.clocks:
        yield ", ".join(f"{name} {value}" for name, value in hardware.clocks.items())
    yield ", ".join(f"{name} {value}" for name, value in results.versions.items())
    yield (
        f"{results.date}: {model.name}, "
        + (f"{model.parameters / 1e6:.1f} M parameters, " if model.parameters else "")
        + f"{model.weights} weights, {model.dtype} on {model.device}"
    )
    if model.weights == "random":
        yield RANDOM_WARNING


def tables(results: Results) -> Iterator[str]:
    """Yield the comparison, what is asked, and what failed."""
    yield ""
    yield from _cases(results)
    if results.targets:
        yield ""
        rows = [
            (
                target.what,
                target.asked,
                target.reached,
                "met" if target.is_met else "MISSED",
                target.bound,
            )
            for target in results.targets
        ]
        yield from table(("asked", "at least", "reached", "", "what bounds it"), rows)
    for stage, problem in results.failures.items():
        yield f"FAILED {stage}: {problem}"
    if results.model.weights == "random":
        yield RANDOM_WARNING


def _cases(results: Results) -> Iterator[str]:
    ours = results.cases.get(OURS, {})
    others = [contender for contender in results.cases if contender != OURS]
    workloads = list(ours)
    for contender in others:
        workloads += [name for name in results.cases[contender] if name not in workloads]
    rows = []
    for workload in workloads:
        row = [workload]
        own = ours.get(workload)
        if own is None:
            row += ["", "", "", "", "", ""]
        else:
            share = f"{own.roofline.share:.0%}" if own.roofline else ""
            row += [
                f"{own.times.p50_ms:.2f}",
                f"{own.times.p95_ms:.2f}",
                f"{own.times.std_over_mean:.1%}",
                f"{own.rtf:.4f}",
                share,
                f"{own.graph.p50_ms:.2f}" if own.graph else "",
            ]
        for contender in others:
            case = results.cases[contender].get(workload)
            ratio = results.ratios.get(contender, {}).get(workload)
            row.append(f"{case.times.p50_ms:.1f}" if case else "")
            row.append(f"{ratio:.1f}x" if ratio else "")
        rows.append(row)
    head = ["speech", "ours ms", "p95", "spread", "RTF", "roofline", "graph ms"]
    for contender in others:
        head += [contender, "/ ours"]
    yield from table(head, rows)
