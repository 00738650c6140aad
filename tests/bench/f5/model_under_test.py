"""Model under test: its files, its sizes, and the options that choose it."""

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import torch

from bot.config.sections.engine import F5Settings
from bot.engine.f5.model.runner import Runner
from bot.engine.f5.model.sampler import Sampling
from bot.engine.f5.model.vocos import Vocos
from bot.engine.f5.text.vocabulary import Vocabulary
from bot.engine.f5.weights.installed import BUNDLED, Choice, choose
from bot.engine.f5.weights.loading import candidates, choose_device, load_runner
from bot.engine.f5.weights.model_folder import guidance, load_vocoder, read_model
from bot.engine.upstream.engine import architecture
from bot.errors import StartError
from tests.bench.f5 import checkpoints
from tests.bench.f5.results import Model


class ModelUnderTest(NamedTuple):
    """A model on a device."""

    name: str
    is_random: bool
    """Whether the weights are random: it sounds like noise and runs like speech."""
    model: Path
    """Its folder."""
    vocoder: Path
    """Folder of the vocoder."""
    voices: Path
    """Folder of a voice of the length that every measurement uses."""
    scratch: Path
    """Folder for caches and copies that end with the measurement."""
    device: torch.device
    dtype: torch.dtype
    cfg_strength: float
    """Of classifier-free guidance; at 0 a step evaluates one row instead of two."""

    @property
    def dtype_name(self) -> str:
        """Return for instance "float16"."""
        return str(self.dtype).removeprefix("torch.")

    @property
    def weights_dtype(self) -> torch.dtype:
        """Type of what is not multiplied in 8 bits."""
        return torch.float32 if self.dtype is torch.int8 else self.dtype

    def sampling(self, nfe: int) -> Sampling:
        """Return how it is sampled with `nfe` function evaluations."""
        return Sampling(steps=nfe, cfg_strength=self.cfg_strength)

    def runner(self) -> tuple[Runner, Vocabulary]:
        """Return a runner with nothing recorded."""
        return load_runner(self.model, self.vocoder, self.device, self.dtype)

    def vocos(self) -> Vocos:
        """Return the vocoder's weights."""
        return load_vocoder(self.vocoder, self.device, self.weights_dtype)

    def architecture(self) -> dict[str, Any]:
        """Return the transformer's sizes, by upstream's names for them."""
        state, traits, _ = read_model(self.model)
        return architecture(state, traits)

    def describe(self) -> Model:
        """Return what results say of it."""
        state, _, _ = read_model(self.model)
        return Model(
            name=self.name,
            weights="random" if self.is_random else "trained",
            parameters=sum(state[name].numel() for name in state),
            device=str(self.device),
            dtype=self.dtype_name,
            cfg_strength=self.cfg_strength,
        )


def add_model_to(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose the model."""
    parser.add_argument(
        "--random", metavar="SHAPE", help=f"random weights: {', '.join(checkpoints.SHAPES)}"
    )
    parser.add_argument("--device", metavar="NAME", help="auto, cpu or cuda; as configured if not")


@contextmanager
def prepared(
    settings: F5Settings, random: str | None, device: str | None
) -> Iterator[ModelUnderTest]:
    """Give the configured model, or one of the shape `random` with random weights.

    Raises:
        StartError: there is no such model, shape or device.
    """
    where = choose_device(device or settings.device)
    shape = checkpoints.shape_named(random) if random else None
    with tempfile.TemporaryDirectory(prefix="ishowtts-bench-") as name:
        scratch = Path(name)
        voices = scratch / "random" / "voices"
        if shape is None:
            model, vocoder = _installed(settings, where)
            # The voice alone; the smallest model comes with it.
            checkpoints.write(scratch / "random", checkpoints.SHAPES["tiny"])
        else:
            checkpoints.write(scratch / "random", shape)
            model, vocoder = scratch / "random" / "model", scratch / "random" / "vocoder"
        yield ModelUnderTest(
            name=random or _name(settings, model),
            is_random=shape is not None,
            model=model,
            vocoder=vocoder,
            voices=voices,
            scratch=scratch,
            device=where,
            dtype=candidates(where, model)[0],
            cfg_strength=_strength(settings, model),
        )


def _installed(settings: F5Settings, device: torch.device) -> Choice:
    """Return what the engine takes on `device`."""
    try:
        here, on_gpu = choose(settings.model, settings.vocoder)
    except StartError as error:
        raise StartError(
            error.message,
            remedy=f"{error.remedy}. Or measure random weights of a shape: "
            f"--random {next(iter(checkpoints.SHAPES))}",
        ) from error
    return on_gpu if on_gpu and device.type == "cuda" else here


def _name(settings: F5Settings, model: Path) -> str:
    if settings.model != "auto":
        return settings.model
    return "bundled" if model == BUNDLED / "model" else model.name


def _strength(settings: F5Settings, model: Path) -> float:
    return guidance(model) if settings.cfg_strength == "auto" else settings.cfg_strength
