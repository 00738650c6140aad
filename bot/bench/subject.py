"""The model that is measured: where its files lie and what it is made of."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import torch

from bot.bench import checkpoints
from bot.bench.results import Model
from bot.config.engine import F5Settings
from bot.engine.f5 import models
from bot.engine.f5.folder import load_vocoder, read_model
from bot.engine.f5.loading import choose_device, choose_dtype, load_runner
from bot.engine.f5.runner import Runner
from bot.engine.f5.text import Vocabulary
from bot.engine.f5.vocos import Vocos
from bot.engine.upstream import architecture
from bot.errors import StartError


class Subject(NamedTuple):
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

    @property
    def dtype_name(self) -> str:
        """Return for instance "float16"."""
        return str(self.dtype).removeprefix("torch.")

    def runner(self) -> tuple[Runner, Vocabulary]:
        """Return a runner with nothing recorded."""
        return load_runner(self.model, self.vocoder, self.device, self.dtype)

    def vocos(self) -> Vocos:
        """Return the vocoder's weights."""
        return load_vocoder(self.vocoder, self.device, self.dtype)

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
        )


@contextmanager
def subject(settings: F5Settings, random: str | None, device: str | None) -> Iterator[Subject]:
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
            model, vocoder = _installed(settings)
            # The voice alone; the smallest model comes with it.
            checkpoints.write(scratch / "random", checkpoints.SHAPES["tiny"])
        else:
            checkpoints.write(scratch / "random", shape)
            model, vocoder = scratch / "random" / "model", scratch / "random" / "vocoder"
        yield Subject(
            name=random or settings.model,
            is_random=shape is not None,
            model=model,
            vocoder=vocoder,
            voices=voices,
            scratch=scratch,
            device=where,
            dtype=choose_dtype(where),
        )


def _installed(settings: F5Settings) -> tuple[Path, Path]:
    try:
        return models.locate(settings.model), models.locate(settings.vocoder)
    except StartError as error:
        raise StartError(
            error.message,
            remedy=f"{error.remedy}. Or measure random weights of a shape: "
            f"--random {next(iter(checkpoints.SHAPES))}",
        ) from error
