"""Unpatched upstream models with random weights, and the same weights in our engine."""

import wave
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from bot.engine.f5.engine import F5Engine
from bot.engine.f5.model.dit import Acoustic, Traits
from bot.engine.f5.model.layout import Item
from bot.engine.f5.model.sampler import draw_noise
from bot.engine.f5.model.vocos import Vocos
from bot.engine.f5.weights.checkpoint import load_acoustic, load_vocos
from bot.engine.f5.weights.installed import choose
from bot.engine.upstream.importing import import_upstream
from bot.runtime.files.folders import resource

CPU = torch.device("cpu")
VOCABULARY_SIZE = 80


@dataclass(frozen=True)
class Pair:
    """One architecture in both implementations."""

    cfm: Any
    acoustic: Acoustic

    def upstream_mel(self, item: Item, **sampling: float) -> Tensor:
        """Return what upstream samples for the item, `[frames, 100]`."""
        mel, _ = self.cfm.sample(
            cond=item.reference_mel[None],
            text=torch.tensor([item.tokens]),
            duration=item.frames,
            seed=item.seed,
            **sampling,
        )
        result: Tensor = mel[0]
        return result


def randomize(module: nn.Module, seed: int) -> None:
    """Give every parameter values that matter; upstream's initialisation has zeros."""
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in module.named_parameters():
        fan_in = parameter[0].numel() if parameter.ndim > 1 else 1
        scale = fan_in**-0.5 if parameter.ndim > 1 else 0.1
        if "norm" in name and name.endswith("weight") and parameter.ndim == 1:
            parameter.data.fill_(1.0)
        if name.endswith("gamma") and parameter.ndim == 1:
            scale = 0.5
        parameter.data.add_(torch.randn(parameter.shape, generator=generator) * scale)


def build(architecture: dict[str, Any]) -> Pair:
    upstream = import_upstream()
    cfm = upstream.CFM(
        transformer=upstream.DiT(text_num_embeds=VOCABULARY_SIZE, mel_dim=100, **architecture),
        mel_spec_kwargs={"mel_spec_type": "vocos"},
    ).eval()
    randomize(cfm, seed=1)
    traits = Traits(**{name: architecture[name] for name in Traits._fields if name in architecture})
    state = {f"ema_model.{name}": tensor for name, tensor in cfm.state_dict().items()}
    return Pair(cfm, load_acoustic(state, traits, CPU, torch.float32))


ARCHITECTURES: dict[str, dict[str, Any]] = {
    "v1": {"dim": 128, "depth": 3, "heads": 2, "ff_mult": 2, "text_dim": 64, "conv_layers": 2},
    "v0": {
        "dim": 128, "depth": 2, "heads": 2, "ff_mult": 2, "text_dim": 64, "conv_layers": 2,
        "text_mask_padding": False, "pe_attn_head": 1,
    },
    "upsampling": {
        "dim": 192, "depth": 2, "heads": 3, "ff_mult": 2, "text_dim": 96, "conv_layers": 2,
        "text_embedding_average_upsampling": True, "qk_norm": "rms_norm",
    },
    "full_width": {
        "dim": 1024, "depth": 2, "heads": 16, "ff_mult": 2, "text_dim": 512, "conv_layers": 4,
    },
}  # fmt: skip


@pytest.fixture(scope="session")
def pairs() -> Callable[[str], Pair]:
    built: dict[str, Pair] = {}

    def get(name: str) -> Pair:
        if name not in built:
            built[name] = build(ARCHITECTURES[name])
        return built[name]

    return get


@pytest.fixture(scope="session")
def vocos_pair() -> tuple[Any, Vocos]:
    """Upstream's Vocos, small, with random weights, and ours."""
    import_upstream("vocos")
    from vocos.feature_extractors import MelSpectrogramFeatures
    from vocos.heads import ISTFTHead
    from vocos.models import VocosBackbone
    from vocos.pretrained import Vocos as UpstreamVocos

    upstream = UpstreamVocos(
        MelSpectrogramFeatures(),
        VocosBackbone(input_channels=100, dim=64, intermediate_dim=128, num_layers=3),
        ISTFTHead(dim=64, n_fft=1024, hop_length=256, padding="center"),
    ).eval()
    randomize(upstream, seed=2)
    return upstream, load_vocos(upstream.state_dict(), "center", CPU, torch.float32)


@pytest.fixture
def make_item() -> Callable[..., Item]:
    def make(
        frames: int = 150, reference_frames: int = 60, tokens: int = 40, seed: int = 3
    ) -> Item:
        generator = torch.Generator().manual_seed(seed)
        ids = torch.randint(0, VOCABULARY_SIZE, (tokens,), generator=generator).tolist()
        mel = draw_noise(reference_frames, seed + 1, CPU) - 3
        return Item(mel, ids, frames, reference_frames - 1, seed)

    return make


def relative_error(result: Tensor, expected: Tensor) -> float:
    """Return the relative L2 distance."""
    return float((result - expected).norm() / expected.norm())


@pytest.fixture
def error() -> Callable[[Tensor, Tensor], float]:
    return relative_error


LETTERS = " !',.?abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

VOCOS_CONFIG = """\
feature_extractor:
  class_path: vocos.feature_extractors.MelSpectrogramFeatures
  init_args: {sample_rate: 24000, n_fft: 1024, hop_length: 256, n_mels: 100, padding: center}
backbone:
  class_path: vocos.models.VocosBackbone
  init_args: {input_channels: 100, dim: 64, intermediate_dim: 128, num_layers: 3}
head:
  class_path: vocos.heads.ISTFTHead
  init_args: {dim: 64, n_fft: 1024, hop_length: 256, padding: center}
"""


@pytest.fixture
def folders(
    pairs: Callable[[str], Pair], vocos_pair: tuple[Any, Vocos], tmp_path: Path
) -> dict[str, Any]:
    """Folders of a user: model, vocoder, voices with one voice, cache."""
    paths = {name: tmp_path / name for name in ("model", "vocoder", "voices", "cache")}
    for path in (*paths.values(), paths["voices"] / "nature"):
        path.mkdir()
    state = pairs("v1").cfm.state_dict()
    save_file({f"ema_model.{k}": v for k, v in state.items()}, paths["model"] / "model.safetensors")
    tokens = (list(LETTERS) + [f"x{i}" for i in range(80)])[:80]
    (paths["model"] / "vocab.txt").write_text("\n".join(tokens) + "\n")
    torch.save(vocos_pair[0].state_dict(), paths["vocoder"] / "pytorch_model.bin")
    (paths["vocoder"] / "config.yaml").write_text(VOCOS_CONFIG)
    (paths["voices"] / "nature" / "transcript.txt").write_text("Some call me nature")
    (paths["voices"] / "nature" / "voice.yaml").write_text("consent: noise\nlicence: CC0-1.0\n")
    noise = np.random.default_rng(0).standard_normal(2 * 24_000) * 3_000
    with wave.open(str(paths["voices"] / "nature" / "reference.wav"), "wb") as file:
        file.setparams((1, 2, 24_000, 0, "NONE", ""))
        file.writeframes(noise.astype("<i2").tobytes())
    return {name: str(path) for name, path in paths.items()}


def bundled_engine(folder: Path, *, speed: float = 1.0) -> F5Engine:
    """Return the engine with the bundled model and voices on the CPU, its own voices in `folder`.

    Its cache lies beside that folder, for all: what was the fastest precision is measured once.
    """
    here, _ = choose("bundled", "bundled")
    return F5Engine(
        model=str(here.model),
        vocoder=str(here.vocoder),
        voices=str(folder / "voices"),
        shipped_voices=str(resource("voices")),
        cache=str(folder.parent / "f5_cache"),
        device="cpu",
        speed=speed,
    )
