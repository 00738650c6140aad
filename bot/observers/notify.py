"""Notifications to systemd: started, stopping, the line of status, and pings of its watchdog.

The protocol is that of sd_notify(3): lines `NAME=value` in a datagram to `$NOTIFY_SOCKET`.
"""

import asyncio
import os
import socket
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress

import structlog

from bot.observers import LivenessCheck

log = structlog.get_logger(__name__)

_PING_S = 1.0
_PINGS_PER_PERIOD = 4
_STARTING_S = 30.0
"""Seconds by which each ping extends the time that systemd gives the start."""
_STALL_SHARE = 0.5
"""Longest stall, as a share of the watchdog's period, where a check names none."""


class Notify:
    """Sender of notifications; sends nothing where systemd asks for none."""

    def __init__(
        self,
        status: Callable[[], str],
        checks: Iterable[LivenessCheck],
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        """Find systemd in `environment`.

        Args:
            status: Returns one line for `systemctl status`, without anything from chat.
            checks: The watchdog is pinged as long as none of them fails.
            environment: Holds `NOTIFY_SOCKET`, and `WATCHDOG_USEC` where there is a watchdog.
        """
        self._status = status
        self._checks = tuple(checks)
        address = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        """A name that starts with @ is in the abstract namespace."""
        self._period_s = _watchdog_s(environment)
        self._is_ready = False
        self._status_sent = ""
        self._failures: tuple[str, ...] = ()

    @property
    def is_wanted(self) -> bool:
        """Whether systemd listens."""
        return self._address.startswith(("/", "\0"))

    async def run(self) -> None:
        """Ping until cancelled; it runs in the event loop, so one that hangs pings no more."""
        ping_s = min(_PING_S, (self._period_s or _PING_S) / _PINGS_PER_PERIOD)
        while True:
            self._ping()
            await asyncio.sleep(ping_s)

    def ready(self) -> None:
        """Tell systemd that the daemon speaks from now on."""
        self._is_ready = True
        self._status_sent = self._status()
        self._send("READY=1", f"STATUS={self._status_sent}")

    def stopping(self) -> None:
        """Tell systemd that the daemon is about to end."""
        self._send("STOPPING=1", "STATUS=stopping")

    def _ping(self) -> None:
        lines = []
        if not self._is_ready:
            lines.append(f"EXTEND_TIMEOUT_USEC={round(_STARTING_S * 1e6)}")
        self._check()
        if self._period_s and not self._failures:
            lines.append("WATCHDOG=1")
        status = "; ".join(self._failures) or self._status()
        if status != self._status_sent:
            self._status_sent = status
            lines.append(f"STATUS={status}")
        if lines:
            self._send(*lines)

    def _check(self) -> None:
        """Find out which checks fail, and log when the pings stop and go on."""
        default_s = (self._period_s or _STARTING_S) * _STALL_SHARE
        failures = tuple(
            check.reason
            for check in self._checks
            if check.stalled_s() > (default_s if check.limit_s is None else check.limit_s)
        )
        if failures and not self._failures:
            log.error("watchdog pings withheld", reasons=list(failures))
        elif self._failures and not failures:
            log.info("watchdog pings resumed")
        self._failures = failures

    def _send(self, *lines: str) -> None:
        if not self.is_wanted or sys.platform == "win32":
            return
        # A datagram that systemd does not take at once is not worth waiting for.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
            channel.settimeout(0)
            # One line each: the name of a device, from its driver, may hold line feeds.
            text = "\n".join(" ".join(line.splitlines()) for line in lines)
            channel.sendto(text.encode(errors="replace"), self._address)


def _watchdog_s(environment: Mapping[str, str]) -> float | None:
    """Return the period of the watchdog in seconds; None where none watches this process."""
    period_us = environment.get("WATCHDOG_USEC", "")
    is_ours = environment.get("WATCHDOG_PID", "") in {"", str(os.getpid())}
    return int(period_us) / 1e6 if is_ours and period_us.isdecimal() and int(period_us) else None
