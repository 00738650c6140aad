"""Runs the stages of a benchmark, each for itself, and writes the results after each."""

import math
import time
import traceback
from collections.abc import Callable, Container
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import bot
from bot.bench import bars, patched, profiling, start
from bot.bench.ceiling import ceilings
from bot.bench.conditions import Watch
from bot.bench.hardware import gpu_number, hardware, versions
from bot.bench.own_stages import NFE, OwnStages
from bot.bench.report import Reporter
from bot.bench.results import OURS, Case, Results
from bot.bench.subject import Subject
from bot.bench.timing import Clock
from bot.bench.upstream_stages import (
    IN_TURN,
    UPSTREAM,
    UpstreamRequests,
    errors,
    upstream_dtype,
)
from bot.bench.workload import LONG, MIXED, Load, Workload, batch, single
from bot.engine.upstream.engine import load_upstream
from bot.errors import IshowttsError, StartError

SLOW_NFE = 32
_SLOW_TARGET_S = 5.0
_ROUTINE_S = 35.0
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
    start: bool = True
    """Also a process from its start to its first speech."""
    begin_s: float = math.inf
    """So long after the start no further workload is begun."""

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
        batches=(batch(4, 3.0), MIXED, bars.BIG_BATCH),
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


def routine(plan: Plan) -> Plan:
    """Return `plan` without what lasts longer than a daily check may."""
    return plan._replace(start=False, begin_s=_ROUTINE_S) if plan.mode == "quick" else plan


class Session:
    """One run of the benchmark."""

    def __init__(self, subject: Subject, plan: Plan, reporter: Reporter, path: Path | None) -> None:
        """Write to `path` after every stage, if it is given."""
        self._subject = subject
        self._plan = plan
        self._reporter = reporter
        self._path = path
        self._clock = Clock(subject.device, subject.weights_dtype)
        self.results = Results(
            ishowtts=bot.version(),
            date=datetime.now(UTC).isoformat(timespec="seconds"),
            mode=plan.mode,
            hardware=hardware(subject.device),
            versions=versions(),
            model=subject.describe(),
        )
        """What was found so far."""

    def run(self) -> Results:
        """Run every stage of the plan; what fails stands in the results."""
        self._begun = time.perf_counter()
        self._reporter.begin(self.results)
        runner, vocabulary = self._subject.runner()
        self._runner = runner
        self._workload = Workload(self._subject.voices, vocabulary, self._subject.device)
        self._own = OwnStages(self._subject, runner, self._workload, self._clock)
        for name, stage in self._stages():
            self._stage(name, stage)
        self._summarize()
        self._save()
        self._reporter.end(self.results)
        return self.results

    def _stages(self) -> list[tuple[str, Callable[[], None]]]:
        on_gpu = self._subject.device.type == "cuda"
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
        if self._plan.start:
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
        self._reporter.failed(what, problem)

    def _save(self) -> None:
        if self._path is not None:
            self.results.save(self._path)

    def _summarize(self) -> None:
        sizes = self._own.sizes
        self.results.ratios = bars.ratios(self.results)
        self.results.bars = bars.bars(self.results, is_base=bars.is_base_shape(*sizes))

    def _measure_ceilings(self) -> None:
        self.results.ceilings = ceilings(
            self._subject.device, self._subject.weights_dtype, self._clock
        )
        self._reporter.ceilings(self.results.ceilings)

    def _measure_requests(self) -> None:
        watch = Watch(gpu_number(self._subject.device))
        for load in self._plan.loads:
            if time.perf_counter() - self._begun > self._plan.begin_s:
                self._reporter.say(f"left out for want of time: {load.name}")
                continue
            case = self._own.case(
                load, self.results.ceilings, nfe=NFE, budget_s=self._plan.budget_s
            )
            watch.glance()
            self._put(OURS, load.name, case)
        self.results.conditions = watch.finish()

    def repeat(self, workloads: Container[str]) -> None:
        """Measure these again after `run`; the faster median of each stands."""
        watch = Watch(gpu_number(self._subject.device))
        for load in self._plan.loads:
            if load.name in workloads:
                self._reporter.say(f"again, since it seems slower: {load.name}")
                case = self._own.case(
                    load, self.results.ceilings, nfe=NFE, budget_s=self._plan.budget_s
                )
                watch.glance()
                if case.times.p50_ms < self.results.cases[OURS][load.name].times.p50_ms:
                    self._put(OURS, load.name, case)
        self.results.conditions = watch.finish()
        self._save()

    def _put(self, contender: str, workload: str, case: Case) -> None:
        self.results.put(contender, workload, case)
        self._reporter.case(contender, workload, case)

    def _measure_memory(self) -> None:
        self.results.memory = self._own.memory()
        self._reporter.memory(self.results.memory)

    def _measure_upstream(self) -> None:
        subject, budget_s = self._subject, self._plan.budget_s
        if not patched.released():
            raise StartError(
                "The installed f5-tts is not as it was released, so it is no yardstick.",
                remedy="Bring it back with: ishowtts upstream revert",
            )
        modules = load_upstream(
            subject.model, subject.vocoder, subject.device, upstream_dtype(subject.device)
        )
        requests = UpstreamRequests(modules, self._workload, self._clock, subject.cfg_strength)
        # A processor is shared with other programs, so the contenders take turns there.
        takes_turns = subject.device.type == "cpu"

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
            put(bars.SLOW_UPSTREAM, single(_SLOW_TARGET_S), SLOW_NFE)

    def _measure_patched(self) -> None:
        loads = [*map(single, self._plan.lengths_s)]
        answer = patched.measure(self._subject, loads, nfe=NFE, budget_s=self._plan.budget_s)
        contender = patched.contender(self._subject.device)
        for workload, case in answer.cases.items():
            self._put(contender, workload, case)
        for workload, problem in answer.failures.items():
            self._fail(f"{contender}, {workload}", problem)

    def _measure_errors(self) -> None:
        targets_s = [s for s in _ERROR_TARGETS_S if s in self._plan.lengths_s]
        found = errors(self._subject, self._runner, self._workload, self._clock, targets_s)
        for workload, error in found:
            self.results.errors[workload] = error
            self._reporter.error(workload, error)

    def _measure_start(self) -> None:
        for name, measured in start.starts(self._subject, cold=self._plan.cold_start):
            self.results.start[name] = measured
            self._reporter.start(name, measured)

    def _profile(self) -> None:
        for load in (self._plan.loads[0], self._plan.loads[-1]):
            profile = profiling.profile(
                self._runner,
                self._subject.vocos(),
                self._workload.items(load),
                self._clock,
                self._subject.sampling(NFE),
            )
            self.results.profile[load.name] = profile
            self._reporter.profile(load.name, profile)
