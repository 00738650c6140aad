"""What commands have in common: exit codes, the configuration, running until done."""

import argparse
import asyncio
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.config import Settings, default_path, load
from bot.errors import IshowttsError

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - has no public name

EXIT_OK = 0
EXIT_PROBLEM = 1
"""`check` found a problem; a command other than `run` could not do it."""
EXIT_USAGE = 2
"""The arguments or the configuration hold mistakes."""
EXIT_START = 3
"""The daemon cannot start: the port is taken, the engine does not load..."""
EXIT_BROKEN_PIPE = 141
"""Whoever read the output has gone; as a shell tells of a process that SIGPIPE ended."""
EXIT_INTERRUPTED = 130
"""Interrupted from the keyboard, apart from `run`, for which that is the normal end."""


def config_option() -> argparse.ArgumentParser:
    """Return a parent parser with `--config`."""
    parent = argparse.ArgumentParser(add_help=False)
    parent.add_argument(
        "--config", type=Path, metavar="FILE", help="configuration; the shipped one by default"
    )
    return parent


def settings(options: argparse.Namespace) -> Settings:
    """Return the configuration that `--config` names.

    Raises:
        ConfigError: it holds mistakes.
    """
    return load(options.config or default_path())


def quiet_logs() -> None:
    """Log errors alone: commands that end say themselves what they cannot do."""
    from bot import logs  # noqa: PLC0415 - `--help` starts without it
    from bot.config.logs import LogSettings  # noqa: PLC0415

    logs.configure(LogSettings(level="error"))


def fail(error: IshowttsError, code: int) -> int:
    """Say what went wrong; return `code`."""
    print(f"ishowtts: {error}", file=sys.stderr)  # noqa: T201
    return code


def complete(work: Coroutine[Any, Any, None]) -> None:
    """Run `work`; of tasks that failed together, raise the first one's error for people.

    A mistake of ours among them is raised as it is, with everything that led to it.
    """
    try:
        asyncio.run(work)
    except BaseExceptionGroup as group:
        error: BaseException | None
        error, mistakes = group.split(IshowttsError)
        if error is None or mistakes is not None:
            raise
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        raise error from None
