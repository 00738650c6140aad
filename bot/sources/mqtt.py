"""Chat and orders that others publish at the MQTT broker of section `mqtt`: docs/mqtt.md.

Whoever may publish on these topics is trusted as a broadcaster; the broker's ACL decides who may.
What they publish is still hostile: it may be huge, broken, old or there twice.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Annotated, Protocol
from uuid import uuid4

import msgspec

from bot.clock import now
from bot.config.sources import MqttSourceSettings
from bot.errors import OrderError
from bot.messages import ChatMessage, Command, SourceItem, Verb
from bot.sources import Deliver
from bot.sources.chat_json import ChatJsonError, loads, read_item
from bot.sources.recent import RecentIds
from bot.sources.text import MAX_NAME_LENGTH

_MAX_BYTES = 64 * 1024
_MAX_ORDER_BYTES = 1024
_MAX_CHAT = 256
_MAX_ORDERS = 64
_ISSUER = "MQTT"


class Received(Protocol):
    """A message from the broker."""

    @property
    def payload(self) -> bytes:
        """What was published: hostile input."""

    @property
    def is_retained(self) -> bool:
        """Whether it was published before the daemon connected, perhaps long ago."""


class Feed(Protocol):
    """The broker, for a source."""

    @property
    def is_connected(self) -> bool:
        """Whether the broker is there."""

    @property
    def reconnects(self) -> int:
        """How often it was tried again."""

    @property
    def state(self) -> str:
        """One clause for `status`."""

    def listen(self, channel: str, what: str, handler: Callable[[Received], None]) -> None:
        """Give what comes for a channel on the topic `what` to `handler`, which never waits."""

    def refuse(self, channel: str, what: str, reason: str) -> None:
        """Say, there and in the log, why a message on that topic was not taken."""


OrderParser = Callable[[str], tuple[Verb, str]]
"""Returns verb and argument of an order, or raises OrderError."""


class Order(msgspec.Struct):
    """An order that can be told from its repetition."""

    order: str
    id: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_NAME_LENGTH)] | None = None


class MqttSource:
    """The topics `chat` and `command` of one channel."""

    def __init__(
        self, settings: MqttSourceSettings, channel: str, feed: Feed, parse_order: OrderParser
    ) -> None:
        """Listen to `feed`."""
        self.name: str = settings.type
        self._channel = channel
        self._feed = feed
        self._parse_order = parse_order
        self._chat: deque[SourceItem] = deque()
        self._orders: deque[SourceItem] = deque()
        self._has_items = asyncio.Event()
        self._is_running = False
        self._seen = RecentIds()
        self._seen_orders = RecentIds()
        if settings.chat:
            feed.listen(channel, "chat", self._take_chat)
        if settings.commands:
            feed.listen(channel, "command", self._take_order)

    @property
    def state(self) -> str:
        """What the connection is doing."""
        return self._feed.state

    @property
    def is_connected(self) -> bool:
        """Whether the broker is there."""
        return self._feed.is_connected

    @property
    def reconnects(self) -> int:
        """How often the broker was tried again."""
        return self._feed.reconnects

    async def run(self, deliver: Deliver) -> None:
        """Deliver what comes until cancelled; orders before chat."""
        self._is_running = True
        try:
            while True:
                await self._has_items.wait()
                queue = self._orders or self._chat
                if queue:
                    await deliver(queue.popleft())
                else:
                    self._has_items.clear()
        finally:
            self._is_running = False

    def _take_chat(self, received: Received) -> None:
        try:
            item = self._read_chat(received)
        except ChatJsonError as error:
            self._feed.refuse(self._channel, "chat", f"The message {error}.")
            return
        if isinstance(item, ChatMessage) and not self._seen.add(item.id):
            return  # QoS 1 delivers at least once
        self._put("chat", self._chat, _MAX_CHAT, item)

    def _read_chat(self, received: Received) -> SourceItem:
        if received.is_retained:
            raise ChatJsonError("was published with the retain flag, so it may be old")
        if len(received.payload) > _MAX_BYTES:
            raise ChatJsonError(f"is larger than {_MAX_BYTES} bytes")
        return read_item(
            loads(received.payload),
            channel=self._channel,
            source=self.name,
            new_id=uuid4().hex,
            received_at=now(),
        )

    def _take_order(self, received: Received) -> None:
        try:
            order = self._read_order(received)
            verb, argument = self._parse_order(order.order)
        except OrderError as error:
            self._feed.refuse(self._channel, "command", f"The order is not obeyed: {error}.")
            return
        if order.id is not None and not self._seen_orders.add(order.id):
            return
        command = Command(
            id=order.id or uuid4().hex,
            channel=self._channel,
            issuer=_ISSUER,
            verb=verb,
            argument=argument,
        )
        self._put("command", self._orders, _MAX_ORDERS, command)

    def _read_order(self, received: Received) -> Order:
        """Return what is ordered: plain words, or a JSON object."""
        if received.is_retained:
            raise OrderError(
                "it was published with the retain flag, so it would be obeyed at every start"
            )
        if len(received.payload) > _MAX_ORDER_BYTES:
            raise OrderError(f"it is larger than {_MAX_ORDER_BYTES} bytes")
        try:
            text = received.payload.decode()
            if not text.lstrip().startswith("{"):
                return Order(text)
            return msgspec.json.decode(text, type=Order)
        except UnicodeDecodeError:
            raise OrderError("it is not UTF-8") from None
        except (msgspec.MsgspecError, RecursionError) as error:
            raise OrderError(f"it has another form: {error}") from None

    def _put(self, what: str, queue: deque[SourceItem], limit: int, item: SourceItem) -> None:
        if not self._is_running:
            self._feed.refuse(self._channel, what, "The daemon is starting or ending; try again.")
        elif len(queue) >= limit:
            self._feed.refuse(self._channel, what, "Too much comes at once; this one is dropped.")
        else:
            queue.append(item)
            self._has_items.set()
