"""Half precision against float32, by length of speech.

`python -m tests.bench.f5.half [--save NAME]`, on a machine with a GPU; it needs torch, numpy,
safetensors, msgspec, platformdirs and PyYAML alone. The bundled model and one of the official shape
with random weights compute the same items in both precisions, half as the daemon does (own kernels,
recorded graphs). Told are, for each length:

- `mel_error` and `wave_error`: norm of the difference over the norm of float32's, mean taken off;
- `sound_error`, in place of `wave_error` where the vocoder's phases are fitted: the same of the
  log-mels of the two waves. Many phases fit one mel as well as each other, and rounding decides
  which are found, so the samples say nothing; the log-mel is what they were fitted to;
- `unfitted`: the same between the log-mel of float32's wave and the mel that it was made of, which
  is what fitting leaves over in any precision;
- `worst_mel`: the largest difference of one value, in nepers of its band;
- `not_finite`: values that are NaN or infinite, of mel and wave;
- `largest`: the largest value of any product in float32, which in half must stay below 65,504.

Returns 1 if a limit is exceeded.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from bot.engine.f5.mel import HOP_SAMPLES, SAMPLE_RATE_HZ, log_mel
from bot.engine.f5.model.dit import Acoustic, Traits
from bot.engine.f5.model.layout import Item
from bot.engine.f5.model.runner import Runner
from bot.engine.f5.model.sampler import Sampling
from bot.engine.f5.model.vocos import Vocos
from bot.engine.f5.weights.checkpoint import load_acoustic, load_vocos
from bot.engine.f5.weights.installed import BUNDLED
from bot.engine.f5.weights.model_folder import guidance, load_vocoder, read_model
from bot.voices.wav import parse
from tests.bench.f5.checkpoints import SHAPES, Shape, random_acoustic, random_vocoder
from tests.bench.report import environment, save

LENGTHS_S = (1.0, 3.0, 5.0, 10.0, 20.0)
MOST_ERROR = 0.02
"""Limit of `mel_error` and `wave_error`."""
MOST_OF_UNFITTED = 0.5
"""Limit of `sound_error` over `unfitted`: such a change takes the sound an eighth further from the
mel that was asked for, since what has nothing to do with each other adds in squares."""
LEAST_ROOM = 4.0
"""Limit of how many times the largest value fits into the range of half precision."""
_VOICE = Path(__file__).parents[3] / "voices" / "heart" / "reference.wav"
_LETTERS_PER_S = 14
_PRODUCTS = {f"aten::{name}" for name in ("mm", "addmm", "bmm", "linear", "convolution")}
"""Where values become large; what other operations allocate may hold anything."""
_SHAPE = "F5TTS_v1_Base"
Array: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"


class Subject(NamedTuple):
    """Model to look at."""

    name: str
    load: Callable[[torch.device, torch.dtype], tuple[Acoustic, Vocos]]
    sampling: Sampling


class Largest(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Watches the largest finite value of all products."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.value = 0.0

    def __torch_dispatch__(
        self,
        func: Any,  # noqa: ANN401 - whatever torch calls
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        result = func(*args, **(kwargs or {}))
        if func._schema.name in _PRODUCTS and isinstance(result, Tensor):
            finite = result.detach().nan_to_num(0.0, 0.0, 0.0)
            self.value = max(self.value, float(finite.abs().max()))
        return result


def subjects() -> list[Subject]:
    """Return the models."""

    def bundled(device: torch.device, dtype: torch.dtype) -> tuple[Acoustic, Vocos]:
        state, traits, _ = read_model(BUNDLED / "model")
        vocoder = load_vocoder(BUNDLED / "vocoder", device, dtype)
        return load_acoustic(state, traits, device, dtype), vocoder

    strength = guidance(BUNDLED / "model")
    return [
        Subject("bundled", bundled, Sampling(cfg_strength=strength)),
        random_model(f"{_SHAPE}, random weights", SHAPES[_SHAPE]),
    ]


def random_model(name: str, shape: Shape, scale: float = 1.0) -> Subject:
    """Return a model with random weights, its projection to the mel `scale` times as large."""

    def load(device: torch.device, dtype: torch.dtype) -> tuple[Acoustic, Vocos]:
        state = random_acoustic(shape)
        state["transformer.proj_out.weight"] *= scale
        traits = Traits(text_embedding_average_upsampling=shape.spreads_text)
        vocoder = load_vocos(random_vocoder(shape), "center", device, dtype)
        return load_acoustic(state, traits, device, dtype), vocoder

    return Subject(name, load, Sampling())


def item(speech_s: float, tokens: int, device: torch.device) -> Item:
    """Return speech of that length behind a voice that comes along, of letters at random."""
    chunk = parse(_VOICE.read_bytes(), "the voice")
    assert chunk.sample_rate_hz == SAMPLE_RATE_HZ
    mel = log_mel(torch.from_numpy(np.array(chunk.samples))).to(device)
    frames = len(mel) + round(speech_s * SAMPLE_RATE_HZ / HOP_SAMPLES)
    letters = int(_LETTERS_PER_S * (chunk.duration_s + speech_s))
    text = np.random.default_rng(0).integers(1, tokens, letters)
    return Item(mel, text.tolist(), frames, len(mel), seed=1)


def compare(
    subject: Subject, device: torch.device, dtype: torch.dtype, lengths_s: Sequence[float]
) -> dict[str, Any]:
    """Return what the precision `dtype` changes, by length."""
    exact_models = subject.load(device, torch.float32)
    exact = Runner(*exact_models, device)
    has_kernels = device.type == "cuda" and find_spec("triton") is not None
    half = Runner(*subject.load(device, dtype), device, use_triton=has_kernels)
    tokens, is_fitted = exact_models[0].tokens, exact_models[1].fitting.rounds > 0
    found: dict[str, Any] = {}
    for speech_s in lengths_s:
        asked = item(speech_s, tokens, device)
        with Largest() as largest:
            wanted = exact.compute([asked], subject.sampling)
        wanted_mel = _speech(wanted.mel, asked)
        given = half.compute([asked], subject.sampling)
        mel = _speech(given.mel, asked)
        wave, wanted_wave = (np.array(run.waves[0], np.float64) for run in (given, wanted))
        if is_fitted:
            of_wave = _fitted(wave, wanted_wave, wanted_mel)
        else:
            of_wave = {"wave_error": _error(wave, wanted_wave)}
        found[f"{speech_s:g} s"] = {
            "frames": asked.frames,
            "mel_error": _error(mel, wanted_mel),
            "worst_mel": round(float(np.abs(mel - wanted_mel).max()), 5),
            **of_wave,
            "not_finite": int((~np.isfinite(mel)).sum() + (~np.isfinite(wave)).sum()),
            "largest": round(largest.value, 1),
        }
    return found


def _speech(mel: Tensor, asked: Item) -> Array:
    return mel[asked.decode_from : asked.frames].double().cpu().numpy()


def _fitted(given: Array, wanted: Array, wanted_mel: Array) -> dict[str, float]:
    heard, meant = (log_mel(torch.from_numpy(x).float()).double().numpy() for x in (given, wanted))
    return {"sound_error": _error(heard, meant), "unfitted": _error(meant, wanted_mel)}


def _error(given: Array, wanted: Array) -> float:
    difference = np.linalg.norm(given - wanted) / np.linalg.norm(wanted - wanted.mean())
    return float(f"{difference:.3g}")


def complaints(found: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return which limits one model exceeds; an error that is NaN does."""
    most = float(torch.finfo(torch.float16).max) / LEAST_ROOM
    told = []
    for length, each in found.items():
        told += [f"{length}: {each['not_finite']} values are not finite"] * bool(each["not_finite"])
        limits = {"mel_error": MOST_ERROR, "wave_error": MOST_ERROR}
        if "unfitted" in each:
            limits = {"mel_error": MOST_ERROR, "sound_error": MOST_OF_UNFITTED * each["unfitted"]}
        for name, limit in limits.items():
            if not each[name] <= limit:
                told.append(f"{length}: {name} is {each[name]}")
        if not each["largest"] <= most:
            told.append(f"{length}: the largest value is {each['largest']}")
    return told


def validate(device: torch.device, dtype: torch.dtype) -> dict[str, Any]:
    """Return the results of all models, and what is wrong with them."""
    result: dict[str, Any] = environment("torch", "numpy") | {
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
        "precision": str(dtype).removeprefix("torch."),
        "models": {},
        "complaints": [],
    }
    for subject in subjects():
        found = compare(subject, device, dtype, LENGTHS_S)
        result["models"][subject.name] = found
        result["complaints"] += [f"{subject.name}, {each}" for each in complaints(found)]
    return result


def main() -> int:
    """Run the validation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--save", default="", help="name of the result, such as half_h100")
    options = parser.parse_args()
    if not torch.cuda.is_available():
        parser.error("this needs a GPU with CUDA")
    result = validate(torch.device("cuda"), torch.float16)
    save(options.save, result)
    return int(bool(result["complaints"]))


if __name__ == "__main__":
    sys.exit(main())
