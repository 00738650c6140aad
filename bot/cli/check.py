"""`ishowtts check`: what would not work."""

import argparse
import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.shared import EXIT_OK, EXIT_PROBLEM, config_option, fail, quiet_logs, settings
from bot.config import default_path
from bot.config.migrations import FORMAT
from bot.config.upgrade import pending, upgrade
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
    parser.add_argument(
        "--migrate",
        action="store_true",
        help="bring an older configuration to the form of today first; the old file is kept",
    )
    parser.set_defaults(command=_check)


def _check(options: argparse.Namespace) -> int:
    from bot.check import check  # noqa: PLC0415 - `--help` starts without it

    quiet_logs()
    _tell_form(options.config or default_path(), migrates=options.migrate)
    try:
        chosen = settings(options)
    except ConfigError as error:
        return fail(error, EXIT_PROBLEM)
    return EXIT_OK if asyncio.run(check(chosen)) else EXIT_PROBLEM


def _tell_form(path: Path, *, migrates: bool) -> None:
    """Say what changed in the form of the configuration, and change it if asked to."""
    if migrates:
        migrated, backup = upgrade(path)
        for change in migrated.changes:
            print(f"{path}, form {change}")  # noqa: T201
        done = f"The file of before is {backup}." if backup else "It has that form already."
        print(f"{path}: form {FORMAT}. {done}")  # noqa: T201
    elif (found := pending(path)) is not None:
        print(f"{path} has an older form; `ishowtts check --migrate` would change:")  # noqa: T201
        for change in found.changes:
            print(f"  - form {change}")  # noqa: T201
