"""The page: a folder with index.html, wave files and pictures, which a browser opens from disk."""

import wave
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bot.engine.f5.mel import SAMPLE_RATE_HZ
from bot.errors import StartError
from bot.messages import Samples
from tests.bench.f5.quality.picture import spectrogram_png
from tests.bench.f5.quality.renditions import Rendition, Spoken

_RANGE = 9.0
"""So far below the loudest value, in natural logarithms (78 dB), pictures are dark."""


class About(NamedTuple):
    """What the page says on top."""

    model: str
    voice: str
    is_random: bool
    facts: tuple[str, ...]
    """Hardware, versions, date."""


def write(folder: Path, about: About, spoken: Sequence[Spoken]) -> Path:
    """Write the page and what it refers to; return the path of `index.html`.

    Raises:
        StartError: the folder cannot be written to.
    """
    try:
        for name in ("sounds", "pictures"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        for number, each in enumerate(spoken, 1):
            top = max(float(r.mel.max()) for r in each.renditions)
            for rendition in each.renditions:
                name = _file_name(number, rendition)
                picture = spectrogram_png(rendition.mel, top - _RANGE, top)
                (folder / "pictures" / f"{name}.png").write_bytes(picture)
                _write_wave(folder / "sounds" / f"{name}.wav", rendition.wave)
        index = folder / "index.html"
        index.write_text(_html(about, spoken), encoding="utf-8")
    except OSError as error:
        raise StartError(
            f"The page cannot be written to {folder}: {error.strerror}.",
            remedy="Name a folder that can be written to.",
        ) from error
    return index


def _file_name(number: int, rendition: Rendition) -> str:
    return f"text{number}-{rendition.dtype}-nfe{rendition.nfe:02d}"


def _write_wave(path: Path, samples: Samples) -> None:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE_HZ, 0, "NONE", ""))
        file.writeframes((samples.clip(-1, 1) * 32767).astype("<i2").tobytes())


def _html(about: About, spoken: Sequence[Spoken]) -> str:
    title = f"{about.model}, voice {about.voice}"
    body = _BODY.format(
        title=escape(title),
        warning=_WARNING if about.is_random else "",
        facts="".join(f"<li>{escape(fact)}</li>" for fact in about.facts),
        summary=_summary(spoken),
        texts="".join(_section(number, each) for number, each in enumerate(spoken, 1)),
    )
    return _PAGE.format(title=escape(f"{title}: quality"), style=_STYLE, body=body)


def _summary(spoken: Sequence[Spoken]) -> str:
    """Return a table of means over the texts."""
    precisions = _precisions(spoken[0].renditions)
    columns = ("mel", "spectrum", "RTF")
    head = "".join(
        f'<th colspan="{len(columns)}" scope="colgroup">{precision}</th>'
        for precision in precisions
    )
    names = "".join(f'<th scope="col">{column}</th>' for _ in precisions for column in columns)
    rows = []
    for nfe in dict.fromkeys(r.nfe for r in spoken[0].renditions):
        cells = "".join(_summary_cells(spoken, precision, nfe) for precision in precisions)
        rows.append(f'<tr><th scope="row">{nfe}</th>{cells}</tr>')
    return (
        f'<thead><tr><th rowspan="2" scope="col">NFE</th>{head}</tr><tr>{names}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody>"
    )


def _summary_cells(spoken: Sequence[Spoken], precision: str, nfe: int) -> str:
    chosen = [r for s in spoken for r in s.renditions if (r.dtype, r.nfe) == (precision, nfe)]
    mel = np.mean([r.mel_distance for r in chosen])
    spectrum = np.mean([r.log_spectral_distance_db for r in chosen])
    rtf = np.mean([r.rtf for r in chosen])
    return f"<td>{mel:.1%}</td><td>{spectrum:.1f} dB</td><td>{rtf:.3f}</td>"


def _precisions(renditions: Sequence[Rendition]) -> list[str]:
    return list(dict.fromkeys(r.dtype for r in renditions))


def _section(number: int, spoken: Spoken) -> str:
    precisions = _precisions(spoken.renditions)
    rows = "".join(_rows(number, spoken, precisions))
    return (
        f'<section aria-labelledby="text{number}"><h2 id="text{number}">{escape(spoken.text)}</h2>'
        f'<div class="grid" style="--columns: {max(len(precisions), 2)}">{rows}</div></section>'
    )


def _rows(number: int, spoken: Spoken, precisions: Sequence[str]) -> Iterator[str]:
    by_way = {(r.dtype, r.nfe): r for r in spoken.renditions}
    for nfe in dict.fromkeys(r.nfe for r in spoken.renditions):
        for precision in precisions:
            yield _figure(_file_name(number, by_way[precision, nfe]), by_way[precision, nfe])


def _figure(name: str, rendition: Rendition) -> str:
    what = f"NFE {rendition.nfe}, {rendition.dtype}"
    is_reference = rendition.mel_distance == 0
    distance = (
        "what the others are compared with"
        if is_reference
        else f"mel {rendition.mel_distance:.1%}, spectrum "
        f"{rendition.log_spectral_distance_db:.1f} dB"
    )
    alt = escape(f"Spectrogram of {what}, {rendition.duration_s:.1f} s")
    return (
        f"<figure><figcaption><strong>{what}</strong><span>{distance}</span></figcaption>"
        f'<img src="pictures/{name}.png" alt="{alt}" loading="lazy">'
        f'<audio controls preload="metadata" src="sounds/{name}.wav" aria-label="{escape(what)}">'
        f"</audio></figure>"
    )


_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
{body}</body>
</html>
"""
_WARNING = (
    '<p class="warning" role="note"><strong>Random weights.</strong> The model was never trained: '
    "what is heard is noise, and the distances say nothing about speech.</p>"
)
_STYLE = """\
:root {
  --back: #fafaf7; --card: #fff; --line: #d9d8d0; --text: #1d1c1a; --quiet: #5d5b55;
  --accent: #8a2d5c; --warn-back: #fff1cc; --warn-text: #5a4200;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #151418; --card: #1f1d24; --line: #3a3742; --text: #eceaf1; --quiet: #aaa6b5;
    --accent: #f08bb8; --warn-back: #3d3214; --warn-text: #ffe7a3;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 76rem; padding: 2.5rem 1.25rem 4rem; background: var(--back);
  color: var(--text); font: 1rem/1.55 system-ui, sans-serif;
}
h1 { margin: 0; font-size: 1.9rem; line-height: 1.2; }
h2 { margin: 3rem 0 1rem; font-size: 1.15rem; line-height: 1.4; max-width: 60rem; }
p, ul { max-width: 46rem; }
.facts {
  margin: .75rem 0 0; padding: 0; list-style: none; color: var(--quiet); font-size: .9rem;
}
.warning {
  margin: 1.25rem 0; padding: .75rem 1rem; border-radius: .5rem; background: var(--warn-back);
  color: var(--warn-text);
}
.scroll { overflow-x: auto; margin-top: 1.5rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem 1rem; border-bottom: 1px solid var(--line); text-align: right; }
tbody th { white-space: nowrap; }
thead th { color: var(--quiet); font-weight: 600; font-size: .85rem; }
figure {
  margin: 0; padding: .75rem; background: var(--card); border: 1px solid var(--line);
  border-radius: .6rem; display: flex; flex-direction: column; gap: .6rem;
}
figcaption { display: flex; flex-wrap: wrap; gap: 0 .75rem; justify-content: space-between; }
figcaption span { color: var(--quiet); font-size: .9rem; font-variant-numeric: tabular-nums; }
@media (max-width: 44rem) {
  th, td { padding: .35rem .5rem; }
}
h2::before { content: "“"; color: var(--accent); }
h2::after { content: "”"; color: var(--accent); }
th[colspan] { text-align: center; color: var(--text); }
.grid { display: grid; gap: 1rem; grid-template-columns: repeat(var(--columns), minmax(0, 1fr)); }
img { width: 100%; height: 9rem; border-radius: .3rem; background: #08061e; display: block; }
audio { width: 100%; height: 2.4rem; }
@media (max-width: 44rem) {
  .grid { grid-template-columns: minmax(0, 1fr); }
}
"""
_BODY = """\
<header>
<h1>{title}</h1>
<ul class="facts">{facts}</ul>
</header>
<main>
{warning}
<p>Each text is spoken from the same noise with fewer and fewer function evaluations (NFE), in every
precision that this machine computes in. Distances are those to NFE 32 in float32: the relative
L2 distance of the log-mel spectrogram, and the log-spectral distance of the sound. They tell how
much changed, not how good it sounds: listen. RTF is seconds of synthesis for a second of
speech.</p>
<div class="scroll" role="region" aria-label="Means over all texts" tabindex="0">
<table>{summary}</table>
</div>
{texts}
</main>
<script>
// One player at a time, so that two renditions are never heard together.
document.addEventListener("play", (event) => {{
  for (const other of document.querySelectorAll("audio")) {{
    if (other !== event.target) other.pause();
  }}
}}, true);
</script>
"""
