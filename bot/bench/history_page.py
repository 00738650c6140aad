"""The page that draws older results: a chart of the medians for each workload."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from bot.bench.check import TOLERANCE
from bot.bench.page_style import page
from bot.bench.results import OURS, Results
from bot.errors import StartError
from bot.runtime.folders import write_whole

_WIDTH, _HEIGHT = 560, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 12, 26, 30
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0, 20.0)
_LINES = 4
"""About so many lines across a chart."""
_DATES = 4
_DAY_S = 86_400

Group = tuple[Sequence[Results], Results | None]
"""Runs that may be compared, the oldest first, and their baseline."""


class _Point(NamedTuple):
    run: Results
    at_s: float
    ms: float


def write(path: Path, groups: Sequence[Group]) -> None:
    """Write the page.

    Raises:
        StartError: it cannot be written.
    """
    sections = "".join(_section(*group) for group in reversed(groups))
    html = page("ishowtts: speed so far", style=_STYLE, body=_BODY.format(sections=sections))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, html.encode())
    except OSError as error:
        raise StartError(
            f"The page cannot be written to {path}: {error.strerror}.",
            remedy="Name a file that can be written.",
        ) from error


def _section(runs: Sequence[Results], baseline: Results | None) -> str:
    newest = runs[-1]
    model = newest.model
    title = f"{model.name} on {newest.hardware.gpu or newest.hardware.processor}"
    facts = [
        f"{newest.hardware.key}; {model.dtype} on {model.device}, {model.weights} weights",
        f"{len(runs)} runs, {runs[0].date[:10]} to {newest.date[:10]}",
    ]
    if baseline is not None:
        facts.append(f"Compared with {baseline.date[:16].replace('T', ' ')} UTC")
    names = dict.fromkeys(name for run in runs for name in run.cases.get(OURS, {}))
    charts = "".join(_chart(name, runs, baseline) for name in names)
    return (
        f"<section><h2>{escape(title)}</h2><ul class=facts>"
        + "".join(f"<li>{escape(fact)}</li>" for fact in facts)
        + f"</ul><div class=charts>{charts}</div>{_table(runs, list(names))}</section>"
    )


def _chart(name: str, runs: Sequence[Results], baseline: Results | None) -> str:
    points = [
        _Point(
            run, datetime.fromisoformat(run.date).timestamp(), run.cases[OURS][name].times.p50_ms
        )
        for run in runs
        if name in run.cases.get(OURS, {})
    ]
    base = _base(name, baseline)
    base_ms = base.ms if base else None
    scale = _Scale(points, base_ms)
    last = points[-1]
    change = f", {last.ms / base_ms - 1:+.0%} on the baseline" if base_ms else ""
    label = escape(f"{name}: median milliseconds of {len(points)} runs")
    return (
        f"<figure><figcaption><strong>{escape(name)}</strong>"
        f"<span>last {last.ms:.1f} ms{change}</span></figcaption>"
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{label}">'
        + "".join(_axes(scale))
        + (_baseline(scale, base) if base else "")
        + "".join(_versions(scale, points))
        + "".join(_line(scale, points, base))
        + "</svg></figure>"
    )


def _base(name: str, baseline: Results | None) -> _Point | None:
    case = baseline.cases.get(OURS, {}).get(name) if baseline else None
    if baseline is None or case is None:
        return None
    at_s = datetime.fromisoformat(baseline.date).timestamp()
    return _Point(baseline, at_s, case.times.p50_ms)


class _Scale:
    """Milliseconds from 0 upwards, and time from the first run to the last."""

    def __init__(self, points: Sequence[_Point], base_ms: float | None) -> None:
        top = max([*(point.ms for point in points), (base_ms or 0) * (1 + TOLERANCE)]) * 1.05
        rough = top / _LINES
        power = 10.0 ** (len(str(int(rough))) - 1) if rough >= 1 else 0.1
        self.step = next(power * step for step in _STEPS if power * step >= rough)
        self.top = top
        self.first_s, self.last_s = points[0].at_s, points[-1].at_s

    def x(self, at_s: float) -> float:
        """Return where a moment stands; a single one in the middle."""
        width, span = _WIDTH - _LEFT - _RIGHT, self.last_s - self.first_s
        share = (at_s - self.first_s) / span if span else 0.5
        return round(_LEFT + width * (0.02 + 0.96 * share), 1)

    def y(self, ms: float) -> float:
        """Return where a time stands."""
        return round(_HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * ms / self.top, 1)


def _axes(scale: _Scale) -> Iterator[str]:
    ms = 0.0
    while ms <= scale.top:
        y = scale.y(ms)
        yield f'<line class=grid x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>'
        unit = " ms" if ms + scale.step > scale.top else ""
        yield f'<text class=tick x="{_LEFT - 6}" y="{y + 4}" text-anchor=end>{ms:g}{unit}</text>'
        ms += scale.step
    span_s = scale.last_s - scale.first_s
    count = _DATES if span_s > _DATES * _DAY_S else 1 + (span_s > _DAY_S)
    for number in range(count):
        at_s = scale.first_s + span_s * (number / (count - 1) if count > 1 else 0.5)
        x, y = scale.x(at_s), _HEIGHT - 8
        anchor = "middle"
        if count > 1 and number in {0, count - 1}:
            anchor = "end" if number else "start"
        date = f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%d}"
        yield f'<text class=tick x="{x}" y="{y}" text-anchor={anchor}>{date}</text>'


def _baseline(scale: _Scale, base: _Point) -> str:
    """Return line and band, from the baseline's day on: it says nothing about what was before."""
    top, bottom = scale.y(base.ms * (1 + TOLERANCE)), scale.y(base.ms)
    left, right = scale.x(max(base.at_s, scale.first_s)), _WIDTH - _RIGHT
    return (
        f'<rect class=band x="{left}" width="{right - left:.1f}" y="{top}" '
        f'height="{bottom - top:.1f}"/>'
        f'<line class=base x1="{left}" x2="{right}" y1="{bottom}" y2="{bottom}"/>'
    )


def _versions(scale: _Scale, points: Sequence[_Point]) -> Iterator[str]:
    """Yield a mark where ishowtts or torch changed."""
    for before, after in pairwise(points):
        was, now = _about(before.run), _about(after.run)
        changed = [text for old, text in zip(was, now, strict=True) if old != text]
        if changed:
            x = scale.x(after.at_s)
            anchor = "end" if x > _WIDTH / 2 else "start"
            yield (
                f'<line class=version x1="{x}" x2="{x}" y1="{_TOP - 8}" y2="{_HEIGHT - _BOTTOM}"/>'
                f'<text class=tick x="{x}" y="{_TOP - 12}" text-anchor={anchor}>'
                f"{escape(', '.join(changed))}</text>"
            )


def _about(run: Results) -> tuple[str, ...]:
    torch = run.versions.get("torch", "none")
    driver = run.hardware.driver
    return f"ishowtts {run.ishowtts}", f"torch {torch}", f"driver {driver}" if driver else ""


def _line(scale: _Scale, points: Sequence[_Point], base: _Point | None) -> Iterator[str]:
    good = [point for point in points if not point.run.disturbed]
    path = " ".join(f"{scale.x(point.at_s)},{scale.y(point.ms)}" for point in good)
    yield f'<polyline class=line points="{path}"/>'
    for point in points:
        kind = "point"
        if base and point.at_s > base.at_s and point.ms > base.ms * (1 + TOLERANCE):
            kind = "slow"
        if point.run.disturbed:
            kind = "disturbed"
        said = f"{point.run.date[:16].replace('T', ' ')} UTC, {point.run.mode}: {point.ms:.1f} ms"
        more = f"; {point.run.disturbed}" if point.run.disturbed else ""
        yield (
            f'<circle class={kind} cx="{scale.x(point.at_s)}" cy="{scale.y(point.ms)}" r="3.5">'
            f"<title>{escape(said + more)}</title></circle>"
        )


def _table(runs: Sequence[Results], names: Sequence[str]) -> str:
    head = "".join(f"<th scope=col>{escape(name)}</th>" for name in names)
    rows = []
    for run in reversed(runs):
        cases = run.cases.get(OURS, {})
        cells = "".join(
            f"<td>{cases[name].times.p50_ms:.1f}</td>" if name in cases else "<td></td>"
            for name in names
        )
        about = ", ".join(filter(None, (*_about(run), run.disturbed)))
        rows.append(
            f"<tr><th scope=row>{run.date[:16].replace('T', ' ')}</th>{cells}"
            f"<td class=about>{escape(about)}</td></tr>"
        )
    return (
        "<details><summary>All numbers, in milliseconds</summary>"
        '<div class=scroll role=region aria-label="All numbers" tabindex=0><table>'
        f"<thead><tr><th scope=col>UTC</th>{head}"
        "<th scope=col class=about>versions</th></tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div></details>"
    )


_STYLE = """\
.charts {
  display: grid; gap: 1rem; margin-top: 1rem; grid-template-columns: repeat(2, minmax(0, 1fr));
}
svg { width: 100%; height: auto; display: block; }
.grid { stroke: var(--line); }
.tick { fill: var(--quiet); font: 11px system-ui, sans-serif; }
.band { fill: var(--accent); opacity: .12; }
.base { stroke: var(--accent); stroke-dasharray: 5 4; }
.version { stroke: var(--quiet); stroke-dasharray: 2 3; }
.line { fill: none; stroke: var(--text); stroke-width: 1.5; opacity: .45; }
.point { fill: var(--text); }
.slow { fill: var(--accent); }
.disturbed { fill: none; stroke: var(--quiet); }
.key { display: inline-block; vertical-align: middle; width: 1.5rem; height: .7rem; }
.about { text-align: left; min-width: 16rem; color: var(--quiet); }
details { margin-top: 1.5rem; }
summary { cursor: pointer; }
@media (max-width: 44rem) {
  .charts { grid-template-columns: minmax(0, 1fr); }
  .tick { font-size: 14px; } /* of the drawing, which shrinks */
}
"""
_BODY = """\
<header><h1>Speed so far</h1></header>
<main>
<p>Median milliseconds of a request, from text to samples, by length of speech; lower is faster. The
dashed line is the baseline, the band above it the 10 % that are no drift. Runs above it are
coloured; a ring is a run that the daemon disturbed, and a dotted line an update.</p>
{sections}
</main>
"""
