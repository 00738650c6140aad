"""Folders of models and vocoders, read into what the engine computes with.

A model folder holds one `.safetensors` or `.pt` file and the `vocab.txt` that belongs to it, and,
if the model differs from F5TTS_v1_Base, upstream's `.yaml` configuration. Under the key `ishowtts`
that may name a front end, which brings `timing.safetensors`, the strength of guidance that the
model is meant for, and the precisions besides float32 that it was judged in on a CPU. A vocoder
folder holds `config.yaml` and `model.safetensors` or `pytorch_model.bin`; under `ishowtts` the
former may say in how many rounds phases are fitted (`fit_rounds`).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from bot.engine.f5.model.dit import Acoustic, Traits
from bot.engine.f5.model.vocos import Vocos
from bot.engine.f5.text.duration import ESTIMATES
from bot.engine.f5.text.front_end import Characters, FrontEnd
from bot.engine.f5.text.phonemes import PAUSE, Phonemes
from bot.engine.f5.text.timing import load_timing
from bot.engine.f5.text.vocabulary import Vocabulary, load_vocabulary
from bot.engine.f5.weights.checkpoint import load_acoustic, load_vocos, open_state
from bot.errors import StartError, shown
from bot.runtime.files.folders import read_bounded
from bot.runtime.files.plain_yaml import parse

_TIMING = "timing.safetensors"
_MAX_YAML_BYTES = 256 << 10
_MAX_FIT_ROUNDS = 1000


def load_model(
    folder: Path, device: torch.device, dtype: torch.dtype
) -> tuple[Acoustic, Vocabulary]:
    """Return the F5-TTS model in `folder`.

    Raises:
        StartError: something is missing in the folder, or does not fit together.
    """
    state, traits, vocabulary = read_model(folder)
    acoustic = load_acoustic(state, traits, device, dtype)
    if acoustic.tokens != len(vocabulary):
        raise StartError(
            f"The checkpoint in {folder} was trained with {acoustic.tokens} tokens, but vocab.txt "
            f"has {len(vocabulary)}.",
            remedy="Put the vocab.txt that belongs to the checkpoint there.",
        )
    return acoustic, vocabulary


def read_model(folder: Path) -> tuple[Mapping[str, Tensor], Traits, Vocabulary]:
    """Return the files of the F5-TTS model in `folder`, read but not checked against each other.

    Raises:
        StartError: a file is missing or unreadable.
    """
    files = sorted(
        path
        for kind in ("*.safetensors", "*.pt")
        for path in folder.glob(kind)
        if path.is_file() and path.name != _TIMING
    )
    if len(files) != 1:
        raise StartError(
            f"The model folder {folder} holds {len(files)} checkpoints; one is needed.",
            remedy="Fetch one with `ishowtts model fetch`, or put model.safetensors (or .pt) and "
            "its vocab.txt there by hand.",
        )
    return open_state(files[0]), _traits(folder), load_vocabulary(folder / "vocab.txt")


def load_front_end(folder: Path, vocabulary: Vocabulary, durations: str = "paced") -> FrontEnd:
    """Return the front end of the model in `folder`: characters, unless its `.yaml` says else.

    `durations` is a key of `ESTIMATES`, for characters.

    Raises:
        StartError: the front end is unknown, or what it needs is missing or damaged.
    """
    name = _ours(folder).get("front_end", "characters")
    if name == "characters":
        return Characters(vocabulary, ESTIMATES[durations])
    if name != "phonemes" or PAUSE not in vocabulary:
        raise StartError(
            f"The model in {folder} asks for the front end {shown(name)}, which does not fit it.",
            remedy="Put the original .yaml and vocab.txt there again.",
        )
    try:
        timing = load_timing(open_state(folder / _TIMING))
    except KeyError as error:
        raise StartError(
            f"{folder / _TIMING} is no model of durations: {error} is missing.",
            remedy="Put the original file there again.",
        ) from error
    return Phonemes(vocabulary, timing)


def guidance(folder: Path) -> float:
    """Return the strength of classifier-free guidance that the model in `folder` is meant for.

    Raises:
        StartError: it is no number.
    """
    strength = _ours(folder).get("cfg_strength", 2.0)
    if not isinstance(strength, (int, float)) or isinstance(strength, bool) or strength < 0:
        raise StartError(
            f"The model in {folder} gives {shown(strength)} as cfg_strength.",
            remedy="Put the original .yaml there again.",
        )
    return float(strength)


def judged(folder: Path) -> Sequence[str]:
    """Return the precisions in which the model in `folder` was judged to speak as well.

    float32 is not among them. Raises StartError if the file gives something else than names.
    """
    names = _ours(folder).get("judged", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise StartError(
            f"The model in {folder} gives {shown(names)} as the precisions that it was judged in.",
            remedy="Put the original .yaml there again.",
        )
    return names


def _ours(folder: Path) -> Mapping[str, Any]:
    ours = _config(folder).get("ishowtts", {})
    return ours if isinstance(ours, Mapping) else {}


def _config(folder: Path) -> Mapping[str, Any]:
    configs = sorted(folder.glob("*.yaml"))
    return _read_yaml(configs[0]) if configs else {}


def _traits(folder: Path) -> Traits:
    configs = sorted(folder.glob("*.yaml"))
    if not configs:
        return Traits()
    config = _config(folder)
    model = config.get("model", {})
    architecture = model.get("arch") if isinstance(model, Mapping) else None
    if not isinstance(architecture, Mapping) or model.get("backbone", "DiT") != "DiT":
        raise StartError(
            f"{configs[0]} describes no F5-TTS model with the DiT backbone.",
            remedy="Use the .yaml that belongs to the checkpoint, or none for F5TTS_v1_Base.",
        )
    return Traits(**{key: architecture[key] for key in Traits._fields if key in architecture})


def load_vocoder(folder: Path, device: torch.device, dtype: torch.dtype) -> Vocos:
    """Return the Vocos vocoder in `folder`.

    Raises:
        StartError: something is missing in the folder, or is no Vocos for 24 kHz mel.
    """
    config = _read_yaml(folder / "config.yaml")
    head = config.get("head", {})
    arguments = head.get("init_args", {}) if isinstance(head, Mapping) else {}
    padding = str(arguments.get("padding", "same"))
    ours = config.get("ishowtts", {})
    rounds = ours.get("fit_rounds", 0) if isinstance(ours, Mapping) else 0
    if not isinstance(rounds, int) or not 0 <= rounds <= _MAX_FIT_ROUNDS:
        raise StartError(
            f"The vocoder in {folder} gives {shown(rounds)} as fit_rounds.",
            remedy="Put the original config.yaml there again.",
        )
    return load_vocos(open_state(vocoder_file(folder)), padding, device, dtype, rounds)


def vocoder_file(folder: Path) -> Path:
    """Return the file with the weights of the vocoder in `folder`."""
    shipped = folder / "model.safetensors"
    return shipped if shipped.is_file() else folder / "pytorch_model.bin"


def _read_yaml(path: Path) -> Mapping[str, Any]:
    try:
        data = parse(read_bounded(path, _MAX_YAML_BYTES).decode())
    except (OSError, ValueError) as error:
        raise StartError(
            f"{path} cannot be read: {error}.", remedy="Put the original file there again."
        ) from error
    return data if isinstance(data, Mapping) else {}
