"""`ishowtts upstream`: patches the installed f5-tts, verifies and reverts that."""

import argparse

from bot.cli import EXIT_OK
from bot.cli.shared import add_config_option, load_settings
from bot.engine.upstream import patches


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_config_option(parser)
    parser.add_argument(
        "action",
        choices=("patch", "verify", "revert"),
        help="patch it, tell whether it is patched, or restore it as released",
    )
    parser.add_argument(
        "--if-used",
        action="store_true",
        help="do nothing unless engine.engines of the configuration names upstream",
    )


def run(options: argparse.Namespace) -> int:
    """Patch, verify or revert; return 1 if that is not possible."""
    if options.if_used and "upstream" not in load_settings(options).engine.engines:
        print("The configuration does not use f5-tts, so its patches do not matter.")
        return EXIT_OK
    return patches.run(options.action)
