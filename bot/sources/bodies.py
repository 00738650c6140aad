"""Bodies of posts to /api/chat: JSON, what a form of a page sends, or the text alone."""

from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from typing import Any, Final

import msgspec
from aiohttp import hdrs, web

from bot.sources.chat_json import ChatJsonError, loads, refuse_unknown
from bot.sources.social_stream import is_social_stream

_PARTS: Final = "multipart/form-data"
FORMS: Final = ("application/x-www-form-urlencoded", _PARTS)
"""Content types of forms."""
DEFAULT_NAME: Final = "somebody"
"""Name of an author that nobody names."""


class MessageForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Message as a form sends it."""

    text: str
    name: str = DEFAULT_NAME
    """Name of who says it."""
    id: str | None = None
    """Id of the message; one that was there already is ignored."""
    channel: str | None = None
    """Name of a channel with an ingest source; the first one by default."""

    def value(self) -> dict[str, Any]:
        """Return it as `bot.sources.chat_json` has it."""
        value = {"text": self.text, "author": {"name": self.name}}
        given = {"id": self.id, "channel": self.channel}
        return value | {key: text for key, text in given.items() if text}


async def read_body(request: web.Request) -> dict[str, Any]:
    """Return the message in a body, in the form of `bot.sources.chat_json`.

    Many programs send JSON under the name of something else, as `curl -d` does: what looks like an
    object is one.

    Raises:
        ChatJsonError: it is none, or has a key that nobody knows; the message is a clause.
    """
    data = await request.read()
    is_object = data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
    if request.content_type in FORMS and not is_object:
        return await _form(request, data)
    if request.content_type == "text/plain" and not is_object:
        try:
            return MessageForm(text=data.decode("utf-8-sig")).value()
        except UnicodeDecodeError:
            raise ChatJsonError("is not UTF-8") from None
    value = loads(data)
    if not is_social_stream(value):
        refuse_unknown(value)
        if "text" in value:
            value.setdefault("author", {"name": DEFAULT_NAME})
    return value


async def _form(request: web.Request, data: bytes) -> dict[str, Any]:
    try:
        if request.content_type == _PARTS:
            fields = dict(_parts(request.headers[hdrs.CONTENT_TYPE], data))
        else:
            fields = dict(await request.post())
    except (ValueError, LookupError) as error:  # also charsets that nobody knows
        raise ChatJsonError(f"is no form: {error}") from None
    try:
        return msgspec.convert(fields, MessageForm).value()
    except msgspec.ValidationError as error:
        raise ChatJsonError(f"has another form: {error}") from None


def _parts(content_type: str, data: bytes) -> Iterator[tuple[str, Any]]:
    """Yield name and text of each part: the whole body is here, so aiohttp reads none any more.

    Raises:
        ValueError: a part is not in its charset.
        LookupError: nobody knows that charset.
        ChatJsonError: a part is a file, or has no name.
    """
    boundary = _head(f"Content-Type: {content_type}".encode()).get_boundary("").encode()
    for part in (b"\r\n" + data).split(b"\r\n--" + boundary)[1:]:
        if part.startswith(b"--"):
            return
        lines, _, text = part.partition(b"\r\n")[2].partition(b"\r\n\r\n")
        head = _head(lines)
        name = head.get_param("name", header="content-disposition")
        if head.get_filename() is not None:
            raise ChatJsonError("holds a file where a text belongs")
        if not isinstance(name, str):
            raise ChatJsonError("has a part without a name")
        yield name, text.decode(head.get_content_charset("utf-8"))


def _head(lines: bytes) -> Message:
    return message_from_bytes(lines + b"\r\n\r\n")
