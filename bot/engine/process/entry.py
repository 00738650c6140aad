"""Entry of an engine's process: requests come from standard input, events go to standard output.

`bot.engine.process.supervisor` starts it, maybe under another interpreter than the daemon's: all
that is imported here runs on Python 3.10. The messages are those of `bot.engine.process.protocol`.
"""

import asyncio
import logging
import os
import platform
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from threading import Thread, Timer
from typing import Any, BinaryIO, TypeAlias

import msgspec

from bot.engine.process import protocol
from bot.engine.process.worker import Worker
from bot.runtime.processes import child, frames
from bot.runtime.processes.packing import encode

_GRACE_S = 2.0
"""Limit for the engine to release what it holds, before its process ends anyway."""
_LEVELS: Mapping[int, protocol.Level] = {
    logging.DEBUG: "debug",
    logging.INFO: "info",
    logging.WARNING: "warning",
}
_BOUNDED_SPIN: Mapping[str, str] = {"GOMP_SPINCOUNT": "10000", "KMP_BLOCKTIME": "1"}
"""How long a thread of OpenMP waits awake for the others, in rounds of GNU's and milliseconds of
Intel's and LLVM's: as long as they do on their own it burns the core that the others need, and none
at all (OMP_WAIT_POLICY=PASSIVE) takes nearly twice as long on a quiet machine."""
_SIMPLE = (str, int, float, bool, type(None))
_OF_EVERY_RECORD = frozenset(vars(logging.makeLogRecord({}))) | {"message"}
"""Attributes of any record; all others were logged with it."""

Send: TypeAlias = Callable[[protocol.Event], None]


def _read(pipe: BinaryIO, take: Callable[[protocol.Request | None], object], send: Send) -> None:
    """Let `take` have every request from `pipe`, and None at its end."""
    try:
        for body in frames.read(pipe):
            take(protocol.decode_request(body))
    except (ValueError, msgspec.MsgspecError) as error:  # also of bytes that are no text
        send(protocol.Refused(message=f"The daemon sent an invalid request: {error}."))
    finally:
        take(None)
        # A kernel that never returns must not keep a process that nobody listens to.
        timer = Timer(_GRACE_S, os._exit, (1,))
        timer.daemon = True
        timer.start()


class _LogHandler(logging.Handler):
    """Sends what engines and their libraries log to the daemon's log."""

    def __init__(self, send: Send) -> None:
        super().__init__()
        self._send = send

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._send(_logged(record))
        except Exception:  # noqa: BLE001 - as every handler does: a mistake in a log line costs that line
            self.handleError(record)


def _logged(record: logging.LogRecord) -> protocol.Logged:
    fields = {
        key: value if _is_simple(value) else str(value)
        for key, value in vars(record).items()
        if key not in _OF_EVERY_RECORD
    }
    if record.exc_info:
        fields["exception"] = logging.Formatter().formatException(record.exc_info)
    level = _LEVELS.get(record.levelno, "error")
    return protocol.Logged(level=level, event=record.getMessage(), fields=fields)


def _is_simple(value: object) -> bool:
    """Tell whether MessagePack can hold it."""
    if isinstance(value, int):
        return -(2**63) <= value < 2**63
    return isinstance(value, _SIMPLE)


def _encode(event: protocol.Event) -> bytes:
    """Return the event as MessagePack; names of files may hold bytes that are no text."""
    try:
        return encode(event)
    except UnicodeEncodeError:
        fields = msgspec.structs.asdict(event)
        return encode(type(event)(**{name: _as_text(value) for name, value in fields.items()}))


def _as_text(value: Any) -> Any:  # noqa: ANN401 - whatever an event holds
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, tuple | list):
        return [_as_text(each) for each in value]
    if isinstance(value, dict):
        return {_as_text(key): _as_text(each) for key, each in value.items()}
    return value


def _send_log(send: Send) -> None:
    logging.basicConfig(level=logging.WARNING, handlers=[_LogHandler(send)])
    logging.getLogger("bot").setLevel(logging.DEBUG)


async def _serve(pipe: BinaryIO, send: Send) -> None:
    worker = Worker(send)
    loop = asyncio.get_running_loop()

    def take(request: protocol.Request | None) -> None:
        with suppress(RuntimeError):  # the loop ended before the daemon did
            loop.call_soon_threadsafe(worker.take, request)

    Thread(target=_read, args=(pipe, take, send), name="requests", daemon=True).start()
    await worker.run()


def main() -> None:
    """Run the engine that the first request names, until standard input ends."""
    child.end_with_parent()
    child.ignore_interrupts()
    if "OMP_WAIT_POLICY" not in os.environ:
        for name, limit in _BOUNDED_SPIN.items():  # read when torch loads it
            os.environ.setdefault(name, limit)
    send = child.Sender(child.claim_stdout(others=2), _encode)
    send(protocol.Hello(version=protocol.VERSION, python=platform.python_version()))
    _send_log(send)
    code = 0
    try:
        asyncio.run(_serve(sys.stdin.buffer, send))
    except Exception:  # noqa: BLE001 - whatever it is, the daemon reads it here
        traceback.print_exc()
        code = 1
    send.close()
    sys.stderr.flush()
    os._exit(code)  # threads of an engine that hangs would be waited for


if __name__ == "__main__":
    main()
