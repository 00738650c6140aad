"""`ishowtts bench`: what its options mean."""

from collections.abc import Callable

from bot.bench import predict, routine, session
from bot.bench.arguments import EXIT_BUSY, STORED, Options
from bot.bench.check import compare
from bot.bench.report import Reporter
from bot.bench.results import Results, load
from bot.bench.session import Plan, Session
from bot.bench.subject import subject
from bot.bench.workload import batch
from bot.config.engine import F5Settings

_MEASURED, _PROBLEM = 0, 1
_KEPT = ("quick", "full")
"""Runs whose workloads are the same each time."""


def bench(
    settings: F5Settings, options: Options, is_alone: Callable[[], bool] = lambda: True
) -> int:
    """Measure, print, and return the exit code.

    0: measured, and not slower than the baseline if one was given; 1: slower, or a part of the
    measurement failed; 2: the baseline is of other hardware or of another model; 75: the daemon
    spoke meanwhile, which `is_alone` tells.

    Raises:
        StartError: there is no such model, device or file.
    """
    if options.predict is not None:
        return predict.show(options.predict)
    baseline = load(options.check) if options.check and options.check != STORED else None
    with subject(settings, options.random, options.device) as measured:
        plan, reporter = _plan(options), Reporter()
        if options.check == STORED:
            measuring = Session(measured, session.routine(plan), reporter, options.json)
            verdict = routine.check(measuring, routine.history(), reporter, is_alone)
            return EXIT_BUSY if verdict is None else verdict.exit_code
        results = Session(measured, plan, reporter, options.json).run()
    if results.mode in _KEPT:
        routine.history().add(results)
    return max(
        _PROBLEM if results.failures else _MEASURED,
        _check(results, baseline) if baseline else _MEASURED,
    )


def _plan(options: Options) -> Plan:
    make = session.full if options.full else session.quick
    plan = make(compare=options.compare, profile=options.profile)
    if not options.lengths_s and not options.batches:
        return plan
    return plan._replace(
        mode="chosen",
        lengths_s=options.lengths_s,
        batches=tuple(batch(*each) for each in options.batches),
        long=False,
    )


def _check(results: Results, baseline: Results) -> int:
    comparison = compare(results, baseline)
    for line in ("", *comparison.lines):
        Reporter().say(line)
    return comparison.verdict.exit_code
