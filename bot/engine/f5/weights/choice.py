"""Which model and vocoder the configuration means: fetched ones, folders, or what comes along."""

from pathlib import Path
from typing import NamedTuple

from bot.engine.f5.weights.catalogue import Kind, find
from bot.engine.f5.weights.models import folder_of, locate, missing

BUNDLED = Path(__file__).parents[1] / "bundled"
"""Folders of the model and the vocoder that come with the package."""


class Choice(NamedTuple):
    """Folders of a model and its vocoder."""

    model: Path
    vocoder: Path


def choose(model: str, vocoder: str) -> tuple[Choice, Choice | None]:
    """Return the folders for these names, and others to take instead where there is a GPU.

    `auto` is what comes with the package, which a processor can speak with, and on a GPU the
    official model, if it is installed.

    Raises:
        StartError: as `locate`.
    """
    here = Choice(locate_kind(model, "model"), locate_kind(vocoder, "vocoder"))
    official, its_vocoder = find("F5TTS_v1_Base"), find("vocos-mel-24khz")
    known = (official, its_vocoder)
    if model != "auto" or any(missing(part, folder_of(part)) for part in known):
        return here, None
    # The bundled vocoder was made for the bundled model.
    with_vocoder = folder_of(its_vocoder) if vocoder == "auto" else here.vocoder
    return here, Choice(folder_of(official), with_vocoder)


def locate_kind(name: str, kind: Kind) -> Path:
    """Return the folder of a model or vocoder: what comes with the package for auto and bundled.

    Raises:
        StartError: as `locate`.
    """
    return BUNDLED / kind if name in {"auto", "bundled"} else locate(name)
