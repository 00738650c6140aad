"""`ishowtts rehearse`: what would be said of an evening's chat, also with other settings."""

import argparse
import sys
from pathlib import Path

from bot.cli import EXIT_OK, EXIT_PROBLEM
from bot.cli.shared import add_config_option, config_path, quiet_logs
from bot.config import load
from bot.rehearsal import Evening, rehearse
from bot.rehearsal.report import Report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_config_option(parser)
    parser.add_argument(
        "recording", type=Path, metavar="FILE", help="chat that `ishowtts run --record` wrote"
    )
    parser.add_argument(
        "--against",
        type=Path,
        metavar="FILE",
        help="another configuration; what it treats differently is shown side by side",
    )
    parser.add_argument(
        "--all", action="store_true", help="show every message, also those said as written"
    )
    parser.add_argument("--json", action="store_true", help="a JSON object for each message")
    parser.add_argument(
        "--fail-on-difference",
        action="store_true",
        help="return 1 if a message is treated differently",
    )


def run(options: argparse.Namespace) -> int:
    """Rehearse once or twice, and show what came of it."""
    paths = [config_path(options), *([options.against] if options.against else [])]
    configurations = [load(path) for path in paths]
    quiet_logs()
    evening = Evening(options.recording, channel=configurations[0].channels[0].name)
    names = [path.name for path in paths]
    if len(set(names)) < len(names):
        names = list(map(str, paths))
    rehearsals = [rehearse(evening, settings) for settings in configurations]
    report = Report(evening, dict(zip(names, rehearsals, strict=True)))
    if options.json:
        for record in report.records():
            sys.stdout.write(record.decode() + "\n")
    else:
        for line in report.lines(everything=options.all):
            print(line)
    return EXIT_PROBLEM if options.fail_on_difference and report.differences else EXIT_OK
