"""IRC over WebSocket: lines with tags, and a connection that notices when the server is gone.

Format: https://modern.ircdocs.horse/#message-format and
https://ircv3.net/specs/extensions/message-tags.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple

import aiohttp
import structlog

from bot.errors import StartError, TransientError, shown

log = structlog.get_logger(__name__)

MAX_LINE_LENGTH = 16_384
"""Limit of a line, in characters; the standard allows 8191 bytes of tags and 512 of the rest."""
_MAX_FRAME_BYTES = 4 * 1024 * 1024
_CLOSE_S = 0.25
_LOGGED_CHARACTERS = 200

_COMMAND = re.compile(r"[A-Za-z]+|[0-9]{3}")
_ESCAPE = re.compile(r"\\(.?)", re.DOTALL)
_ESCAPED = {":": ";", "s": " ", "r": "\r", "n": "\n"}


class IrcMessage(NamedTuple):
    """Parsed line; nothing in it was checked for sense."""

    tags: Mapping[str, str]
    """Unescaped; a tag without value is the empty string."""
    nick: str
    """Sender: the prefix up to `!` or `@`; empty where there is none."""
    command: str
    """In upper case, or three digits."""
    params: tuple[str, ...]


def parse(line: str) -> IrcMessage | None:
    """Return the message in `line`, or None if it is no IRC; never raises."""
    if len(line) > MAX_LINE_LENGTH:
        return None
    rest = line.rstrip("\r\n")
    tags: Mapping[str, str] = {}
    nick = ""
    if rest.startswith("@"):
        head, _, rest = rest[1:].partition(" ")
        tags = _tags(head)
    rest = rest.lstrip(" ")
    if rest.startswith(":"):
        head, _, rest = rest[1:].partition(" ")
        nick = re.split("[!@]", head, maxsplit=1)[0]
    middle, has_trailing, trailing = f" {rest}".partition(" :")
    words = [word for word in middle.split(" ") if word]
    if not words or not _COMMAND.fullmatch(words[0]):
        return None
    if has_trailing:
        words.append(trailing)
    return IrcMessage(tags, nick, words[0].upper(), tuple(words[1:]))


def _tags(text: str) -> Mapping[str, str]:
    """Return the tags; of several with one key the last counts, as the standard says."""
    pairs = (tag.partition("=") for tag in text.split(";") if tag)
    return {key: _ESCAPE.sub(_unescape, value) for key, _, value in pairs}


def _unescape(match: re.Match[str]) -> str:
    return _ESCAPED.get(match[1], match[1])


class IrcConnection:
    """Open connection: lines out, messages in."""

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
                    log.debug("line is no IRC", line=line[:_LOGGED_CHARACTERS], length=len(line))
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

    A server that was silent for `idle_s` seconds is sent a PING, and has `answer_s` seconds to say
    something.

    Raises:
        StartError: `url` is no address.
        TransientError: the server cannot be reached, speaks no WebSocket, or is lost in the block.
    """
    try:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as session:
            socket = await _open(session, url)
            try:
                yield IrcConnection(socket, idle_s=idle_s, answer_s=answer_s)
            finally:
                # A server that goes on talking instead of closing must not hold us up.
                with suppress(TimeoutError):
                    async with asyncio.timeout(_CLOSE_S):
                        await socket.close()
    except (aiohttp.ClientError, OSError) as error:
        raise TransientError(str(error) or type(error).__name__) from error


async def _open(
    session: aiohttp.ClientSession, url: str
) -> "aiohttp.ClientWebSocketResponse[bool]":
    # Text comes undecoded, since one wrong byte is no reason to lose the connection. Some servers
    # refuse a client without Origin, which only browsers need to send.
    try:
        return await session.ws_connect(
            url,
            autoclose=False,
            decode_text=False,
            max_msg_size=_MAX_FRAME_BYTES,
            origin=re.sub(r"ws(s?://[^/]*).*", r"http\1", url),
        )
    except (aiohttp.InvalidUrlClientError, UnicodeError) as error:
        raise StartError(
            f"{shown(url)} is not the address of a chat server.",
            remedy="Unset the variable ISHOWTTS_TWITCH_CHAT_URL, for Twitch's own.",
        ) from error
