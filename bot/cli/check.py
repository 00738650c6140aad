"""`ishowtts check`: what would not work."""

import argparse
import asyncio
from typing import TYPE_CHECKING

from bot.cli.shared import EXIT_OK, EXIT_PROBLEM, config_option, fail, quiet_logs, settings
from bot.errors import ConfigError

if TYPE_CHECKING:
    from bot.cli.shared import Commands


def add_to(commands: "Commands") -> None:
    """Add the command."""
    parser = commands.add_parser(
        "check",
        parents=[config_option()],
        help="report everything that would not work, with its remedy",
    )
    parser.set_defaults(command=_check)


def _check(options: argparse.Namespace) -> int:
    from bot.check import check  # noqa: PLC0415 - `--help` starts without it

    quiet_logs()
    try:
        chosen = settings(options)
    except ConfigError as error:
        return fail(error, EXIT_PROBLEM)
    return EXIT_OK if asyncio.run(check(chosen)) else EXIT_PROBLEM
