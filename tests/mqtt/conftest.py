"""A real broker with passwords, an ACL and certificates of its own, and a person at it."""

import asyncio
import itertools
import json
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiomqtt import Client, Message, ProtocolVersion

from tests.conftest import wait_until

BROKER = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin:/opt/homebrew/sbin")
PASSWORDS = {"ishowtts": "voice", "home": "assistant", "guest": "guest"}
ACL = """
user ishowtts
topic readwrite ishowtts/#
topic write homeassistant/#

user home
topic readwrite ishowtts/#
topic read homeassistant/#

user guest
topic read ishowtts/#
topic write ishowtts/main/chat
"""


_numbers = itertools.count()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Broker:
    """mosquitto, which may be killed and started again at the same port."""

    def __init__(self, folder: Path, *, tls: bool = False) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._write(tls=tls)

    def _write(self, *, tls: bool) -> None:
        for name, password in PASSWORDS.items():
            create = ["-c"] if not (self.folder / "passwords").exists() else []
            command = ["mosquitto_passwd", "-b", *create, str(self.folder / "passwords")]
            subprocess.run([*command, name, password], check=True, capture_output=True)
        (self.folder / "acl").write_text(ACL)
        lines = [
            f"listener {self.port} 127.0.0.1",
            "allow_anonymous false",
            f"password_file {self.folder}/passwords",
            f"acl_file {self.folder}/acl",
            "max_queued_messages 100000",
            f"log_dest file {self.folder}/log",
            "user root",
        ]
        if tls:
            make_certificates(self.folder)
            lines += [
                f"cafile {self.folder}/ca.pem",
                f"certfile {self.folder}/broker.pem",
                f"keyfile {self.folder}/broker.key",
                "require_certificate true",
            ]
        (self.folder / "mosquitto.conf").write_text("\n".join([*lines, ""]))

    def start(self) -> None:
        assert BROKER is not None
        self._process = subprocess.Popen(
            [BROKER, "-c", str(self.folder / "mosquitto.conf")],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(self._answers, "MQTT broker")

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        assert self._process is not None
        return self._process

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def make_certificates(folder: Path) -> None:
    """An authority, a certificate for the broker at 127.0.0.1, and one for the daemon."""

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=folder)

    new = ("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl(*new, "-days", "2", "-subj", "/CN=test", "-keyout", "ca.key", "-out", "ca.pem")
    for name in ("broker", "daemon"):
        signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-addext", "subjectAltName=IP:127.0.0.1")
        files = ("-keyout", f"{name}.key", "-out", f"{name}.pem")
        openssl(*new, "-days", "2", "-subj", f"/CN={name}", *signed, *files)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    yield from _running(tmp_path, tls=False)


@pytest.fixture
def tls_broker(tmp_path: Path) -> Iterator[Broker]:
    yield from _running(tmp_path, tls=True)


def _running(tmp_path: Path, *, tls: bool) -> Iterator[Broker]:
    if BROKER is None:
        pytest.skip("needs the Debian package mosquitto")
    folder = tmp_path / "broker"
    folder.mkdir()
    broker = Broker(folder, tls=tls)
    broker.start()
    yield broker
    broker.kill()


class Person:
    """Somebody at the broker: publishes, and remembers all that comes."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.messages: list[Message] = []

    async def listen(self) -> None:
        async for message in self.client.messages:
            self.messages.append(message)

    async def publish(self, topic: str, payload: Any, **more: Any) -> None:  # noqa: ANN401 - JSON
        data = payload if isinstance(payload, str | bytes) else json.dumps(payload)
        await self.client.publish(topic, data, **more)

    def got(self, topic: str) -> list[Any]:
        """What came on `topic`, in order."""
        return [_value(m) for m in self.messages if m.topic.value == topic]

    async def until(self, topic: str, fits: Callable[[Any], bool]) -> Any:  # noqa: ANN401 - JSON
        """Return the first message on `topic` that fits, come or to come."""
        found: list[Any] = []

        def is_there() -> bool:
            found[:] = [value for value in self.got(topic) if fits(value)]
            return bool(found)

        await until(is_there)
        return found[0]

    async def outcome(self, message: str, name: str) -> Any:  # noqa: ANN401 - JSON
        return await self.until(
            "ishowtts/main/outcome", lambda o: (o["id"], o["outcome"]) == (message, name)
        )


def _value(message: Message) -> Any:  # noqa: ANN401 - JSON
    try:
        return json.loads(message.payload)
    except ValueError:
        return message.payload.decode()


@asynccontextmanager
async def person(broker: Broker, name: str = "home") -> AsyncIterator[Person]:
    """Somebody with an account, who hears everything that the ACL permits."""
    async with Client(
        "127.0.0.1",
        broker.port,
        username=name,
        password=PASSWORDS[name],
        protocol=ProtocolVersion.V5,
        identifier=f"test-{name}-{next(_numbers)}",
    ) as client:
        await client.subscribe("ishowtts/#", qos=1)
        await client.subscribe("homeassistant/#", qos=1)
        someone = Person(client)
        listening = asyncio.create_task(someone.listen())
        try:
            yield someone
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


async def retained(broker: Broker, name: str = "home") -> dict[str, Any]:
    """What the broker keeps for somebody who comes now."""
    async with person(broker, name) as someone:
        await someone.publish("ishowtts/marker", "the broker keeps order")
        await someone.until("ishowtts/marker", bool)
        return {m.topic.value: _value(m) for m in someone.messages if m.retain}


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.005)
