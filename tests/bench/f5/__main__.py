"""Benchmark of F5-TTS, stage by stage: `python -m tests.bench.f5 --help`.

Unlike `ishowtts bench`, which measures what is heard, it looks into the engine: rooflines, GPU
memory, start, profile, comparison with f5-tts as released and as patched, errors against float32.
"""

import argparse
import sys
from pathlib import Path

from bot.cli import EXIT_PROBLEM, fail
from bot.cli.bench import batches, lengths
from bot.cli.shared import add_config_option, load_settings, quiet_logs
from bot.errors import IshowttsError
from tests.bench.f5.model_under_test import add_model_to, prepared
from tests.bench.f5.session import Plan, Session, full, quick
from tests.bench.f5.workload import batch


def main() -> int:
    """Measure, print, and return the exit code: 1 if a stage failed."""
    options = _parser().parse_args()
    quiet_logs()
    try:
        chosen = load_settings(options).engine.f5
        with prepared(chosen, options.random, options.device) as tested:
            results = Session(tested, _plan(options), options.json).run()
    except IshowttsError as error:
        return fail(error, EXIT_PROBLEM)
    return EXIT_PROBLEM if results.failures else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.f5", description=__doc__)
    add_config_option(parser)
    extent = parser.add_mutually_exclusive_group()
    extent.add_argument("--quick", action="store_true", help="about a minute (the default)")
    extent.add_argument("--full", action="store_true", help="all lengths, batches, memory, start")
    parser.add_argument(
        "--compare", choices=("upstream",), help="f5-tts as released, patched and compiled; errors"
    )
    parser.add_argument(
        "--lengths", type=lengths, default=(), metavar="S,S", help="seconds of speech, as 1,3,5"
    )
    parser.add_argument(
        "--batch", type=batches, default=(), metavar="NxS,NxS", help="batches, as 4x3,16x3"
    )
    parser.add_argument("--profile", action="store_true", help="tell where the time goes")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results")
    add_model_to(parser)
    return parser


def _plan(options: argparse.Namespace) -> Plan:
    make = full if options.full else quick
    plan = make(compare=options.compare is not None, profile=options.profile)
    if not options.lengths and not options.batch:
        return plan
    return plan._replace(
        mode="chosen",
        lengths_s=options.lengths,
        batches=tuple(batch(*each) for each in options.batch),
        long=False,
    )


if __name__ == "__main__":
    sys.exit(main())
