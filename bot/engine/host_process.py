"""The process of an engine: takes orders from standard input, reports to standard output.

`bot.engine.host` starts it, maybe under another interpreter than the daemon's: everything that is
imported here runs on Python 3.10. The messages are those of `bot.engine.protocol`.
"""

import asyncio
import os
import platform
import sys
import traceback
from collections.abc import Callable, Mapping, MutableMapping
from contextlib import suppress
from importlib import import_module
from threading import Thread, Timer
from typing import Any, BinaryIO

import msgspec

from bot import child, frames
from bot.engine import protocol
from bot.engine.service import Orders, Service
from bot.messages import encode

_GRACE_S = 2.0
"""What an engine gets to let go of what it holds before its process ends anyway."""
_LEVELS: Mapping[str, protocol.Level] = {
    "debug": "debug",
    "info": "info",
    "warning": "warning",
}

Report = Callable[[protocol.Report], None]


def _feed(pipe: BinaryIO, put: Callable[[protocol.Order | None], None], report: Report) -> None:
    """Pass on every order from `pipe`, and its end."""
    try:
        for body in frames.read(pipe):
            put(protocol.order(body))
    except (frames.FrameError, msgspec.MsgspecError) as error:
        report(protocol.Refused(message=f"The daemon sent what is no order: {error}."))
    finally:
        put(None)
        # A kernel that never returns must not keep a process that nobody listens to.
        timer = Timer(_GRACE_S, os._exit, (1,))
        timer.daemon = True
        timer.start()


def _report_log(report: Report) -> None:
    """Send what engines log with structlog, where that is installed, to the daemon's log."""
    with suppress(ModuleNotFoundError):
        structlog: Any = import_module("structlog")

        def send(_logger: object, _method: str, event: MutableMapping[str, Any]) -> None:
            report(_logged(event))
            raise structlog.DropEvent

        processors = [structlog.stdlib.add_log_level, structlog.processors.format_exc_info, send]
        structlog.configure(processors=processors)


def _logged(event: Mapping[str, Any]) -> protocol.Logged:
    level = _LEVELS.get(event["level"], "error")
    simple = (str, int, float, bool, type(None))
    fields = {
        key: value if isinstance(value, simple) else str(value)
        for key, value in event.items()
        if key not in {"event", "level"}
    }
    return protocol.Logged(level=level, event=str(event["event"]), fields=fields)


async def _serve(pipe: BinaryIO, report: Report) -> None:
    orders: Orders = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def put(order: protocol.Order | None) -> None:
        with suppress(RuntimeError):  # the loop ended before the daemon did
            loop.call_soon_threadsafe(orders.put_nowait, order)

    Thread(target=_feed, args=(pipe, put, report), name="orders", daemon=True).start()
    await Service(report).run(orders)


def main() -> None:
    """Run the engine that the first order names, until standard input ends."""
    child.ignore_interrupts()
    report = child.Sender(child.claim_stdout(others=2), encode)
    report(protocol.Hello(version=protocol.VERSION, python=platform.python_version()))
    _report_log(report)
    code = 0
    try:
        asyncio.run(_serve(sys.stdin.buffer, report))
    except Exception:  # noqa: BLE001 - whatever it is, the daemon reads it here
        traceback.print_exc()
        code = 1
    report.close()
    sys.stderr.flush()
    os._exit(code)  # threads of an engine that hangs would be waited for


if __name__ == "__main__":
    main()
