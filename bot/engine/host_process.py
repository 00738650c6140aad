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
from contextlib import aclosing, suppress
from importlib import import_module
from threading import Thread, Timer
from typing import Any, BinaryIO

import msgspec
import numpy as np

from bot import child, frames
from bot.clock import now
from bot.engine import Engine, create, protocol
from bot.errors import StartError, UtteranceError
from bot.messages import AudioChunk, encode

_GRACE_S = 2.0
"""What an engine gets to let go of what it holds before its process ends anyway."""
_LEVELS: Mapping[str, protocol.Level] = {
    "debug": "debug",
    "info": "info",
    "warning": "warning",
}

Report = Callable[[protocol.Report], None]
_Orders = asyncio.Queue["protocol.Order | None"]


class Service:
    """Runs one engine for as long as orders come."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._engine: Engine | None = None
        self._speaking: dict[int, asyncio.Task[None]] = {}
        self._heard_at = 0.0
        """When the engine last gave something, or got work after a pause."""

    async def run(self, orders: _Orders) -> None:
        """Carry out `orders` until None comes, or the engine refuses to run."""
        start = await orders.get()
        if not isinstance(start, protocol.Start) or start.version != protocol.VERSION:
            theirs = start.version if isinstance(start, protocol.Start) else "none"
            self._report(
                protocol.Refused(
                    message=f"The engine's process speaks version {protocol.VERSION} of the "
                    f"protocol, the daemon {theirs}.",
                    remedy="Install the same version of ishowtts for both.",
                )
            )
            return
        warming = asyncio.create_task(self._warm_up(start), name="warm up")
        obeying = asyncio.create_task(self._obey(orders), name="obey")
        try:
            await asyncio.wait((warming, obeying), return_when=asyncio.FIRST_COMPLETED)
            if not obeying.done() and await warming:
                await obeying
        finally:
            for task in (warming, obeying, *self._speaking.values()):
                task.cancel()
            if self._engine is not None:
                await self._engine.close()

    async def _warm_up(self, start: protocol.Start) -> bool:
        """Report what came of it; tell whether the engine can speak."""
        try:
            # Imports that take seconds must not hold up the answers to pings.
            engine = await asyncio.to_thread(create, start.engine, start.options)
            await engine.warm_up()
        except StartError as error:
            self._report(protocol.Refused(message=error.message, remedy=error.remedy))
            return False
        self._engine = engine
        self._report(protocol.Ready(name=engine.name))
        return True

    async def _obey(self, orders: _Orders) -> None:
        while (order := await orders.get()) is not None:
            if isinstance(order, protocol.Ping):
                self._answer(order)
            elif isinstance(order, protocol.Speak) and self._engine is not None:
                if not self._speaking:
                    self._heard_at = now()
                speaking = self._speak(self._engine, order)
                self._speaking[order.number] = asyncio.create_task(speaking)
            elif isinstance(order, protocol.Cancel) and order.number in self._speaking:
                self._speaking[order.number].cancel()

    def _answer(self, ping: protocol.Ping) -> None:
        quiet_s = now() - self._heard_at if self._speaking else 0.0
        self._report(
            protocol.Pong(number=ping.number, speaking=len(self._speaking), quiet_s=quiet_s)
        )

    async def _speak(self, engine: Engine, order: protocol.Speak) -> None:
        number = order.number
        try:
            async with aclosing(engine.synthesize(order.request)) as chunks:
                async for chunk in chunks:
                    _check(chunk, engine.name)
                    self._heard_at = now()
                    self._report(protocol.Chunk(number=number, audio=chunk))
            self._report(protocol.Done(number=number))
        except UtteranceError as error:
            self._fail(number, "utterance", error.message, error.remedy)
        except Exception as error:  # noqa: BLE001 - other people's models raise anything
            out_of_memory = isinstance(error, MemoryError) or "OutOfMemory" in type(error).__name__
            trouble: protocol.Trouble = "memory" if out_of_memory else "fault"
            detail = "".join(traceback.format_exception(type(error), error, error.__traceback__))
            self._fail(number, trouble, f"{engine.name} raised {error!r}.", "", detail)
        finally:
            self._heard_at = now()
            del self._speaking[number]

    def _fail(
        self, number: int, trouble: protocol.Trouble, message: str, remedy: str, detail: str = ""
    ) -> None:
        self._report(
            protocol.Failed(
                number=number, trouble=trouble, message=message, remedy=remedy, detail=detail
            )
        )


def _check(chunk: AudioChunk, name: str) -> None:
    """Make sure that what is played was sound."""
    if not chunk.samples.size or not np.isfinite(chunk.samples).all():
        raise UtteranceError(f"{name} gave samples that are not finite, or none.")


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
    orders: _Orders = asyncio.Queue()
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
