"""`ishowtts bench`: how fast F5-TTS is here, and whether it was faster before."""

import argparse
from pathlib import Path

from bot import logs
from bot.cli import EXIT_OK
from bot.cli.shared import add_config_option, load_settings
from bot.config.logs import LogSettings
from bot.speedcheck import command, history_table
from bot.speedcheck.history import History

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
        " baseline; 1 if 10%% slower, 75 if the daemon never was idle",
    )
    parser.add_argument(
        "--wait",
        type=float,
        default=300.0,
        metavar="S",
        help="with --check: seconds to wait until the daemon is idle (default: 300)",
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
    return command.bench(
        chosen,
        command.Options(
            full=options.full,
            lengths_s=options.lengths,
            batches=options.batch,
            json=options.json,
            check=options.check == _STORED,
            check_file=options.check if options.check != _STORED else None,
            wait_s=options.wait,
        ),
    )


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
            f"{text!r} is no length; use seconds up to {_MAX_LENGTH_S:g}, as in 1,3,5"
        )
    return value


def batches(text: str) -> tuple[tuple[int, float], ...]:
    """Return numbers of utterances and their seconds in `4x3,16x3`."""
    return tuple(_batch(part) for part in text.split(","))


def _batch(text: str) -> tuple[int, float]:
    items, _, length = text.partition("x")
    if not (items.isdecimal() and 0 < int(items) <= _MAX_ITEMS):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no batch; use up to {_MAX_ITEMS} utterances and their seconds, as in 16x3"
        )
    return int(items), _length(length)
