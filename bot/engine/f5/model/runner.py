"""Runner of batches on a device; it decides nothing about order.

Rows are rounded up by `bucket`, durations themselves never. On a GPU with flash attention `graphs`
computes the row; elsewhere the same functions run eagerly.

Shapes: T frames of the packed row.
"""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

import torch
from torch import Tensor
from torch.nn import functional

from bot.engine.f5.mel import BANDS
from bot.engine.f5.model import attention, cpu
from bot.engine.f5.model.dit import Acoustic, DiT
from bot.engine.f5.model.graphs import Graphs
from bot.engine.f5.model.layout import Item, Layout, describe, pack, to_frames
from bot.engine.f5.model.operations import Linear, Operations
from bot.engine.f5.model.sampler import Sampling
from bot.engine.f5.model.synthesis import Functions, Model, fill, sample
from bot.engine.f5.model.vocos import Vocos, wave_span
from bot.engine.process.progress import watched
from bot.errors import MemoryExhaustedError
from bot.messages import Samples

_BUCKETS = ((2048, 32), (4096, 64), (1 << 30, 256))
"""Most frames of a row, and the multiple of frames that it is rounded up to."""
_MAX_WARM_UP_S = 30.0
"""Limit on recording graphs; lengths left without one start a little slower."""


Tune: TypeAlias = Callable[[DiT], tuple[DiT, Operations]]
"""Weights to those in the layout that the returned operations need, and these."""


class RunResult(NamedTuple):
    """Results of a run."""

    waves: list[Samples]
    """Speech of each item, 24 kHz."""
    mel: Tensor
    """Log-mel of the row, `[T, 100]` on the device; overwritten by the next run."""
    layout: Layout


def bucket(length: int) -> int:
    """Return the length of the row that `length` frames are put into."""
    step = next(step for limit, step in _BUCKETS if length <= limit)
    return -(-length // step) * step


def in_halves(
    compute: Callable[[Sequence[Item]], list[Samples]],
    items: Sequence[Item],
    free: Callable[[], None],
) -> list[Samples]:
    """Return `compute(items)`, in halves where the device has no memory for all of them.

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
    """A model on a device. Not thread-safe: one thread runs it."""

    def __init__(
        self,
        acoustic: Acoustic,
        vocoder: Vocos,
        device: torch.device,
        *,
        use_triton: bool = False,
        on_demand: bool = True,
        in_int8: bool = False,
        on_step: Callable[[], None] = lambda: None,
        tune: Tune | None = None,
        functions: Functions = Functions(),  # noqa: B008 - immutable
    ) -> None:
        """Take the loaded models.

        Args:
            acoustic: Acoustic model.
            vocoder: Vocoder.
            device: Device that both are on.
            use_triton: Use our own GPU kernels, which need Triton.
            on_demand: Record a missing graph when it is first asked for, which takes under a tenth
                of a second; else that row is launched without.
            in_int8: Compute products of 8 bits, on a CPU for which `int8.works`.
            on_step: Called at every block of both models where they run eagerly.
            tune: Weights and operations to compute with instead of the device's fastest.
            functions: Versions of one evaluation and of the vocoder.
        """
        weights, operations, packed = acoustic.weights, Operations(), attention.flash()
        if use_triton:
            from bot.engine.f5.model import kernels  # noqa: PLC0415 - Triton is optional

            operations, packed = kernels.operations(weights.positions), kernels.packed()
        if tune is not None:
            weights, operations = tune(weights)
        elif device.type == "cpu":
            weights, operations = cpu.tune(weights, in_int8=in_int8)
        acoustic = acoustic._replace(weights=weights)
        self._model = Model(acoustic, vocoder, device, operations, {}, functions)
        self._runs_alone = in_int8  # one activation scale per product
        self._on_step = on_step
        self._pinned = torch.empty(0)
        self._graphs: Graphs | None = None
        self._stream: torch.cuda.Stream | None = None
        if attention.supports_packed(device, acoustic.weights.output.weight.dtype):
            self._graphs = Graphs(self._model, packed, on_demand=on_demand)
            self._stream = torch.cuda.Stream(device)

    @property
    def depthwise(self) -> Callable[[Tensor, Linear], Tensor]:
        """Convolution of each channel by itself, as this device computes it."""
        return self._model.operations.depthwise

    @property
    def latest_graph(self) -> Callable[[], None] | None:
        """Replay of the CUDA graph that was used last; None where there is none."""
        return self._graphs.latest if self._graphs else None

    def run(self, items: Sequence[Item], sampling: Sampling) -> list[Samples]:
        """Return the speech of `items`, 24 kHz; each is computed as if it were alone.

        A batch for which the device has no memory is run in halves.

        Raises:
            MemoryExhaustedError: even one item alone does not fit.
        """
        batches = [[item] for item in items] if self._runs_alone else [items]

        def compute(batch: Sequence[Item]) -> list[Samples]:
            return self.compute(batch, sampling).waves

        return [wave for batch in batches for wave in in_halves(compute, batch, self._free)]

    def compute(self, items: Sequence[Item], sampling: Sampling) -> RunResult:
        """Return speech and mel of `items` in one run on the device."""
        # Libraries cache something for every shape, so shapes must be few.
        layout = pack(items, bucket(pack(items).length))
        with self._on_device():
            if self._graphs:
                return self._replay(self._graphs, items, layout, sampling)
            return self._eager(items, layout, sampling)

    def warm_up(self, lengths: Sequence[int], samplings: Sequence[Sampling]) -> None:
        """Record the graphs for single items of these lengths in frames, and run one batch.

        The first of `samplings` comes first, the longest of each first, since graphs share their
        memory. Graphs beyond the limits of time and number are left out.

        Raises:
            StartError: the checkpoint's modulations are not finite.
        """
        deadline_s = time.monotonic() + _MAX_WARM_UP_S
        by_length = sorted({bucket(length) for length in lengths}, reverse=True)
        with self._on_device():
            for sampling in samplings:
                self._model.plan_of(sampling)
            if self._graphs:
                self._graphs.warm_up(by_length, samplings, deadline_s)

    @contextlib.contextmanager
    def _on_device(self) -> Iterator[None]:
        on_stream = torch.cuda.stream(self._stream) if self._stream else contextlib.nullcontext()
        with torch.inference_mode(), on_stream:
            yield

    def _replay(
        self, graphs: Graphs, items: Sequence[Item], layout: Layout, sampling: Sampling
    ) -> RunResult:
        outputs = graphs.run(items, layout, sampling)
        spans = [
            wave_span(self._model.vocoder, start + item.decode_from, end)
            for item, (start, end) in zip(items, layout.spans, strict=True)
        ]
        waves = self._to_host([outputs.wave[span] for span in spans])
        return RunResult(waves, outputs.mel, layout)

    def _eager(self, items: Sequence[Item], layout: Layout, sampling: Sampling) -> RunResult:
        model = self._model
        rows = torch.from_numpy(describe(items, layout)).to(model.device)
        noise, reference_mel = torch.zeros(2, layout.length, BANDS, device=model.device)
        fill(items, layout, noise, reference_mel)
        plan = model.plan_of(sampling)
        attend = attention.per_item(layout.spans, plan.copies)
        operations, evaluate = model.operations, model.functions.velocities
        if model.functions.are_compiled:  # nothing inside can be watched
            evaluate = watched(evaluate, self._on_step)
        else:  # each block has either attention or a convolution of single channels
            attend = watched(attend, self._on_step)
            operations = operations._replace(depthwise=watched(operations.depthwise, self._on_step))
        mel = sample(
            model.acoustic, plan, to_frames(rows), len(items), noise, reference_mel,
            attend, operations, evaluate,
        )  # fmt: skip
        waves = list[Tensor]()
        for item, (start, end) in zip(items, layout.spans, strict=True):
            speech = mel[start + item.decode_from : end]
            room = bucket(len(speech))
            is_decoded = torch.arange(room, device=model.device) < len(speech)
            padded = functional.pad(speech, (0, 0, 0, room - len(speech)))
            wave = model.functions.decode(model.vocoder, padded, is_decoded, operations.depthwise)
            waves.append(wave[wave_span(model.vocoder, 0, len(speech))])
        return RunResult(self._to_host(waves), mel[: layout.spans[-1][1]], layout)

    def _to_host(self, waves: Sequence[Tensor]) -> list[Samples]:
        """Return copies; they pass through pinned memory, which the device writes at full speed."""
        device = self._model.device
        if device.type != "cuda":
            return [wave.numpy() for wave in waves]
        lengths = [len(wave) for wave in waves]
        if len(self._pinned) < sum(lengths):
            self._pinned = torch.empty(sum(lengths), pin_memory=True)
        parts = self._pinned[: sum(lengths)].split(lengths)
        for part, wave in zip(parts, waves, strict=True):
            part.copy_(wave, non_blocking=True)
        torch.cuda.current_stream(device).synchronize()
        return [part.numpy().copy() for part in parts]

    def _free(self) -> None:
        if self._graphs:
            self._graphs.free()
