"""Judge clones of bad recordings: a room, a fan, a cheap microphone.

    python -m training.degraded PACKAGES --model MODEL --vocoder VOCODER

Each reference is degraded (`evaluation/degrading`), made a voice as `ishowtts voice add` does it,
and says the same sentences. Likeness is that to the clean reference. A recording that `voice add`
refuses does not speak; the figures tell why. They go to RESULTS/degraded.json, which keeps every
run.
"""

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import soxr

from bot.errors import StartError
from bot.voices.cloning import preparation
from training import heldout
from training.evaluation.degrading import DEGRADED, Degrade
from training.evaluation.people import (
    DEVELOPMENT,
    SAMPLE_RATE_HZ,
    Person,
    read_people,
    write_voices,
)
from training.evaluation.quality import Rater
from training.evaluation.systems import engine
from training.judge import MEAN, Judge, Row, fingerprint, keep, table

_BUNDLED = Path(__file__).parents[1] / "voices"
_RESULTS = Path(__file__).parent / "results"
_VOICES = ("bass", "heart", "tenor")
"""Bundled voices among the references; the others are people."""
_SENTENCES, _SPACING = 2, 60


def clone(
    people: Mapping[str, Person], degrade: Degrade, folder: Path
) -> tuple[dict[str, Person], dict[str, str]]:
    """Return the references as `voice add` makes them of degraded recordings, and refusals.

    Both are by the name of the person; recordings are written into `folder`.
    """
    made, refused = {}, {}
    for name, person in people.items():
        path = folder / "recording"
        path.write_bytes(degrade(person.samples))
        try:
            audio = preparation.prepare(path, keep_whole=True).audio
        except StartError as error:
            refused[name] = error.message
            continue
        samples = soxr.resample(audio.samples, audio.sample_rate_hz, SAMPLE_RATE_HZ)
        made[name] = Person(samples.astype(np.float32), person.transcript)
    return made, refused


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge every kind of degradation; return the exit code."""
    options = _parse(arguments)
    everybody = read_people(DEVELOPMENT, options.packages, _BUNDLED)
    bundled = {path.parent.name for path in _BUNDLED.glob("*/reference.wav")}
    people = {name: person for name, person in everybody.items() if name not in bundled}
    people |= {name: everybody[name] for name in _VOICES}
    sentences = heldout.sentences("chat")[::_SPACING][:_SENTENCES]
    judge, rater = Judge(people, sentences), Rater()
    figures: dict[str, dict[str, Row]] = {"reference": judge.references()}
    refusals: dict[str, dict[str, str]] = {}
    for kind in options.kinds:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            made, refusals[kind] = clone(people, DEGRADED[kind], folder)
            if not made:
                continue
            write_voices(made, folder / "voices")
            system = engine(
                options.model, options.vocoder, folder / "voices", folder / "cache",
                nfe=options.nfe, precision=options.precision,
            )  # fmt: skip
            spoken = judge.speech(system, made)
        rated = {who: rater.rate(each.samples, SAMPLE_RATE_HZ) for who, each in made.items()}
        rated[MEAN] = float(np.mean(list(rated.values())))
        figures[kind] = {who: {"reference_mos": rated[who]} | row for who, row in spoken.items()}
    sys.stdout.write(table(figures))
    keep(options.results / "degraded.json", {
        "called": options.name,
        "nfe": options.nfe,
        "precision": options.precision,
        "sentences": len(sentences),
        "weights": f"{fingerprint(options.model)} {fingerprint(options.vocoder)}",
        "refused": refusals,
        "figures": figures,
    })  # fmt: skip
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m training.degraded", description="Judge clones of bad recordings."
    )
    add = parser.add_argument
    add("packages", type=Path, help="folder of unpacked packages with recordings")
    add("--model", type=Path, required=True, help="folder of a model")
    add("--vocoder", type=Path, required=True, help="folder of its vocoder")
    add("--kinds", nargs="+", default=list(DEGRADED), choices=DEGRADED, help="which recordings")
    add("--name", default="", help="what the run is called")
    add("--nfe", type=int, default=7, help="number of function evaluations")
    add("--precision", default="auto", help="as in config.yaml")
    add("--results", type=Path, default=_RESULTS, help="folder for the figures")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
