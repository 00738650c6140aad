"""The transformer of F5-TTS as a module to train, with upstream's tensor names.

Same maths as `f5_tts.model.backbones.dit` (f5-tts 1.1.22) for rows that are filled to the end: one
token a frame, no padding. Shapes: B rows, T frames, D width, C text width.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from bot.engine.f5.mel import BANDS
from bot.engine.f5.model.dit import TEXT_TAPS
from bot.engine.f5.model.modulation import SINUSOIDS
from bot.engine.f5.model.operations import HEAD_WIDTH, POSITION_GROUPS, POSITION_TAPS

_EPSILON = 1e-6
_BASE = 10_000.0


class _Response(nn.Module):
    """Global response normalisation over time (arXiv 2301.00808)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.zeros(1, 1, width))
        self.beta = nn.Parameter(torch.zeros(1, 1, width))

    def forward(self, x: Tensor) -> Tensor:  # [B, T, 2 C]
        norms = x.float().norm(dim=1, keepdim=True)
        response = (norms / (norms.mean(dim=-1, keepdim=True) + _EPSILON)).to(x.dtype)
        result: Tensor = self.gamma * (x * response) + self.beta + x
        return result


class _TextBlock(nn.Module):
    """ConvNeXt V2 block."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.dwconv = nn.Conv1d(width, width, TEXT_TAPS, padding=TEXT_TAPS // 2, groups=width)
        self.norm = nn.LayerNorm(width, eps=_EPSILON)
        self.pwconv1 = nn.Linear(width, 2 * width)
        self.grn = _Response(2 * width)
        self.pwconv2 = nn.Linear(2 * width, width)

    def forward(self, x: Tensor) -> Tensor:  # [B, T, C]
        # As shifted sums: the compiler fuses them, depthwise convolutions are slow to train.
        padded = functional.pad(x, (0, 0, TEXT_TAPS // 2, TEXT_TAPS // 2))
        assert self.dwconv.bias is not None
        y = self.dwconv.bias.to(x.dtype)
        for tap in range(TEXT_TAPS):
            y = y + padded[:, tap : tap + x.shape[1]] * self.dwconv.weight[:, 0, tap].to(x.dtype)
        y = functional.gelu(self.pwconv1(self.norm(y)))
        result: Tensor = x + self.pwconv2(self.grn(y))
        return result


class _TextEmbedding(nn.Module):
    def __init__(self, symbols: int, width: int, depth: int) -> None:
        super().__init__()
        self.text_embed = nn.Embedding(symbols + 1, width)
        self.text_blocks = nn.Sequential(*(_TextBlock(width) for _ in range(depth)))

    def forward(self, tokens: Tensor, dropped: Tensor) -> Tensor:
        """Return `[B, T, C]` of tokens, `[B, T]`; rows that are `dropped`, `[B]`, have no text."""
        shown = (tokens + 1).masked_fill(dropped[:, None], 0)
        positions = _angles(tokens.shape[1], self.text_embed.embedding_dim, tokens.device)
        table = torch.cat([positions.cos(), positions.sin()], dim=-1)  # [T, C]
        result: Tensor = self.text_blocks(self.text_embed(shown) + table)
        return result


class _PositionEmbedding(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()

        def convolution() -> nn.Conv1d:
            return nn.Conv1d(
                width, width, POSITION_TAPS, padding=POSITION_TAPS // 2, groups=POSITION_GROUPS
            )

        self.conv1d = nn.Sequential(convolution(), nn.Mish(), convolution(), nn.Mish())

    def forward(self, x: Tensor) -> Tensor:  # [B, T, D]
        result: Tensor = self.conv1d(x.transpose(1, 2)).transpose(1, 2)
        return result


class _InputEmbedding(nn.Module):
    def __init__(self, text_width: int, width: int) -> None:
        super().__init__()
        self.proj = nn.Linear(2 * BANDS + text_width, width)
        self.conv_pos_embed = _PositionEmbedding(width)

    def forward(self, x: Tensor, reference: Tensor, text: Tensor) -> Tensor:
        mixed = self.proj(torch.cat([x, reference, text.to(x.dtype)], dim=-1))
        result: Tensor = mixed + self.conv_pos_embed(mixed)
        return result


class _TimeEmbedding(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.time_mlp = nn.Sequential(
            nn.Linear(SINUSOIDS, width), nn.SiLU(), nn.Linear(width, width)
        )

    def forward(self, time: Tensor) -> Tensor:  # [B]
        half = SINUSOIDS // 2
        rates = torch.exp(
            torch.arange(half, device=time.device).float() * -(math.log(_BASE) / (half - 1))
        )
        angles = 1000 * time.float()[:, None] * rates
        result: Tensor = self.time_mlp(torch.cat([angles.sin(), angles.cos()], dim=-1))
        return result


class _Modulation(nn.Module):
    """Vectors that the time step gives (AdaLN-zero, arXiv 2212.09748)."""

    def __init__(self, width: int, vectors: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, vectors * width)
        self.vectors = vectors

    def forward(self, time: Tensor) -> tuple[Tensor, ...]:  # [B, D] -> vectors x [B, 1, D]
        mapped: Tensor = self.linear(functional.silu(time))
        return mapped[:, None].chunk(self.vectors, dim=-1)


class _Attention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        inner = heads * HEAD_WIDTH
        self.to_q = nn.Linear(width, inner)
        self.to_k = nn.Linear(width, inner)
        self.to_v = nn.Linear(width, inner)
        self.to_out = nn.ModuleList([nn.Linear(inner, width)])

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        def heads(projection: nn.Module) -> Tensor:
            y: Tensor = projection(x)
            return y.view(*y.shape[:2], -1, HEAD_WIDTH).transpose(1, 2)  # [B, H, T, d]

        query, key = (_rotate(heads(part), cos, sin) for part in (self.to_q, self.to_k))
        y = functional.scaled_dot_product_attention(query, key, heads(self.to_v))
        result: Tensor = self.to_out[0](y.transpose(1, 2).flatten(2))
        return result


class _FeedForward(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        up = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(approximate="tanh"))
        self.ff = nn.Sequential(up, nn.Identity(), nn.Linear(2 * width, width))

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.ff(x)
        return result


class Block(nn.Module):
    """One transformer block."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.attn_norm = _Modulation(width, 6)
        self.attn = _Attention(width, heads)
        self.ff = _FeedForward(width)

    def forward(self, x: Tensor, time: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """Return `[B, T, D]` of `x`, `[B, T, D]`, and the embedded time, `[B, D]`."""
        shift, scale, gate, late_shift, late_scale, late_gate = self.attn_norm(time)
        x = x + gate * self.attn(_normalize(x) * (1 + scale) + shift, cos, sin)
        result: Tensor = x + late_gate * self.ff(_normalize(x) * (1 + late_scale) + late_shift)
        return result


class DiT(nn.Module):
    """Text, reference and a noisy mel spectrogram to the direction in which it becomes speech."""

    def __init__(
        self, symbols: int, width: int, depth: int, text_width: int, text_depth: int
    ) -> None:
        """Take the size of the vocabulary and of the network; heads are 64 wide."""
        super().__init__()
        heads = width // HEAD_WIDTH
        self.time_embed = _TimeEmbedding(width)
        self.text_embed = _TextEmbedding(symbols, text_width, text_depth)
        self.input_embed = _InputEmbedding(text_width, width)
        blocks = [Block(width, heads) for _ in range(depth)]
        self.transformer_blocks = nn.ModuleList(blocks)
        self.norm_out = _Modulation(width, 2)
        self.proj_out = nn.Linear(width, BANDS)
        modulations = [block.attn_norm.linear for block in blocks]
        for linear in (*modulations, self.norm_out.linear, self.proj_out):
            nn.init.zeros_(linear.weight)
            nn.init.zeros_(linear.bias)

    def forward(
        self, x: Tensor, reference: Tensor, tokens: Tensor, time: Tensor, dropped: Tensor
    ) -> Tensor:
        """Return the velocity, float32 `[B, T, 100]`.

        `x` and `reference` are `[B, T, 100]`, the latter zero where nothing is known; `tokens` is
        `[B, T]`, `time` `[B]`; `dropped`, bool `[B]`, tells which rows have no text.
        """
        embedded = self.time_embed(time)
        y = self.input_embed(x, reference, self.text_embed(tokens, dropped))
        angles = _angles(x.shape[1], HEAD_WIDTH, x.device)  # [T, d / 2]
        cos, sin = angles.cos(), angles.sin()
        for block in self.transformer_blocks:
            y = block(y, embedded, cos, sin)
        scale, shift = self.norm_out(embedded)
        result: Tensor = self.proj_out(_normalize(y) * (1 + scale) + shift)
        return result.float()


def _normalize(x: Tensor) -> Tensor:
    return functional.layer_norm(x, x.shape[-1:], eps=_EPSILON)


def _angles(frames: int, width: int, device: torch.device) -> Tensor:
    exponents = torch.arange(0, width, 2, device=device).float() / width
    return torch.arange(frames, device=device).float()[:, None] / _BASE**exponents


def _rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Return `[B, H, T, d]` with channels 2 i and 2 i + 1 turned by the angle of the frame."""
    even, odd = x.float().view(*x.shape[:-1], -1, 2).unbind(-1)
    turned = torch.stack([even * cos - odd * sin, odd * cos + even * sin], dim=-1)
    return turned.flatten(-2).to(x.dtype)
