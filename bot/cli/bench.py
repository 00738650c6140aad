"""`ishowtts bench`: how fast F5-TTS is here."""

import argparse
import asyncio
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

from bot.bench import arguments
from bot.cli.shared import config_option, quiet_logs, settings
from bot.config import Settings

if TYPE_CHECKING:
    from bot.cli.shared import Commands


def add_to(commands: "Commands") -> None:
    """Add the command."""
    parser = commands.add_parser(
        "bench", parents=[config_option()], help="measure the speed of F5-TTS on this machine"
    )
    arguments.add_to(parser)
    parser.set_defaults(command=_bench)


def _bench(options: argparse.Namespace) -> int:
    asked = arguments.options(options)
    if asked.history is not None or asked.accept:
        return _look_back(asked)
    from bot.engine import import_extra  # noqa: PLC0415 - `--help` starts without it

    chosen = settings(options)
    if asked.check == arguments.STORED:
        return _check(chosen, asked)
    quiet_logs()
    command = import_extra("bot.bench.command", "ishowtts bench", "f5")
    return int(command.bench(chosen.engine.f5, asked))


def _look_back(asked: arguments.Options) -> int:
    from bot.bench import history_view, routine  # noqa: PLC0415 - `--help` starts without it

    if asked.accept:
        return history_view.accept(routine.history())
    assert asked.history is not None
    return history_view.show(routine.history(), asked.history)


def _check(chosen: Settings, asked: arguments.Options) -> int:
    """Measure while the daemon is idle, or not at all."""
    from bot import logs  # noqa: PLC0415
    from bot.config.logs import LogSettings  # noqa: PLC0415
    from bot.service import daemon  # noqa: PLC0415 - `--help` starts without it

    # Not as configured: two processes cannot take turns with one file.
    logs.configure(LogSettings(level="warning"))
    is_elsewhere = chosen.engine.python is not None
    if "f5" not in chosen.engine.engines or not (is_elsewhere or find_spec("torch")):
        return _skip("F5-TTS does not speak here, so there is nothing to measure.")
    if not asyncio.run(daemon.wait_until_idle(chosen.server, asked.wait_s)):
        return _skip(
            f"The daemon was not idle within {asked.wait_s:.0f} s, so nothing was measured. Wait"
            " longer with --wait S, or try again later."
        )
    before = daemon.accepted(asyncio.run(daemon.ask(chosen.server)))

    def is_alone() -> bool:
        return daemon.accepted(asyncio.run(daemon.ask(chosen.server))) == before

    if is_elsewhere:
        from bot import engine_speed  # noqa: PLC0415

        verdict = engine_speed.check(chosen, is_alone)
        return arguments.EXIT_BUSY if verdict is None else verdict.exit_code
    from bot.bench import command  # noqa: PLC0415

    return command.bench(chosen.engine.f5, asked, is_alone)


def _skip(why: str) -> int:
    print(f"ishowtts: {why}", file=sys.stderr)  # noqa: T201
    return arguments.EXIT_BUSY
