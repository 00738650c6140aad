"""`ishowtts service`: installs the daemon as a service of systemd, shows its state and its log."""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from bot.cli import EXIT_OK, EXIT_PROBLEM
from bot.errors import IshowttsError, StartError

if sys.platform == "win32":  # what follows imports modules that only POSIX systems have
    raise StartError(
        "Services of systemd exist only on Linux.",
        remedy="Start the daemon at log-on with Windows' Task Scheduler.",
    )

from bot.service import installation, manager
from bot.service.manager import Manager, UnitState
from bot.service.units import MAIN

_STATES = {"active": "runs", "activating": "is starting", "inactive": "does not run"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    scope = argparse.ArgumentParser(add_help=False)
    scope.add_argument(
        "--system", action="store_true", help="a service of the system, not of this user"
    )

    install = actions.add_parser(
        "install", parents=[scope], help="write its units, enable and start it"
    )
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
    install.set_defaults(action=_install)

    uninstall = actions.add_parser(
        "uninstall", parents=[scope], help="stop it and remove its units"
    )
    uninstall.set_defaults(action=_uninstall)

    status = actions.add_parser("status", parents=[scope], help="show whether it runs")
    status.set_defaults(action=_status)

    logs = actions.add_parser("logs", parents=[scope], help="show its log")
    logs.add_argument("-f", "--follow", action="store_true", help="go on showing what is new")
    logs.add_argument(
        "-n", "--lines", type=int, default=100, metavar="N", help="how many lines (default: 100)"
    )
    logs.add_argument(
        "matches",
        nargs="*",
        metavar="FIELD=VALUE",
        help="only lines with this field, such as CHANNEL=main",
    )
    logs.set_defaults(action=_logs)


def run(options: argparse.Namespace) -> int:
    """Do what the action says; return 1 if `status` finds that the service does not run."""
    return int(options.action(options))


def _install(options: argparse.Namespace) -> int:
    if options.jetson_clocks:
        installation.lock_jetson_clocks(_say)
        return EXIT_OK
    config = options.config.absolute() if options.config else None
    installation.install(is_system=options.system, config=config, tell=_say)
    _say(f"{MAIN} {_doing(Manager(is_system=options.system).state(MAIN))}.")
    if not options.system:
        _see_to_linger(options)
    if installation.lacks_jetson_clocks():
        _say("To lock this Jetson's clocks: sudo ishowtts service install --jetson-clocks")
    _say(f"To see its log: ishowtts service logs{' --system' if options.system else ''}")
    return EXIT_OK


def _see_to_linger(options: argparse.Namespace) -> None:
    """Let the user's services start at boot, if that is wanted; ask where nothing was said."""
    if manager.lingers():
        _say("It starts at boot, without anybody logged in.")
        return
    is_wanted = options.linger
    if is_wanted is None and sys.stdin.isatty():
        is_wanted = _is_yes("Start it at boot, before anybody logs in (linger)? [y/N] ")
    if not is_wanted:
        _say(f"It runs while you are logged in. To start it at boot: {_linger_command()}")
        return
    try:
        manager.linger()
    except IshowttsError as error:
        _say(f"It runs while you are logged in: {error.message} Try: sudo {_linger_command()}")
    else:
        _say("It starts at boot, without anybody logged in.")


def _is_yes(question: str) -> bool:
    """Ask the person at the terminal; Ctrl-D is a no."""
    try:
        return input(question).strip().lower() in {"y", "yes"}
    except EOFError:
        _say("")
        return False


def _uninstall(options: argparse.Namespace) -> int:
    installation.uninstall(is_system=options.system, tell=_say)
    return EXIT_OK


def _status(options: argparse.Namespace) -> int:
    state = Manager(is_system=options.system).state(MAIN)
    if not state.is_loaded:
        sudo, scope = ("sudo ", " --system") if options.system else ("", "")
        _say(f"It is not installed. Install it: {sudo}ishowtts service install{scope}")
        return EXIT_PROBLEM
    _say(f"{MAIN} {_doing(state)}, and is {state.enabled}.")
    if state.active == "active":
        _say(f"  since {state.since}, process {state.pid}")
    if state.status:
        _say(f"  {state.status}")
    if state.memory_bytes is not None:
        _say(f"  memory {state.memory_bytes / 2**20:.0f} MiB")
    _say(f"  restarted {state.restarts} times")
    if not options.system and manager.lingers() is False:
        _say(f"  it ends when you log out; to change that: {_linger_command()}")
    return EXIT_OK if state.active == "active" else EXIT_PROBLEM


def _logs(options: argparse.Namespace) -> int:
    """Show the service's log with journalctl; return its exit code."""
    journalctl = shutil.which("journalctl")
    if journalctl is None:
        raise StartError("This system has no journal, so there is no log to show.")
    unit = f"--unit={MAIN}" if options.system else f"--user-unit={MAIN}"
    follow = ["--follow"] if options.follow else []
    command = [journalctl, unit, f"--lines={options.lines}", *follow, *options.matches]
    try:
        return subprocess.run(command, check=False).returncode  # noqa: S603 - no shell
    except KeyboardInterrupt:
        return EXIT_OK  # how one stops following


def _doing(state: UnitState) -> str:
    told = _STATES.get(state.active, f"has failed ({state.result})")
    return f"{told} ({state.sub})" if state.active == "activating" else told


def _linger_command() -> str:
    return f"loginctl enable-linger {manager.user_name()}"


def _say(text: str) -> None:
    print(text, flush=True)
