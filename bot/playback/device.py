"""Sound device as an output: the daemon's end of the process that plays on it."""

import asyncio
import itertools
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

import msgspec
import numpy as np
import structlog

from bot.errors import shortened
from bot.playback import BaseOutput, OutputLostError, protocol
from bot.playback.clip import Clip
from bot.playback.gain import Gain
from bot.runtime.clock import awake
from bot.runtime.concurrency.backoff import Backoff
from bot.runtime.concurrency.tasks import running
from bot.runtime.processes import child, frames

log = structlog.get_logger(__name__)

_SHORTEST_S, _LONGEST_S = 0.25, 5.0
"""Waits before the process is started again."""
_CLOSE_S = 0.6
"""Longest time for the last fade when the process is ended."""
_MAX_EVENT_BYTES = 1 << 19
"""Longest event: they hold a name, however long, and numbers."""


class _Play:
    """A clip on its way to the device."""

    def __init__(self, number: int, start_s: float) -> None:
        self.number = number
        self.start_s = start_s
        self.heard_s = start_s
        """Position up to which the clip was heard for certain."""
        self.is_heard: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        """Whether it was played to its end; False when the device was lost before."""

    def end(self, *, is_heard: bool) -> None:
        if not self.is_heard.done():
            self.is_heard.set_result(is_heard)


class DeviceOutput(BaseOutput):
    """One persistent stream on one device; it plays silence between utterances."""

    def __init__(
        self,
        device: str,
        *,
        fade_s: float,
        answer_s: float = 10.0,
        command: Sequence[str] = child.module_command("bot.playback.device_process"),
    ) -> None:
        """Describe the output on `device`, a name that `devices.choose` understands.

        A sound system that takes longer than `answer_s` to open it is taken to hang. `command` is
        program and arguments of the process.
        """
        super().__init__(device)
        self._fade_s = fade_s
        self._answer_s = answer_s
        self._command = tuple(command)
        self._opened: protocol.Opened | None = None
        self._has_server = False
        """Whether it was one of the sound server's when it was open last."""
        self._heartbeat_at = 0.0
        """Time at which it was last known to take sound."""
        self._requests: asyncio.StreamWriter | None = None
        self._numbers = itertools.count(1)
        self._play: _Play | None = None
        self._trouble = "opening"
        self._is_away_logged = False

    @property
    def state(self) -> str:
        """One clause for `status`."""
        if self._opened is None:
            return self._trouble
        chosen = "" if self._opened.device == self.name else f" on {self._opened.device}"
        return f"open at {self._opened.sample_rate_hz} Hz{chosen}"

    @property
    def stalled_s(self) -> float:
        """Seconds for which it has taken no sound, silence included, though it is open."""
        return 0.0 if self._opened is None else awake() - self._heartbeat_at

    async def run(self) -> None:
        """Hold the device until cancelled, opening it again by name as often as it disappears."""
        backoff = Backoff(shortest_s=_SHORTEST_S, longest_s=_LONGEST_S)
        while True:
            if await self._run_process():
                backoff.reset()
            await asyncio.sleep(backoff.next_s())

    async def play(
        self, clip: Clip, *, gain: Gain, on_start: Callable[[], None], start_s: float = 0.0
    ) -> None:
        """Play `clip` as `Output.play` says; clips of several channels take turns."""
        async with self._turn:
            if self._opened is None:
                raise OutputLostError(f"{self.name} is away.", heard_s=start_s)
            play = self._play = _Play(next(self._numbers), start_s)
            feed = partial(self._feed, play, clip, on_start)
            try:
                with gain.watched(lambda value: self._send(protocol.SetGain(value))):
                    async with running({"feed": feed}):
                        is_heard = await play.is_heard
            except BaseException:
                self._send(protocol.Cut())
                raise
            finally:
                self._play = None
            if not is_heard:
                raise OutputLostError(f"{self.name} was lost.", heard_s=play.heard_s)
            # The last sample was handed over, but the device still holds it.
            await asyncio.sleep(self._latency_s)

    async def _feed(self, play: _Play, clip: Clip, on_start: Callable[[], None]) -> None:
        self._send(protocol.Begin(play.number))
        has_started = False
        async for piece in clip.read(play.start_s):
            samples = np.ascontiguousarray(piece.samples, np.float32).tobytes()
            self._send(protocol.Speech(samples, piece.sample_rate_hz))
            if not has_started:
                has_started = True
                on_start()
            await self._drain()
        self._send(protocol.End())

    def _send(self, request: protocol.Request) -> None:
        if self._requests is not None and not self._requests.is_closing():
            self._requests.write(frames.frame(protocol.encode(request)))

    async def _drain(self) -> None:
        if self._requests is not None:
            with suppress(ConnectionError):  # the process ended, which `_run_process` handles
                await self._requests.drain()

    @property
    def _latency_s(self) -> float:
        return self._opened.latency_s if self._opened else 0.0

    async def _run_process(self) -> bool:
        """Run one process to its end; return whether it opened the device."""
        try:
            process = await child.start(self._command)
        except OSError as error:
            self._lose(f"Its process cannot be started: {error.strerror or error}.")
            return False
        assert process.stdin is not None
        assert process.stdout is not None
        self._requests = process.stdin
        self._send(protocol.Open(self.name, self._fade_s, self._has_server))
        was_open = False
        try:
            async with asyncio.timeout(self._answer_s) as answer:
                received = frames.Receiver(process.stdout, _MAX_EVENT_BYTES)
                while True:
                    event = protocol.decode_event(await received.next())
                    was_open = was_open or isinstance(event, protocol.Opened)
                    self._handle(event)
                    answer.reschedule(self._next_event_at(event))
        except TimeoutError:
            self._lose("The sound system does not answer.", "Restart the sound server.")
        except (ValueError, msgspec.MsgspecError) as error:  # also of bytes that are no text
            was_open = False  # the next one may do the same, so it comes later each time
            self._lose(f"Its process sent an invalid event: {shortened(str(error))}.")
        except (asyncio.IncompleteReadError, ConnectionError):
            if self._opened is not None or not self._is_settled.is_set():
                self._lose("Its process ended unexpectedly.")
        finally:
            self._requests = None
            self._close()
            # Speech fades first; a sound server that hangs gets no more time than that.
            await child.end(process, grace_s=_CLOSE_S)
        return was_open

    def _next_event_at(self, event: protocol.Event) -> float:
        """Return when the next event is due at the latest: a stream that plays has heartbeats."""
        retry_s = event.retry_s if isinstance(event, protocol.Unavailable) else 0.0
        return asyncio.get_running_loop().time() + retry_s + self._answer_s

    def _handle(self, event: protocol.Event) -> None:
        play = self._play
        match event:
            case protocol.Opened():
                name = "sound device back" if self._is_away_logged else "sound device open"
                if self._opened is not None:
                    name = "sound device changed"  # the server's default is another one now
                self._opened = event
                self._has_server = event.has_server
                self._heartbeat_at = awake()
                self._is_open.set()
                self._is_settled.set()
                log.info(
                    name,
                    device=event.device,
                    sample_rate_hz=event.sample_rate_hz,
                    latency_s=round(event.latency_s, 3),
                )
                self._is_away_logged = False
            case protocol.Unavailable(message, remedy):
                self._lose(message, remedy)
            case protocol.Heartbeat():
                self._heartbeat_at = awake()
            case protocol.Underflow(times, lost_s):
                self.underflows += times
                self.lost_s += lost_s
                if lost_s:
                    log.warning("speech lost", device=self.name, lost_s=round(lost_s, 3))
            case protocol.Widened(latency_s) if self._opened is not None:
                self._opened = msgspec.structs.replace(self._opened, latency_s=latency_s)
                log.warning(
                    "sound buffer widened",
                    device=self._opened.device,
                    latency_s=round(latency_s, 3),
                    reason="The device ran dry: this machine is too busy for a shorter one.",
                )
            case protocol.Progress(number, played_s) if play and play.number == number:
                heard_s = play.start_s + played_s - self._latency_s
                play.heard_s = max(play.heard_s, heard_s)
            case protocol.Finished(number) if play and play.number == number:
                play.end(is_heard=True)

    def _lose(self, reason: str, remedy: str = "") -> None:
        self._close()
        self._is_settled.set()
        self._trouble = f"waiting: {reason} {remedy}".rstrip()
        if not self._is_away_logged:
            self._is_away_logged = True
            log.warning("sound device lost", device=self.name, reason=reason, remedy=remedy)

    def _close(self) -> None:
        self._opened = None
        self._is_open.clear()
        if self._play is not None:
            self._play.end(is_heard=False)
