"""Catalogue of models that can be fetched by name, with their files and licences.

Files and their SHA-256 are as the hub shows them for each repository, licences as the model cards.
"""

import difflib
from pathlib import Path, PurePosixPath
from typing import Literal, NamedTuple

from bot.errors import StartError, named

Kind = Literal["model", "vocoder"]


class Licence(NamedTuple):
    """Terms of use of a model's files."""

    name: str
    """SPDX identifier."""
    meaning: str
    """Sentence on streams that earn money."""


class HubFile(NamedTuple):
    """One file of a repository on the hub."""

    path: str
    """Inside the repository."""
    sha256: str = ""
    """Checksum; empty when only the hub knows it."""

    @property
    def name(self) -> str:
        """Name in the model's folder."""
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
    """Files, the smallest first, so that the folder becomes complete with the weights."""
    licence: Licence
    language: str
    size: str
    """Size of all files together, roughly, for people; empty when unknown."""
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


def licence_of(folder: Path) -> str:
    """Return the licence of the model in `folder`, bundled or fetched; empty if nobody knows."""
    if folder.parent.name == "bundled":
        return APACHE_2.name
    return next((m.licence.name for m in CATALOGUE if m.name == folder.name), "")


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
        f"There is no model {named(name)} to fetch.",
        remedy=f"Did you mean {by_name[near[0]].name}?"
        if near
        else f"Choose from {', '.join(model.name for model in CATALOGUE)}.",
    )
