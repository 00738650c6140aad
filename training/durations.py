"""Trains the model of durations on what the teacher says of its own timing.

python -m training.durations CORPUS OUT.safetensors --minutes 1
"""

import argparse
import math
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional

from bot.engine.f5.text.timing import TAPS
from training import shards
from training.vocabulary import SYMBOLS

_WIDTH, _DEPTH = 128, 4
_SENTENCES = 256
_LONGEST = 192
"""Symbols; longer sentences are cut."""
_RATE = 2e-3


class _Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(_WIDTH)
        self.convolution = nn.Conv1d(_WIDTH, _WIDTH, TAPS, padding=TAPS // 2)

    def forward(self, x: Tensor, keep: Tensor) -> Tensor:  # [B, n, C], [B, n, 1]
        y = functional.gelu(self.norm(x)) * keep
        result: Tensor = x + self.convolution(y.transpose(1, 2)).transpose(1, 2)
        return result


class DurationModel(nn.Module):
    """The network of `bot.engine.f5.text.timing`, for batches of padded sentences."""

    def __init__(self) -> None:
        """Make it with random weights."""
        super().__init__()
        self.embedding = nn.Embedding(len(SYMBOLS), _WIDTH)
        self.blocks = nn.ModuleList(_Block() for _ in range(_DEPTH))
        self.norm = nn.LayerNorm(_WIDTH)
        self.output = nn.Linear(_WIDTH, 1)

    def forward(self, symbols: Tensor, keep: Tensor) -> Tensor:
        """Return `log(1 + units)`, `[B, n]`, of symbols, `[B, n]`; `keep` marks real ones."""
        x = self.embedding(symbols)
        for block in self.blocks:
            x = block(x, keep[:, :, None])
        result: Tensor = self.output(self.norm(x))[:, :, 0]
        return result


def _read(folder: Path) -> tuple[Tensor, Tensor, Tensor]:
    """Return symbols, `log(1 + units)` and the mask of all sentences, each `[N, 192]`."""
    symbols: list[np.ndarray[tuple[int], np.dtype[np.int64]]] = []
    units: list[np.ndarray[tuple[int], np.dtype[np.float32]]] = []
    for path in shards.shards(folder):
        with np.load(path) as arrays:
            ends = arrays["symbol_ends"][:-1]
            symbols += np.split(arrays["symbols"].astype(np.int64), ends)
            units += np.split(arrays["units"], ends)

    def pad(rows: list[np.ndarray[tuple[int], np.dtype[np.generic]]]) -> Tensor:
        cut = [np.pad(row[:_LONGEST], (0, max(_LONGEST - len(row), 0))) for row in rows]
        return torch.from_numpy(np.stack(cut))

    keep = pad([np.ones(len(row), np.float32) for row in symbols])
    return pad([*symbols]), pad([*units]).clamp(min=0).log1p(), keep


def main() -> None:
    """Train, for `python -m training.durations`."""
    parser = argparse.ArgumentParser(prog="training.durations", description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    symbols, logs, keep = (part.to(device) for part in _read(options.corpus))
    model = DurationModel().to(device)
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=0.01)
    begun, step = time.monotonic(), 0
    while (progress := (time.monotonic() - begun) / (60 * options.minutes)) < 1:
        for group in optimizer.param_groups:
            group["lr"] = _RATE * min(1.0, (step + 1) / 100) * math.cos(progress * math.pi / 2)
        chosen = torch.randint(len(symbols), (_SENTENCES,), device=device)
        mask = keep[chosen]
        error = (model(symbols[chosen], mask) - logs[chosen]) * mask
        loss = error.square().sum() / mask.sum()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        if step % 500 == 0:
            print(f"durations step {step}  loss {loss.item():.5f}", flush=True)
        step += 1
    state = {name: tensor.half().contiguous() for name, tensor in model.state_dict().items()}
    save_file(state, options.out)
    print(f"durations: {len(symbols)} sentences, {step} steps, loss {loss.item():.5f}")


if __name__ == "__main__":
    main()
