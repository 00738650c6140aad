"""Lines and tables of a run, on the standard output."""

from collections.abc import Iterator, Sequence

from bot.speedcheck.results import Case, Results, Start


def say(line: str = "") -> None:
    """Print a line at once, also into a pipe."""
    print(line, flush=True)  # noqa: T201 - the command's output


def header(results: Results) -> Iterator[str]:
    """Yield what is measured on what."""
    hardware, model = results.hardware, results.model
    if hardware.gpu:
        yield f"{hardware.gpu}, driver {hardware.driver or 'unknown'}"
    yield (
        f"{hardware.processor}, {hardware.cores} cores, {hardware.memory_gb:g} GB, "
        f"load {hardware.load_average:g}"
    )
    if hardware.clocks:
        yield ", ".join(f"{name} {value}" for name, value in hardware.clocks.items())
    yield ", ".join(f"{name} {value}" for name, value in results.versions.items())
    yield f"{results.date}: {model.name}, NFE {model.nfe}, device {model.device}"


def start_line(name: str, start: Start) -> str:
    """Return how long a start took."""
    return (
        f"start, {name}: warm after {start.warm_s:.1f} s, first audio after "
        f"{start.first_audio_s:.1f} s"
    )


def case_line(workload: str, case: Case) -> str:
    """Return one case."""
    times, ttfa = case.times, case.ttfa
    return (
        f"{workload}: TTFA {ttfa.p50_ms:.1f} ms (95 % within {ttfa.p95_ms:.1f}), all after "
        f"{times.p50_ms:.1f} ms (95 % within {times.p95_ms:.1f}, spread {times.std_over_mean:.1%}, "
        f"{times.runs} runs), RTF {case.rtf:.4f}"
    )


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
