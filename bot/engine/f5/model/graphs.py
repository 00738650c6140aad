"""CUDA graphs of a whole batch (text, sampling, vocoder), one for each length of the row.

Where recording would keep somebody waiting, a row without a graph is launched kernel by kernel.
Callers are in inference mode and on one stream: the `Runner` sees to both.

Shapes: T frames of the packed row.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from bot.engine.f5.mel import BANDS
from bot.engine.f5.model.attention import Packed
from bot.engine.f5.model.layout import Frames, Item, Layout, describe, to_frames
from bot.engine.f5.model.sampler import Sampling
from bot.engine.f5.model.synthesis import Model, fill, sample

_MAX_GRAPHS = 96
"""Graphs kept; about 7 MB each for the official model."""


class Outputs(NamedTuple):
    """Results of a row; a graph overwrites its own at the next run."""

    mel: Tensor
    """Log-mel, float32 `[T, 100]`."""
    wave: Tensor
    """Overlapped wave, see `vocos.decode`."""


class _Shape(NamedTuple):
    """Key of a graph."""

    sampling: Sampling
    length: int
    items: int
    """Number of items that fit."""


class _Inputs(NamedTuple):
    """A row on the device."""

    rows: Tensor
    """`layout.describe`, int32 `[8, T]`."""
    noise: Tensor
    """float32 `[T, 100]`"""
    reference_mel: Tensor
    """float32 `[T, 100]`"""
    table: Tensor
    """Lengths for the attention, see `Packed`."""


class _Recording(NamedTuple):
    """CUDA graph with its buffers."""

    graph: torch.cuda.CUDAGraph
    inputs: _Inputs
    outputs: Outputs


class Graphs:
    """Graphs of a model on a device; the least recently used are dropped."""

    def __init__(self, model: Model, attention: Packed, *, on_demand: bool) -> None:
        """Take the model and its attention; `on_demand` is as in `Runner`."""
        self._model = model
        self._attention = attention
        self._on_demand = on_demand
        self._recordings: OrderedDict[_Shape, _Recording] = OrderedDict()
        self._warm: set[tuple[int, int]] = set()
        self._pool: Any = None
        self._drop_recordings()

    @property
    def latest(self) -> Callable[[], None] | None:
        """Replay of the graph that was used last; None where there is none."""
        recordings = list(self._recordings.values())
        return recordings[-1].graph.replay if recordings else None

    def run(self, items: Sequence[Item], layout: Layout, sampling: Sampling) -> Outputs:
        """Return the results of `items`, which the device may still be computing."""
        # Room for more items, so that batches of similar size share a graph.
        shape = _Shape(sampling, layout.length, 1 << (len(items) - 1).bit_length())
        recording = None
        if self._on_demand or shape in self._recordings:
            recording = self._recording(shape)
        inputs = recording.inputs if recording else self._inputs(shape)
        inputs.rows.copy_(torch.from_numpy(describe(items, layout)), non_blocking=True)
        table = self._attention.table(layout, sampling.copies, shape.items)
        inputs.table.copy_(table, non_blocking=True)
        inputs.noise.zero_()
        inputs.reference_mel.zero_()
        fill(items, layout, inputs.noise, inputs.reference_mel)
        if not recording:
            return self._compute(shape, inputs)
        recording.graph.replay()
        return recording.outputs

    def warm_up(
        self, lengths: Sequence[int], samplings: Sequence[Sampling], deadline_s: float
    ) -> None:
        """Record the graphs for single items, in this order, the first of `samplings` first.

        `deadline_s` is of `time.monotonic`. One batch is run where nothing is recorded on demand.
        """
        shapes = [_Shape(each, length, 1) for each in samplings for length in lengths]
        for shape in shapes[:_MAX_GRAPHS]:
            if time.monotonic() > deadline_s:
                break
            self._recording(shape)
        if shapes and not self._on_demand:
            self._warm_variant(shapes[0]._replace(items=2))

    def free(self) -> None:
        """Drop all graphs and free their memory; from then on graphs are recorded on demand."""
        self._drop_recordings()
        self._on_demand = True

    def _drop_recordings(self) -> None:
        # A pool whose last graph is gone cannot be used again.
        self._recordings.clear()
        self._pool = torch.cuda.graph_pool_handle()
        torch.cuda.empty_cache()

    def _recording(self, shape: _Shape) -> _Recording:
        if shape in self._recordings:
            self._recordings.move_to_end(shape)
        else:
            if len(self._recordings) >= _MAX_GRAPHS:
                self._recordings.popitem(last=False)
            self._recordings[shape] = self._record(shape)
        return self._recordings[shape]

    def _inputs(self, shape: _Shape) -> _Inputs:
        """Return an empty row."""
        device = self._model.device
        blank = Layout(((0, shape.length),), shape.length)
        rows = torch.zeros(len(Frames._fields), shape.length, dtype=torch.int32, device=device)
        noise = torch.zeros(shape.length, BANDS, device=device)
        table = self._attention.table(blank, shape.sampling.copies, shape.items).to(device)
        return _Inputs(rows, noise, torch.zeros_like(noise), table)

    def _compute(self, shape: _Shape, inputs: _Inputs) -> Outputs:
        model = self._model
        frames = to_frames(inputs.rows)
        mel = sample(
            model.acoustic, model.plan_of(shape.sampling), frames, shape.items, inputs.noise,
            inputs.reference_mel, self._attention.attend(inputs.table), model.operations,
            model.functions.velocities,
        )  # fmt: skip
        return Outputs(mel, self._decode(mel, frames))

    def _decode(self, mel: Tensor, frames: Frames) -> Tensor:
        model = self._model
        return model.functions.decode(
            model.vocoder, mel, frames.is_decoded, model.operations.depthwise
        )

    def _warm_variant(self, shape: _Shape) -> None:
        """Pay for what libraries generate, allocate or choose at a first call.

        All but the vocoder's first convolution and Fourier transform is the same for every length,
        unless torch compiled it.
        """
        variant = (shape.items, shape.sampling.copies)
        self._model.plan_of(shape.sampling)
        inputs = self._inputs(shape)
        if variant in self._warm and not self._model.functions.are_compiled:
            self._decode(inputs.noise, to_frames(inputs.rows))
        else:
            self._compute(shape, inputs)
            self._warm.add(variant)

    def _record(self, shape: _Shape) -> _Recording:
        self._warm_variant(shape)  # it must not happen while recording
        inputs = self._inputs(shape)
        # torch.cuda.graph would also collect garbage and return all cached memory, each time.
        graph = torch.cuda.CUDAGraph()
        torch.cuda.synchronize(self._model.device)
        graph.capture_begin(pool=self._pool, capture_error_mode="thread_local")
        try:
            outputs = self._compute(shape, inputs)
        finally:
            graph.capture_end()
        return _Recording(graph, inputs, outputs)
