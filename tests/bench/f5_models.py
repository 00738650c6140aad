"""The full F5TTS_v1_Base shape and Vocos with random weights: upstream's modules and ours.

Speed does not depend on the values; errors do, so no weight is zero.
"""

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from bot.engine.f5.checkpoint import Acoustic, load_acoustic, load_vocos
from bot.engine.f5.dit import Traits
from bot.engine.f5.text import load_vocabulary
from bot.engine.f5.vocos import Vocos
from bot.engine.upstream_import import import_upstream

V1_BASE = {
    "dim": 1024, "depth": 22, "heads": 16, "ff_mult": 2, "text_dim": 512, "conv_layers": 4,
}  # fmt: skip
SMALL = {
    "dim": 256, "depth": 8, "heads": 4, "ff_mult": 2, "text_dim": 128, "conv_layers": 4,
    "text_embedding_average_upsampling": True,
}  # fmt: skip
"""9.7 M parameters, the one that the facts measured on processors."""


def vocabulary() -> dict[str, int]:
    """Return the official vocabulary, which is part of upstream's wheel."""
    import_upstream()
    return dict(load_vocabulary(Path(str(files("f5_tts") / "infer" / "examples" / "vocab.txt"))))


def randomize(module: nn.Module) -> None:
    """Give every parameter a value that matters, from one seed."""
    generator = torch.Generator().manual_seed(0)
    for name, parameter in module.named_parameters():
        is_matrix = parameter.ndim > 1
        scale = parameter[0].numel() ** -0.5 if is_matrix else 0.1
        values = torch.randn(parameter.shape, generator=generator) * scale
        keeps = "norm" in name and name.endswith("weight") and not is_matrix
        parameter.data = values + 1 if keeps else values


def upstream_cfm(architecture: dict[str, Any]) -> Any:
    """Return upstream's model on the processor in float32."""
    upstream = import_upstream()
    tokens = vocabulary()
    cfm = upstream.CFM(
        transformer=upstream.DiT(text_num_embeds=len(tokens), mel_dim=100, **architecture),
        mel_spec_kwargs={"mel_spec_type": "vocos"},
        vocab_char_map=tokens,
    ).eval()
    randomize(cfm)
    return cfm


def upstream_vocos() -> Any:
    """Return upstream's vocoder in its official shape."""
    import_upstream("vocos")
    from vocos.feature_extractors import MelSpectrogramFeatures
    from vocos.heads import ISTFTHead
    from vocos.models import VocosBackbone
    from vocos.pretrained import Vocos as UpstreamVocos

    model = UpstreamVocos(
        MelSpectrogramFeatures(),
        VocosBackbone(input_channels=100, dim=512, intermediate_dim=1536, num_layers=8),
        ISTFTHead(dim=512, n_fft=1024, hop_length=256, padding="center"),
    ).eval()
    randomize(model)
    return model


def ours(
    cfm: Any,
    vocoder: Any,
    architecture: dict[str, Any],
    device: torch.device,
    dtype: torch.dtype,
) -> tuple[Acoustic, Vocos]:
    """Return the same weights in our engine."""
    traits = Traits(**{key: architecture[key] for key in Traits._fields if key in architecture})
    return (
        load_acoustic(cfm.state_dict(), traits, device, dtype),
        load_vocos(vocoder.state_dict(), "center", device, dtype),
    )


def same_noise(noise: Tensor) -> Callable[..., Tensor]:
    """Return a stand-in for `torch.randn` that gives upstream this noise in its own type."""

    def randn(*_: Any, dtype: torch.dtype, device: torch.device, **__: Any) -> Tensor:
        return noise.to(device, dtype)

    return randn
