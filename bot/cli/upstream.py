"""`ishowtts upstream`: the patches of f5-tts."""

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.cli.shared import Commands


def add_to(commands: "Commands") -> None:
    """Add the command."""
    parser = commands.add_parser("upstream", help="patch the installed f5-tts for inference")
    parser.add_argument("action", choices=("patch", "verify", "revert"))
    parser.set_defaults(command=_upstream)


def _upstream(options: argparse.Namespace) -> int:
    from bot.engine import upstream_patches  # noqa: PLC0415 - `--help` starts without it

    return upstream_patches.run(options.action)
