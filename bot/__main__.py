"""The command line: arguments, exit codes, and which function does the work."""

import argparse
import os
import sys
from collections.abc import Sequence

import bot
from bot.cli import (
    bench,
    check,
    devices,
    login,
    model,
    quality,
    report,
    run,
    say,
    service,
    upstream,
    voice,
)
from bot.cli.shared import (
    EXIT_BROKEN_PIPE,
    EXIT_INTERRUPTED,
    EXIT_PROBLEM,
    EXIT_START,
    EXIT_USAGE,
    fail,
)
from bot.errors import ConfigError, IshowttsError, StartError

_COMMANDS = (
    run,
    say,
    check,
    devices,
    voice,
    login,
    service,
    model,
    upstream,
    bench,
    quality,
    report,
)
_EPILOG = """\
exit codes: 0 done; 1 check found a problem, or another command failed; 2 mistakes in the arguments
or the configuration; 3 the daemon cannot start; 75 the daemon was busy;
130 interrupted; 141 nobody read the output to its end
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that `arguments` name; return the exit code."""
    try:
        try:
            return _carry_out(_parser().parse_args(arguments))
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        # Nobody reads the output any more, as behind `head`. What is left goes nowhere, else Python
        # complains at its end: https://docs.python.org/3/library/signal.html#note-on-sigpipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_BROKEN_PIPE


def _carry_out(options: argparse.Namespace) -> int:
    try:
        return int(options.command(options))
    except ConfigError as error:
        return fail(error, EXIT_USAGE)
    except StartError as error:
        return fail(error, EXIT_START if options.command is run.run else EXIT_PROBLEM)
    except IshowttsError as error:
        return fail(error, EXIT_PROBLEM)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ishowtts",
        description="Speaks livestream chat live.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"ishowtts {bot.version()}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in _COMMANDS:
        command.add_to(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
