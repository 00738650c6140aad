"""Packing of items of any lengths, one behind the other, into a single row of frames.

Nothing is padded to the longest item, and an item computes the same numbers wherever it lies:
attention stays inside its boundaries, and the gap behind it is as wide as the widest convolution
reaches, so that zeroing the gap equals the zero padding that upstream gives a single item.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

GAP_FRAMES = 15
"""Reach of the position convolutions (31 taps); those of the text encoder and Vocos reach 3."""

FILLER_ID = 0
"""Token of frames without text; the ids of the vocabulary follow it, moved by one."""


class Item(NamedTuple):
    """One text to speak with one voice."""

    reference_mel: Tensor
    """Log-mel of the reference, `[r, 100]` float32 on the model's device."""
    tokens: Sequence[int]
    """Ids of the reference's transcript and of the text behind it."""
    frames: int
    """Length of reference and speech together."""
    decode_from: int
    """First frame that becomes sound."""
    seed: int
    """Seed of the initial noise."""


class Frames(NamedTuple):
    """Properties of the T frames of the row; all on the model's device."""

    token: Tensor
    """Text token, shifted by one, `FILLER_ID` where there is none, int64 `[T]`."""
    position: Tensor
    """Frame number within the item, int64 `[T]`."""
    item: Tensor
    """Number of the item, int64 `[T]`; 0 in gaps."""
    text_source: Tensor
    """Frame that holds the token of this one, if tokens are spread evenly, int64 `[T]`."""
    is_frame: Tensor
    """Whether it belongs to an item, bool `[T]`."""
    has_text: Tensor
    """Whether its item has any tokens, bool `[T]`."""
    is_reference: Tensor
    """Whether the reference is known here, bool `[T]`."""
    is_decoded: Tensor
    """Whether it becomes sound, bool `[T]`."""


class Layout(NamedTuple):
    """Places of the items in a row of `length` frames."""

    spans: tuple[tuple[int, int], ...]
    """First frame of each item, and the one behind its last."""
    length: int


def pack(items: Sequence[Item], length: int = 0) -> Layout:
    """Return the layout of `items` in a row of at least `length` frames."""
    spans: list[tuple[int, int]] = []
    start = 0
    for item in items:
        spans.append((start, start + item.frames))
        start += item.frames + GAP_FRAMES
    return Layout(tuple(spans), max(length, spans[-1][1]))


def describe(
    items: Sequence[Item], layout: Layout
) -> np.ndarray[tuple[int, int], np.dtype[np.int32]]:
    """Return the fields of `Frames`, int32 `[8, T]`: one array takes one copy to the device."""
    rows = np.zeros((len(Frames._fields), layout.length), np.int32)
    token, position, number, source, is_frame, has_text, is_reference, is_decoded = rows
    source[:] = np.arange(layout.length)
    for index, (item, (start, end)) in enumerate(zip(items, layout.spans, strict=True)):
        frames = end - start
        ids = np.asarray(item.tokens[:frames], np.int32) + 1
        token[start : start + len(ids)] = ids
        position[start:end] = np.arange(frames)
        number[start:end] = index
        is_frame[start:end] = 1
        if len(ids):
            source[start:end] = start + _spread(len(ids), frames)
            has_text[start:end] = 1
        is_reference[start : start + len(item.reference_mel)] = 1
        is_decoded[start + item.decode_from : end] = 1
    return rows


def _spread(tokens: int, frames: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return for each frame its token, `[frames]`: as even as it goes, the last ones longer.

    Upstream's `average_upsample_text_by_mask`.
    """
    repeat, remainder = divmod(frames, tokens)
    repeats = np.full(tokens, repeat)
    repeats[tokens - remainder :] += 1
    return np.repeat(np.arange(tokens), repeats)


def to_frames(rows: Tensor) -> Frames:
    """Return the fields of `rows`, int32 `[8, T]`, in the types that torch indexes with."""
    token, position, item, source, *flags = rows.unbind()
    is_frame, has_text, is_reference, is_decoded = (flag.bool() for flag in flags)
    return Frames(
        token.long(), position.long(), item.long(), source.long(),
        is_frame, has_text, is_reference, is_decoded,
    )  # fmt: skip


def boundaries(layout: Layout, copies: int, capacity: int) -> Tensor:
    """Return the starts of sequences, int32 `[2 * copies * capacity + 1]`, for flash attention.

    The row is repeated `copies` times (with and without conditioning); `capacity` items fit. Gaps
    are sequences too, so that no item sees them; unused places are empty sequences at the end.
    """
    cuts: list[int] = [0]
    for copy in range(copies):
        offset = copy * layout.length
        starts = [offset + start for start, _ in layout.spans[1:]] + [offset + layout.length]
        for (_, end), following in zip(layout.spans, starts, strict=True):
            cuts += [offset + end, following]
    cuts += [cuts[-1]] * (2 * copies * capacity + 1 - len(cuts))
    return torch.tensor(cuts, dtype=torch.int32)


def query_blocks(layout: Layout, copies: int, capacity: int, rows: int) -> Tensor:
    """Return the item of each block of `rows` queries, int32 `[n, 3]`, for `kernels.attend`.

    Each holds the first row of the block, and first row and end of its item; unused places are
    zero. `capacity` items fit.
    """
    table = np.zeros((copies * (-(-layout.length // rows) + capacity), 3), np.int32)
    position = 0
    for copy in range(copies):
        for start, end in layout.spans:
            first = np.arange(start, end, rows)
            block = table[position : position + len(first)]
            block[:, 0], block[:, 1], block[:, 2] = first, start, end
            block += copy * layout.length
            position += len(first)
    return torch.from_numpy(table)
