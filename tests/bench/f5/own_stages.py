"""Our engine's runner: requests, batches, memory."""

import time
from collections.abc import Callable, Sequence

import torch

from bot.engine.f5.model.layout import Item
from bot.engine.f5.model.runner import Runner, bucket
from tests.bench.f5 import roofline
from tests.bench.f5.model_under_test import ModelUnderTest
from tests.bench.f5.results import Case, Ceilings, Memory
from tests.bench.f5.timing import BUDGET_S, Clock
from tests.bench.f5.workload import FRAMES_PER_S, Load, Workload

NFE = 7
_LONGEST_S = 30.0
_SHORTEST_FRAMES = 300
_GRAPH_RUNS = 10


class OwnStages:
    """The measurements of one runner."""

    def __init__(
        self, tested: ModelUnderTest, runner: Runner, workload: Workload, clock: Clock
    ) -> None:
        """Measure `runner`."""
        self._tested = tested
        self._runner = runner
        self._workload = workload
        self._clock = clock
        self._architecture = tested.architecture()
        self._vocoder = roofline.vocoder_sizes(tested.vocos())

    @property
    def sizes(self) -> tuple[int, int]:
        """Return width and depth of the transformer."""
        return self._architecture["dim"], self._architecture["depth"]

    def case(
        self, load: Load, ceilings: Ceilings | None, *, nfe: int, budget_s: float = BUDGET_S
    ) -> Case:
        """Return the times of `load` from text to samples in host memory."""
        request = self.request(load, nfe)
        first_s = self._clock.time_s(request)
        times = self._clock.measure(request, budget_s=budget_s)
        items = self._workload.items(load)
        case = Case(
            times=times,
            speech_s=load.speech_s,
            rtf=round(times.p50_ms / 1e3 / load.speech_s, 5),
            nfe=nfe,
            items=len(items),
            frames=sum(item.frames for item in items),
            first_s=round(first_s, 3),
        )
        work = self._work(items, nfe)
        if ceilings is not None:
            case.roofline = roofline.roofline(work, ceilings, times.p50_ms)
        replay = self._runner.latest_graph
        if replay is not None:
            case.graph = self._clock.measure(replay, runs=_GRAPH_RUNS, anchored=False)
            if ceilings is not None:
                case.graph_dit_share = roofline.dit_share(work, ceilings, case.graph.p50_ms)
        return case

    def request(self, load: Load, nfe: int) -> Callable[[], object]:
        """Return what computes `load` once."""
        sampling = self._tested.sampling(nfe)
        return lambda: self._runner.run(self._workload.items(load), sampling)

    def _work(self, items: Sequence[Item], nfe: int) -> roofline.Work:
        speech_frames = sum(item.frames - item.decode_from for item in items)
        frames = [item.frames for item in items]
        size = torch.empty(0, dtype=self._tested.weights_dtype).element_size()
        return roofline.work(
            self._architecture,
            self._vocoder,
            frames=frames,
            speech_frames=speech_frames,
            sampling=self._tested.sampling(nfe),
            bytes_per_value=size,
        )

    def memory(self) -> Memory:
        """Return what the graphs of all lengths up to 30 s take; ours forgets them afterwards."""
        runner, _ = self._tested.runner()
        self._clock.wait()
        torch.cuda.empty_cache()
        lengths = range(_SHORTEST_FRAMES, int(_LONGEST_S * FRAMES_PER_S), 32)
        before = torch.cuda.memory_reserved()
        weights = torch.cuda.memory_allocated()
        start = time.perf_counter()
        runner.warm_up(lengths, [self._tested.sampling(NFE)])
        self._clock.wait()
        recording_s = time.perf_counter() - start
        torch.cuda.empty_cache()
        free, total = torch.cuda.mem_get_info()
        return Memory(
            graphs=len({bucket(length) for length in lengths}),
            recording_s=round(recording_s, 1),
            weights_mb=round(weights / 1e6),
            graphs_mb=round((torch.cuda.memory_reserved() - before) / 1e6),
            process_mb=round((total - free) / 1e6),
        )
