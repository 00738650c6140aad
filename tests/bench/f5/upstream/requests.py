"""Upstream's own requests, as released or patched, and how far the results are apart."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bot.engine.f5.model.runner import Runner
from bot.engine.f5.model.sampler import draw_noise
from bot.engine.f5.text.vocabulary import tokenize
from bot.engine.upstream.engine import Modules, load_upstream
from bot.messages import Samples
from tests.bench.f5.model_under_test import ModelUnderTest
from tests.bench.f5.own_stages import NFE
from tests.bench.f5.results import Case, Errors
from tests.bench.f5.timing import BUDGET_S, Clock
from tests.bench.f5.workload import LONG_CHUNKS, LONG_S, Load, Workload, single

UPSTREAM = "upstream"
IN_TURN = f"{LONG_S:g} s as {LONG_CHUNKS} chunks, in turn"


def upstream_dtype(device: torch.device) -> torch.dtype:
    """Return the type that upstream computes in on `device`."""
    return torch.float16 if device.type == "cuda" else torch.float32


class UpstreamRequests:
    """Upstream's `CFM.sample` and `Vocos.decode`, called as `infer_batch_process` does."""

    def __init__(
        self, modules: Modules, workload: Workload, clock: Clock, cfg_strength: float
    ) -> None:
        """Measure `modules`, guided by `cfg_strength`."""
        self._cfg_strength = cfg_strength
        self._cfm, self._vocos = modules.cfm, modules.vocos
        self._workload = workload
        self._clock = clock

    def compile_blocks(self) -> None:
        """Let torch compile the transformer's blocks, each at its first call."""
        for block in self._cfm.transformer.transformer_blocks:
            block.compile()

    def speak(self, target_s: float, nfe: int, seed: int = 0) -> tuple[Tensor, Samples]:
        """Return mel, `[T, 100]` with the reference, and speech."""
        workload = self._workload
        with torch.inference_mode():
            mel, _ = self._cfm.sample(
                cond=workload.wave[None],
                text=[tokenize(workload.text(target_s))],
                duration=workload.frames(target_s),
                steps=nfe,
                cfg_strength=self._cfg_strength,
                sway_sampling_coef=-1.0,
                seed=seed,
            )
            speech = mel[:, workload.reference_frames :].float().permute(0, 2, 1)
            return mel[0], self._vocos.decode(speech).squeeze().cpu().numpy()

    def case(
        self,
        load: Load,
        *,
        nfe: int,
        in_turn: bool = False,
        budget_s: float = BUDGET_S,
        beside: Callable[[], object] | None = None,
    ) -> Case:
        """Return the times of `load`: several items in a thread pool as upstream does, or not.

        `beside` is timed between the runs: ours, on a machine whose speed changes.
        """

        def one(numbered: tuple[int, float]) -> None:
            seed, target_s = numbered
            self.speak(target_s, nfe, seed)

        def request() -> None:
            numbered = list(enumerate(load.targets_s))
            if in_turn or len(numbered) == 1:
                for each in numbered:
                    one(each)
            else:
                with ThreadPoolExecutor() as pool:
                    list(pool.map(one, numbered))

        first_s = self._clock.time_s(request)
        times = self._clock.measure(request, budget_s=budget_s, warm=1, beside=beside)
        return Case(
            times=times,
            speech_s=load.speech_s,
            rtf=round(times.p50_ms / 1e3 / load.speech_s, 5),
            nfe=nfe,
            items=len(load.targets_s),
            frames=sum(self._workload.frames(target_s) for target_s in load.targets_s),
            first_s=round(first_s, 3),
        )


def errors(
    tested: ModelUnderTest,
    runner: Runner,
    workload: Workload,
    clock: Clock,
    targets_s: Sequence[float],
) -> Iterator[tuple[str, Errors]]:
    """Yield the distances to upstream in float32, by workload."""
    device = tested.device
    exact, usual = (
        UpstreamRequests(
            load_upstream(tested.model, tested.vocoder, device, dtype),
            workload,
            clock,
            tested.cfg_strength,
        )
        for dtype in (torch.float32, upstream_dtype(device))
    )
    sampling = tested.sampling(NFE)
    for target_s in targets_s:
        noise = draw_noise(workload.frames(target_s), 0, device)
        with _same_noise(noise):
            mel, wave = exact.speak(target_s, sampling.steps)
            usual_mel, usual_wave = usual.speak(target_s, sampling.steps)
        # The frame at the border belongs to neither: what follows is speech.
        speech = slice(workload.reference_frames + 1, workload.frames(target_s))
        item = workload.item(target_s)
        alone = runner.compute([item], sampling)
        own_mel = alone.mel[alone.layout.spans[0][0] :][speech].clone()
        together = runner.compute([workload.item(2.0, 5), item, workload.item(4.0, 6)], sampling)
        expected = mel[speech].float()
        yield (
            single(target_s).name,
            Errors(
                upstream_mel=_distance(usual_mel[speech].float(), expected),
                upstream_wave=_wave_distance(usual_wave, wave),
                own_mel=_distance(own_mel, expected),
                own_wave=_wave_distance(alone.waves[0], wave),
                batch_against_alone=_wave_distance(together.waves[1], alone.waves[0]),
            ),
        )


def _distance(result: Tensor, expected: Tensor) -> float:
    return float((result - expected).norm() / expected.norm())


def _wave_distance(result: Samples, expected: Samples) -> float:
    return float(np.linalg.norm(result - expected) / np.linalg.norm(expected))


@contextmanager
def _same_noise(noise: Tensor) -> Iterator[None]:
    """Let upstream draw this noise: in half precision its own generator gives other numbers."""

    def randn(*_: Any, dtype: torch.dtype, device: torch.device, **__: Any) -> Tensor:  # noqa: ANN401
        return noise.to(device, dtype)

    original = torch.randn
    torch.randn = randn  # type: ignore[assignment]
    try:
        yield
    finally:
        torch.randn = original
