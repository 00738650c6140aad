"""`ishowtts say`: one text."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.shared import EXIT_OK, complete, config_option, quiet_logs, settings

if TYPE_CHECKING:
    from bot.cli.shared import Commands


def add_to(commands: "Commands") -> None:
    """Add the command."""
    parser = commands.add_parser("say", parents=[config_option()], help="speak one text")
    parser.add_argument("text", metavar="TEXT")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE.wav", help="write it, unheard")
    parser.add_argument("--engine", metavar="NAME", help="the one of the configuration by default")
    parser.add_argument("--voice", metavar="NAME", help="that of the first channel by default")
    parser.set_defaults(command=_say)


def _say(options: argparse.Namespace) -> int:
    from bot.say import say  # noqa: PLC0415 - `--help` starts without it

    chosen = settings(options)
    quiet_logs()
    work = say(
        chosen,
        options.text,
        output=options.output,
        engine_name=options.engine,
        voice=options.voice,
    )
    complete(work)
    return EXIT_OK
