"""The command line: finds the command, and turns errors into exit codes."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import NoReturn

import bot
from bot.cli import (
    COMMANDS,
    EXIT_BROKEN_PIPE,
    EXIT_INTERRUPTED,
    EXIT_PROBLEM,
    EXIT_START,
    EXIT_USAGE,
    fail,
)
from bot.errors import ConfigError, IshowttsError, StartError

_EPILOG = """\
`ishowtts COMMAND --help` lists the arguments of a command.

exit codes: 0 done; 1 check found a problem, or another command failed; 2 mistakes in the arguments
or the configuration; 3 the daemon cannot start; 75 daemon or machine was busy;
130 interrupted; 141 nobody read the output to its end
"""


class _Parser(argparse.ArgumentParser):
    """Parser whose complaints name the help."""

    def error(self, message: str) -> NoReturn:
        """Tell what is wrong with the arguments, and end."""
        super().error(f"{message}\n{self.prog} --help lists what there is.")


class _Misplaced(argparse.Action):
    """An option of the commands that stands before the command."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        _namespace: argparse.Namespace,
        _values: object,
        option: str | None = None,
    ) -> NoReturn:
        """Tell where it belongs, and end."""
        parser.error(f"{option} belongs behind the command, as in: ishowtts run {option} FILE")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that `arguments` name; return the exit code."""
    _open_missing_streams()
    _escape_what_has_no_code()
    try:
        try:
            return _run(sys.argv[1:] if arguments is None else arguments)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        # Nobody reads the output any more, as behind `head`. What is left goes nowhere, else Python
        # complains at its end: https://docs.python.org/3/library/signal.html#note-on-sigpipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_BROKEN_PIPE


def _open_missing_streams() -> None:
    """Open what this program was started without (`2>&-`), in the order of their descriptors.

    Else the next file would get the descriptor, and into it what libraries print: a database, say.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - stays


def _escape_what_has_no_code() -> None:
    """Let letters that the output's encoding lacks come as escapes: a pipe on Windows has few."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")


def _run(arguments: Sequence[str]) -> int:
    name = next((word for word in arguments if not word.startswith("-")), "")
    try:
        options = parser_of(name).parse_args(arguments)
        return int(options.run(options))
    except ConfigError as error:
        return fail(error, EXIT_USAGE)
    except StartError as error:
        return fail(error, EXIT_START if name == "run" else EXIT_PROBLEM)
    except IshowttsError as error:
        return fail(error, EXIT_PROBLEM)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED


def parser_of(called: str) -> argparse.ArgumentParser:
    """Return the parser of all commands, with the arguments of the one that is `called`."""
    parser = _Parser(
        prog="ishowtts",
        description="Reads livestream chat and speaks it live.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"ishowtts {bot.version()}")
    parser.add_argument("--config", action=_Misplaced, help=argparse.SUPPRESS)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for name, purpose in COMMANDS.items():
        sentence = f"{purpose[0].upper()}{purpose[1:]}."
        command = commands.add_parser(name, help=purpose, description=sentence)
        if name == called:
            module = import_module(f"bot.cli.{name}")
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
