"""Chat as JSON: a line of a recording, and the body of a POST to /api/chat.

A message; all but author and text may be left out, and of the author all but the name:

    {"channel": "demo", "id": "m1",
     "author": {"id": "u1", "name": "viewer1", "login": "v1", "roles": ["moderator"],
                "followed_at": 1730000000, "created_at": 1520000000},
     "text": "hello", "emotes": [[0, 5]], "reply_to": "viewer2", "first": true,
     "event": {"kind": "donation", "amount": 5.5, "unit": "EUR"}}

Ids and names have at most 200 code points; `emotes` are half-open ranges of code points of the
text, `followed_at` and `created_at` Unix times; `first` tells that the author never wrote in the
channel before. Deletions, also with `channel`:

    {"delete": "m1"}      the message with this id
    {"timeout": "u1"}     everything of the author with this id
    {"clear": true}       everything

Stream status, also with `channel`:

    {"live": true}        the stream begins; false: it ends

In a recording each has `at` too, seconds from the start. Other keys are ignored, but in a POST.
"""

import json
from typing import Annotated, Any, Literal, NoReturn, TypeVar

import msgspec

from bot.errors import shown
from bot.messages import (
    ChatItem,
    ChatMessage,
    Chatter,
    Event,
    EventKind,
    Purge,
    Role,
    StreamStatus,
)
from bot.sources import Origin
from bot.sources.sanitize import MAX_NAME_LENGTH, valid_ranges, well_formed
from bot.sources.twitch_emotes import cheermotes

_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_NAME_LENGTH)]
_Id = _Name
_OptionalName = Annotated[str, msgspec.Meta(max_length=MAX_NAME_LENGTH)]
_Amount = Annotated[float, msgspec.Meta(ge=0, le=1e12)]
_Stamp = Annotated[float, msgspec.Meta(ge=0, le=1e11)]
_Seconds = Annotated[float, msgspec.Meta(ge=0, le=1e9)]

_LINE_ENDS = {code: f"\\u{code:04x}" for code in (0x85, 0x2028, 0x2029)}
"""Characters that some readers take for the end of a line, and JSON does not escape."""


class ChatJsonError(ValueError):
    """Text that is no JSON, or JSON of another form; the message is a clause for people."""


class _At(msgspec.Struct):
    at: _Seconds


class _Channel(msgspec.Struct):
    channel: str | None = None


class AuthorBody(msgspec.Struct):
    """Who writes."""

    name: _Name
    id: _Id | None = None
    login: _OptionalName = ""
    roles: list[Role] = []
    followed_at: _Stamp | None = None
    created_at: _Stamp | None = None


class EventBody(msgspec.Struct):
    """What the message came with."""

    kind: EventKind
    amount: _Amount = 0
    unit: Annotated[str, msgspec.Meta(max_length=30)] = ""


class MessageBody(msgspec.Struct):
    """Message of chat."""

    author: AuthorBody
    text: str
    channel: str | None = None
    """Name of a configured channel; the first one by default."""
    id: _Id | None = None
    emotes: list[tuple[int, int]] = []
    event: EventBody | None = None
    reply_to: _OptionalName | None = None
    first: bool = False


class _Delete(msgspec.Struct):
    delete: _Id


class _Timeout(msgspec.Struct):
    timeout: _Id


class _Clear(msgspec.Struct):
    clear: Literal[True]


class _Live(msgspec.Struct):
    live: bool


FORMS: tuple[type[msgspec.Struct], ...] = (MessageBody, _Delete, _Timeout, _Clear, _Live)
"""Forms of an object, for the JSON schema."""


def loads(data: bytes) -> dict[str, Any]:
    """Return the JSON object that `data` holds as UTF-8, with lone surrogates replaced.

    Raises:
        ChatJsonError: it holds something else.
    """
    try:
        # Not msgspec: it refuses a lone surrogate, and with it a message that a browser cut.
        value = json.loads(
            data.decode("utf-8-sig"),
            object_pairs_hook=_well_formed_object,
            parse_constant=_refuse_constant,
        )
    except UnicodeDecodeError:
        raise ChatJsonError("is not UTF-8") from None
    except RecursionError:
        raise ChatJsonError("is nested too deeply") from None
    except ValueError as error:
        raise ChatJsonError(f"is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise ChatJsonError("needs to be one JSON object")
    return value


def read_at(value: dict[str, Any]) -> float:
    """Return the time of the recorded `value`, in seconds from the start of the recording.

    Raises:
        ChatJsonError: it has none.
    """
    return _convert(value, _At).at


def read_channel(value: dict[str, Any]) -> str | None:
    """Return the channel that `value` names, if it names one.

    Raises:
        ChatJsonError: its channel is no text.
    """
    return _convert(value, _Channel).channel


def refuse_unknown(value: dict[str, Any]) -> None:
    """Make sure that every key of `value` means something.

    Raises:
        ChatJsonError: one means nothing; who sent it expects something of it.
    """
    parts: tuple[tuple[object, str, tuple[type[msgspec.Struct], ...]], ...] = (
        (value, "", FORMS),
        (value.get("author"), "author.", (AuthorBody,)),
        (value.get("event"), "event.", (EventBody,)),
    )
    for part, place, forms in parts:
        known = {name for form in forms for name in form.__struct_fields__}
        unknown = [key for key in part if key not in known] if isinstance(part, dict) else []
        if unknown:
            raise ChatJsonError(
                f"has a key that nobody knows: {shown(place + unknown[0])};"
                f" there is {', '.join(sorted(known))}"
            )


def read_item(value: dict[str, Any], origin: Origin, *, new_id: str) -> ChatItem:
    """Return the item in `value`, for the channel of `origin`; see the form above.

    A message without id gets `new_id`. Emote ranges that do not fit the text are left out.

    Raises:
        ChatJsonError: it has another form.
    """
    channel = origin.channel
    if "delete" in value:
        return Purge(channel=channel, message_id=_convert(value, _Delete).delete)
    if "timeout" in value:
        return Purge(channel=channel, chatter_id=_convert(value, _Timeout).timeout)
    if "clear" in value:
        _convert(value, _Clear)
        return Purge(channel=channel)
    if "live" in value:
        return StreamStatus(channel=channel, is_live=_convert(value, _Live).live)
    message = _convert(value, MessageBody)
    author, event, emotes = message.author, message.event, message.emotes
    if event is not None and event.kind is EventKind.CHEER:
        emotes = [*emotes, *cheermotes(message.text, event.amount)]
    return ChatMessage(
        id=message.id or new_id,
        channel=channel,
        source=origin.source,
        chatter=Chatter(
            id=author.id or author.name,
            name=author.name,
            login=author.login,
            roles=frozenset(author.roles),
            follows_since=author.followed_at,
            exists_since=author.created_at,
        ),
        text=message.text,
        emotes=valid_ranges(emotes, len(message.text)),
        event=Event(kind=event.kind, amount=event.amount, unit=event.unit) if event else None,
        reply_to=message.reply_to,
        is_first=message.first,
        received_at=origin.received_at,
    )


def dump_item(item: ChatItem, at: float) -> str:
    """Return `item` as one line of a recording, without the line's end.

    `at` is in seconds from the start of the recording, kept to the millisecond.
    """
    value: dict[str, Any] = {"at": round(at, 3), "channel": item.channel}
    if isinstance(item, ChatMessage):
        value |= _message_fields(item)
    elif isinstance(item, StreamStatus):
        value["live"] = item.is_live
    elif item.message_id is not None:
        value["delete"] = item.message_id
    elif item.chatter_id is not None:
        value["timeout"] = item.chatter_id
    else:
        value["clear"] = True
    return well_formed(json.dumps(value, ensure_ascii=False)).translate(_LINE_ENDS)


def _message_fields(message: ChatMessage) -> dict[str, Any]:
    chatter, event = message.chatter, message.event
    author: dict[str, Any] = {"id": chatter.id, "name": chatter.name}
    if chatter.login:
        author["login"] = chatter.login
    if chatter.roles:
        author["roles"] = [role.value for role in Role if role in chatter.roles]
    since = {"followed_at": chatter.follows_since, "created_at": chatter.exists_since}
    author |= {field: at for field, at in since.items() if at is not None}
    fields: dict[str, Any] = {"id": message.id, "author": author, "text": message.text}
    if message.emotes:
        fields["emotes"] = message.emotes
    if event:
        fields["event"] = {"kind": event.kind.value, "amount": event.amount}
        if event.unit:
            fields["event"]["unit"] = event.unit
    if message.reply_to:
        fields["reply_to"] = message.reply_to
    if message.is_first:
        fields["first"] = True
    return fields


_T = TypeVar("_T")


def _convert(value: dict[str, Any], kind: type[_T]) -> _T:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise ChatJsonError(f"has another form: {error}") from None


def _well_formed_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {well_formed(key): _well_formed_value(value) for key, value in pairs}


def _well_formed_value(value: Any) -> Any:  # noqa: ANN401 - parsed JSON
    """Return `value`, in which objects are well-formed already: they are complete first."""
    if isinstance(value, str):
        return well_formed(value)
    return [_well_formed_value(part) for part in value] if isinstance(value, list) else value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number in JSON")
