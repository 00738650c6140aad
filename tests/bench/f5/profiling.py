"""Where the time of a request goes: torch's profiler, in groups that say what could be faster."""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from heapq import nlargest
from operator import itemgetter
from typing import Any

import torch
from torch.profiler import ProfilerActivity
from torch.profiler import profile as trace

from bot.engine.f5.model.layout import Item
from bot.engine.f5.model.runner import Runner
from bot.engine.f5.model.sampler import Sampling
from bot.engine.f5.model.vocos import Vocos, decode
from tests.bench.f5.results import Profile, ProfileItem
from tests.bench.f5.timing import Clock

VOCODER = "vocoder"
HOST = "host and gaps"
OTHER = "elementwise and other"
_GROUPS = (  # the first that fits; names of CUDA kernels, and of torch's operators
    ("attention", r"attend|attention|flash|fmha"),
    ("convolutions", r"conv(?!ert)|fprop|depthwise|mish"),
    ("norms, modulation, rotation", r"norm|rotate|addcmul"),
    ("products", r"gemm|cutlass|cublas|nvjet|xmma|split_?k|addmm|::mm|bmm|matmul|linear"),
    ("copies", r"memcpy|memset|copy|cat|fill|index|embedding"),
)
_NAMED = 3
"""So many kernels of each group are named."""


def profile(
    runner: Runner, vocoder: Vocos, items: Sequence[Item], clock: Clock, sampling: Sampling
) -> Profile:
    """Return the parts of a request for `items`.

    The vocoder has kernels of the same names as the transformer, so it is traced alone as well, and
    taken off.
    """
    device = vocoder.window.device

    def request() -> None:
        runner.compute(items, sampling)

    request_ms = clock.measure(request, runs=10, anchored=False).p50_ms
    all_ms = _kernels_ms(request, device)
    batch = runner.compute(items, sampling)
    # A recorded row is decoded as a whole, elsewhere the speech alone.
    speech = sum(item.frames - item.decode_from for item in items)
    mel = batch.mel.clone() if device.type == "cuda" else batch.mel[:speech].clone()
    is_decoded = torch.ones(len(mel), dtype=torch.bool, device=device)

    def vocode() -> None:
        with torch.inference_mode():
            decode(vocoder, mel, is_decoded, runner.depthwise)

    vocode()
    vocoder_ms = _kernels_ms(vocode, device)
    return Profile(request_ms=request_ms, items=_items(all_ms, vocoder_ms, request_ms))


def _kernels_ms(call: Callable[[], None], device: torch.device) -> dict[str, float]:
    """Return the milliseconds of each kernel, or of each operator on a processor."""
    on_gpu = device.type == "cuda"
    activity = ProfilerActivity.CUDA if on_gpu else ProfilerActivity.CPU
    with trace(activities=[activity]) as traced:
        call()
        if on_gpu:
            torch.cuda.synchronize(device)
    times: defaultdict[str, float] = defaultdict(float)
    event: Any
    for event in traced.key_averages():
        if not on_gpu:
            times[event.key] += event.self_cpu_time_total / 1e3
        elif event.device_type.name == "CUDA":  # the host's calls show their kernels' time too
            times[event.key] += event.self_device_time_total / 1e3
    return times


def group_of(name: str) -> str:
    """Return the group of a kernel or an operator."""
    lowered = name.lower()
    return next((group for group, pattern in _GROUPS if re.search(pattern, lowered)), OTHER)


def _items(
    all_ms: Mapping[str, float], vocoder_ms: Mapping[str, float], request_ms: float
) -> list[ProfileItem]:
    groups: defaultdict[str, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    for name, ms in all_ms.items():
        in_vocoder = min(vocoder_ms.get(name, 0.0), ms)
        groups[group_of(name)][name] += ms - in_vocoder
        groups[VOCODER][name] += in_vocoder
    totals = {group: sum(kernels.values()) for group, kernels in groups.items()}
    traced_ms = sum(totals.values())
    scale = min(request_ms / traced_ms, 1.0)  # on a processor tracing costs time itself
    totals = {group: ms * scale for group, ms in totals.items()}
    totals[HOST] = request_ms - traced_ms * scale
    return [
        ProfileItem(
            name=group,
            ms=round(ms, 3),
            share=round(ms / request_ms, 4),
            largest=[
                f"{_shortened(kernel)} {kernel_ms * scale:.2f} ms"
                for kernel, kernel_ms in nlargest(_NAMED, groups[group].items(), key=itemgetter(1))
            ],
        )
        for group, ms in sorted(totals.items(), key=lambda pair: -pair[1])
    ]


def _shortened(kernel: str) -> str:
    limit = 48
    name = kernel.removeprefix("void ")
    return name if len(name) <= limit else f"{name[: limit - 1]}…"
