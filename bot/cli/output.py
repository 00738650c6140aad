"""`ishowtts output`: makes, lists and removes outputs of their own for OBS."""

import argparse

from bot.cli import EXIT_OK
from bot.playback.pulse import null_sinks


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    creating = actions.add_parser("create", help="make an output that OBS hears by its monitor")
    creating.add_argument("name", metavar="NAME", help="letters, digits, dots, - and _")
    creating.add_argument(
        "--permanent", action="store_true", help="make it again whenever the sound server starts"
    )
    creating.set_defaults(action=_create)
    removing = actions.add_parser("remove", help="take one away, also a permanent one")
    removing.add_argument("name", metavar="NAME", help="a name from the list")
    removing.set_defaults(action=_remove)
    actions.add_parser("list", help="list those that were made here").set_defaults(action=_list)


def run(options: argparse.Namespace) -> int:
    """Make, list or remove."""
    options.action(options)
    return EXIT_OK


def _create(options: argparse.Namespace) -> None:
    null_sinks.create(options.name, is_permanent=options.permanent)
    print(f"Made the output {options.name}. In the configuration: device: {options.name}")
    print(f"In OBS: Audio Output Capture of {options.name}, or its monitor.")
    if not options.permanent:
        print("It is gone when the sound server ends; --permanent keeps it.")


def _remove(options: argparse.Namespace) -> None:
    null_sinks.remove(options.name)
    print(f"Removed the output {options.name}.")


def _list(_: argparse.Namespace) -> None:
    print("\n".join(null_sinks.names()) or "No output was made here.")
