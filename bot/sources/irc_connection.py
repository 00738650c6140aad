"""An IRC connection over WebSocket that notices when the other side is gone."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import aiohttp
import structlog

from bot.errors import StartError, TransientError
from bot.sources.irc_message import IrcMessage, parse

log = structlog.get_logger(__name__)

_MAX_FRAME_BYTES = 4 * 1024 * 1024
_CLOSE_S = 0.25
_SHOWN_CHARACTERS = 200


class IrcConnection:
    """Lines out, messages in."""

    def __init__(
        self,
        socket: "aiohttp.ClientWebSocketResponse[bool]",
        *,
        idle_s: float,
        answer_s: float,
    ) -> None:
        self._socket = socket
        self._idle_s = idle_s
        self._answer_s = answer_s

    async def send(self, line: str) -> None:
        """Send one line, given without its end."""
        await self._socket.send_str(f"{line}\r\n")

    async def receive(self) -> list[IrcMessage]:
        """Return the messages of the next frame; answers PING itself, drops malformed lines.

        Raises:
            TransientError: the connection is lost, or the server is silent and answers no PING.
        """
        frame = await self._frame()
        messages: list[IrcMessage] = []
        for line in frame.decode(errors="replace").split("\n"):
            message = parse(line)
            if message is None:
                if line.strip():
                    log.debug("not IRC", line=line[:_SHOWN_CHARACTERS], length=len(line))
            elif message.command == "PING":
                await self.send("PONG :" + " ".join(message.params).replace("\r", ""))
            else:
                messages.append(message)
        return messages

    async def _frame(self) -> bytes:
        try:
            frame = await self._socket.receive(self._idle_s)
        except TimeoutError:
            # A connection that was cut without a word looks just like a quiet chat.
            await self.send("PING :are-you-there")
            try:
                frame = await self._socket.receive(self._answer_s)
            except TimeoutError:
                raise TransientError(f"no answer within {self._answer_s:g} s") from None
        if frame.type in {aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY}:
            data: bytes = frame.data
            return data
        if frame.type is aiohttp.WSMsgType.ERROR:
            raise TransientError(f"the server broke the protocol: {frame.data}")
        raise TransientError("the server closed the connection")


@asynccontextmanager
async def connect(url: str, *, idle_s: float, answer_s: float) -> AsyncIterator[IrcConnection]:
    """Open a connection to the IRC server at the WebSocket address `url`.

    A server that was silent for `idle_s` seconds is asked whether it is there, and has `answer_s`
    seconds to say something.

    Raises:
        StartError: `url` is no address.
        aiohttp.ClientError: the server cannot be reached, or speaks no WebSocket.
    """
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as session:
        # Text comes undecoded, since one wrong byte is no reason to lose the connection. Some
        # servers refuse a client without Origin, which only browsers need to send.
        try:
            socket = await session.ws_connect(
                url,
                autoclose=False,
                decode_text=False,
                max_msg_size=_MAX_FRAME_BYTES,
                origin=re.sub(r"ws(s?://[^/]*).*", r"http\1", url),
            )
        except (aiohttp.InvalidUrlClientError, UnicodeError) as error:
            raise StartError(
                f"{url!r} is not the address of a chat server.",
                remedy="Unset the variable ISHOWTTS_TWITCH_CHAT_URL, for Twitch's own.",
            ) from error
        try:
            yield IrcConnection(socket, idle_s=idle_s, answer_s=answer_s)
        finally:
            # A server that goes on talking instead of closing must not hold us up.
            with suppress(TimeoutError):
                async with asyncio.timeout(_CLOSE_S):
                    await socket.close()
