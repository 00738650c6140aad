"""`ishowtts devices`: lists the sound devices, plays a tone on one."""

import argparse
import asyncio

from bot.cli import EXIT_OK
from bot.cli.shared import quiet_logs
from bot.playback import listing


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("--test", metavar="NAME", help="play a short tone on this device instead")


def run(options: argparse.Namespace) -> int:
    """List the devices, or play a tone."""
    quiet_logs()
    if options.test is not None:
        device = asyncio.run(listing.test_tone(options.test))
        print(f"Played a tone on {device.name}.")
    else:
        print(listing.table(listing.devices()))
    return EXIT_OK
