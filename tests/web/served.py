"""A daemon in a process of its own that speaks to pages, and a network in front of it."""

import json
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import wave
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.request import Request, urlopen

import numpy as np
import pytest
import yaml

from bot.messages import Samples
from tests.json_lines import read_json_lines

RATE_HZ = 24_000
_DEADLINE_S = 60.0


def free_port() -> int:
    """Return a TCP port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


class Served:
    """Daemon with a browser output, and a sound file of the same speech to compare with."""

    def __init__(
        self,
        folder: Path,
        *,
        engine: str = "tone",
        outputs: Sequence[dict[str, Any]] | None = None,
        **server: Any,  # noqa: ANN401 - YAML
    ) -> None:
        """Prepare it; `outputs` are a page and a file by default, `server` adds to its section."""
        folder.mkdir(exist_ok=True)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.wav = folder / "speech.wav"
        self._config = folder / "config.yaml"
        self._events = folder / "events.jsonl"
        self._log = folder / "log.txt"
        reference = {"type": "wavefile", "path": str(self.wav), "sample_rate_hz": RATE_HZ}
        channel = {
            "name": "main",
            "sources": [{"type": "ingest"}],
            "outputs": outputs or [{"type": "browser"}, reference],
        }
        config = {
            "channels": [channel],
            "server": {"port": self.port, **server},
            "engine": {"engines": [engine]},
            "playback": {"volume": 100},
            "policy": {"name": {"say": False}},
        }
        self._config.write_text(yaml.safe_dump(config))
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start it; return when it is served."""
        command = [sys.executable, "-m", "bot", "run", "--config", str(self._config)]
        command += ["--events", str(self._events)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        wait_for(self._is_ready, f"daemon: {self._log}")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        """End it."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(timeout=_DEADLINE_S)

    @property
    def pid(self) -> int:
        """Of its process."""
        assert self._process is not None
        return self._process.pid

    def _is_ready(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self._log.read_text()
        with suppress(OSError), urlopen(f"{self.url}/api/status") as answer:
            return b"ready" in self._log.read_bytes() and answer.status == 200
        return False

    def post(self, path: str, body: dict[str, Any]) -> None:
        """Post JSON."""
        data = json.dumps(body).encode()
        with urlopen(Request(f"{self.url}{path}", data, {"Content-Type": "application/json"})):
            pass

    def say(self, identity: str, text: str, **fields: Any) -> None:  # noqa: ANN401 - JSON
        """Let a chatter write."""
        author = {"name": "viewer_one"}
        self.post("/api/chat", {"id": identity, "author": author, "text": text} | fields)

    def outcomes(self, identity: str) -> dict[str, dict[str, Any]]:
        """Return what became of a message, by the name of the outcome."""
        told = read_json_lines(self._events)
        return {each["outcome"]: each for each in told if each["id"] == identity}

    def wait_for(self, identity: str, outcome: str) -> dict[str, Any]:
        """Return that outcome of a message as soon as it is there."""
        wait_for(lambda: outcome in self.outcomes(identity), f"{outcome} of {identity}")
        return self.outcomes(identity)[outcome]

    def speech(self) -> list[Samples]:
        """Return the utterances in the sound file."""
        with wave.open(str(self.wav)) as file:
            data = file.readframes(file.getnframes())
        samples = np.frombuffer(data, "<i2").astype(np.float32) / np.float32(32_767)
        return [samples[start:end] for start, end in sounds(samples, 0.25)]


def sounds(samples: Samples, silence_s: float) -> list[tuple[int, int]]:
    """Return where there is sound: ranges between silences of at least `silence_s`."""
    heard = np.flatnonzero(samples)
    if not len(heard):
        return []
    breaks = np.flatnonzero(np.diff(heard) > silence_s * RATE_HZ)
    starts = [heard[0], *heard[breaks + 1]]
    ends = [*heard[breaks], heard[-1]]
    return [(int(start), int(end) + 1) for start, end in zip(starts, ends, strict=True)]


def wait_for(condition: Callable[[], bool], what: str) -> None:
    """Return when `condition` holds."""
    deadline = time.monotonic() + _DEADLINE_S
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"no {what} within {_DEADLINE_S:.0f} s")
        time.sleep(0.02)


class BadNetwork:
    """TCP proxy on a port of its own: delays what passes, and stands still now and then."""

    def __init__(
        self, port: int, *, jitter_s: float, stalls: float, stall_s: float, seed: int = 1
    ) -> None:
        """Lead to `port`.

        Args:
            port: Where the daemon listens.
            jitter_s: Longest delay of what passes; each piece has another one, and none overtakes.
            stalls: Part of the pieces before which everything stands still.
            stall_s: For how long.
            seed: Of the delays.
        """
        self._to = port
        self._jitter_s, self._stalls, self._stall_s = jitter_s, stalls, stall_s
        self._random = random.Random(seed)
        self._server = socket.create_server(("127.0.0.1", 0))
        self._sockets = [self._server]
        self.port: int = self._server.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.stalled = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._server.accept()
                server = socket.create_connection(("127.0.0.1", self._to))
                self._sockets += [client, server]
                for source, target in ((client, server), (server, client)):
                    target.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    threading.Thread(target=self._pass, args=(source, target), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        """Read at once what comes, and pass each piece on when its time has come."""
        waiting: list[tuple[float, bytes]] = []
        more = threading.Condition()

        def send() -> None:
            with suppress(OSError):
                while True:
                    with more:
                        more.wait_for(lambda: bool(waiting))
                        at, data = waiting.pop(0)
                    time.sleep(max(at - time.monotonic(), 0))
                    if not data:
                        target.shutdown(socket.SHUT_WR)
                        return
                    target.sendall(data)

        threading.Thread(target=send, daemon=True).start()
        last, data = 0.0, b"-"
        while data:
            try:
                data = source.recv(1460)  # a packet
            except OSError:
                data = b""
            at = time.monotonic() + self._random.uniform(0, self._jitter_s)
            if self._random.random() < self._stalls:
                self.stalled += 1
                at += self._stall_s
            last = max(last, at)
            with more:
                waiting.append((last, data))
                more.notify()

    def close(self) -> None:
        """End all connections."""
        self._server.shutdown(socket.SHUT_RDWR)
        for each in self._sockets:
            each.close()
