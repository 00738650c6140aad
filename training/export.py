"""From training states to the folders that are shipped, in half precision.

    python -m training.export ACOUSTIC/state.pt TIMING.safetensors OUT

Writes `OUT/model.safetensors` with upstream's names, `vocab.txt`, `model.yaml` and
`timing.safetensors`.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path

import torch
import yaml
from safetensors.torch import load_file, save_file
from torch import Tensor

from bot.engine.f5.model.operations import HEAD_WIDTH
from training import acoustic
from training.vocabulary import SYMBOLS

_ROTARY_BASE = 10_000.0


def main() -> None:
    """Export, for `python -m training.export`."""
    parser = argparse.ArgumentParser(prog="training.export", description=__doc__)
    parser.add_argument("state", type=Path)
    parser.add_argument("timing", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    average = torch.load(options.state, map_location="cpu", weights_only=True)["average"]
    write(average, load_file(options.timing), options.out)


def write(average: Mapping[str, Tensor], timing: Mapping[str, Tensor], out: Path) -> None:
    """Write the model folder for the weights of `training.dit.DiT` and of the durations."""
    out.mkdir(parents=True, exist_ok=True)
    root = acoustic.EXPORTED
    half = {f"{root}{name}": tensor.half().contiguous() for name, tensor in average.items()}
    # A buffer that upstream reads from the file: in half precision its angles would be wrong.
    exponents = torch.arange(0, HEAD_WIDTH, 2).float() / HEAD_WIDTH
    half[f"{root}rotary_embed.inv_freq"] = 1.0 / _ROTARY_BASE**exponents
    save_file(half, out / "model.safetensors")
    save_file(
        {name: tensor.half().contiguous() for name, tensor in timing.items()},
        out / "timing.safetensors",
    )
    (out / "vocab.txt").write_text("".join(f"{s}\n" for s in SYMBOLS), encoding="utf-8")
    (out / "model.yaml").write_text(yaml.safe_dump(_config(), sort_keys=False), encoding="utf-8")


def _config() -> dict[str, object]:
    """Return upstream's configuration of the architecture, and what is ours under `ishowtts`."""
    shape = acoustic.SHAPE
    architecture = {
        "dim": shape["width"],
        "depth": shape["depth"],
        "heads": shape["width"] // HEAD_WIDTH,
        "ff_mult": 2,
        "text_dim": shape["text_width"],
        "text_mask_padding": True,
        "text_embedding_average_upsampling": True,
        "conv_layers": shape["text_depth"],
        "pe_attn_head": None,
    }
    return {
        "model": {
            "name": "ishowtts",
            "backbone": "DiT",
            "tokenizer": "custom",
            "arch": architecture,
        },
        "ishowtts": {
            "front_end": "phonemes",
            "cfg_strength": 0.0,
            "judged": ["int8", "bfloat16"],
        },
    }


if __name__ == "__main__":
    main()
