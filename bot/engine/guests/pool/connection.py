"""Connection to the servers of NATS, which comes back by itself."""

import asyncio
import logging
import math
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.errors import APIError

from bot.errors import StartError, raised, shortened
from bot.runtime.clock import awake
from bot.runtime.concurrency.waiting import Changes, cancel
from bot.runtime.files.folders import read_bounded

log = logging.getLogger(__name__)

_CONNECT_S = 2
_LOOK_S = 0.05
_CLOSE_S = 2.0
_AGAIN_S = 0.2
"""Pause between two tries to connect."""
_PING_S = 2
"""Time between two pings: a cut that nobody tells is known after three."""
_MOST_PEM_BYTES = 4 << 20
_MOST_PENDING_BYTES = 8 << 20
"""Limit of what waits to be sent while the server is away."""
_REMEDY = "Start nats-server there, or correct engine.pool.servers."


def told(error: BaseException) -> str:
    """Return what NATS refused, in its words; of other errors, what was raised."""
    if isinstance(error, APIError) and error.description:
        return shortened(f"{error.description}, code {error.err_code}")
    return shortened(str(error)) if type(error) is NatsError else raised(error)


class Access(NamedTuple):
    """Where the servers are, and who we are there."""

    servers: Sequence[str]
    user: str | None = None
    password: str | None = None
    ca: str | None = None
    """PEM file of the authority that signed the servers' certificates; None for the system's."""
    certificate: str | None = None
    """PEM file of our own certificate; None for none."""
    key: str | None = None
    """PEM file of its key; None if it is in the same file."""


class Connection:
    """One connection; `changes` are told whenever it comes or goes."""

    def __init__(self, access: Access, *, name: str, inbox: str) -> None:
        """Connect with `open`, under `name` for people, with answers below `inbox`."""
        self._access = access
        self._name = name
        self._inbox = inbox
        self.changes = Changes()
        self._closed = asyncio.Event()
        self.up_at = 0.0
        """When it came back last."""
        self.drops = 0
        """How often it was lost."""
        self._client = Client()
        self.trouble = ""
        """What went wrong last; empty if nothing."""

    @property
    def client(self) -> Client:
        """The client of NATS."""
        return self._client

    @property
    def is_up(self) -> bool:
        """Whether the server is there."""
        return self._client.is_connected

    async def open(self, *, within_s: float | None) -> None:
        """Return when connected; without a limit it waits for a server that is to come.

        Raises:
            StartError: no server takes us.
        """
        self._client = Client()
        self._closed.clear()
        # It tries again and again; what stands against it comes to `_note_error`.
        connecting = asyncio.ensure_future(self._client.connect(**self._options()))
        deadline = math.inf if within_s is None else awake() + within_s
        try:
            while not connecting.done():
                await asyncio.wait([connecting], timeout=_LOOK_S)
                if not connecting.done() and (awake() > deadline or self.is_refused):
                    raise self._unreachable()
            await connecting
        except NatsError as error:
            raise self._unreachable() from error
        finally:
            if not self._client.is_connected:
                await cancel(connecting)

    @property
    def is_refused(self) -> bool:
        """Whether the server knows us not."""
        return "uthorization" in self.trouble

    def _unreachable(self) -> StartError:
        servers = ", ".join(self._access.servers)
        if self.is_refused:
            return StartError(
                f"NATS at {servers} refuses user {self._access.user or '(none)'}.",
                remedy="Correct engine.pool.user and its password.",
            )
        why = f": {self.trouble}" if self.trouble else ""
        return StartError(f"NATS at {servers} does not answer{why}.", remedy=_REMEDY)

    def _options(self) -> Mapping[str, Any]:
        access = self._access
        options: dict[str, Any] = {
            "servers": list(access.servers),
            "name": self._name,
            "inbox_prefix": self._inbox,
            "error_cb": self._note_error,
            "disconnected_cb": self._note_lost,
            "reconnected_cb": self._note_back,
            "closed_cb": self._note_closed,
            "connect_timeout": _CONNECT_S,
            "reconnect_time_wait": _AGAIN_S,
            "max_reconnect_attempts": -1,
            "ping_interval": _PING_S,
            "max_outstanding_pings": 2,
            "pending_size": _MOST_PENDING_BYTES,
            "allow_reconnect": True,
        }
        if access.user is not None:
            options |= {"user": access.user, "password": access.password or ""}
        if access.ca or access.certificate or any(s.startswith("tls") for s in access.servers):
            options["tls"] = self._tls()
        return options

    def _tls(self) -> ssl.SSLContext:
        access = self._access
        try:
            for path in (access.ca, access.certificate, access.key):
                if path is not None:  # OpenSSL would wait for a pipe, or read for ever
                    read_bounded(Path(path), _MOST_PEM_BYTES)
            context = ssl.create_default_context(cafile=access.ca)
            if access.certificate is not None:
                context.load_cert_chain(access.certificate, access.key)
        except OSError as error:
            raise StartError(
                f"The certificates of the pool cannot be read: {raised(error)}.",
                remedy="Set ca, certificate and key of engine.pool to PEM files.",
            ) from error
        return context

    async def _note_error(self, error: Exception) -> None:
        told = raised(error)
        if told != self.trouble:
            log.info("pool connection has trouble", extra={"reason": told})
        self.trouble = told
        if self.is_refused:
            self._closed.set()

    async def _note_lost(self) -> None:
        self.drops += 1
        log.warning("pool disconnected")
        self.changes.tell()

    async def _note_back(self) -> None:
        self.trouble = ""
        self.up_at = awake()
        log.info("pool connected again")
        self.changes.tell()

    async def _note_closed(self) -> None:
        self._closed.set()
        self.changes.tell()

    async def wait_closed(self) -> None:
        """Return when the server takes us no more, as after a password that was changed."""
        await self._closed.wait()

    async def close(self) -> None:
        """Send what waits, and end."""
        if not self._client.is_closed:
            # Where the server is away there is nobody to send it to.
            with suppress(OSError, NatsError, asyncio.TimeoutError):
                await asyncio.wait_for(self._client.close(), _CLOSE_S)
