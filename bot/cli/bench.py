"""`ishowtts bench`: how fast F5-TTS is here, and whether it was faster before."""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from bot import logs
from bot.cli import EXIT_OK, EXIT_PROBLEM
from bot.cli.shared import add_config_option, load_settings
from bot.config import Settings
from bot.config.sections.logs import LogSettings
from bot.errors import shown
from bot.service import daemon
from bot.speedcheck import history_table
from bot.speedcheck.check import check
from bot.speedcheck.comparison import compare
from bot.speedcheck.history import History
from bot.speedcheck.measurement import Measurement, speaking, start_with_caches
from bot.speedcheck.quiet import REMEDY, wait_until_quiet
from bot.speedcheck.report import say
from bot.speedcheck.results import Results, load
from bot.speedcheck.setup import describe, gpu_number
from bot.speedcheck.workloads import Plan, batch, full, quick, single

EXIT_BUSY = 75
"""Daemon or machine were too busy, so nothing was judged; EX_TEMPFAIL of sysexits.h."""
_ENGINE = "f5"

_STORED = Path("-")
"""In place of a file: the stored baseline."""
_MAX_LENGTH_S = 60.0
_MAX_ITEMS = 64


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_config_option(parser)
    extent = parser.add_mutually_exclusive_group()
    extent.add_argument("--quick", action="store_true", help="about a minute (the default)")
    extent.add_argument("--full", action="store_true", help="all lengths, batches, cold start")
    parser.add_argument(
        "--lengths", type=lengths, default=(), metavar="S,S", help="seconds of speech, as 1,3,5"
    )
    parser.add_argument(
        "--batch", type=batches, default=(), metavar="NxS,NxS", help="several at once, as 4x3,16x3"
    )
    parser.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), help="as configured by default"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results")
    parser.add_argument(
        "--check",
        type=Path,
        nargs="?",
        const=_STORED,
        metavar="FILE",
        help="compare with older results, those in FILE or, while the daemon is idle, the stored"
        " baseline; 1 if 10%% slower, 75 if the daemon never was idle, or the machine too busy for"
        " a baseline",
    )
    parser.add_argument(
        "--wait",
        type=float,
        default=300.0,
        metavar="S",
        help="with --check: seconds to wait until the daemon is idle and, for a baseline, the"
        " machine quiet (default: 300)",
    )
    parser.add_argument(
        "--accept", action="store_true", help="the last run is the baseline from now on"
    )
    parser.add_argument("--history", action="store_true", help="show what was measured so far")


def run(options: argparse.Namespace) -> int:
    """Measure, compare, or show what was measured; return the exit code."""
    if options.accept:
        history_table.accept(History())
        return EXIT_OK
    if options.history:
        history_table.show(History())
        return EXIT_OK
    # Not as configured: two processes cannot take turns with one file.
    logs.configure(LogSettings(level="warning" if options.check else "error"))
    chosen = load_settings(options)
    if options.device is not None:
        f5 = chosen.engine.f5.model_copy(update={"device": options.device})
        engine = chosen.engine.model_copy(update={"f5": f5})
        chosen = chosen.model_copy(update={"engine": engine})
    return bench(chosen, options)


def bench(settings: Settings, options: argparse.Namespace) -> int:
    """Measure, print, and return the exit code.

    0: measured, and not slower than the baseline if one was given; 1: slower, or a workload
    failed; 2: the baseline is of other hardware or of another model; 75: the daemon was not idle,
    or the machine too busy to set a baseline.

    Raises:
        StartError: the engine or its model is not there, or a file cannot be read or written.
        UtteranceError: the engine cannot speak with the voice of the first channel.
    """
    if options.check == _STORED:
        return _check(settings, options)
    baseline = load(options.check) if options.check else None
    results = describe(settings.engine, _plan(options).mode)
    with _measuring(settings, options, results) as measurement:
        measurement.run()
    if results.mode != "chosen":
        History().add(results)
    code = EXIT_PROBLEM if results.failures else 0
    if baseline is None:
        return code
    comparison = compare(results, baseline)
    for line in ("", *comparison.lines):
        say(line)
    return max(code, comparison.verdict.exit_code)


def _check(settings: Settings, options: argparse.Namespace) -> int:
    """Measure while the daemon is idle, or not at all."""
    is_here = settings.engine.python is not None or find_spec("torch") is not None
    if _ENGINE not in settings.engine.engines or not is_here:
        return _skip("F5-TTS does not speak here, so there is nothing to measure.")
    begun = time.monotonic()
    if not asyncio.run(daemon.wait_until_idle(settings.server, options.wait)):
        return _skip(
            f"The daemon was not idle within {options.wait:.0f} s, so nothing was measured. Wait"
            " longer with --wait S, or try again later."
        )
    results = describe(settings.engine, _plan(options).mode)
    if History().baseline(results) is None:
        left_s = max(begun + options.wait - time.monotonic(), 0.0)
        if why := wait_until_quiet(left_s):
            return _skip(f"There is no baseline yet, and none was set: {why}. {REMEDY}.")
    before = _accepted(settings)

    def is_alone() -> bool:
        return _accepted(settings) == before

    with _measuring(settings, options, results) as measurement:
        verdict = check(measurement, History(), is_alone)
    return EXIT_BUSY if verdict is None else verdict.exit_code


@contextmanager
def _measuring(
    settings: Settings, options: argparse.Namespace, results: Results
) -> Iterator[Measurement]:
    """Start the engine and yield what measures it; write `results`, if that was asked for."""
    plan, voice = _plan(options), settings.channels[0].voice
    if plan.cold_start:
        with tempfile.TemporaryDirectory(prefix="ishowtts-bench-") as caches:
            results.start["cold"] = start_with_caches(settings.engine, voice, Path(caches))
    with speaking(settings.engine, voice) as (speak, start):
        results.start["warm"] = start
        yield Measurement(speak, plan, results, gpu_number(settings.engine.f5))
    if options.json is not None:
        results.save(options.json)


def _plan(options: argparse.Namespace) -> Plan:
    plan = full() if options.full else quick()
    if not options.lengths and not options.batch:
        return plan
    workloads = (*map(single, options.lengths), *(batch(*each) for each in options.batch))
    return plan._replace(mode="chosen", workloads=workloads)


def _accepted(settings: Settings) -> int:
    """Return how many messages the daemon has accepted so far."""
    return daemon.accepted(asyncio.run(daemon.ask(settings.server)))


def _skip(why: str) -> int:
    print(f"ishowtts: {why}", file=sys.stderr)
    return EXIT_BUSY


def lengths(text: str) -> tuple[float, ...]:
    """Return the seconds in `1,3,5`."""
    return tuple(_length(part) for part in text.split(","))


def _length(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value <= _MAX_LENGTH_S:
        raise argparse.ArgumentTypeError(
            f"{shown(text)} is no length; use seconds up to {_MAX_LENGTH_S:g}, as in 1,3,5"
        )
    return value


def batches(text: str) -> tuple[tuple[int, float], ...]:
    """Return numbers of utterances and their seconds in `4x3,16x3`."""
    return tuple(_batch(part) for part in text.split(","))


def _batch(text: str) -> tuple[int, float]:
    items, _, length = text.partition("x")
    if not (items.isdecimal() and 0 < int(items) <= _MAX_ITEMS):
        raise argparse.ArgumentTypeError(
            f"{shown(text)} is no batch; use up to {_MAX_ITEMS} utterances and their seconds,"
            " as in 16x3"
        )
    return int(items), _length(length)
