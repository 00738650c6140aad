"""`ishowtts bench`: how fast F5-TTS is here."""

import argparse
from typing import TYPE_CHECKING

from bot.bench import arguments
from bot.cli.shared import config_option, quiet_logs, settings

if TYPE_CHECKING:
    from bot.cli.shared import Commands


def add_to(commands: "Commands") -> None:
    """Add the command."""
    parser = commands.add_parser(
        "bench", parents=[config_option()], help="measure the speed of F5-TTS on this machine"
    )
    arguments.add_to(parser)
    parser.set_defaults(command=_bench)


def _bench(options: argparse.Namespace) -> int:
    from bot.engine import import_extra  # noqa: PLC0415 - `--help` starts without it

    chosen = settings(options).engine.f5
    quiet_logs()
    command = import_extra("bot.bench.command", "ishowtts bench", "f5")
    return int(command.bench(chosen, arguments.options(options)))
