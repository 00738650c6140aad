r"""Judge the models as the model card says.

    python -m training.evaluate OUT --hibari
    python -m training.evaluate OUT --model MODEL --vocoder VOCODER --voices voices --nfe 5 7 32
    python -m training.evaluate OUT --vocoder VOCODER --copies

OUT/figures.json and OUT/figures.md keep what earlier calls measured; a system measured again
replaces its row. --quick takes a tenth of the sentences.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from training.evaluation.copying import Copy, griffin_lim, stft_distance, vocoder_copy
from training.evaluation.likeness import Recognizer
from training.evaluation.listening import Listener
from training.evaluation.mistakes import compare, total
from training.evaluation.pictures import draw_spectrograms
from training.evaluation.quality import Rater
from training.evaluation.report import COPIES, SPEECH, table
from training.evaluation.speech import (
    chosen,
    judge,
    mistaken,
    read_references,
    summarize,
)
from training.evaluation.systems import SAMPLE_RATE_HZ, Synthesizer, engine, hibari_tts

_PICTURED = 2
"""Number of the sentence in the list `chat` whose spectrograms are drawn."""
_HIBARI = "hibari-tts"
_TRUTH = "recording"


class Evaluation:
    """Measures systems and keeps the figures in a folder."""

    def __init__(self, out: Path, *, is_quick: bool) -> None:
        self._out = out
        self._is_quick = is_quick
        self._listener = Listener()
        self._recognizer = Recognizer()
        self._rater = Rater()
        self._hibari = hibari_tts()
        self._file = out / "figures.json"
        self._figures: dict[str, dict[str, Any]] = {"speech": {}, "copies": {}, "mistaken": {}}
        if self._file.is_file():
            self._figures |= json.loads(self._file.read_text(encoding="utf-8"))

    def speech(self, name: str, system: Synthesizer, voices: Path | None) -> None:
        """Judge a system with all voices of a folder, or one that has a single voice."""
        references = read_references(voices, self._recognizer.describe) if voices else {}
        results = judge(
            system,
            sorted(references) or [""],
            self._hibari,
            self._listener.write_down,
            self._recognizer.describe if references else None,
            is_quick=self._is_quick,
            rate=self._rater.rate,
        )
        self._figures["speech"][name] = summarize(results, references)
        self._figures["mistaken"][name] = mistaken(results)
        self._write()

    def copies(self, vocoder: Path) -> None:
        """Judge a vocoder on the mel of recordings, beside Griffin-Lim."""
        copies: dict[str, Copy] = {
            _TRUTH: lambda wave: wave,
            "vocoder": vocoder_copy(vocoder),
            "Griffin-Lim": griffin_lim,
        }
        sentences = chosen("chat", is_quick=self._is_quick)
        waves = [torch.from_numpy(self._hibari(text, "")) for text in sentences]
        for name, copy in copies.items():
            made = [copy(wave) for wave in waves]
            heard = [self._listener.write_down(wave.numpy(), SAMPLE_RATE_HZ) for wave in made]
            pairs = zip(sentences, heard, strict=True)
            distances = [stft_distance(*pair) for pair in zip(waves, made, strict=True)]
            self._figures["copies"][name] = {
                "wer_chat": total(compare(*pair) for pair in pairs).error_rate,
                "stft_distance": float(np.mean(distances)),
            }
            self._write()
        pictured = waves[_PICTURED]
        draw_spectrograms(
            {name: copy(pictured) for name, copy in copies.items()}, self._out / "spectrograms.png"
        )

    def _write(self) -> None:
        self._out.mkdir(parents=True, exist_ok=True)
        self._file.write_text(json.dumps(self._figures, indent=1) + "\n", encoding="utf-8")
        parts = (("speech", SPEECH), ("copies", COPIES))
        text = "\n".join(
            table(self._figures[kind], columns) for kind, columns in parts if self._figures[kind]
        )
        (self._out / "figures.md").write_text(text, encoding="utf-8")
        sys.stdout.write(text + "\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what the command line names; return the exit code."""
    options = _parse(arguments)
    evaluation = Evaluation(options.out, is_quick=options.quick)
    if options.hibari:
        evaluation.speech(_HIBARI, hibari_tts(), None)
    if options.copies:
        evaluation.copies(options.vocoder)
    if options.model:
        with tempfile.TemporaryDirectory() as cache:
            for nfe in options.nfe:
                system = engine(
                    options.model,
                    options.vocoder,
                    options.voices,
                    Path(cache),
                    nfe=nfe,
                    precision=options.precision,
                )
                evaluation.speech(f"{options.name}, NFE {nfe}", system, options.voices)
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m training.evaluate", description="Judge the models."
    )
    add = parser.add_argument
    add("out", type=Path, help="folder for the figures")
    add("--hibari", action="store_true", help="judge hibari-tts, for comparison")
    add("--model", type=Path, help="folder of an F5 model to judge")
    add("--vocoder", type=Path, help="folder of its vocoder")
    add(
        "--voices", type=Path, default=Path("voices"), help="folder of the voices, which take turns"
    )
    add("--nfe", type=int, nargs="+", default=[7], help="numbers of function evaluations")
    add("--precision", default="auto", help="as in config.yaml")
    add("--name", default="F5", help="what the model is called in the table")
    add("--copies", action="store_true", help="judge the vocoder alone, on true mels")
    add("--quick", action="store_true", help="take a tenth of the sentences")
    options = parser.parse_args(arguments)
    if (options.model or options.copies) and not options.vocoder:
        parser.error("--model and --copies need --vocoder")
    return options


if __name__ == "__main__":
    sys.exit(main())
