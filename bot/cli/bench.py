"""`ishowtts bench`: how fast F5-TTS is here."""

import argparse
import asyncio
import sys
from typing import TYPE_CHECKING

from bot.bench import arguments
from bot.cli.shared import config_option, quiet_logs, settings
from bot.config import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.cli.shared import Commands


def add_to(commands: "Commands") -> None:
    """Add the command."""
    parser = commands.add_parser(
        "bench", parents=[config_option()], help="measure the speed of F5-TTS on this machine"
    )
    arguments.add_to(parser)
    parser.set_defaults(command=_bench)


def _bench(options: argparse.Namespace) -> int:
    from bot.engine import import_extra  # noqa: PLC0415 - `--help` starts without it

    chosen = settings(options)
    quiet_logs()
    command = import_extra("bot.bench.command", "ishowtts bench", "f5")
    asked = arguments.options(options)
    if asked.check != arguments.STORED:
        return int(command.bench(chosen.engine.f5, asked))
    return _check(command.bench, chosen, asked)


def _check(bench: "Callable[..., int]", chosen: Settings, asked: arguments.Options) -> int:
    """Measure while the daemon is idle, or not at all."""
    from bot import daemon_status as daemon  # noqa: PLC0415 - `--help` starts without it

    if not asyncio.run(daemon.wait_until_idle(chosen.server, asked.wait_s)):
        print(  # noqa: T201
            f"ishowtts: the daemon was not idle within {asked.wait_s:.0f} s, so nothing was"
            " measured. Wait longer with --wait S, or try again later.",
            file=sys.stderr,
        )
        return arguments.EXIT_BUSY
    before = daemon.accepted(asyncio.run(daemon.ask(chosen.server)))

    def is_alone() -> bool:
        return daemon.accepted(asyncio.run(daemon.ask(chosen.server))) == before

    return bench(chosen.engine.f5, asked, is_alone)
