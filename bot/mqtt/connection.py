"""Connection to the broker: made again whenever it is lost; nothing waits for it meanwhile."""

import asyncio
import logging
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple, NoReturn

import structlog
from aiomqtt import Message, MqttError, ProtocolVersion, Will
from aiomqtt.exceptions import MqttConnectError
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from bot.config.sections.mqtt import MqttSettings
from bot.errors import StartError, TransientError
from bot.mqtt.client import Client
from bot.mqtt.outbox import Outbox
from bot.mqtt.payloads import OFFLINE, ONLINE, Topics
from bot.mqtt.watching import sockets_watched
from bot.runtime.concurrency.backoff import Backoff
from bot.runtime.concurrency.reconnect import ReconnectLoop
from bot.runtime.concurrency.waiting import first_to_end
from bot.runtime.files.folders import read_bounded

log = structlog.get_logger(__name__)

_MAX_PACKET_BYTES = 256 * 1024
"""Largest packet that the broker may send; it is told so."""
_MOST_PEM_BYTES = 4 << 20
_ANSWER_S = 10.0
"""Longest wait for an answer of the broker."""
_FAREWELL_S = 0.5
"""Longest time for the last messages at the end."""
_STEADY_S = 30.0
_QOS = 1
_REMEDY = "Compare section mqtt with the broker's configuration; docs/mqtt.md shows both."
_BATCH = 20
"""Messages that are sent before other tasks get a turn: about a millisecond."""
_WORDS = {
    "Disconnected during message iteration": "the connection was lost",
    "Operation timed out": "the broker does not answer",
}
"""Plain words for messages of aiomqtt."""


class Received(NamedTuple):
    """A message from the broker: hostile input."""

    topic: str
    payload: bytes
    is_retained: bool
    """Whether it was published before the daemon connected, perhaps long ago."""


Handler = Callable[[Received], None]
"""Callback for a message; it must not wait."""


class Connection:
    """One connection to one broker, for everything that the daemon sends and gets there."""

    def __init__(
        self,
        settings: MqttSettings,
        *,
        client_id: str,
        password: str | None,
        backoff: Backoff | None = None,
    ) -> None:
        """Prepare; `run` connects.

        Raises:
            StartError: a certificate cannot be read.
        """
        self._settings = settings
        self._client_id = client_id
        self._password = password
        self._tls = _tls_context(settings)
        self._port = settings.port or (8883 if self._tls else 1883)
        self._handlers: dict[str, Handler] = {}
        self.topics = Topics(settings.topic)
        self.outbox = Outbox(settings.outbox)
        self.loop = ReconnectLoop(_log_loss, steady_s=_STEADY_S, backoff=backoff)

    def listen(self, topic: str, handler: Handler) -> None:
        """Hand what comes on `topic`, which has no wildcards, to `handler`; call before `run`."""
        self._handlers[topic] = handler

    async def run(self) -> None:
        """Stay connected until cancelled; then publish what waits, and that the daemon is gone."""
        with sockets_watched():
            await self.loop.run(self._hold)

    async def _hold(self) -> None:
        try:
            await self._connect()
        except (MqttError, OSError, TransientError) as error:
            raise TransientError(self._reason(error)) from error

    async def check(self) -> None:
        """Connect once.

        Raises:
            TransientError: the broker is not there, or refuses the daemon.
        """
        try:
            await self._reach()
            with sockets_watched():
                async with self._new_client(has_will=False):  # the daemon may be there
                    pass
        except (MqttError, OSError) as error:
            raise TransientError(f"{self._reason(error)}.", remedy=_REMEDY) from error

    async def _connect(self) -> NoReturn:
        """Connect, and exchange messages until the connection ends with an error."""
        await self._reach()
        async with self._new_client(has_will=True) as client:
            try:
                for topic in self._handlers:
                    await self._subscribe(client, topic)
                await client.publish(self.topics.availability, ONLINE, _QOS, retain=True)
                self.loop.connected()
                self.outbox.renew()
                log.info("MQTT connected", host=self._settings.host, port=self._port)
                await first_to_end(self._send(client), self._receive(client))
            except asyncio.CancelledError:
                await self._leave(client)
                raise
            finally:
                client.timeout = _FAREWELL_S  # a broker that hangs must not hold up the end
        raise TransientError("the broker ended the connection")

    async def _leave(self, client: Client) -> None:
        """Publish what waits, and that the daemon is gone, if the broker takes it at once."""
        with suppress(MqttError, TimeoutError):
            async with asyncio.timeout(_FAREWELL_S):
                while len(self.outbox):
                    await self._send_first(client)
                await client.publish(self.topics.availability, OFFLINE, _QOS, retain=True)

    async def _reach(self) -> None:
        """Make sure that the broker is there, in a way that can be cancelled.

        aiomqtt connects in a thread, and a thread that hangs would keep the process from ending.
        """
        try:
            async with asyncio.timeout(_ANSWER_S):
                _, writer = await asyncio.open_connection(
                    self._settings.host, self._port, ssl=self._tls
                )
                writer.close()
                await writer.wait_closed()
        except TimeoutError:
            raise TransientError(f"no answer within {_ANSWER_S:.0f} s.", remedy=_REMEDY) from None

    def _new_client(self, *, has_will: bool) -> Client:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.MaximumPacketSize = _MAX_PACKET_BYTES
        quiet = logging.getLogger(__name__)
        return Client(
            self._settings.host,
            self._port,
            identifier=self._client_id,
            username=self._settings.username,
            password=self._password,
            protocol=ProtocolVersion.V5,
            will=Will(self.topics.availability, OFFLINE, _QOS, retain=True) if has_will else None,
            clean_start=True,
            properties=properties,
            tls_context=self._tls,
            keepalive=self._settings.keepalive_s,
            timeout=_ANSWER_S,
            queue_type=_passing_to(self._take),
            logger=quiet,
        )

    async def _subscribe(self, client: Client, topic: str) -> None:
        (code, *_) = await client.subscribe(topic, qos=_QOS)
        if getattr(code, "is_failure", False):
            log.warning(
                "MQTT subscription refused",
                topic=topic,
                reason=str(code),
                remedy="Permit it in the broker's ACL.",
            )

    async def _send(self, client: Client) -> NoReturn:
        while True:
            for _ in range(_BATCH):
                await self._send_first(client)
            await asyncio.sleep(0)  # publishing with QoS 0 does not wait

    async def _send_first(self, client: Client) -> None:
        post = await self.outbox.first()
        qos = _QOS if post.is_retained else 0
        await client.publish(post.topic, post.payload, qos, retain=post.is_retained)
        self.outbox.sent(post)

    async def _receive(self, client: Client) -> None:
        async for _ in client.messages:  # only its end comes this way, see `_passing_to`
            pass

    def _take(self, message: Message) -> None:
        topic = message.topic.value
        if handler := self._handlers.get(topic):
            try:
                handler(Received(topic, message.payload, message.retain))
            except Exception:
                # What others publish is hostile: a message that breaks a handler is left out.
                log.exception("MQTT message not handled", topic=topic)

    def _reason(self, error: Exception) -> str:
        """Return a clause for people: why there is no connection."""
        if isinstance(error, MqttConnectError):
            code = str(getattr(error.rc, "getName", lambda: error)())
            if code in {"Bad user name or password", "Not authorized"}:
                who = self._settings.username or "anonymous clients"
                return f"the broker refuses {who}: wrong user name or password"
            return f"the broker refuses: {code}"
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"the broker's certificate is not trusted: {error.verify_message}"
        if isinstance(error, ssl.SSLError):
            return f"no encrypted connection: {error.reason or error}"
        text = error.message if isinstance(error, TransientError) else str(error)
        return _WORDS.get(text) or text.rstrip(".") or type(error).__name__


def _log_loss(reason: str, retry_s: float) -> None:
    log.warning("MQTT disconnected", reason=reason, retry_s=retry_s)


def _passing_to(take: Callable[[Message], None]) -> type[asyncio.Queue[Message]]:
    """Return the class of a queue that holds nothing and hands each message to `take` at once.

    aiomqtt's own queue drops the newest messages when they come faster than they are read, and
    commands may be among them.
    """

    class Passage(asyncio.Queue[Message]):
        def put_nowait(self, item: Message) -> None:
            take(item)

    return Passage


def _tls_context(settings: MqttSettings) -> ssl.SSLContext | None:
    tls = settings.tls
    if not tls.enabled:
        return None
    path = None
    try:
        for path in filter(None, (tls.ca, tls.certificate, tls.key)):
            read_bounded(path, _MOST_PEM_BYTES)  # OpenSSL would wait for a pipe, or read for ever
        path = tls.ca
        context = ssl.create_default_context(cafile=tls.ca)
        if tls.certificate is not None:
            path = tls.certificate
            # With a password, which is wrong: without one, OpenSSL would ask the terminal for it.
            context.load_cert_chain(tls.certificate, tls.key, password="")
    except (OSError, ssl.SSLError) as error:
        raise StartError(
            f"The certificate {path} for MQTT cannot be used: {error.strerror or error}.",
            remedy="Set mqtt.tls to PEM files that this user can read, the key without a password.",
        ) from error
    return context
