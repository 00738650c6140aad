"""Runs the stages of a benchmark, each for itself, and writes the results after each."""

import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import bot
from bot.config.sections.engine import EngineSettings, F5Settings
from bot.engine.upstream.engine import load_upstream
from bot.errors import IshowttsError, StartError
from bot.speedcheck.conditions import Watch
from bot.speedcheck.measurement import start_with_caches
from bot.speedcheck.report import say, start_line
from tests.bench.f5 import profiling, report, targets
from tests.bench.f5.checkpoints import VOICE
from tests.bench.f5.hardware import gpu_number, hardware, versions
from tests.bench.f5.model_under_test import ModelUnderTest
from tests.bench.f5.own_stages import NFE, OwnStages
from tests.bench.f5.results import OURS, Case, Results
from tests.bench.f5.roofline import ceilings
from tests.bench.f5.timing import Clock
from tests.bench.f5.upstream import patched
from tests.bench.f5.upstream.requests import (
    IN_TURN,
    UPSTREAM,
    UpstreamRequests,
    errors,
    upstream_dtype,
)
from tests.bench.f5.workload import LONG, MIXED, Load, Workload, batch, single

SLOW_NFE = 32
_SLOW_TARGET_S = 5.0
_ERROR_TARGETS_S = (1.0, 5.0)


class Plan(NamedTuple):
    """What is measured."""

    mode: str
    lengths_s: tuple[float, ...]
    batches: tuple[Load, ...]
    long: bool
    """Also 27.8 s in two chunks."""
    compare: bool
    memory: bool
    cold_start: bool
    profile: bool
    budget_s: float
    """Of each case, after its first call."""

    @property
    def loads(self) -> tuple[Load, ...]:
        """Return what our engine does."""
        long = (LONG,) if self.long else ()
        return (*map(single, self.lengths_s), *long, *self.batches)


def full(*, compare: bool, profile: bool) -> Plan:
    """Return everything."""
    return Plan(
        mode="full",
        lengths_s=(1.0, 3.0, 5.0, 10.0),
        batches=(batch(4, 3.0), MIXED, targets.BIG_BATCH),
        long=True,
        compare=compare,
        memory=True,
        cold_start=True,
        profile=profile,
        budget_s=5.0,
    )


def quick(*, compare: bool, profile: bool) -> Plan:
    """Return what takes about a minute."""
    return Plan(
        mode="quick",
        lengths_s=(1.0, 3.0, 5.0),
        batches=(batch(4, 3.0),),
        long=False,
        compare=compare,
        memory=False,
        cold_start=False,
        profile=profile,
        budget_s=3.0,
    )


class Session:
    """One run of the benchmark."""

    def __init__(self, tested: ModelUnderTest, plan: Plan, path: Path | None) -> None:
        """Write to `path` after every stage, if it is given."""
        self._tested = tested
        self._plan = plan
        self._path = path
        self._clock = Clock(tested.device, tested.weights_dtype)
        self.results = Results(
            ishowtts=bot.version(),
            date=datetime.now(UTC).isoformat(timespec="seconds"),
            mode=plan.mode,
            hardware=hardware(tested.device),
            versions=versions(),
            model=tested.describe(),
        )
        """Filled by `run`."""

    def run(self) -> Results:
        """Run every stage of the plan; what fails stands in the results."""
        for line in report.header(self.results):
            say(line)
        runner, vocabulary = self._tested.runner()
        self._runner = runner
        self._workload = Workload(self._tested.voices, vocabulary, self._tested.device)
        self._own = OwnStages(self._tested, runner, self._workload, self._clock)
        for name, stage in self._stages():
            self._stage(name, stage)
        self._summarize()
        self._save()
        for line in report.tables(self.results):
            say(line)
        return self.results

    def _stages(self) -> list[tuple[str, Callable[[], None]]]:
        on_gpu = self._tested.device.type == "cuda"
        stages: list[tuple[str, Callable[[], None]]] = [("ceilings", self._measure_ceilings)]
        stages.append(("requests", self._measure_requests))
        if self._plan.memory and on_gpu:
            stages.append(("memory", self._measure_memory))
        if self._plan.compare:
            stages += [
                ("upstream", self._measure_upstream),
                ("patched upstream", self._measure_patched),
                ("errors", self._measure_errors),
            ]
        stages.append(("start", self._measure_start))
        if self._plan.profile:
            stages.append(("profile", self._profile))
        return stages

    def _stage(self, name: str, stage: Callable[[], None]) -> None:
        begun = time.perf_counter()
        try:
            stage()
        except Exception as error:  # noqa: BLE001 - one stage must not cost the others their run
            is_ours = isinstance(error, IshowttsError)
            if not is_ours:
                traceback.print_exc()
            self._fail(name, str(error) if is_ours else f"{type(error).__name__}: {error}")
        self.results.stage_s[name] = round(time.perf_counter() - begun, 1)
        self._summarize()
        self._save()

    def _fail(self, what: str, problem: str) -> None:
        self.results.failures[what] = problem
        say(f"FAILED {what}: {problem}")

    def _save(self) -> None:
        if self._path is not None:
            self.results.save(self._path)

    def _summarize(self) -> None:
        sizes = self._own.sizes
        self.results.ratios = targets.ratios(self.results)
        self.results.targets = targets.targets(self.results, is_base=targets.is_base_shape(*sizes))

    def _measure_ceilings(self) -> None:
        self.results.ceilings = ceilings(
            self._tested.device, self._tested.weights_dtype, self._clock
        )
        report.tell_ceilings(self.results.ceilings)

    def _measure_requests(self) -> None:
        watch = Watch(gpu_number(self._tested.device))
        for load in self._plan.loads:
            case = self._own.case(
                load, self.results.ceilings, nfe=NFE, budget_s=self._plan.budget_s
            )
            watch.glance()
            self._put(OURS, load.name, case)
        self.results.conditions = watch.finish()

    def _put(self, contender: str, workload: str, case: Case) -> None:
        self.results.put(contender, workload, case)
        report.tell_case(contender, workload, case)

    def _measure_memory(self) -> None:
        self.results.memory = self._own.memory()
        report.tell_memory(self.results.memory)

    def _measure_upstream(self) -> None:
        tested, budget_s = self._tested, self._plan.budget_s
        if not patched.released():
            raise StartError(
                "The installed f5-tts is not as it was released, so it is no yardstick.",
                remedy="Bring it back with: ishowtts upstream revert",
            )
        modules = load_upstream(
            tested.model, tested.vocoder, tested.device, upstream_dtype(tested.device)
        )
        requests = UpstreamRequests(modules, self._workload, self._clock, tested.cfg_strength)
        # A processor is shared with other programs, so the contenders take turns there.
        takes_turns = tested.device.type == "cpu"

        def put(contender: str, load: Load, nfe: int) -> None:
            own = self._own.request(load, NFE) if takes_turns else None
            case = requests.case(load, nfe=nfe, budget_s=budget_s, beside=own)
            self._put(contender, load.name, case)

        for load in map(single, self._plan.lengths_s):
            put(UPSTREAM, load, NFE)
        if self._plan.long:
            put(UPSTREAM, LONG, NFE)
            in_turn = requests.case(LONG, nfe=NFE, in_turn=True, budget_s=budget_s)
            self._put(UPSTREAM, IN_TURN, in_turn)
        if _SLOW_TARGET_S in self._plan.lengths_s:
            put(targets.SLOW_UPSTREAM, single(_SLOW_TARGET_S), SLOW_NFE)

    def _measure_patched(self) -> None:
        loads = [*map(single, self._plan.lengths_s)]
        answer = patched.measure(self._tested, loads, nfe=NFE, budget_s=self._plan.budget_s)
        contender = patched.contender(self._tested.device)
        for workload, case in answer.cases.items():
            self._put(contender, workload, case)
        for workload, problem in answer.failures.items():
            self._fail(f"{contender}, {workload}", problem)

    def _measure_errors(self) -> None:
        targets_s = [s for s in _ERROR_TARGETS_S if s in self._plan.lengths_s]
        found = errors(self._tested, self._runner, self._workload, self._clock, targets_s)
        for workload, error in found:
            self.results.errors[workload] = error
            report.tell_error(workload, error)

    def _measure_start(self) -> None:
        """Start the engine's process, at first with empty caches, and then with those."""
        tested = self._tested
        f5 = F5Settings(
            model=str(tested.model),
            vocoder=str(tested.vocoder),
            voices=tested.voices,
            device=str(tested.device),
        )
        settings = EngineSettings(engines=("f5",), f5=f5)
        for name in ("cold", "warm") if self._plan.cold_start else ("warm",):
            start = start_with_caches(settings, VOICE, tested.scratch / "start")
            self.results.start[name] = start
            say(start_line(name, start))

    def _profile(self) -> None:
        for load in (self._plan.loads[0], self._plan.loads[-1]):
            profile = profiling.profile(
                self._runner,
                self._tested.vocos(),
                self._workload.items(load),
                self._clock,
                self._tested.sampling(NFE),
            )
            self.results.profile[load.name] = profile
            report.tell_profile(load.name, profile)
