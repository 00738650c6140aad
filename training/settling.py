"""What a pause behind the reference that nobody hears does to the first sounds of short texts.

    python -m training.settling --settling 0 7 --shift 3

The bundled checkpoint says the sentences of one to three words, the voices in turn, with so many
frames of that pause; Whisper tiny.en writes down what it hears. RESULTS/settling.json keeps every
run. Needs `training/requirements.txt`.
"""

import argparse
from pathlib import Path

import torch

from bot.engine.f5.mel import SAMPLE_RATE_HZ
from bot.engine.f5.model.sampler import Sampling
from bot.engine.f5.text.front_end import FrontEnd, Prompt
from bot.engine.f5.text.phonemes import PAUSE
from bot.engine.f5.voice.folder import load_voice
from bot.engine.f5.voice.reference import Reference, ReferenceCache
from bot.engine.f5.weights.installed import choose
from bot.engine.f5.weights.loading import load_runner
from bot.engine.f5.weights.model_folder import guidance, load_front_end
from training import heldout
from training.evaluation.listening import Listener
from training.evaluation.mistakes import compare, total
from training.judge import keep
from training.pacing import speak

_CPU = torch.device("cpu")
_VOICES = Path(__file__).parents[1] / "voices"
_RESULTS = Path(__file__).parent / "results"


class Settling:
    """A front end with another length of the pause that nobody hears."""

    def __init__(self, front_end: FrontEnd, pause: int, frames: int) -> None:
        self._front_end = front_end
        self._pause = pause
        self._frames = frames
        self.overlaps = front_end.overlaps
        self.longest_piece = front_end.longest_piece
        self.languages = front_end.languages
        self.nothing_to_say = front_end.nothing_to_say

    def split(self, text: str, reference: Reference, speed: float) -> list[str]:
        """Return the pieces that the checkpoint's own front end makes."""
        return self._front_end.split(text, reference, speed)

    def prompt(self, piece: str, reference: Reference, speed: float) -> Prompt:
        """Return its prompt with the other pause."""
        own = self._front_end.prompt(piece, reference, speed)
        heard, spoken = reference.frames, reference.frames + own.unheard_frames
        tokens = [*own.tokens[:heard], *[self._pause] * self._frames, *own.tokens[spoken:]]
        return own._replace(tokens=tokens, frames=len(tokens) + 1, unheard_frames=self._frames)


def main() -> None:
    """Let the checkpoint speak with every length; keep what was heard otherwise than said."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--settling", type=int, nargs="+", default=[0, 7], help="frames")
    parser.add_argument("--list", default="short", choices=heldout.LISTS)
    parser.add_argument("--every", type=int, default=1, help="takes every so many sentences")
    parser.add_argument("--shift", type=int, nargs="+", default=[0], help="which voice is first")
    parser.add_argument("--results", type=Path, default=_RESULTS)
    options = parser.parse_args()
    folders, _ = choose("bundled", "bundled")
    runner, vocabulary = load_runner(folders.model, folders.vocoder, _CPU, torch.int8)
    durations = load_front_end(folders.model, vocabulary)
    sampling = Sampling(cfg_strength=guidance(folders.model))
    cache = ReferenceCache()
    voices = [load_voice(path.parent, cache) for path in sorted(_VOICES.glob("*/reference.wav"))]
    listener = Listener(1)
    sentences = heldout.sentences(options.list)[:: options.every]
    for frames in options.settling:
        front_end = Settling(durations, vocabulary[PAUSE], frames)
        mistakes, mistaken = [], []
        for shift in options.shift:
            for number, said in enumerate(sentences):
                voice = voices[(number + shift) % len(voices)]
                wave = speak(runner, sampling, voice, front_end, said)
                heard = listener.write_down(wave, SAMPLE_RATE_HZ)
                mistakes.append(compare(said, heard))
                if mistakes[-1].error_rate:
                    mistaken.append({"said": said, "heard": heard})
        figures = {
            "settling_frames": frames,
            "utterances": len(mistakes),
            "wer": total(mistakes).error_rate,
            "words": total(mistakes).words,
            "first_word": sum(_differs_first(**each) for each in mistaken),
        }
        print(figures, flush=True)
        keep(options.results / "settling.json", {
            "list": options.list,
            "every": options.every,
            "shift": options.shift,
            **figures,
            "mistaken": mistaken,
        })  # fmt: skip


def _differs_first(said: str, heard: str) -> bool:
    return compare(said.split(maxsplit=1)[0], (heard.split() or [""])[0]).error_rate > 0


if __name__ == "__main__":
    main()
