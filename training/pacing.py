"""Comparison of upstream's estimate of durations with the model of durations, by recognised words.

    python -m training.pacing [--voices NAME ...] [--short N] [--chat N] [--out FOLDER]

The bundled checkpoint speaks the same sentences in both ways: with its phonemes spread evenly over
the time that upstream's bytes per frame come to, and with the times that the model of durations
gives each of them. Whisper tiny.en writes down what it hears. Needs `training/requirements.txt`.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch

from bot.engine.english import phonemize
from bot.engine.f5.batching import make_item
from bot.engine.f5.mel import SAMPLE_RATE_HZ
from bot.engine.f5.model.runner import Runner
from bot.engine.f5.model.sampler import Sampling
from bot.engine.f5.text.duration import total_frames
from bot.engine.f5.text.front_end import FrontEnd, Prompt
from bot.engine.f5.text.phonemes import PAUSE
from bot.engine.f5.text.timing import fit
from bot.engine.f5.text.vocabulary import UNKNOWN_ID, Vocabulary
from bot.engine.f5.voice.folder import Voice, load_voice
from bot.engine.f5.voice.reference import Reference, ReferenceCache
from bot.engine.f5.weights.installed import choose
from bot.engine.f5.weights.loading import load_runner
from bot.engine.f5.weights.model_folder import guidance, load_front_end
from bot.messages import Samples
from training import heldout
from training.evaluation.listening import Listener
from training.evaluation.mistakes import compare, total

_CPU = torch.device("cpu")
_VOICES = Path(__file__).parents[1] / "voices"
_RESULTS = Path(__file__).parent / "results"
_ONE_WORD = ("gg", "no", "hello", "yes", "wow", "nice")
_SEED = 1
Figures: TypeAlias = Mapping[str, Mapping[str, Mapping[str, float]]]
"""Figures by list of sentences and by source of the durations."""


class Even:
    """Upstream's estimate: all of a text's bytes take as long as those of the transcript."""

    longest_piece = 0  # its texts are short
    overlaps = False
    languages: tuple[str, ...] = ("en",)
    nothing_to_say = ""

    def __init__(self, front_end: FrontEnd, vocabulary: Vocabulary) -> None:
        self._front_end = front_end
        self._vocabulary = vocabulary

    def split(self, text: str, reference: Reference, speed: float) -> list[str]:
        """Return the pieces that the checkpoint's own front end would make."""
        return self._front_end.split(text, reference, speed)

    def prompt(self, piece: str, reference: Reference, speed: float) -> Prompt:
        """Return every phoneme for as long as every other one."""
        heard, spoken = self._symbols(reference.transcript), self._symbols(piece)
        frames = total_frames(piece, reference, len(heard) + len(spoken), speed)
        tokens = [
            *fit(heard, [1.0] * len(heard), reference.frames),
            *fit(spoken, [1.0] * len(spoken), frames - reference.frames),
        ]
        return Prompt(tokens[:-1], len(tokens))

    def _symbols(self, text: str) -> list[int]:
        pause = self._vocabulary[PAUSE]
        symbols: list[int] = []
        for phonemes in phonemize(text):
            known = (self._vocabulary.get(phoneme, UNKNOWN_ID) for phoneme in phonemes)
            symbols += [pause, *known, pause]
        return symbols


def speak(
    runner: Runner, sampling: Sampling, voice: Voice, front_end: FrontEnd, text: str
) -> Samples:
    """Return `text` in `voice`, 24 kHz."""
    pieces = front_end.split(text, voice.reference, voice.speed)
    prompts = [front_end.prompt(piece, voice.reference, voice.speed) for piece in pieces]
    items = [make_item(prompt, voice, _SEED) for prompt in prompts]
    return np.concatenate(runner.run(items, sampling))


def judge(said: Sequence[tuple[str, Samples]], listener: Listener) -> dict[str, float]:
    """Return the mistakes and the length of utterances."""
    mistakes = [compare(text, listener.write_down(wave, SAMPLE_RATE_HZ)) for text, wave in said]
    return {
        "utterances": len(said),
        "wer_percent": round(100 * total(mistakes).error_rate, 1),
        "without_a_mistake_percent": round(
            100 * sum(not each.error_rate for each in mistakes) / len(mistakes), 1
        ),
        "seconds_each": round(sum(len(wave) for _, wave in said) / SAMPLE_RATE_HZ / len(said), 2),
    }


def table(figures: Figures) -> str:
    """Return the figures as a table for people."""
    lines = [
        "The bundled checkpoint heard by Whisper tiny.en: `python -m training.pacing`; versions,",
        "date and voices are in `pacing.json`. Upstream's estimate spreads phonemes evenly over",
        "the time that the bytes of the text take.",
        "",
        "| sentences | durations | WER | without a mistake | seconds each |",
        "|---|---|---|---|---|",
    ]
    for part, by_name in figures.items():
        for name, row in by_name.items():
            lines.append(
                f"| {part} ({row['utterances']}) | {name} | {row['wer_percent']} % "
                f"| {row['without_a_mistake_percent']} % | {row['seconds_each']} |"
            )
    return "\n".join(lines) + "\n"


def write(out: Path, voices: Sequence[str], nfe: int, figures: Figures) -> None:
    """Keep the figures, so far, in the folder `out`."""
    about = {
        "date": datetime.now(UTC).date().isoformat(),
        "versions": {name: version(name) for name in ("torch", "faster-whisper", "jiwer")},
        "nfe": nfe,
        "voices": voices,
    }
    out.mkdir(parents=True, exist_ok=True)
    text = json.dumps({**about, "figures": figures}, indent=2) + "\n"
    (out / "pacing.json").write_text(text, encoding="utf-8")
    (out / "pacing.md").write_text(table(figures), encoding="utf-8")


def main() -> None:
    """Let the checkpoint speak in both ways; write what was heard."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--voices", nargs="+", default=["heart", "tenor"])
    parser.add_argument("--short", type=int, default=40)
    parser.add_argument("--chat", type=int, default=40)
    parser.add_argument("--out", type=Path, default=_RESULTS)
    options = parser.parse_args()
    folders, _ = choose("bundled", "bundled")
    runner, vocabulary = load_runner(folders.model, folders.vocoder, _CPU, torch.float32)
    durations = load_front_end(folders.model, vocabulary)
    front_ends: dict[str, FrontEnd] = {
        "upstream's bytes": Even(durations, vocabulary),
        "model": durations,
    }
    sampling = Sampling(cfg_strength=guidance(folders.model))
    voices = [load_voice(_VOICES / name, ReferenceCache()) for name in options.voices]
    listener = Listener()
    figures: dict[str, dict[str, dict[str, float]]] = {}
    for part, texts in (
        ("one word", _ONE_WORD),
        ("short", heldout.sentences("short")[: options.short]),
        ("chat", heldout.sentences("chat")[: options.chat]),
    ):
        for name, front_end in front_ends.items() if texts else ():
            said = [
                (text, speak(runner, sampling, voice, front_end, text))
                for voice in voices
                for text in texts
            ]
            figures.setdefault(part, {})[name] = judge(said, listener)
            print(part, name, figures[part][name], flush=True)
            write(options.out, options.voices, sampling.steps, figures)


if __name__ == "__main__":
    main()
