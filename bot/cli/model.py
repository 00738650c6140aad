"""`ishowtts model`: F5-TTS models."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.shared import EXIT_OK

if TYPE_CHECKING:
    from bot.cli.shared import Commands


def add_to(commands: "Commands") -> None:
    """Add the command."""
    parser = commands.add_parser("model", help="list, fetch and find F5-TTS models")
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="the models, their licences and where they lie")
    listing.add_argument("folder", nargs="*", type=Path, metavar="FOLDER", help="look here as well")
    listing.set_defaults(command=_list)
    fetching = actions.add_parser("fetch", help="download a model; its licence is shown")
    fetching.add_argument("name", metavar="NAME")
    fetching.set_defaults(command=_fetch)
    path = actions.add_parser("path", help="print the folder of a model")
    path.add_argument("name", metavar="NAME")
    path.set_defaults(command=_path)


def _list(options: argparse.Namespace) -> int:
    from bot.engine.f5.weights import installed  # noqa: PLC0415 - `--help` starts without it

    installed.list_models(options.folder)
    return EXIT_OK


def _fetch(options: argparse.Namespace) -> int:
    from bot.engine.f5.weights.fetch import fetch  # noqa: PLC0415 - `--help` starts without it

    fetch(options.name)
    return EXIT_OK


def _path(options: argparse.Namespace) -> int:
    from bot.engine.f5.weights import installed  # noqa: PLC0415 - `--help` starts without it

    installed.path(options.name)
    return EXIT_OK
