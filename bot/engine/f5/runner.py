"""Runs batches on a device: buffers, CUDA graphs; it decides nothing about order.

On a GPU with flash attention a whole batch (text, sampling, vocoder) is one CUDA graph per length
of the row, rounded up by `bucket`; durations themselves are never rounded. Where recording would
keep somebody waiting, a row without a graph is launched kernel by kernel. Elsewhere the same
functions run eagerly.
"""

import contextlib
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from bot.engine.f5 import attention, processor
from bot.engine.f5.checkpoint import Acoustic
from bot.engine.f5.dit import Operations
from bot.engine.f5.layout import (
    Frames,
    Item,
    Layout,
    describe,
    pack,
    to_frames,
)
from bot.engine.f5.mel import BANDS
from bot.engine.f5.sampler import Sampling, draw_noise
from bot.engine.f5.synthesis import Plan, plan, sample
from bot.engine.f5.vocos import Vocos, decode, wave_span
from bot.errors import MemoryExhaustedError
from bot.messages import Samples

_STEPS = ((2048, 32), (4096, 64), (1 << 30, 256))
"""Up to so many frames, rows are rounded up to a multiple of the second number."""
_MAX_GRAPHS = 96
"""About 7 MB each with the full shape."""
_LONGEST_WARM_UP_S = 30.0
"""What has no graph by then is launched without: slower to start, and nothing waits for it."""


class Batch(NamedTuple):
    """What a run gives."""

    waves: list[Samples]
    """Speech of each item, 24 kHz."""
    mel: Tensor
    """Log-mel of the row, `[T, 100]` on the device; overwritten by the next run."""
    layout: Layout


class _Shape(NamedTuple):
    """What a graph was recorded for."""

    sampling: Sampling
    length: int
    items: int


class _Inputs(NamedTuple):
    """Where a row stands on the device."""

    rows: Tensor
    noise: Tensor
    reference_mel: Tensor
    table: Tensor


class _Outputs(NamedTuple):
    """What becomes of it."""

    mel: Tensor
    wave: Tensor


class _Recording(NamedTuple):
    """A CUDA graph with its buffers."""

    graph: torch.cuda.CUDAGraph
    inputs: _Inputs
    outputs: _Outputs


def bucket(length: int) -> int:
    """Return the length of the row that `length` frames are put into."""
    step = next(step for limit, step in _STEPS if length <= limit)
    return -(-length // step) * step


def in_halves(
    compute: Callable[[Sequence[Item]], list[Samples]],
    items: Sequence[Item],
    free: Callable[[], None],
) -> list[Samples]:
    """Return what `compute` gives for `items`, in halves where the device has no memory for all.

    `free` gives back memory that can be spared.

    Raises:
        MemoryExhaustedError: even one item alone does not fit, whatever was freed.
    """
    with contextlib.suppress(torch.OutOfMemoryError):
        return compute(items)
    # Outside of a handler, which would keep the failed run's tensors alive.
    free()
    if len(items) == 1:
        try:
            return compute(items)
        except torch.OutOfMemoryError as error:
            raise MemoryExhaustedError(
                f"The GPU has no memory left for {items[0].frames} frames of speech.",
                remedy="Close other programs that use it, or choose a smaller model.",
            ) from error
    half = len(items) // 2
    return [*in_halves(compute, items[:half], free), *in_halves(compute, items[half:], free)]


class Runner:
    """Owns a model on a device. Not thread-safe: one thread runs it."""

    def __init__(
        self,
        acoustic: Acoustic,
        vocoder: Vocos,
        device: torch.device,
        *,
        kernels: bool = False,
        on_demand: bool = True,
        on_step: Callable[[], None] = lambda: None,
    ) -> None:
        """Take the loaded models.

        `kernels` uses our own GPU kernels, which need Triton. `on_demand` records what has no graph
        when it is first asked for, which takes half a second; else it is launched without.
        `on_step` is called at every block of both models where they run eagerly.
        """
        self._acoustic = acoustic
        self._vocoder = vocoder
        self._device = device
        self._operations = Operations()
        self._attention = attention.flash()
        if kernels:
            from bot.engine.f5.kernels import operations  # noqa: PLC0415 - Triton is optional

            self._operations = operations(acoustic.weights.entry)
            self._attention = attention.triton()
        elif device.type == "cpu":
            weights, self._operations = processor.tune(acoustic.weights)
            self._acoustic = acoustic._replace(weights=weights)
        self._on_demand = on_demand
        self._on_step = on_step
        self._records = attention.supports_packed(device, acoustic.weights.output.weight.dtype)
        self._plans: dict[Sampling, Plan] = {}
        self._recordings: OrderedDict[_Shape, _Recording] = OrderedDict()
        self._warm: set[tuple[int, int]] = set()
        self._pinned = torch.empty(0)
        self._pool: Any = None
        self._forget_recordings()
        self._stream = torch.cuda.Stream(device) if self._records else None

    def run(self, items: Sequence[Item], sampling: Sampling) -> list[Samples]:
        """Return the speech of `items`, 24 kHz; each is computed as if it were alone.

        A batch for which the device has no memory is run in halves.

        Raises:
            MemoryExhaustedError: even one item alone does not fit.
        """
        return in_halves(lambda part: self.compute(part, sampling).waves, items, self._free)

    def compute(self, items: Sequence[Item], sampling: Sampling) -> Batch:
        """Return speech and mel of `items` in one run on the device."""
        with self._on_device():
            return (self._replay if self._records else self._eager)(items, sampling)

    def warm_up(self, lengths: Sequence[int], samplings: Sequence[Sampling]) -> None:
        """Record the graphs for single items of these lengths in frames, and run one batch.

        The first of `samplings` comes first, the longest of each first, since graphs share their
        memory. What takes too long, or is too much to be kept, is left out.

        Raises:
            StartError: the checkpoint's modulations are not finite.
        """
        begun = time.monotonic()
        by_length = sorted({bucket(length) for length in lengths}, reverse=True)
        shapes = [_Shape(each, length, 1) for each in samplings for length in by_length]
        with self._on_device():
            for sampling in samplings:
                self._plan(sampling)
            for shape in shapes[:_MAX_GRAPHS] if self._records else ():
                if time.monotonic() - begun > _LONGEST_WARM_UP_S:
                    break
                self._recording(shape)
            if shapes and self._records and not self._on_demand:
                self._warm_variant(shapes[0]._replace(items=2))

    @contextlib.contextmanager
    def _on_device(self) -> Iterator[None]:
        on_stream = torch.cuda.stream(self._stream) if self._stream else contextlib.nullcontext()
        with torch.inference_mode(), on_stream:
            yield

    def _plan(self, sampling: Sampling) -> Plan:
        if sampling not in self._plans:
            self._plans[sampling] = plan(self._acoustic, sampling, self._device)
        return self._plans[sampling]

    def _eager(self, items: Sequence[Item], sampling: Sampling) -> Batch:
        # Libraries keep what they made for every shape, so there must not be a new one each time.
        layout = pack(items, bucket(pack(items).length))
        rows = torch.from_numpy(describe(items, layout)).to(self._device)
        noise, reference_mel = torch.zeros(2, layout.length, BANDS, device=self._device)
        self._fill(items, layout, noise, reference_mel)
        numbers = self._plan(sampling)
        mel = sample(
            self._acoustic, numbers, to_frames(rows), len(items), noise, reference_mel,
            attention.watched(attention.per_item(layout.spans, numbers.copies), self._on_step),
            self._operations,
        )  # fmt: skip
        waves = []
        for item, (start, end) in zip(items, layout.spans, strict=True):
            speech = mel[start + item.decode_from : end]
            room = bucket(len(speech))
            is_decoded = torch.arange(room, device=self._device) < len(speech)
            padded = functional.pad(speech, (0, 0, 0, room - len(speech)))
            wave = decode(self._vocoder, padded, is_decoded, self._on_step)
            waves.append(wave[wave_span(self._vocoder, 0, len(speech))])
        return Batch(self._to_host(waves), mel[: layout.spans[-1][1]], layout)

    def _fill(
        self, items: Sequence[Item], layout: Layout, noise: Tensor, reference_mel: Tensor
    ) -> None:
        for item, (start, end) in zip(items, layout.spans, strict=True):
            noise[start:end] = draw_noise(item.frames, item.seed, self._device)
            reference_mel[start : start + len(item.reference_mel)] = item.reference_mel

    def _replay(self, items: Sequence[Item], sampling: Sampling) -> Batch:
        layout = pack(items, bucket(pack(items).length))
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
        self._fill(items, layout, inputs.noise, inputs.reference_mel)
        if recording:
            recording.graph.replay()
            outputs = recording.outputs
        else:
            outputs = self._compute(shape, inputs)
        spans = [
            wave_span(self._vocoder, start + item.decode_from, end)
            for item, (start, end) in zip(items, layout.spans, strict=True)
        ]
        waves = self._to_host([outputs.wave[span] for span in spans])
        return Batch(waves, outputs.mel, layout)

    def _to_host(self, waves: Sequence[Tensor]) -> list[Samples]:
        """Return copies; they pass through pinned memory, which the device writes at full speed."""
        if self._device.type != "cuda":
            return [wave.numpy() for wave in waves]
        lengths = [len(wave) for wave in waves]
        if len(self._pinned) < sum(lengths):
            self._pinned = torch.empty(sum(lengths), pin_memory=True)
        parts = self._pinned[: sum(lengths)].split(lengths)
        for part, wave in zip(parts, waves, strict=True):
            part.copy_(wave, non_blocking=True)
        torch.cuda.current_stream(self._device).synchronize()
        return [part.numpy().copy() for part in parts]

    def _free(self) -> None:
        """Forget all graphs, and record again what is asked for."""
        self._forget_recordings()
        self._on_demand = True

    def _forget_recordings(self) -> None:
        """Free the memory of all graphs; a pool whose last graph is gone cannot be used again."""
        self._recordings.clear()
        self._pool = torch.cuda.graph_pool_handle() if self._records else None
        if self._records:
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
        blank = Layout(((0, shape.length),), shape.length)
        rows = torch.zeros(
            len(Frames._fields), shape.length, dtype=torch.int32, device=self._device
        )
        noise = torch.zeros(shape.length, BANDS, device=self._device)
        table = self._attention.table(blank, shape.sampling.copies, shape.items).to(self._device)
        return _Inputs(rows, noise, torch.zeros_like(noise), table)

    def _compute(self, shape: _Shape, inputs: _Inputs) -> _Outputs:
        frames = to_frames(inputs.rows)
        mel = sample(
            self._acoustic, self._plan(shape.sampling), frames, shape.items, inputs.noise,
            inputs.reference_mel, self._attention.attend(inputs.table), self._operations,
        )  # fmt: skip
        return _Outputs(mel, decode(self._vocoder, mel, frames.is_decoded))

    def _warm_variant(self, shape: _Shape) -> None:
        """Let everything be generated, allocated or chosen that is so at a first call.

        All but the Fourier transform is the same for every length.
        """
        variant = (shape.items, shape.sampling.copies)
        self._plan(shape.sampling)
        inputs = self._inputs(shape)
        if variant in self._warm:
            decode(self._vocoder, inputs.noise, to_frames(inputs.rows).is_decoded)
        else:
            self._compute(shape, inputs)
            self._warm.add(variant)

    def _record(self, shape: _Shape) -> _Recording:
        self._warm_variant(shape)  # it must not happen while recording
        inputs = self._inputs(shape)
        # torch.cuda.graph would also collect garbage and return all cached memory, each time.
        graph = torch.cuda.CUDAGraph()
        torch.cuda.synchronize(self._device)
        graph.capture_begin(pool=self._pool, capture_error_mode="thread_local")
        try:
            outputs = self._compute(shape, inputs)
        finally:
            graph.capture_end()
        return _Recording(graph, inputs, outputs)
