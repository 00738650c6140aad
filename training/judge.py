r"""Judge sound and likeness with the voices of people, several systems in one run.

    python -m training.judge PACKAGES --system shipped MODEL VOCODER --system new MODEL VOCODER
    python -m training.judge PACKAGES --vocoder shipped VOCODER --vocoder new VOCODER
    python -m training.judge PACKAGES --aside --system shipped ... --system new ...

PACKAGES holds unpacked packages with recordings (README.md names them). A system is a model with
its vocoder; the official weights serve, too. A vocoder alone says the references again from their
true mels, as every system's does. Figures go to RESULTS/judged.json, those of the list aside to
RESULTS/aside.json, which keeps every run with its day.
"""

import argparse
import hashlib
import json
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch

from bot.messages import Samples
from tests.bench.report import environment
from training import heldout
from training.evaluation.copying import vocoder_copy
from training.evaluation.likeness import Recognizer
from training.evaluation.listening import Listener
from training.evaluation.mistakes import compare, total
from training.evaluation.people import (
    ASIDE,
    DEVELOPMENT,
    SAMPLE_RATE_HZ,
    Person,
    read_people,
    voice_name,
    write_voices,
)
from training.evaluation.pitch import mean_pitch_hz
from training.evaluation.quality import Rater
from training.evaluation.systems import Synthesizer, engine

Row: TypeAlias = dict[str, float]
_SENTENCES = 12
_SPACING = 16
"""Of the sentences in the list of chat, every so many is spoken."""
_RESULTS = Path(__file__).parent / "results"
_BUNDLED = Path(__file__).parents[1] / "voices"
_SHARES = frozenset({"wer", "nearest", "nearer", "pitch_error"})
_JUDGES = ("torch", "faster-whisper", "distillmos", "resemblyzer")
_FILES = {DEVELOPMENT: "judged", ASIDE: "aside"}
"""File of the runs with each list."""
MEAN = "mean"


class Judge:
    """Ears for one list of references."""

    def __init__(self, people: Mapping[str, Person], sentences: Sequence[str]) -> None:
        self._people = people
        self._sentences = sentences
        self._rater, self._recognizer, self._listener = Rater(), Recognizer(), Listener(1)
        self._vectors = {
            name: self._recognizer.describe(person.samples, SAMPLE_RATE_HZ)
            for name, person in people.items()
        }
        self._pitches_hz = {
            name: mean_pitch_hz(person.samples, SAMPLE_RATE_HZ) for name, person in people.items()
        }

    def references(self) -> dict[str, Row]:
        """Return the figures of the references themselves."""
        rows = {
            name: {
                "mos": self._rater.rate(person.samples, SAMPLE_RATE_HZ),
                "pitch_hz": self._pitches_hz[name],
            }
            for name, person in self._people.items()
        }
        return _with_mean(rows)

    def copies(self, vocoder: Path) -> dict[str, Row]:
        """Return the figures of the references said again by a vocoder from their true mels."""
        copy = vocoder_copy(vocoder)
        rows = {}
        for name, person in self._people.items():
            wave = copy(torch.from_numpy(person.samples)).numpy()
            vector = self._recognizer.describe(wave, SAMPLE_RATE_HZ)
            rows[name] = {
                "copy_mos": self._rater.rate(wave, SAMPLE_RATE_HZ),
                "copy_likeness": float(vector @ self._vectors[name]),
            }
        return _with_mean(rows)

    def speech(self, system: Synthesizer, names: Iterable[str] = ()) -> dict[str, Row]:
        """Return the figures of a system that says every sentence with every reference.

        `names` are the references that it has, where those are not all.
        """
        rows = {name: self._person(system, name) for name in names or self._people}
        return _with_mean(rows)

    def _person(self, system: Synthesizer, name: str) -> Row:
        waves = [system(sentence, voice_name(name)) for sentence in self._sentences]
        heard = [self._listener.write_down(wave, SAMPLE_RATE_HZ) for wave in waves]
        vectors = [self._recognizer.describe(wave, SAMPLE_RATE_HZ) for wave in waves]
        own = np.array([float(vector @ self._vectors[name]) for vector in vectors])
        others = np.array(
            [
                [float(vector @ other) for who, other in self._vectors.items() if who != name]
                for vector in vectors
            ]
        )
        pairs = zip(self._sentences, heard, strict=True)
        return {
            "wer": total(compare(*pair) for pair in pairs).error_rate,
            "mos": float(np.mean([self._rater.rate(wave, SAMPLE_RATE_HZ) for wave in waves])),
            "likeness": float(own.mean()),
            "nearer": float((own[:, None] > others).mean()),
            "nearest": float((own > others.max(axis=1)).mean()),
            "pitch_error": _pitch_hz(waves) / self._pitches_hz[name] - 1,
        }


def _pitch_hz(waves: Sequence[Samples]) -> float:
    pitches = np.array([mean_pitch_hz(wave, SAMPLE_RATE_HZ) for wave in waves])
    return float(np.exp(np.nanmean(np.log(pitches))))


def _with_mean(rows: dict[str, Row]) -> dict[str, Row]:
    """Return the rows and their mean; errors of pitch count without their sign there."""
    keys = next(iter(rows.values()))
    mean = {
        key: float(
            np.mean([abs(row[key]) if key == "pitch_error" else row[key] for row in rows.values()])
        )
        for key in keys
    }
    return rows | {MEAN: mean}


def fingerprint(folder: Path) -> str:
    """Return what tells the weights in a folder from others."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.safetensors")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def table(figures: Mapping[str, Mapping[str, Mapping[str, float]]]) -> str:
    """Return Markdown: a row for each reference, a column for each figure of each system."""
    columns = [(part, key) for part, rows in figures.items() for key in rows[MEAN]]
    lines = [
        "| reference | " + " | ".join(f"{part}: {key}" for part, key in columns) + " |",
        "|---" * (len(columns) + 1) + "|",
    ]
    for name in figures["reference"]:
        rows = {part: figures[part].get(name, {}) for part in figures}
        cells = (_cell(key, rows[part].get(key)) for part, key in columns)
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(key: str, value: float | None) -> str:
    if value is None:
        return "-"
    if key == "pitch_hz":
        return f"{value:.0f}"
    return f"{100 * value:.0f} %" if key in _SHARES else f"{value:.2f}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge what the command line names; return the exit code."""
    options = _parse(arguments)
    name = ASIDE if options.aside else DEVELOPMENT
    people = read_people(name, options.packages, _BUNDLED)
    sentences = (
        heldout.sentences(heldout.ASIDE)
        if options.aside
        else heldout.sentences("chat")[::_SPACING][:_SENTENCES]
    )
    judge = Judge(people, sentences[:: 4 if options.quick else 1])
    figures: dict[str, dict[str, Row]] = {"reference": judge.references()}
    weights: dict[str, str] = {}
    for called, vocoder in options.vocoder:
        figures[called] = judge.copies(Path(vocoder))
        weights[called] = fingerprint(Path(vocoder))
    for called, model, vocoder in options.system:
        with tempfile.TemporaryDirectory() as folder:
            voices = Path(folder, "voices")
            write_voices(people, voices)
            system = engine(
                Path(model), Path(vocoder), voices, Path(folder, "cache"),
                nfe=options.nfe, precision=options.precision,
            )  # fmt: skip
            spoken = judge.speech(system)
        copies = judge.copies(Path(vocoder))
        figures[called] = {who: copies[who] | spoken[who] for who in spoken}
        weights[called] = f"{fingerprint(Path(model))} {fingerprint(Path(vocoder))}"
    sys.stdout.write(table(figures))
    if not options.quick:
        keep(options.results / f"{_FILES[name]}.json", {
            "nfe": options.nfe,
            "precision": options.precision,
            "sentences": len(sentences),
            "weights": weights,
            "figures": figures,
        })  # fmt: skip
    return 0


def keep(file: Path, run: dict[str, Any]) -> None:
    """Append a run, with what it was made on, to a file of runs."""
    run = {"made on": environment(*_JUDGES), **run}
    runs = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else []
    rounded = json.loads(json.dumps(run), parse_float=lambda text: round(float(text), 4))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps([*runs, rounded], indent=1) + "\n", encoding="utf-8")


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m training.judge", description="Judge sound and likeness."
    )
    add = parser.add_argument
    add("packages", type=Path, help="folder of unpacked packages with recordings")
    add(
        "--system", nargs=3, action="append", default=[], metavar=("NAME", "MODEL", "VOCODER"),
        help="what it is called, and the folders of a model and its vocoder",
    )  # fmt: skip
    add(
        "--vocoder", nargs=2, action="append", default=[], metavar=("NAME", "VOCODER"),
        help="a vocoder to judge alone",
    )  # fmt: skip
    add("--aside", action="store_true", help="take the list that is judged once")
    add("--nfe", type=int, default=7, help="number of function evaluations")
    add("--precision", default="auto", help="as in config.yaml")
    add("--results", type=Path, default=_RESULTS, help="folder for the figures")
    add("--quick", action="store_true", help="take a quarter of the sentences, keep nothing")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
