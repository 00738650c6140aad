"""`ishowtts upstream`: the patches of f5-tts."""

import argparse
from typing import TYPE_CHECKING

from bot.cli.shared import EXIT_OK, config_option, settings

if TYPE_CHECKING:
    from bot.cli.shared import Commands


def add_to(commands: "Commands") -> None:
    """Add the command."""
    parser = commands.add_parser(
        "upstream", parents=[config_option()], help="patch the installed f5-tts for inference"
    )
    parser.add_argument("action", choices=("patch", "verify", "revert"))
    parser.add_argument(
        "--if-used",
        action="store_true",
        help="do nothing unless engine.engines of the configuration names upstream",
    )
    parser.set_defaults(command=_upstream)


def _upstream(options: argparse.Namespace) -> int:
    from bot.engine.upstream import patches  # noqa: PLC0415 - `--help` starts without it

    if options.if_used and "upstream" not in settings(options).engine.engines:
        print("The configuration does not use f5-tts, so its patches do not matter.")  # noqa: T201
        return EXIT_OK
    return patches.run(options.action)
