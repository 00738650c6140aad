"""A real daemon with a standby, which may be killed and started again."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from bot.outcomes import PUT_OFF
from tests.conftest import wait_until
from tests.json_lines import read_json_lines

_TURNS = {"ready", "lease lost", "standing by"}
_ANSWER_S = 30.0
_BYTES_PER_S = 2 * 48_000.0


class Event(NamedTuple):
    """Outcome of a message, as its file has it."""

    at: float
    name: str
    id: str
    audio_s: float = 0.0
    """Length of what was spoken."""


class DaemonProcess:
    """`ishowtts run` with a standby."""

    def __init__(
        self,
        folder: Path,
        url: str,
        engines: Sequence[str] = ("tone",),
        *,
        environment: Mapping[str, str] | None = None,
        **settings: Any,  # noqa: ANN401 - as in YAML
    ) -> None:
        """Start it; what is in `folder` is its machine's disk."""
        folder.mkdir(exist_ok=True)
        self._folder = folder
        self._events = folder / "events.jsonl"
        written = {
            "channels": [
                {
                    "name": "main",
                    "sources": [{"type": "ingest"}],
                    "outputs": [
                        {"type": "wavefile", "path": str(folder / "o.wav"), "pace": "realtime"}
                    ],
                }
            ],
            "server": {"port": 0},
            "engine": {"engines": list(engines), "pool": {"servers": [url]}},
            "standby": {"enabled": True, "lease_s": 3},
            "log": {"format": "json"},
            **settings,
        }
        (folder / "c.yaml").write_text(yaml.safe_dump(written), encoding="utf-8")
        program = [sys.executable, "-m", "bot", "run"]
        with (folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [*program, "--config", str(folder / "c.yaml"), "--events", str(self._events)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "STATE_DIRECTORY": str(folder), **(environment or {})},
            )

    def _lines(self) -> list[dict[str, Any]]:
        return read_json_lines(self._folder / "log")

    def logged(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self._lines() if line["event"] == event]

    def wait_logged(self, event: str) -> dict[str, Any]:
        def is_there() -> bool:
            if self.process.poll() is not None:
                pytest.fail((self._folder / "log").read_text(encoding="utf-8"))
            return bool(self.logged(event))

        wait_until(is_there, event)
        return self.logged(event)[-1]

    @property
    def speaks(self) -> bool:
        """Whether it is the one that speaks, by what it logged last."""
        turns = [line["event"] for line in self._lines() if line["event"] in _TURNS]
        return bool(turns) and turns[-1] == "ready"

    @property
    def heard_s(self) -> float:
        """Seconds of sound that it has put out so far."""
        return (self._folder / "o.wav").stat().st_size / _BYTES_PER_S

    def pay(self, text: str) -> str:
        body = {"author": {"id": "u1", "name": "viewer"}, "text": text}
        body["event"] = {"kind": "cheer", "amount": 100}
        request = urllib.request.Request(
            f"{self.wait_logged('ready')['url']}/api/chat",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=_ANSWER_S) as answer:
            return str(json.loads(answer.read())["id"])

    def events(self) -> list[Event]:
        """Return all outcomes; what is put off comes to another one later."""
        if not self._events.exists():
            return []
        lines = self._events.read_text(encoding="utf-8").splitlines()
        found = []
        for line in lines:
            with suppress(ValueError):  # it was killed while it wrote
                event = json.loads(line)
                found.append(Event(event["at"], _name(event), event["id"], event.get("audio_s", 0)))
        return found

    def outcomes(self, name: str) -> list[str]:
        """Ids of messages with this outcome."""
        return [event.id for event in self.events() if event.name == name]

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def _name(event: dict[str, Any]) -> str:
    is_put_off = event["outcome"] == "dropped" and event["reason"] in PUT_OFF
    return "put off" if is_put_off else str(event["outcome"])
