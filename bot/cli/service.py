"""`ishowtts service`: the daemon as a service of systemd."""

import argparse
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from bot.cli.shared import EXIT_OK, EXIT_PROBLEM
from bot.errors import StartError

if TYPE_CHECKING:
    from bot.cli.shared import Commands


def add_to(commands: "Commands") -> None:
    """Add the command."""
    parser = commands.add_parser("service", help="run the daemon as a service of systemd")
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    scope = argparse.ArgumentParser(add_help=False)
    scope.add_argument(
        "--system", action="store_true", help="a service of the system, not of this user"
    )

    install = actions.add_parser("install", parents=[scope], help="write, enable and start it")
    install.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="configuration; by default config.yaml in ~/.config/ishowtts or /etc/ishowtts",
    )
    install.add_argument(
        "--linger",
        action=argparse.BooleanOptionalAction,
        help="start the user's service at boot, without a log-in; asks by default",
    )
    install.add_argument(
        "--jetson-clocks",
        action="store_true",
        help="instead: lock the clocks of this Jetson at every boot; as root",
    )
    install.set_defaults(command=_install)

    uninstall = actions.add_parser("uninstall", parents=[scope], help="stop and remove it")
    uninstall.set_defaults(command=_uninstall)

    status = actions.add_parser("status", parents=[scope], help="tell whether it runs")
    status.set_defaults(command=_status)

    logs = actions.add_parser("logs", parents=[scope], help="show its log")
    logs.add_argument("-f", "--follow", action="store_true", help="go on showing what is new")
    logs.add_argument("-n", "--lines", type=int, default=100, metavar="N", help="(default: 100)")
    logs.add_argument(
        "matches", nargs="*", metavar="FIELD=VALUE", help="only this, such as CHANNEL=main"
    )
    logs.set_defaults(command=_logs)


def _install(options: argparse.Namespace) -> int:
    if options.jetson_clocks:
        _work().install_jetson_clocks()
        return EXIT_OK
    config = options.config.absolute() if options.config else None
    _work().install(is_system=options.system, config=config, linger=options.linger)
    return EXIT_OK


def _uninstall(options: argparse.Namespace) -> int:
    _work().uninstall(is_system=options.system)
    return EXIT_OK


def _status(options: argparse.Namespace) -> int:
    return EXIT_OK if _work().status(is_system=options.system) else EXIT_PROBLEM


def _logs(options: argparse.Namespace) -> int:
    return int(
        _work().logs(
            is_system=options.system,
            follow=options.follow,
            lines=options.lines,
            matches=options.matches,
        )
    )


def _work() -> ModuleType:
    """Return what does the work; it needs modules that only POSIX systems have.

    Raises:
        StartError: this is none.
    """
    if sys.platform == "win32":
        raise StartError(
            "Services of systemd exist on Linux alone.",
            remedy="Start the daemon at log-on with Windows' Task Scheduler.",
        )
    return import_module("bot.service.command")
