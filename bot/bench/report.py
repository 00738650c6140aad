"""Prints a run: a line for everything that was measured, then the tables."""

from collections.abc import Iterator, Sequence

from bot.bench.results import OURS, Case, Ceilings, Errors, Memory, Profile, Results, Start

RANDOM_WARNING = (
    "RANDOM WEIGHTS: the times are those of a trained model of this shape, the sound is noise."
)


class Reporter:
    """Writes to the standard output."""

    def say(self, line: str = "") -> None:
        """Print a line at once, also into a pipe."""
        print(line, flush=True)  # noqa: T201 - the command's output

    def begin(self, results: Results) -> None:
        """Tell what is measured on what."""
        for line in header(results):
            self.say(line)

    def ceilings(self, found: Ceilings) -> None:
        """Tell what the hardware reaches."""
        self.say(
            f"ceilings: {found.gemm_tflop_per_s:.4g} TFLOP/s in a product of "
            f"{found.gemm_size} squared, {found.copy_gb_per_s:.4g} GB/s in a copy"
        )

    def case(self, contender: str, workload: str, case: Case) -> None:
        """Tell one case."""
        times = case.times
        shares = [f"RTF {case.rtf:.4f}"]
        if case.roofline is not None:
            shares.append(f"{case.roofline.share:.0%} of the roofline")
        if case.graph_dit_share is not None:
            shares.append(f"DiT {case.graph_dit_share:.0%} of the GEMM ceiling")
        self.say(
            f"{contender}, NFE {case.nfe}, {workload}: {times.p50_ms:.2f} ms (95 % within "
            f"{times.p95_ms:.2f}, spread {times.std_over_mean:.1%}, {times.runs} runs), "
            + ", ".join(shares)
        )

    def memory(self, found: Memory) -> None:
        """Tell what the graphs take."""
        self.say(
            f"memory: {found.graphs} graphs up to 30 s take {found.graphs_mb:.0f} MB over "
            f"{found.weights_mb:.0f} MB, the process {found.process_mb:.0f} MB; recorded in "
            f"{found.recording_s:.1f} s"
        )

    def error(self, workload: str, found: Errors) -> None:
        """Tell the distances to upstream in float32."""
        self.say(
            f"error against float32 upstream, {workload}: mel {found.own_mel:.2%} "
            f"(upstream {found.upstream_mel:.2%}), wave {found.own_wave:.2%} "
            f"(upstream {found.upstream_wave:.2%}); in a batch against alone "
            f"{found.batch_against_alone:.2%}"
        )

    def start(self, name: str, found: Start) -> None:
        """Tell where the start's time goes."""
        self.say(
            f"start, {name}: first audio after {found.first_audio_s:.1f} s (python "
            f"{found.python_s:.1f}, imports {found.imports_s - found.python_s:.1f}, load and "
            f"record {found.warm_s - found.imports_s:.1f}, first message "
            f"{found.first_audio_s - found.warm_s:.2f}); then TTFA {found.ttfa.p50_ms:.1f} ms "
            f"for {found.ttfa_speech_s:.1f} s of speech"
        )

    def profile(self, workload: str, found: Profile) -> None:
        """Print where the time goes, and name the largest item."""
        self.say(f"\nwhere {found.request_ms:.2f} ms go, {workload}:")
        rows = [
            (item.name, f"{item.ms:.2f}", f"{item.share:.0%}", "; ".join(item.largest))
            for item in found.items
        ]
        for line in table(("part", "ms", "share", "mostly"), rows):
            self.say(line)
        self.say(f"largest: {found.items[0].name}, {found.items[0].share:.0%}\n")

    def failed(self, stage: str, problem: str) -> None:
        """Tell that a stage gave no numbers."""
        self.say(f"FAILED {stage}: {problem}")

    def end(self, results: Results) -> None:
        """Print the tables."""
        for line in tables(results):
            self.say(line)


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
    if results.bars:
        yield ""
        rows = [
            (bar.what, bar.asked, bar.reached, "met" if bar.is_met else "MISSED", bar.bound)
            for bar in results.bars
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


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a Markdown table, its columns aligned; empty columns are left out."""
    used = [i for i in range(len(head)) if any(row[i] for row in rows)]
    lines = [[row[i].replace("|", "/") for i in used] for row in (head, *rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(used))]
    for number, line in enumerate(lines):
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        yield f"| {' | '.join(cells)} |"
        if number == 0:
            yield f"|{'|'.join('-' * (width + 2) for width in widths)}|"
