"""A real NATS server, which may be killed and started again, and real workers beside it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import wait_until
from tests.json_lines import read_json_lines
from tests.mqtt.conftest import free_port

PROGRAM = shutil.which("nats-server", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/bin")
SILENT_S = 2.0
"""Workers are lost after this: a machine that is busy with other tests delays some beats."""
SLOW = "pool_engines:SlowTone"


class NatsServer:
    """nats-server with JetStream on a free port."""

    def __init__(self, folder: Path, extra: str = "", *, store: str = "1GB") -> None:
        if PROGRAM is None:
            pytest.skip("needs the Debian package nats-server")
        self.folder = folder
        self.port = free_port()
        self.monitor = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "nats.conf").write_text(
            f'listen: "127.0.0.1:{self.port}"\nhttp: "127.0.0.1:{self.monitor}"\n'
            f'jetstream {{ store_dir: "{folder}/jetstream", max_file_store: {store} }}\n{extra}\n',
            encoding="utf-8",
        )

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Return when it takes connections and JetStream is there."""
        assert PROGRAM is not None
        with (self.folder / "log").open("ab") as log:
            command = [PROGRAM, "-c", str(self.folder / "nats.conf")]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        wait_until(self._is_healthy, "healthy nats-server")

    def _is_healthy(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            pytest.fail(f"nats-server ended: {(self.folder / 'log').read_text()}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.monitor}/healthz") as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError):
            return False

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def counts(self) -> dict[str, int]:
        """Connections and messages so far."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.monitor}/varz") as answer:
            found: dict[str, int] = json.loads(answer.read())
        return found

    def reload(self) -> None:
        """Have it read its configuration again."""
        self.signal(signal.SIGHUP)

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it at once, as a power cut does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


class WorkerProcess:
    """`ishowtts worker` with an engine of `pool_engines`, or one of ours."""

    def __init__(
        self,
        folder: Path,
        pool: Mapping[str, Any],
        *,
        engine: str = SLOW,
        environment: Mapping[str, str] | None = None,
        **settings: Any,  # noqa: ANN401 - as in YAML
    ) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.spoken = folder / "spoken"
        self.hang = folder / "hang"
        self.hold = folder / "hold"
        worker = {"port": 0, "voices": str(folder / "voices"), **settings}
        written = {"engine": {"pool": dict(pool)}, "worker": worker, "log": {"format": "json"}}
        (folder / "worker.yaml").write_text(yaml.safe_dump(written), encoding="utf-8")
        self._log = (folder / "log").open("w+b")
        command = [sys.executable, "-m", "bot", "worker", "--config", str(folder / "worker.yaml")]
        self.process = subprocess.Popen(
            [*command, "--engine", engine],
            stdout=self._log,
            stderr=self._log,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), str(Path.cwd())]),
                "POOL_SPOKEN": str(self.spoken),
                "POOL_HANG": str(self.hang),
                "POOL_HOLD": str(self.hold),
                **(environment or {}),
            },
        )

    def lines(self) -> list[dict[str, Any]]:
        """What it has logged."""
        return read_json_lines(self.folder / "log")

    def logged(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.lines() if line["event"] == event]

    def wait_serving(self) -> "WorkerProcess":
        """Return when it serves the pool."""

        def serves() -> bool:
            if self.process.poll() is not None:
                pytest.fail(f"the worker ended: {(self.folder / 'log').read_text()}")
            return bool(self.logged("worker serves the pool"))

        wait_until(serves, "worker that serves")
        return self

    @property
    def name(self) -> str:
        return str(self.logged("worker serves the pool")[0]["worker"])

    @property
    def address(self) -> str:
        """Where its figures are."""
        return str(self.logged("figures are served")[0]["address"])

    def steps(self) -> list[tuple[str, str]]:
        """Step and id of what its engine did so far."""
        if not self.spoken.exists():
            return []
        lines = self.spoken.read_text(encoding="utf-8").splitlines()
        return [(step, identity) for step, identity, _ in map(str.split, lines)]

    def did(self, step: str, identity: str) -> bool:
        return (step, identity) in self.steps()

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self) -> None:
        """Kill it, in whatever state it is."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._log.close()
