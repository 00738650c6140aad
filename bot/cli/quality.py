"""`ishowtts quality`: a page to hear what fewer evaluations cost."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from bot.bench import arguments
from bot.cli.shared import config_option, quiet_logs, settings

if TYPE_CHECKING:
    from bot.cli.shared import Commands


def add_to(commands: "Commands") -> None:
    """Add the command."""
    parser = commands.add_parser(
        "quality",
        parents=[config_option()],
        help="write a page to hear what fewer evaluations cost",
    )
    parser.add_argument(
        "folder", nargs="?", type=Path, default=Path("quality"), metavar="FOLDER",
        help="for the page (default: quality)",
    )  # fmt: skip
    parser.add_argument(
        "--text", action="append", default=[], metavar="TEXT", help="what is spoken; repeatable"
    )
    parser.add_argument("--voice", metavar="NAME", help="the first one by default")
    arguments.add_model_to(parser)
    parser.set_defaults(command=_quality)


def _quality(options: argparse.Namespace) -> int:
    from bot.engine import import_extra  # noqa: PLC0415 - `--help` starts without it

    chosen = settings(options).engine.f5
    quiet_logs()
    command = import_extra("bot.quality.command", "ishowtts quality", "f5")
    return int(
        command.quality(
            chosen,
            options.folder,
            texts=options.text,
            voice=options.voice,
            random=options.random,
            device=options.device,
        )
    )
