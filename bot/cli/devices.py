"""`ishowtts devices`: the sound devices."""

import argparse
import asyncio
from typing import TYPE_CHECKING

from bot.cli.shared import EXIT_OK, quiet_logs

if TYPE_CHECKING:
    from bot.cli.shared import Commands


def add_to(commands: "Commands") -> None:
    """Add the command."""
    parser = commands.add_parser("devices", help="list the sound devices")
    parser.add_argument("--test", metavar="NAME", help="play a short tone on this one")
    parser.set_defaults(command=_devices)


def _devices(options: argparse.Namespace) -> int:
    from bot.playback import listing  # noqa: PLC0415 - `--help` starts without it

    quiet_logs()
    if options.test is not None:
        device = asyncio.run(listing.test_tone(options.test))
        print(f"Played a tone on {device.name}.")  # noqa: T201
    else:
        print(listing.table(listing.devices()))  # noqa: T201
    return EXIT_OK
