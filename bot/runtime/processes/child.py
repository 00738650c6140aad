"""Child processes that exchange frames with the daemon over their standard input and output.

The daemon's end starts and ends them; the child's end keeps its standard output for frames alone
and ends when its standard input does. Works where no descriptor can be passed, as on Windows.
"""

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
import traceback
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import BinaryIO, Generic, TypeVar

import bot
from bot.runtime.processes.frames import frame

_T = TypeVar("_T")
_PR_SET_PDEATHSIG = 1
"""Of prctl(2)."""
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None
"""Loaded here: in a process between fork and exec nothing may be loaded."""


_OWN_GROUP: int = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
"""What a session of its own is on Windows; nothing elsewhere."""
_RUN = """
import runpy, sys
folder, module = sys.argv[1:3]
del sys.argv[1:3]
sys.path[:] = [folder, *(path for path in sys.path if path)]
runpy.run_module(module, run_name="__main__", alter_sys=True)
"""
"""As `-m`, but not from the working folder, where somebody else's `bot` may lie."""


def module_command(module: str, *arguments: str) -> tuple[str, ...]:
    """Return the command that runs a module of this package under this interpreter."""
    return (sys.executable, "-c", _RUN, str(Path(bot.__file__).parents[1]), module, *arguments)


async def start(
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    has_stderr: bool = False,
) -> Process:
    """Return the process of `command`, with pipes for its input and output.

    Args:
        command: Program and arguments.
        environment: Instead of the daemon's.
        has_stderr: Whether its standard error is a pipe too; otherwise it is the daemon's.

    Raises:
        OSError: the program cannot be started.
    """
    return await asyncio.create_subprocess_exec(
        *command,
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE if has_stderr else None,
        env=environment,
        start_new_session=True,  # a terminal's interrupt is for the daemon
        creationflags=_OWN_GROUP,
    )


async def end(process: Process, *, grace_s: float) -> None:
    """Close the input of `process`, which asks it to end; kill it if it takes over `grace_s`.

    Its remaining output is thrown away; a pipe of its standard error is left to its reader.
    Cancelling kills it at once, and returns when it has ended: a process that hangs is not left.
    """
    assert process.stdin is not None
    process.stdin.close()
    ending = asyncio.create_task(_end(process, grace_s))
    try:
        await asyncio.shield(ending)
    except asyncio.CancelledError:
        _kill(process)
        await ending
        raise


async def _end(process: Process, grace_s: float) -> None:
    try:
        await asyncio.wait_for(_wait(process), grace_s)
    except asyncio.TimeoutError:
        _kill(process)
        await _wait(process)


def _kill(process: Process) -> None:
    """End it and its children, which would keep its pipes open."""
    with suppress(ProcessLookupError):  # it ended just now
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)


async def _wait(process: Process) -> None:
    assert process.stdout is not None
    while await process.stdout.read(1 << 16):
        pass
    await process.wait()


class Sender(Generic[_T]):
    """Sender in a thread of its own, so that nobody waits for the pipe."""

    def __init__(self, pipe: BinaryIO, encode: Callable[[_T], bytes]) -> None:
        """Send each message to `pipe`, encoded by `encode`."""
        self._pipe = pipe
        self._encode = encode
        self._messages: SimpleQueue[_T | None] = SimpleQueue()
        self._thread = Thread(target=self._send, name="sender", daemon=True)
        self._thread.start()

    def __call__(self, message: _T) -> None:
        """Queue `message`; never waits."""
        self._messages.put(message)

    def close(self) -> None:
        """Return when every message was sent."""
        self._messages.put(None)
        self._thread.join()

    def _send(self) -> None:
        try:
            while (message := self._messages.get()) is not None:
                self._pipe.write(frame(self._encode(message)))
                self._pipe.flush()
        except OSError:
            os._exit(1)  # the daemon is gone
        except Exception:  # noqa: BLE001 - whatever it is: who cannot say anything is of no use
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)


def ignore_interrupts() -> None:
    """Ignore signals to end: the daemon ends this process by closing its input."""
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)


def end_with_parent() -> None:
    """Have the system kill this process when the daemon is gone, in whatever state either is.

    The end of standard input says so too, but not to a process that is stopped, or deep in a
    driver. Linux alone has it, by prctl(2).
    """
    if sys.platform == "linux" and _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def ending_with_parent() -> Callable[[], None] | None:
    """Return the `preexec_fn` that ends another's program with this process; none on Windows."""
    if _libc is None:
        return None
    parent = os.getpid()

    def end() -> None:
        end_with_parent()
        if os.getppid() != parent:  # gone between fork and here, so no signal would come
            os._exit(1)

    return end


def claim_stdout(*, others: int) -> BinaryIO:
    """Return standard output for frames alone.

    What anything else in this process prints there goes to the descriptor `others` instead.
    """
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(others, 1)
    return output
