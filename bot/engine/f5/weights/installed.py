"""Models on this machine: the bundled, the fetched and those in other folders.

The daemon imports it, so it needs no torch.
"""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from platformdirs import user_data_path

from bot.engine.f5.weights.catalogue import APACHE_2, CATALOGUE, Kind, KnownModel, find
from bot.errors import StartError

BUNDLED = Path(__file__).parents[1] / "bundled"
"""Folders of the model and the vocoder that come with the package."""
_CHECKPOINTS = ("*.safetensors", "*.pt")
_NO_CHECKPOINT = "timing.safetensors"
_BUNDLED_TEXT = f"""\
bundled: model and vocoder, English, 57 MB, {APACHE_2.name}
  In the package.
  {APACHE_2.meaning} Small enough for two cores; its voices are invented."""


def models_folder() -> Path:
    """Return the folder of fetched models: in `$ISHOWTTS_HOME`, else in the user's data folder."""
    home = os.environ.get("ISHOWTTS_HOME")
    data = Path(home).expanduser() if home else user_data_path("ishowtts", appauthor=False)
    return data.absolute() / "models"


def folder_of(model: KnownModel) -> Path:
    """Return the folder that the files of `model` belong in."""
    return models_folder() / model.name


def missing(model: KnownModel, folder: Path) -> list[str]:
    """Return the names of the files of `model` that are not in `folder`."""
    return [file.name for file in model.files if not (folder / file.name).is_file()]


def kind_of(folder: Path) -> Kind | None:
    """Return what `folder` holds, by the names of its files alone."""
    if (folder / "config.yaml").is_file() and _vocoder_files(folder):
        return "vocoder"
    if (folder / "vocab.txt").is_file() and len(_checkpoints(folder)) == 1:
        return "model"
    return None


def _vocoder_files(folder: Path) -> list[Path]:
    """Return the weights of the vocoder in `folder`; a vocabulary makes it a model instead."""
    names = ["pytorch_model.bin"]
    if not (folder / "vocab.txt").is_file():
        names.insert(0, "model.safetensors")
    return [path for name in names if (path := folder / name).is_file()][:1]


def _checkpoints(folder: Path) -> list[Path]:
    return [
        path
        for kind in _CHECKPOINTS
        for path in folder.glob(kind)
        if path.is_file() and path.name != _NO_CHECKPOINT
    ]


def locate(name: str) -> Path:
    """Return the folder of a model: a fetched one by name, or any folder that holds one.

    Raises:
        StartError: it is not installed, or there is no such model or folder.
    """
    known = {model.name.lower(): model for model in CATALOGUE}.get(name.lower())
    if known is not None:
        return _installed(known)
    for folder in (Path(name).expanduser(), models_folder() / name):
        if kind_of(folder):
            return folder.absolute()
    if Path(name).expanduser().is_dir():
        raise StartError(
            f"The folder {Path(name).expanduser()} holds no model.",
            remedy="A model is one .safetensors or .pt file and its vocab.txt, a vocoder "
            "model.safetensors or pytorch_model.bin, and config.yaml.",
        )
    return _installed(find(name))


def _installed(model: KnownModel) -> Path:
    folder = folder_of(model)
    absent = missing(model, folder)
    if absent:
        raise StartError(
            f"The {model.kind} {model.name} is not installed: "
            f"{folder} lacks {' and '.join(absent)}.",
            remedy=f"Fetch it with: ishowtts model fetch {model.name}",
        )
    return folder


class Choice(NamedTuple):
    """Folders of a model and its vocoder."""

    model: Path
    vocoder: Path


def choose(model: str, vocoder: str) -> tuple[Choice, Choice | None]:
    """Return the folders for these names, and others to take instead where there is a GPU.

    `auto` is the bundled model, which is fast enough for a CPU, and on a GPU the official one, if
    it is installed.

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
    """Return the folder of a model or vocoder; `auto` and `bundled` are the bundled one.

    Raises:
        StartError: as `locate`.
    """
    return BUNDLED / kind if name in {"auto", "bundled"} else locate(name)


def path(name: str) -> None:
    """Print the folder of a model, for `ishowtts model path NAME`.

    Raises:
        StartError: as `locate`.
    """
    print(BUNDLED if name == "bundled" else locate(name))  # noqa: T201 - the command's output


def list_models(folders: Sequence[Path] = ()) -> None:
    """Print the models of the catalogue and of this machine, for `ishowtts model list [FOLDER]`.

    On this machine are also those put into the models' folder by hand, and those in `folders`.

    Raises:
        StartError: one of `folders` holds no model.
    """
    entries = [_BUNDLED_TEXT, *(_describe(model) for model in CATALOGUE)]
    known = {folder_of(model) for model in CATALOGUE}
    home = models_folder()
    by_hand = sorted(home.iterdir()) if home.is_dir() else []
    local = [folder for folder in by_hand if folder not in known and kind_of(folder)]
    local += [locate(str(folder)) for folder in folders]
    entries += [_describe_local(folder) for folder in local]
    print("\n\n".join(entries))  # noqa: T201 - the command's output


def _describe(model: KnownModel) -> str:
    folder = folder_of(model)
    absent = missing(model, folder)
    names = [file.name for file in model.files]
    if not absent:
        size = readable_size(_size_bytes(folder / name for name in names))
        state = f"Installed in {folder}."
    else:
        size = model.size or "size unknown"
        lacks = f"Incomplete in {folder}: {', '.join(absent)} missing" if absent != names else ""
        state = f"{lacks or 'Not installed'}; fetch it with: ishowtts model fetch {model.name}"
    return "\n  ".join(
        (
            f"{model.name}: {model.kind}, {model.language}, {size}, {model.licence.name}",
            state,
            " ".join(filter(None, (model.licence.meaning, model.remark))),
        )
    )


def _describe_local(folder: Path) -> str:
    kind = kind_of(folder)
    files = _vocoder_files(folder) if kind == "vocoder" else _checkpoints(folder)
    return "\n  ".join(
        (
            f"{folder.name}: {kind}, {readable_size(_size_bytes(files))}, licence unknown",
            f"Installed in {folder}.",
            "Whether a stream that earns money may speak with it, its authors say.",
        )
    )


def _size_bytes(files: Iterable[Path]) -> int:
    return sum(file.stat().st_size for file in files)


def readable_size(size_bytes: int) -> str:
    """Return a size in bytes for people, in powers of 1000."""
    size = float(size_bytes)
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:  # noqa: PLR2004 - the step between the units
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} GB" if size < 1000 else f"{size:,.0f} GB"  # noqa: PLR2004 - the same
