"""`ishowtts run`: the daemon."""

import argparse
import asyncio
import faulthandler
import gc
import os
import sys
import traceback
import webbrowser
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import TYPE_CHECKING

from bot import logs
from bot.cli import EXIT_OK, EXIT_USAGE
from bot.cli.shared import add_config_option, complete, config_path, load_settings
from bot.config import Settings
from bot.engine import import_extra
from bot.errors import LeaseLostError, StartError, shown
from bot.logs.background import tell
from bot.wiring import engines
from bot.wiring.options import with_options

if TYPE_CHECKING:
    from bot.app import Daemon
    from bot.engine.narrator import Narrator
    from bot.store.copied import Copy


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_config_option(parser)
    parser.add_argument(
        "--channel", type=_twitch_channel, metavar="NAME", help="also read this Twitch channel"
    )
    parser.add_argument(
        "--replay", type=Path, metavar="FILE", help="read recorded chat instead, then end"
    )
    parser.add_argument(
        "--speed",
        type=_speed,
        metavar="N",
        help="replay N times as fast as recorded (default: 1), or max: as fast as speech follows",
    )
    parser.add_argument(
        "--record", type=Path, metavar="FILE", help="write the chat that comes in, for --replay"
    )
    parser.add_argument("--output", type=Path, metavar="FILE.wav", help="also write what is heard")
    parser.add_argument(
        "--events", type=Path, metavar="FILE.jsonl", help="append a JSON line for each outcome"
    )
    parser.add_argument(
        "--no-browser",
        dest="browser",
        action="store_false",
        help="open no page, also where there is a desktop",
    )


def run(options: argparse.Namespace) -> int:
    """Run the daemon until it is stopped, or every source has ended."""
    if options.speed is not None and options.replay is None:
        print(
            "ishowtts: --speed needs --replay. Add --replay FILE, or leave out --speed.",
            file=sys.stderr,
        )
        return EXIT_USAGE
    may_restart = not (options.replay or options.record or options.output)
    # What is imported lasts: looking through it for garbage would hold the event loop for 50 ms
    # now, and again and again in service.
    gc.disable()
    faulthandler.enable()  # a watchdog ends what hangs with SIGABRT: then it tells where it hung
    sys.excepthook = _tell_crash
    show = _open if options.browser and _has_desktop() else _keep
    while _run_once(options, may_restart=may_restart, show=show):
        show = _keep
    return EXIT_OK


def _has_desktop() -> bool:
    """Tell whether somebody sits before this terminal who can see a browser."""
    if not sys.stderr.isatty() or "SSH_CONNECTION" in os.environ:
        return False
    return sys.platform in ("win32", "darwin") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )


def _open(url: str) -> None:
    """Show the page at `url`; a browser may take its time to start."""
    Thread(target=webbrowser.open, args=(url,), name="browser", daemon=True).start()


def _keep(_: str) -> None:
    """Show nothing."""


def _settings(options: argparse.Namespace) -> Settings:
    return with_options(
        load_settings(options),
        twitch_channel=options.channel,
        replay=options.replay,
        speed=1.0 if options.speed is None else options.speed,
        output=options.output,
    )


def _run_once(
    options: argparse.Namespace, *, may_restart: bool, show: Callable[[str], None]
) -> bool:
    """Run the daemon until it ends; return whether it shall be started again."""
    chosen = _settings(options)
    logs.configure(chosen.log)

    def build(engine: "Narrator", copy: "Copy | None") -> "Daemon":
        daemon_type: type[Daemon] = import_module("bot.app").Daemon
        return daemon_type(
            chosen,
            engine=engine,
            record=options.record,
            events=options.events,
            config=config_path(options),
            again=partial(_settings, options) if may_restart else None,
            show=show,
            copy=copy,
        )

    async def live() -> bool:
        engine = engines.create(chosen.engine)
        engine.start()  # it loads while the rest of the daemon is imported
        try:
            async with _turn(chosen, is_replay=options.replay is not None) as copy:
                daemon = await _built(lambda: build(engine, copy))
                gc.freeze()
                gc.enable()
                return await daemon.run()
        except* LeaseLostError:  # the log says why
            pass
        finally:
            await engine.close()
        return True  # its turn is over: it stands by again

    try:
        return complete(live())
    finally:
        logs.finish()


async def _built(build: "Callable[[], Daemon]") -> "Daemon":
    """Return what `build` makes in a thread; a turn that ends meanwhile leaves nothing open."""
    building = asyncio.ensure_future(asyncio.to_thread(build))
    try:
        return await asyncio.shield(building)
    except asyncio.CancelledError:
        with suppress(StartError):
            (await building).close()
        raise


@asynccontextmanager
async def _turn(settings: Settings, *, is_replay: bool) -> "AsyncIterator[Copy | None]":
    """Wait for this daemon's turn where it has a standby, or is one."""
    if not settings.standby.enabled or is_replay:
        yield None
        return
    standby = import_extra("bot.pool.standby", "A standby", "nats")
    async with standby.leading(settings) as copy:
        yield copy


def _tell_crash(kind: type[BaseException], error: BaseException, at: TracebackType | None) -> None:
    """Tell what the interpreter would, but end also where nobody reads it."""
    tell("".join(traceback.format_exception(kind, error, at)))


def _speed(text: str) -> float:
    try:
        value = 0.0 if text == "max" else float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(
            f"{shown(text)} is no speed; use a positive number, or max"
        )
    return value


def _twitch_channel(text: str) -> str:
    name = text.rstrip("/").rpartition("/")[2].lstrip("#@")
    is_login = name.isascii() and name.replace("_", "").isalnum() and len(name) <= len("x" * 25)
    if not is_login:
        raise argparse.ArgumentTypeError(
            f"{shown(text)} is no Twitch channel, as in twitch.tv/NAME"
        )
    return name.lower()
