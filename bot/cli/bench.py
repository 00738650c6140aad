"""`ishowtts bench`: how fast F5-TTS is here."""

import argparse
import asyncio
import sys
from importlib.util import find_spec

from bot import engine_speed, logs
from bot.bench import arguments, history_view, routine
from bot.cli.shared import add_config_option, load_settings, quiet_logs
from bot.config import Settings
from bot.config.logs import LogSettings
from bot.engine import import_extra
from bot.service import daemon


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_config_option(parser)
    arguments.add_to(parser)


def run(options: argparse.Namespace) -> int:
    """Measure, compare with the baseline, or look back; return the exit code."""
    asked = arguments.options(options)
    if asked.history is not None or asked.accept:
        return _look_back(asked)
    chosen = load_settings(options)
    if asked.check == arguments.STORED:
        return _check(chosen, asked)
    quiet_logs()
    command = import_extra("bot.bench.command", "ishowtts bench", "f5")
    return int(command.bench(chosen.engine.f5, asked))


def _look_back(asked: arguments.Options) -> int:
    if asked.accept:
        return history_view.accept(routine.history())
    assert asked.history is not None
    return history_view.show(routine.history(), asked.history)


def _check(chosen: Settings, asked: arguments.Options) -> int:
    """Measure while the daemon is idle, or not at all."""
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
        verdict = engine_speed.check(chosen, is_alone)
        return arguments.EXIT_BUSY if verdict is None else verdict.exit_code
    command = import_extra("bot.bench.command", "ishowtts bench", "f5")
    return int(command.bench(chosen.engine.f5, asked, is_alone))


def _skip(why: str) -> int:
    print(f"ishowtts: {why}", file=sys.stderr)
    return arguments.EXIT_BUSY
