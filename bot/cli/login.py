"""`ishowtts login` and `logout`: accounts."""

import argparse
import asyncio
from typing import TYPE_CHECKING

from bot.cli.shared import EXIT_OK, EXIT_PROBLEM, config_option, quiet_logs, settings

if TYPE_CHECKING:
    from bot.cli.shared import Commands


def add_to(commands: "Commands") -> None:
    """Add the commands."""
    login = commands.add_parser("login", parents=[config_option()], help="log a Twitch account in")
    login.add_argument("service", choices=("twitch",))
    part = login.add_mutually_exclusive_group()
    part.add_argument(
        "--bot", dest="part", action="store_const", const="bot", help="it only reads, writes chat"
    )
    part.add_argument(
        "--streamer", dest="part", action="store_const", const="streamer",
        help="it is only asked for what happens in its own channel",
    )  # fmt: skip
    part.add_argument("--status", action="store_true", help="show who is logged in, and what for")
    login.set_defaults(command=_login, part="both")
    logout = commands.add_parser(
        "logout", parents=[config_option()], help="log Twitch accounts out"
    )
    logout.add_argument("service", choices=("twitch",))
    logout.add_argument("account", nargs="?", metavar="NAME", help="only this one")
    logout.set_defaults(command=_logout)


def _login(options: argparse.Namespace) -> int:
    from bot import login  # noqa: PLC0415 - `--help` starts without it

    chosen = settings(options)
    quiet_logs()
    if options.status:
        return EXIT_OK if asyncio.run(login.status(chosen)) else EXIT_PROBLEM
    asyncio.run(login.log_in(chosen, part=options.part))
    return EXIT_OK


def _logout(options: argparse.Namespace) -> int:
    from bot import login  # noqa: PLC0415 - `--help` starts without it

    chosen = settings(options)
    quiet_logs()
    asyncio.run(login.log_out(chosen, login=options.account))
    return EXIT_OK
