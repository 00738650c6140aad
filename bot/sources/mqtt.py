"""Chat and commands that others publish at the MQTT broker of section `mqtt`: docs/mqtt.md.

Whoever may publish on these topics is trusted as a broadcaster; the broker's ACL decides who may.
What they publish is still hostile: it may be huge, broken, old or there twice.
"""

import asyncio
from collections import deque
from typing import Annotated
from uuid import uuid4

import msgspec

from bot.config.sections.sources import MqttSourceSettings
from bot.errors import CommandError
from bot.messages import ChatMessage, Command, SourceItem
from bot.mqtt.connection import Received
from bot.mqtt.incoming import Incoming
from bot.runtime.clock import now
from bot.sources import Deliver, Origin, ParseOrder, Remote
from bot.sources.chat_json import ChatJsonError, loads, read_item
from bot.sources.sanitize import MAX_NAME_LENGTH, RecentIds

_MAX_CHAT_BYTES = 64 * 1024
_MAX_COMMAND_BYTES = 1024
_MAX_CHAT_WAITING = 256
_MAX_COMMANDS_WAITING = 64
_ISSUER = "MQTT"


class CommandPayload(msgspec.Struct):
    """Command with an id that tells it from its repetition."""

    command: str = msgspec.field(name="order")
    id: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_NAME_LENGTH)] | None = None


class MqttSource(Remote):
    """Topics `chat` and `command` of one channel."""

    def __init__(
        self,
        settings: MqttSourceSettings,
        channel: str,
        incoming: Incoming,
        parse_order: ParseOrder,
    ) -> None:
        """Listen to `incoming`."""
        self.name: str = settings.type
        self._channel = channel
        self._incoming = incoming
        self._loop = incoming.loop
        self._parse_order = parse_order
        self._chat: deque[SourceItem] = deque()
        self._commands: deque[SourceItem] = deque()
        self._has_items = asyncio.Event()
        self._is_running = False
        self._seen = RecentIds()
        self._seen_commands = RecentIds()
        if settings.chat:
            incoming.listen(channel, "chat", self._take_chat)
        if settings.commands:
            incoming.listen(channel, "command", self._take_command)

    def resume(self, message: ChatMessage) -> None:
        """Take note of a message that an earlier run left to be spoken: it may be sent again."""
        if message.source == self.name:
            self._seen.add(message.id)

    async def run(self, deliver: Deliver) -> None:
        """Deliver what comes until cancelled; commands before chat."""
        self._is_running = True
        try:
            while True:
                await self._has_items.wait()
                queue = self._commands or self._chat
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
            self._incoming.refuse(self._channel, "chat", f"The message {error}.")
            return
        identity = item.id if isinstance(item, ChatMessage) else None
        if identity is not None and identity in self._seen:
            return  # QoS 1 delivers at least once
        if self._put("chat", self._chat, _MAX_CHAT_WAITING, item) and identity is not None:
            self._seen.add(identity)

    def _read_chat(self, received: Received) -> SourceItem:
        if received.is_retained:
            raise ChatJsonError("was published with the retain flag, so it may be old")
        if len(received.payload) > _MAX_CHAT_BYTES:
            raise ChatJsonError(f"is larger than {_MAX_CHAT_BYTES} bytes")
        origin = Origin(self._channel, self.name, now())
        return read_item(loads(received.payload), origin, new_id=uuid4().hex)

    def _take_command(self, received: Received) -> None:
        try:
            payload = self._read_command(received)
            order = self._parse_order(payload.command)
        except CommandError as error:
            self._incoming.refuse(self._channel, "command", f"The command is refused: {error}.")
            return
        if payload.id is not None and payload.id in self._seen_commands:
            return
        command = Command(
            id=payload.id or uuid4().hex,
            channel=self._channel,
            issuer=_ISSUER,
            order=order,
        )
        is_taken = self._put("command", self._commands, _MAX_COMMANDS_WAITING, command)
        if is_taken and payload.id is not None:  # what was refused may be sent again
            self._seen_commands.add(payload.id)

    def _read_command(self, received: Received) -> CommandPayload:
        """Return the command: plain words, or a JSON object."""
        if received.is_retained:
            raise CommandError(
                "it was published with the retain flag, so every start would carry it out"
            )
        if len(received.payload) > _MAX_COMMAND_BYTES:
            raise CommandError(f"it is larger than {_MAX_COMMAND_BYTES} bytes")
        try:
            text = received.payload.decode()
            if not text.lstrip().startswith("{"):
                return CommandPayload(text)
            return msgspec.json.decode(text, type=CommandPayload)
        except UnicodeDecodeError:
            raise CommandError("it is not UTF-8") from None
        except (msgspec.MsgspecError, RecursionError) as error:
            raise CommandError(f"it has another form: {error}") from None

    def _put(self, topic: str, queue: deque[SourceItem], limit: int, item: SourceItem) -> bool:
        """Queue it, or refuse it; return whether it was taken."""
        if not self._is_running:
            self._incoming.refuse(
                self._channel, topic, "The daemon is starting or ending; try again."
            )
        elif len(queue) >= limit:
            self._incoming.refuse(
                self._channel, topic, "Too much comes at once; this one is dropped."
            )
        else:
            queue.append(item)
            self._has_items.set()
            return True
        return False
