"""Tells systemd how the daemon is: started, stopping, what it does, and that it is alive.

The protocol is that of sd_notify(3): lines `NAME=value` in a datagram to `$NOTIFY_SOCKET`.
"""

import asyncio
import os
import socket
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import NamedTuple

import structlog

log = structlog.get_logger(__name__)

_BEAT_S = 1.0
_BEATS_PER_PERIOD = 4
_STARTING_S = 30.0
"""How much longer systemd waits for a start that goes on, told at every beat."""
_CALM = 0.5
"""Part of the watchdog's period that a clock may stand still before the pings stop."""


class Vital(NamedTuple):
    """A clock that moves as long as all is well."""

    still_s: Callable[[], float]
    """For how many seconds it has stood still when it should have moved."""
    complaint: str
    """What is wrong then, in words for a log."""
    limit_s: float | None = None
    """How long it may stand still; None is half the watchdog's period."""


class Notify:
    """The daemon's word to systemd; says nothing where systemd does not ask for it."""

    def __init__(
        self,
        status: Callable[[], str],
        vitals: Iterable[Vital],
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        """Find systemd in `environment`.

        Args:
            status: Returns one line for `systemctl status`, without anything from chat.
            vitals: The watchdog is told of life as long as all of them move.
            environment: Holds `NOTIFY_SOCKET`, and `WATCHDOG_USEC` where a watchdog waits.
        """
        self._status = status
        self._vitals = tuple(vitals)
        address = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        """A name that starts with @ is in the abstract namespace."""
        self._period_s = _watchdog_s(environment)
        self._is_ready = False
        self._told = ""
        self._still: tuple[str, ...] = ()

    @property
    def is_wanted(self) -> bool:
        """Whether somebody listens."""
        return self._address.startswith(("/", "\0"))

    async def run(self) -> None:
        """Report until cancelled; because this is the event loop, a loop that hangs is silent."""
        beat_s = min(_BEAT_S, (self._period_s or _BEAT_S) / _BEATS_PER_PERIOD)
        while True:
            self._beat()
            await asyncio.sleep(beat_s)

    def ready(self) -> None:
        """Say that the daemon speaks from now on."""
        self._is_ready = True
        self._told = self._status()
        self._send("READY=1", f"STATUS={self._told}")

    def stopping(self) -> None:
        """Say that the daemon is about to end."""
        self._send("STOPPING=1", "STATUS=stopping")

    def _beat(self) -> None:
        lines = []
        if not self._is_ready:
            lines.append(f"EXTEND_TIMEOUT_USEC={round(_STARTING_S * 1e6)}")
        self._look()
        if self._period_s and not self._still:
            lines.append("WATCHDOG=1")
        status = "; ".join(self._still) or self._status()
        if status != self._told:
            self._told = status
            lines.append(f"STATUS={status}")
        if lines:
            self._send(*lines)

    def _look(self) -> None:
        """Find out which clocks stand still, and log when that changes."""
        default_s = (self._period_s or _STARTING_S) * _CALM
        still = tuple(
            vital.complaint
            for vital in self._vitals
            if vital.still_s() > (default_s if vital.limit_s is None else vital.limit_s)
        )
        if still and not self._still:
            log.error("no sign of life goes to the watchdog", reasons=list(still))
        elif self._still and not still:
            log.info("signs of life go to the watchdog again")
        self._still = still

    def _send(self, *lines: str) -> None:
        if not self.is_wanted:
            return
        # A datagram that systemd does not take at once is worth less than the time to wait for it.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
            channel.settimeout(0)
            # Each is one line: what a driver says of a device may hold more.
            text = "\n".join(" ".join(line.splitlines()) for line in lines)
            channel.sendto(text.encode(errors="replace"), self._address)


def _watchdog_s(environment: Mapping[str, str]) -> float | None:
    """Return the period of the watchdog in seconds, if one waits for this process."""
    period_us = environment.get("WATCHDOG_USEC", "")
    is_ours = environment.get("WATCHDOG_PID", "") in {"", str(os.getpid())}
    return int(period_us) / 1e6 if is_ours and period_us.isdecimal() and int(period_us) else None
