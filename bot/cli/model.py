"""`ishowtts model`: lists, fetches and finds F5-TTS models."""

import argparse
from pathlib import Path

from bot.cli import EXIT_OK
from bot.engine.f5.weights import installed
from bot.engine.f5.weights.fetch import fetch


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="list models, their licences and their folders")
    listing.add_argument("folder", nargs="*", type=Path, metavar="FOLDER", help="look here as well")
    listing.set_defaults(action=lambda options: installed.list_models(options.folder))
    fetching = actions.add_parser("fetch", help="download a model; its licence is shown")
    fetching.add_argument("name", metavar="NAME", help="a name from the list")
    fetching.set_defaults(action=lambda options: fetch(options.name))
    finding = actions.add_parser("path", help="print the folder of a model")
    finding.add_argument("name", metavar="NAME", help="a name from the list, or a folder")
    finding.set_defaults(action=lambda options: installed.path(options.name))


def run(options: argparse.Namespace) -> int:
    """List, fetch or find."""
    options.action(options)
    return EXIT_OK
