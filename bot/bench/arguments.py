"""The options of `ishowtts bench`; imported by the command line, so it imports nothing heavy."""

import argparse
from pathlib import Path
from typing import NamedTuple

from bot.bench.machines import MACHINES

UPSTREAM = "upstream"
STORED = Path("-")
"""In place of a file: what lies in the state folder."""
EXIT_BUSY = 75
"""The daemon was not idle, so nothing was measured; EX_TEMPFAIL of sysexits.h."""
_MAX_LENGTH_S = 24.0
"""With the reference of 6 s, what the models were trained on."""
_MAX_ITEMS = 64


class Options(NamedTuple):
    """What was asked for."""

    full: bool = False
    compare: bool = False
    """With upstream."""
    lengths_s: tuple[float, ...] = ()
    batches: tuple[tuple[int, float], ...] = ()
    """Number of items, and how long each is in seconds."""
    random: str | None = None
    """A shape whose weights are random; None for the configured model."""
    device: str | None = None
    json: Path | None = None
    check: Path | None = None
    """A file to compare with; `STORED`: the baseline of the state folder."""
    wait_s: float = 0.0
    """How long to wait until a running daemon is idle."""
    history: Path | None = None
    """Where to draw older results; `STORED`: in the state folder."""
    accept: bool = False
    predict: str | None = None
    """A machine that is not here."""
    profile: bool = False


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    extent = parser.add_mutually_exclusive_group()
    extent.add_argument("--quick", action="store_true", help="about a minute (the default)")
    extent.add_argument(
        "--full", action="store_true", help="all lengths, batches, memory, cold start"
    )
    parser.add_argument(
        "--compare", choices=(UPSTREAM,), help="f5-tts as released, and patched and compiled"
    )
    parser.add_argument(
        "--lengths", type=_lengths, default=(), metavar="S,S", help="seconds of speech, as 1,3,5"
    )
    parser.add_argument(
        "--batch", type=_batches, default=(), metavar="NxS,NxS", help="batches, as 4x3,16x3"
    )
    add_model_to(parser)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results")
    parser.add_argument(
        "--check",
        type=Path,
        nargs="?",
        const=STORED,
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
    parser.add_argument(
        "--history",
        type=Path,
        nargs="?",
        const=STORED,
        metavar="FILE.html",
        help="tell and draw what was measured so far",
    )
    parser.add_argument(
        "--predict",
        choices=MACHINES,
        metavar="MACHINE",
        help=f"estimate from counted work, not measured: {', '.join(MACHINES)}",
    )
    parser.add_argument("--profile", action="store_true", help="tell where the time goes")


def add_model_to(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose the model."""
    parser.add_argument(
        "--random", metavar="SHAPE", help="random weights: F5TTS_v1_Base, small or tiny"
    )
    parser.add_argument("--device", metavar="NAME", help="auto, cpu or cuda; as configured if not")


def options(parsed: argparse.Namespace) -> Options:
    """Return what `add_to` parsed."""
    return Options(
        full=parsed.full,
        compare=parsed.compare == UPSTREAM,
        lengths_s=parsed.lengths,
        batches=parsed.batch,
        random=parsed.random,
        device=parsed.device,
        json=parsed.json,
        check=parsed.check,
        wait_s=parsed.wait,
        history=parsed.history,
        accept=parsed.accept,
        predict=parsed.predict,
        profile=parsed.profile,
    )


def _lengths(text: str) -> tuple[float, ...]:
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


def _batches(text: str) -> tuple[tuple[int, float], ...]:
    return tuple(_batch(part) for part in text.split(","))


def _batch(text: str) -> tuple[int, float]:
    items, _, length = text.partition("x")
    if not (items.isdecimal() and 0 < int(items) <= _MAX_ITEMS):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no batch; use up to {_MAX_ITEMS} items and their seconds, as in 16x3"
        )
    return int(items), _length(length)
