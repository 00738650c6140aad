"""Measurements that need a process of their own, and how they answer."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

import bot
from bot.errors import IshowttsError

_T = TypeVar("_T")
_MARK = "ishowtts-bench: "
_TAIL_CHARACTERS = 600


class ChildError(IshowttsError):
    """A measurement's process ended without a result."""


def run(
    module: str,
    arguments: Sequence[str],
    answer: type[_T],
    *,
    timeout_s: float,
    environment: Mapping[str, str] | None = None,
) -> _T:
    """Return what `python -m module` answers by `reply`.

    Raises:
        ChildError: it failed, gave another answer, or took too long.
    """
    source = str(Path(bot.__file__).parents[1])
    path = os.pathsep.join(filter(None, (source, os.environ.get("PYTHONPATH"))))
    try:
        done = subprocess.run(  # noqa: S603 - our own module
            [sys.executable, "-m", module, *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout_s,
            env={**os.environ, **(environment or {}), "PYTHONPATH": path},
        )
    except subprocess.TimeoutExpired as error:
        raise ChildError(f"{module} did not end within {timeout_s:.0f} s.") from error
    answers = [line for line in done.stdout.splitlines() if line.startswith(_MARK)]
    if done.returncode != 0 or not answers:
        raise ChildError(
            f"{module} ended with exit code {done.returncode}: "
            f"{done.stderr.strip()[-_TAIL_CHARACTERS:]}"
        )
    return msgspec.json.decode(answers[-1].removeprefix(_MARK), type=answer)


def reply(answer: object) -> None:
    """Give the parent its answer."""
    print(_MARK + msgspec.json.encode(answer).decode())  # noqa: T201 - read by the parent
