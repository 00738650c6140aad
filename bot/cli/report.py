"""`ishowtts report`: an archive for a bug report."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.shared import config_option, quiet_logs
from bot.config import default_path

if TYPE_CHECKING:
    from bot.cli.shared import Commands


def add_to(commands: "Commands") -> None:
    """Add the command."""
    parser = commands.add_parser(
        "report",
        parents=[config_option()],
        help="write an archive for a bug report, without secrets and chatters",
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE.zip", help="in this folder by default"
    )
    parser.add_argument(
        "--no-check",
        action="store_true",
        help="leave out what `ishowtts check` says: it is quicker",
    )
    parser.set_defaults(command=_report)


def _report(options: argparse.Namespace) -> int:
    from bot.report.archive import report  # noqa: PLC0415 - `--help` starts without it

    quiet_logs()
    return report(options.config or default_path(), options.output, checks=not options.no_check)
