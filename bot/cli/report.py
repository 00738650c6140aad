"""`ishowtts report`: writes an archive for a bug report, and prints what is in it."""

import argparse
from pathlib import Path

from bot.cli import EXIT_OK
from bot.cli.shared import add_config_option, config_path, quiet_logs
from bot.report import archive


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_config_option(parser)
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE.zip",
        help="archive to write; one in the current folder by default",
    )  # fmt: skip
    parser.add_argument(
        "--no-check",
        action="store_true",
        help="leave out what `ishowtts check` says, which takes longest",
    )


def run(options: argparse.Namespace) -> int:
    """Write the archive."""
    quiet_logs()
    written = archive.write(config_path(options), options.output, has_check=not options.no_check)
    print(written.readme)
    size_kb = written.path.stat().st_size / 1000
    print(f"It lies in {written.path.absolute()} ({size_kb:.0f} kB). Nothing was sent.")
    return EXIT_OK
