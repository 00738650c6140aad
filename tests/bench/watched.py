"""`ishowtts` with its event loop watched: for how long it is held, and by what.

`python -m tests.bench.watched REPORT URL EVENTSUB_URL run ...` is `ishowtts run ...` with Twitch at
other addresses; at its end the report is written as JSON. A turn of the loop is the time from a
return of its selector to the next call of it: nobody else gets the loop meanwhile. A thread notes
where a turn stands that takes long. asyncio runs in its debug mode unless `PLAIN` is in the
environment; it then logs each callback that takes long, which is counted too.
"""

import asyncio
import gc
import json
import logging
import os
import selectors
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any, NamedTuple

PLAIN = "ISHOWTTS_BENCH_PLAIN"
LIMIT_S = 0.02
_NOTED_S = 0.005
"""Turns that are shorter are only counted."""
_LOOK_S = 0.002
_FRAMES = 12


class Turn(NamedTuple):
    """A turn that took long; `at` is of `time.monotonic`."""

    at: float
    held_s: float
    cpu_s: float
    """Time on a processor; what is less than `held_s` went to the disk, or to others."""
    gc_s: float
    where: str


class _Watch(selectors.DefaultSelector):
    """Selector that notes each turn between two of its calls."""

    def __init__(self) -> None:
        super().__init__()
        self.turns: list[Turn] = []
        self.count = 0
        self.began_at: float | None = None
        self.gc_s = 0.0
        self.where = ""
        self._cpu_s = 0.0

    def select(self, timeout: float | None = None) -> Any:  # noqa: ANN401 - the base class's
        if self.began_at is not None:
            held_s = time.monotonic() - self.began_at
            self.count += 1
            if held_s > _NOTED_S:
                cpu_s = time.thread_time() - self._cpu_s
                self.turns.append(Turn(self.began_at, held_s, cpu_s, self.gc_s, self.where))
        self.began_at = None
        ready = super().select(timeout)
        self.gc_s, self.where = 0.0, ""
        self._cpu_s, self.began_at = time.thread_time(), time.monotonic()
        return ready


class _SlowCallbacks(logging.Handler):
    """Counter of what asyncio's debug mode complains about."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.found: list[tuple[float, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        if str(record.msg).startswith("Executing "):
            self.found.append((time.monotonic(), record.getMessage()))


def _watch_gc(watch: _Watch) -> None:
    begun_at = 0.0

    def collected(phase: str, _: dict[str, int]) -> None:
        nonlocal begun_at
        if phase == "start":
            begun_at = time.monotonic()
        else:
            watch.gc_s += time.monotonic() - begun_at

    gc.callbacks.append(collected)


def _look(watch: _Watch, thread: int) -> None:
    """Note where turns stand that take long."""
    while True:
        time.sleep(_LOOK_S)
        began_at = watch.began_at
        if began_at is not None and time.monotonic() - began_at > LIMIT_S / 2:
            frame = sys._current_frames().get(thread)
            if frame is not None and watch.began_at == began_at:
                watch.where = watch.where or _place(frame)


def _place(frame: FrameType) -> str:
    stack = traceback.StackSummary.extract(
        traceback.walk_stack(frame), limit=_FRAMES, lookup_lines=False
    )
    return " < ".join(f"{Path(s.filename).name}:{s.lineno} {s.name}" for s in stack)


class _Policy(asyncio.DefaultEventLoopPolicy):
    """Makes the loop that is watched."""

    def __init__(self, watch: _Watch) -> None:
        super().__init__()
        self._watch = watch

    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.SelectorEventLoop(self._watch)
        loop.slow_callback_duration = LIMIT_S
        loop.set_debug(PLAIN not in os.environ)
        return loop


def main(report: str, url: str, eventsub_url: str, *arguments: str) -> int:
    """Run `ishowtts` with `arguments`; return its exit code."""
    began_at = time.monotonic()
    watch, slow = _Watch(), _SlowCallbacks()
    _watch_gc(watch)
    asyncio.set_event_loop_policy(_Policy(watch))
    logging.getLogger("asyncio").addHandler(slow)
    looker = threading.Thread(target=_look, args=(watch, threading.get_ident()), daemon=True)
    looker.start()
    _redirect_twitch(url, eventsub_url)
    from bot.__main__ import main as ishowtts  # noqa: PLC0415 - its imports count

    try:
        return ishowtts(arguments)
    finally:
        found = {
            "began_at": began_at,
            "turns": watch.count,
            "long": [turn._asdict() for turn in watch.turns],
            "slow_callbacks": slow.found,
        }
        Path(report).write_text(json.dumps(found), encoding="utf-8")


def _redirect_twitch(url: str, eventsub_url: str) -> None:
    """Let twitchio find the scripted Twitch, by its constants alone, when the daemon imports it."""

    def http(module: Any) -> None:  # noqa: ANN401 - attributes of a module
        module.Route.BASE, module.Route.ID_BASE = f"{url}helix/", url

    def websockets(module: Any) -> None:  # noqa: ANN401 - as above
        module.WSS = eventsub_url

    changes = {"twitchio.http": http, "twitchio.eventsub.websockets": websockets}

    class Finder(MetaPathFinder):
        def find_spec(
            self, name: str, path: Sequence[str] | None, _: ModuleType | None = None
        ) -> ModuleSpec | None:
            if name not in changes:
                return None
            spec = PathFinder.find_spec(name, path)
            assert spec is not None
            loader: Any = spec.loader
            execute = loader.exec_module

            def execute_and_change(module: ModuleType) -> None:
                execute(module)
                changes[name](module)

            loader.exec_module = execute_and_change
            return spec

    sys.meta_path.insert(0, Finder())


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
