"""`ishowtts bench`: what its options mean."""

from bot.bench import session
from bot.bench.arguments import Options
from bot.bench.check import Verdict, compare
from bot.bench.report import Reporter
from bot.bench.results import Results, load
from bot.bench.session import Plan, Session
from bot.bench.subject import subject
from bot.bench.workload import batch
from bot.config.engine import F5Settings

_MEASURED, _PROBLEM, _NOT_COMPARABLE = 0, 1, 2


def bench(settings: F5Settings, options: Options) -> int:
    """Measure, print, and return the exit code.

    0: measured, and not slower than the baseline if one was given; 1: slower, or a part of the
    measurement failed; 2: the baseline is of other hardware or of another model.

    Raises:
        StartError: there is no such model, device or file.
    """
    baseline = load(options.check) if options.check else None
    with subject(settings, options.random, options.device) as measured:
        results = Session(measured, _plan(options), Reporter(), options.json).run()
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
    return {
        Verdict.AS_FAST: _MEASURED,
        Verdict.SLOWER: _PROBLEM,
        Verdict.INCOMPARABLE: _NOT_COMPARABLE,
    }[comparison.verdict]
