"""`ishowtts quality`: a page to hear what fewer evaluations cost."""

import argparse
from pathlib import Path

from bot.bench import arguments
from bot.cli.shared import add_config_option, load_settings, quiet_logs
from bot.engine import import_extra


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_config_option(parser)
    parser.add_argument(
        "folder", nargs="?", type=Path, default=Path("quality"), metavar="FOLDER",
        help="for the page (default: quality)",
    )  # fmt: skip
    parser.add_argument(
        "--text", action="append", default=[], metavar="TEXT", help="what is spoken; repeatable"
    )
    parser.add_argument("--voice", metavar="NAME", help="the first one by default")
    arguments.add_model_to(parser)


def run(options: argparse.Namespace) -> int:
    """Write the page."""
    chosen = load_settings(options).engine.f5
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
