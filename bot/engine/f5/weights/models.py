"""Where the models of the catalogue, and others, lie on this machine."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from platformdirs import user_data_path

from bot.engine.f5.weights.catalogue import APACHE_2, CATALOGUE, Kind, KnownModel, find
from bot.errors import StartError

_CHECKPOINTS = ("*.safetensors", "*.pt")
_NO_CHECKPOINT = "timing.safetensors"


def models_folder() -> Path:
    """Return where fetched models lie: in `$ISHOWTTS_HOME`, else in the user's data folder."""
    home = os.environ.get("ISHOWTTS_HOME")
    data = Path(home).expanduser() if home else user_data_path("ishowtts", appauthor=False)
    return data.absolute() / "models"


def folder_of(model: KnownModel) -> Path:
    """Return where the files of `model` belong."""
    return models_folder() / model.name


def missing(model: KnownModel, folder: Path) -> list[str]:
    """Return the names of the files of `model` that are not in `folder`."""
    return [file.name for file in model.files if not (folder / file.name).is_file()]


def kind_of(folder: Path) -> Kind | None:
    """Return what can be loaded from `folder`, by the names of its files alone."""
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


_BUNDLED_TEXT = f"""\
bundled: model and vocoder, English, 57 MB, {APACHE_2.name}
  In the package.
  {APACHE_2.meaning} Small enough for two cores; its voices are invented."""


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


def path(name: str) -> None:
    """Print the folder of a model, for `ishowtts model path NAME`.

    Raises:
        StartError: as `locate`.
    """
    print(locate(name))  # noqa: T201 - the command's output


def list_models(folders: Sequence[Path] = ()) -> None:
    """Print what can be fetched and what is here, for `ishowtts model list [FOLDER ...]`.

    Besides the catalogue these are the models that were put into the models' folder by hand, and
    those in `folders`.

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
