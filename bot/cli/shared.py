"""Helpers of several commands: the configuration, quiet logs, running until done."""

import argparse
import asyncio
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

from bot import logs
from bot.config import ChannelSettings, Settings, default_path, load
from bot.config.sections.logs import LogSettings
from bot.errors import IshowttsError, StartError, shown
from bot.wiring.options import with_environment

_T = TypeVar("_T")


def add_config_option(parser: argparse.ArgumentParser) -> None:
    """Add `--config`, which `config_path` and `load_settings` read."""
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="configuration; by default your own, else the shipped one",
    )


def config_path(options: argparse.Namespace) -> Path:
    """Return the file that `--config` names, or the shipped one."""
    return options.config or default_path()


def load_settings(options: argparse.Namespace) -> Settings:
    """Return the configuration that `--config` names, with what variables say instead.

    Raises:
        ConfigError: it holds mistakes.
        StartError: a variable holds one.
    """
    return with_environment(load(config_path(options)))


def channel_of(settings: Settings, name: str | None) -> ChannelSettings:
    """Return the channel called `name`; the first one for None.

    Raises:
        StartError: there is none of that name.
    """
    names = [channel.name for channel in settings.channels]
    if name is not None and name not in names:
        raise StartError(
            f"There is no channel {shown(name)}.",
            remedy=f"The configuration has: {', '.join(names)}.",
        )
    return settings.channels[0 if name is None else names.index(name)]


def quiet_logs() -> None:
    """Log errors only: commands that end print what they could not do."""
    logs.configure(LogSettings(level="error"))


def columns(rows: Sequence[Sequence[str]]) -> str:
    """Return the lines of a table, its columns aligned."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
    return "\n".join(lines)


def complete(work: Coroutine[Any, Any, _T]) -> _T:
    """Run `work`, return its result; of tasks that failed together, raise the first one's error.

    A mistake of ours among them is raised as it is, with everything that led to it.
    """
    try:
        return asyncio.run(work)
    except BaseExceptionGroup as group:
        error: BaseException | None
        error, mistakes = group.split(IshowttsError)
        if error is None or mistakes is not None:
            raise
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        raise error from None
