"""`ishowtts bench`: the meaning of its options."""

import asyncio
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from bot.config import Settings
from bot.service import daemon
from bot.speedcheck.check import check
from bot.speedcheck.comparison import compare
from bot.speedcheck.history import History
from bot.speedcheck.measurement import Measurement, speaking, start_with_caches
from bot.speedcheck.report import say
from bot.speedcheck.results import load
from bot.speedcheck.setup import describe, gpu_number
from bot.speedcheck.workloads import Plan, batch, full, quick, single

EXIT_BUSY = 75
"""The daemon was not idle, so nothing was measured; EX_TEMPFAIL of sysexits.h."""
_PROBLEM = 1
_ENGINE = "f5"


class Options(NamedTuple):
    """Options of the command."""

    full: bool = False
    lengths_s: tuple[float, ...] = ()
    batches: tuple[tuple[int, float], ...] = ()
    """Number of utterances, and how long each is in seconds."""
    json: Path | None = None
    check: bool = False
    """Against the stored baseline, while the daemon is idle."""
    check_file: Path | None = None
    """Results to compare with instead."""
    wait_s: float = 0.0
    """How long to wait until a running daemon is idle."""


def bench(settings: Settings, options: Options) -> int:
    """Measure, print, and return the exit code.

    0: measured, and not slower than the baseline if one was given; 1: slower, or a workload
    failed; 2: the baseline is of other hardware or of another model; 75: the daemon was not idle.

    Raises:
        StartError: the engine or its model is not there, or a file cannot be read or written.
        UtteranceError: the engine cannot speak with the voice of the first channel.
    """
    if options.check:
        return _check(settings, options)
    baseline = load(options.check_file) if options.check_file else None
    with _measuring(settings, options) as measurement:
        results = measurement.run()
    if results.mode != "chosen":
        History().add(results)
    code = _PROBLEM if results.failures else 0
    if baseline is None:
        return code
    comparison = compare(results, baseline)
    for line in ("", *comparison.lines):
        say(line)
    return max(code, comparison.verdict.exit_code)


def _check(settings: Settings, options: Options) -> int:
    """Measure while the daemon is idle, or not at all."""
    is_here = settings.engine.python is not None or find_spec("torch") is not None
    if _ENGINE not in settings.engine.engines or not is_here:
        return _skip("F5-TTS does not speak here, so there is nothing to measure.")
    if not asyncio.run(daemon.wait_until_idle(settings.server, options.wait_s)):
        return _skip(
            f"The daemon was not idle within {options.wait_s:.0f} s, so nothing was measured. Wait"
            " longer with --wait S, or try again later."
        )
    before = _accepted(settings)

    def is_alone() -> bool:
        return _accepted(settings) == before

    with _measuring(settings, options) as measurement:
        verdict = check(measurement, History(), is_alone)
    return EXIT_BUSY if verdict is None else verdict.exit_code


@contextmanager
def _measuring(settings: Settings, options: Options) -> Iterator[Measurement]:
    """Start the engine and yield what measures it; write the results, if that was asked for."""
    plan, voice = _plan(options), settings.channels[0].voice
    results = describe(settings.engine, plan.mode)
    if plan.cold_start:
        with tempfile.TemporaryDirectory(prefix="ishowtts-bench-") as caches:
            results.start["cold"] = start_with_caches(settings.engine, voice, Path(caches))
    with speaking(settings.engine, voice) as (speak, start):
        results.start["warm"] = start
        yield Measurement(speak, plan, results, gpu_number(settings.engine.f5))
    if options.json is not None:
        results.save(options.json)


def _plan(options: Options) -> Plan:
    plan = full() if options.full else quick()
    if not options.lengths_s and not options.batches:
        return plan
    workloads = (*map(single, options.lengths_s), *(batch(*each) for each in options.batches))
    return plan._replace(mode="chosen", workloads=workloads)


def _accepted(settings: Settings) -> int:
    """Return how many messages the daemon has accepted so far."""
    return daemon.accepted(asyncio.run(daemon.ask(settings.server)))


def _skip(why: str) -> int:
    print(f"ishowtts: {why}", file=sys.stderr)  # noqa: T201
    return EXIT_BUSY
