"""Which models there are, under which licence, and where they lie on this machine.

Facts of the catalogue: the files and their SHA-256 are those that the hub shows for each
repository, the licences those of the model cards.
"""

import difflib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import Literal, NamedTuple

from platformdirs import user_data_path

from bot.errors import StartError

Kind = Literal["model", "vocoder"]

_CHECKPOINTS = ("*.safetensors", "*.pt")
_NO_CHECKPOINT = "timing.safetensors"


class Licence(NamedTuple):
    """Terms of use of a model's files."""

    name: str
    """SPDX identifier."""
    meaning: str
    """What it means for a stream that earns money, in one sentence."""


class HubFile(NamedTuple):
    """One file of a repository on the hub."""

    path: str
    """Inside the repository."""
    sha256: str = ""
    """Empty when only the hub knows it."""

    @property
    def name(self) -> str:
        """What it is called in the model's folder."""
        return PurePosixPath(self.path).name


class KnownModel(NamedTuple):
    """A model that can be fetched by its name."""

    name: str
    kind: Kind
    repository: str
    """On the hub: `owner/name`."""
    revision: str
    """Commit, or branch."""
    files: tuple[HubFile, ...]
    """The smallest first, so that the folder becomes complete with the weights."""
    licence: Licence
    language: str
    size: str
    """Of all files together, roughly, for people; empty when unknown."""
    config: str = ""
    """Content of `model.yaml`, for architectures whose repository has no such file."""
    remark: str = ""


CC_BY_NC_4 = Licence(
    "CC-BY-NC-4.0",
    "It forbids commercial use: do not speak with it on a stream that earns money "
    "(subscriptions, donations, advertisements); choose other weights there.",
)
APACHE_2 = Licence(
    "Apache-2.0",
    "It allows commercial use: a stream that earns money may speak with it.",
)
MIT = Licence(
    "MIT",
    "It allows commercial use: a stream that earns money may speak with it.",
)

# Upstream's configs/F5TTS_Base.yaml, as far as it differs from F5TTS_v1_Base.
_BASE_CONFIG = """\
model:
  backbone: DiT
  arch:
    text_mask_padding: false
    pe_attn_head: 1
"""

CATALOGUE: tuple[KnownModel, ...] = (
    KnownModel(
        name="F5TTS_v1_Base",
        kind="model",
        repository="SWivid/F5-TTS",
        revision="84e5a410d9cead4de2f847e7c9369a6440bdfaca",
        files=(
            HubFile(
                "F5TTS_v1_Base/vocab.txt",
                "2a05f992e00af9b0bd3800a8d23e78d520dbd705284ed2eedb5f4bd29398fa3c",
            ),
            HubFile(
                "F5TTS_v1_Base/model_1250000.safetensors",
                "670900fd14e6c458b95da6e9ed317cdb20dbaf7a1c02ac06a05475a9d32b6a38",
            ),
        ),
        licence=CC_BY_NC_4,
        language="Chinese and English",
        size="1.35 GB",
    ),
    KnownModel(
        name="F5TTS_Base",
        kind="model",
        repository="SWivid/F5-TTS",
        revision="main",
        files=(
            HubFile("F5TTS_Base/vocab.txt"),
            HubFile(
                "F5TTS_Base/model_1200000.safetensors",
                "4180310f91d592cee4bc14998cd37c781f779cf105e8ca8744d9bd48ca7046ae",
            ),
        ),
        licence=CC_BY_NC_4,
        language="Chinese and English",
        size="1.35 GB",
        config=_BASE_CONFIG,
    ),
    KnownModel(
        name="OpenF5-TTS-Base",
        kind="model",
        repository="mrfakename/OpenF5-TTS-Base",
        revision="main",
        files=(HubFile("config.yaml"), HubFile("vocab.txt"), HubFile("model.pt")),
        licence=APACHE_2,
        language="English",
        size="",
        remark="Its authors call it an alpha version that speaks less well than the official one.",
    ),
    KnownModel(
        name="vocos-mel-24khz",
        kind="vocoder",
        repository="charactr/vocos-mel-24khz",
        revision="0feb3fdd929bcd6649e0e7c5a688cf7dd012ef21",
        files=(
            HubFile(
                "config.yaml",
                "da9033922f969a47f0c160010226919e59f27761fd5066f3828d46de6650b0fc",
            ),
            HubFile(
                "pytorch_model.bin",
                "97ec976ad1fd67a33ab2682d29c0ac7df85234fae875aefcc5fb215681a91b2a",
            ),
        ),
        licence=MIT,
        language="any language",
        size="54 MB",
    ),
)


def models_folder() -> Path:
    """Return where fetched models lie: in `$ISHOWTTS_HOME`, else in the user's data folder."""
    home = os.environ.get("ISHOWTTS_HOME")
    data = Path(home).expanduser() if home else user_data_path("ishowtts", appauthor=False)
    return data.absolute() / "models"


def folder_of(model: KnownModel) -> Path:
    """Return where the files of `model` belong."""
    return models_folder() / model.name


def find(name: str) -> KnownModel:
    """Return the model of the catalogue that is called `name`, in any case.

    Raises:
        StartError: there is none.
    """
    by_name = {model.name.lower(): model for model in CATALOGUE}
    if name.lower() in by_name:
        return by_name[name.lower()]
    near = difflib.get_close_matches(name.lower(), by_name, n=1)
    raise StartError(
        f"There is no model {name!r} to fetch.",
        remedy=f"Did you mean {by_name[near[0]].name}?"
        if near
        else f"Choose from {', '.join(model.name for model in CATALOGUE)}.",
    )


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
