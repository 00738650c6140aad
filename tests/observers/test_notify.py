"""What systemd is told, on a real socket of each kind."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.observers import LivenessCheck
from bot.observers.notify import Notify


class Systemd:
    """The other end of NOTIFY_SOCKET."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(address.replace("@", "\0", 1))
        self._socket.settimeout(0)

    async def hear(self) -> list[str]:
        data = await asyncio.get_running_loop().sock_recv(self._socket, 4096)
        return data.decode().splitlines()

    async def hear_until(self, line: str) -> None:
        while line not in await self.hear():
            pass

    def is_silent(self) -> bool:
        """Tell whether nothing has come that was not heard."""
        try:
            self._socket.recv(4096)
        except BlockingIOError:
            return True
        return False

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(params=["path", "abstract"])
def systemd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Systemd]:
    name = "@ishowtts-test" if request.param == "abstract" else ""
    systemd = Systemd(f"{name}/{os.getpid()}" if name else str(tmp_path / "notify"))
    yield systemd
    systemd.close()


@asynccontextmanager
async def reporting(notify: Notify) -> AsyncIterator[None]:
    task = asyncio.create_task(notify.run())
    yield
    task.cancel()


def notify(systemd: Systemd, *checks: LivenessCheck, **more: str) -> Notify:
    environment = {"NOTIFY_SOCKET": systemd.address, "WATCHDOG_USEC": "40000", **more}
    return Notify(lambda: "all is well", checks, environment)


async def test_a_status_cannot_say_anything_else(systemd: Systemd) -> None:
    subject = Notify(
        lambda: "speakers waiting: no such\nSTOPPING=1\udcff",
        (),
        {"NOTIFY_SOCKET": systemd.address},
    )

    subject.ready()

    assert await systemd.hear() == ["READY=1", "STATUS=speakers waiting: no such STOPPING=1?"]


async def test_a_start_is_given_time_until_it_is_ready(systemd: Systemd) -> None:
    subject = notify(systemd)
    async with reporting(subject):
        assert await systemd.hear() == [
            "EXTEND_TIMEOUT_USEC=30000000",
            "WATCHDOG=1",
            "STATUS=all is well",
        ]
        subject.ready()
        await systemd.hear_until("READY=1")
        assert await systemd.hear() == ["WATCHDOG=1"]
    subject.stopping()
    await systemd.hear_until("STOPPING=1")


async def test_a_clock_that_stands_still_ends_the_signs_of_life_until_it_moves(
    systemd: Systemd,
) -> None:
    still_s = 0.0
    subject = notify(systemd, LivenessCheck(lambda: still_s, "the clock stands still", limit_s=5.0))
    subject.ready()
    async with reporting(subject):
        await systemd.hear_until("WATCHDOG=1")
        still_s = 5.1
        await systemd.hear_until("STATUS=the clock stands still")
        for _ in range(20):
            await asyncio.sleep(0)
        assert systemd.is_silent()
        still_s = 0.0
        await systemd.hear_until("WATCHDOG=1")


async def test_the_watchdog_of_another_process_is_not_fed(systemd: Systemd) -> None:
    subject = notify(systemd, WATCHDOG_PID="1")
    async with reporting(subject):
        assert "WATCHDOG=1" not in await systemd.hear()


async def test_a_manager_that_does_not_listen_holds_up_nothing(tmp_path: Path) -> None:
    subject = Notify(str, (), {"NOTIFY_SOCKET": str(tmp_path / "nobody")})

    subject.ready()


def test_nobody_listens_without_systemd() -> None:
    assert not Notify(str, (), {}).is_wanted
