"""Where a voice's pitch is lost: in the vocoder, or in what the acoustic model says.

    python -m training.pitches --voices giant bass elder

The pitches of the reference, of the vocoder's copy of it, and of sentences in its voice.
RESULTS/pitches.json keeps every run. Needs `training/requirements.txt`.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
import torch

from bot.engine.f5.weights.installed import choose
from bot.messages import Samples
from bot.voices.wav import parse
from training import heldout
from training.evaluation.copying import vocoder_copy
from training.evaluation.pitch import pitches_hz
from training.evaluation.systems import SAMPLE_RATE_HZ, engine
from training.judge import keep

_VOICES = Path(__file__).parents[1] / "voices"
_RESULTS = Path(__file__).parent / "results"
_SENTENCES, _SPACING, _FIRST = 5, 40, 5


def spread(waves: list[Samples]) -> dict[str, float]:
    """Return the mean, as the judge has it, and the quartiles of the pitch of `waves`, in hertz."""
    every = np.concatenate([pitches_hz(wave, SAMPLE_RATE_HZ) for wave in waves])
    low, middle, high = np.percentile(every, [25, 50, 75])
    return {
        "frames": len(every),
        "mean_hz": float(np.exp(np.log(every).mean())),
        "quarter_hz": float(low),
        "median_hz": float(middle),
        "three_quarters_hz": float(high),
    }


def main() -> None:
    """Compare the pitches of voices."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--voices", nargs="+", default=["giant", "bass", "elder", "baritone"])
    parser.add_argument("--precision", default="int8", help="as in config.yaml")
    parser.add_argument("--results", type=Path, default=_RESULTS)
    options = parser.parse_args()
    folders, _ = choose("bundled", "bundled")
    copy = vocoder_copy(folders.vocoder)
    sentences = heldout.sentences("chat")[_FIRST::_SPACING][:_SENTENCES]
    figures = {}
    with tempfile.TemporaryDirectory() as cache:
        speak = engine(
            folders.model, folders.vocoder, _VOICES, Path(cache), nfe=7, precision=options.precision
        )
        for name in options.voices:
            path = _VOICES / name / "reference.wav"
            reference = parse(path.read_bytes(), str(path)).samples
            figures[name] = {
                "reference": spread([reference]),
                "copy": spread([copy(torch.from_numpy(reference)).numpy()]),
                "said": spread([speak(sentence, name) for sentence in sentences]),
            }
            print(name, figures[name], flush=True)
    keep(options.results / "pitches.json", {
        "sentences": len(sentences), "precision": options.precision, "figures": figures,
    })  # fmt: skip


if __name__ == "__main__":
    main()
