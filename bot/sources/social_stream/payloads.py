"""Fields of a payload: who wrote what, with which event, and what was deleted.

Fields of another type than expected count as absent.
"""

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.messages import ChatMessage, Event, EventKind, Role
from bot.sources import Origin
from bot.sources.html_text import RichText, to_text
from bot.sources.sanitize import MAX_NAME_LENGTH, chatter, valid_ranges
from bot.sources.social_stream import events
from bot.sources.twitch_emotes import cheermotes

_MESSAGE_KEYS = frozenset({"chatname", "chatmessage"})
_NOTICE_KEYS = frozenset({"type", "meta"})
_OUR_KEYS = frozenset({"author", "text", "timeout", "clear"})
_ROLES = {
    "host": Role.BROADCASTER,
    "broadcaster": Role.BROADCASTER,
    "mod": Role.MODERATOR,
    "moderator": Role.MODERATOR,
    "admin": Role.MODERATOR,
    "vip": Role.VIP,
}
_ESCAPES = 2
"""Times that a name may have been escaped."""
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_LEAD_IN = re.compile(
    r"\A\s*<i(?:><small>.*?</small>| class=['\"]event-pill['\"]>.*?)</i>", re.DOTALL
)
"""What Social Stream Ninja puts before a reply, and before words that came with an event."""
_REDEEMS = frozenset({"reward", "channel_points", "redeem"})
_USER_INPUTS = ("userInput", "user_input", "input", "message", "text")
_BAN = "user_banned"


def is_social_stream(value: Mapping[str, Any]) -> bool:
    """Tell whether the JSON object `value` is of this form: a message, a notice or a deletion."""
    keys = value.keys()
    if isinstance(value.get("delete"), dict):
        return True
    is_notice = "event" in keys and bool(_NOTICE_KEYS & keys)
    return not _OUR_KEYS & keys and "delete" not in keys and bool(_MESSAGE_KEYS & keys or is_notice)


def native_id(value: Mapping[str, Any]) -> str | None:
    """Return the platform's id of the message, if it is known.

    Not `id`: that is a counter which starts anew with Social Stream Ninja.
    """
    return identifier(_meta(value).get("messageId"))


def deleted(value: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return what tells whom or what the platform took back; None for no such thing."""
    deletion = value.get("delete")
    if isinstance(deletion, dict):
        return deletion
    meta = value.get("meta")
    if value.get("event") != _BAN or not isinstance(meta, dict):
        return None
    person = next((meta[k] for k in ("userId", "userid", "channelId") if k in meta), None)
    name = meta.get("username") or meta.get("displayName")
    return {"type": value.get("type"), "userid": person, "username": name, "chatname": name}


def to_message(value: Mapping[str, Any], origin: Origin, *, new_id: str) -> ChatMessage | None:
    """Return the message in `value`; None for a notice, for a bot's, and for a private one.

    The chatter's id is the platform and its id there, such as `youtube:UC123`. Of badges only
    flags count (`mod`, `host`, `vip`, `membership`): pictures say nothing that can be trusted.
    """
    name = _author(value)
    person = chatter_id(value)
    if not name or person is None or _is_set(value.get("private")) or events.is_notice(value):
        return None
    body = _body(value)
    told = events.told(value, body.text, name)
    if told is None and _is_set(value.get("bot")):
        return None
    if told is not None and _is_recipient(value):
        return None
    event = told.event if told else None
    if told is not None and not told.is_own_text:
        body = RichText("", ())
    login = _name(value.get("username"))
    emotes = list(body.emotes)
    if event is not None and event.kind is EventKind.CHEER:
        emotes += cheermotes(body.text, event.amount)
    return ChatMessage(
        id=new_id,
        channel=origin.channel,
        source=origin.source,
        chatter=chatter(person, name, login, _roles(value, event)),
        text=body.text,
        emotes=valid_ranges(emotes, len(body.text)),
        pictures=body.pictures,
        event=event,
        reply_to=_answered(value),
        received_at=origin.received_at,
    )


def platform_of(value: Mapping[str, Any]) -> str:
    """Return the site that a payload comes from."""
    return identifier(value.get("type")) or "social_stream"


def chatter_id(value: Mapping[str, Any]) -> str | None:
    """Return the id of whom a payload is about: the platform and its id, or the name there."""
    person = identifier(value.get("userid")) or _name(value.get("username")) or _author(value)
    return f"{platform_of(value)}:{person}"[:MAX_NAME_LENGTH] if person else None


def names(value: Mapping[str, Any]) -> Iterator[str]:
    """Yield everything that a deletion may call the chatter of a payload, for comparison."""
    for key in ("userid", "username", "chatname"):
        if name := _name(value.get(key)) or identifier(value.get(key)):
            yield name.casefold()


def identifier(value: object) -> str | None:
    """Return `value`, a number or text that is not blank, as an identifier; cut when too long."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value.strip()[:MAX_NAME_LENGTH] or None if isinstance(value, str) else None


def _author(value: Mapping[str, Any]) -> str:
    """Return the chatter's name; a tip on Kick has its supporter in `meta` alone."""
    return _name(value.get("chatname")) or _name(_meta(value).get("supporter"))


def _meta(value: Mapping[str, Any]) -> Mapping[str, Any]:
    meta = value.get("meta")
    return meta if isinstance(meta, dict) else {}


def _name(value: object) -> str:
    """Return a name without the escapes that some senders leave in it: O&#39;Brien."""
    return unescaped(identifier(value) or "")[:MAX_NAME_LENGTH].strip()


def unescaped(text: str) -> str:
    """Return `text` without the entities of HTML, also where they were escaped twice."""
    for _ in range(_ESCAPES):
        if "&" not in text:
            break
        text = _ENTITY.sub(lambda match: html.unescape(match[0]), text)
    return text


def _body(value: Mapping[str, Any]) -> RichText:
    """Return what the chatter wrote: not the quoted words before a reply, nor a reward's title."""
    name = value.get("event")
    if isinstance(name, str) and name in _REDEEMS:
        return _redeemed(value)
    reply, message = value.get("reply"), value.get("chatmessage")
    if isinstance(reply, str) and reply.strip():
        return _rich(reply, value)
    if isinstance(message, str):
        return _rich(message, value)
    note = _meta(value).get("message")
    return RichText(note if isinstance(note, str) else "", ())


def _rich(message: str, value: Mapping[str, Any]) -> RichText:
    if _is_set(value.get("textonly")):
        return RichText(message, ())
    return to_text(_LEAD_IN.sub("", message))


def _redeemed(value: Mapping[str, Any]) -> RichText:
    meta, message = _meta(value), value.get("chatmessage")
    for key in _USER_INPUTS:
        if isinstance(text := meta.get(key), str):
            return RichText(unescaped(text), ())
    body = _rich(message, value) if isinstance(message, str) else RichText("", ())
    is_title = body.text.strip().rstrip("!") == _name(meta.get("rewardTitle"))
    return RichText("", ()) if is_title else body


def _answered(value: Mapping[str, Any]) -> str | None:
    """Return the name of the chatter whom a reply answers."""
    reply = _meta(value).get("reply")
    return (_name(reply.get("author")) or None) if isinstance(reply, dict) else None


def _is_recipient(value: Mapping[str, Any]) -> bool:
    """Tell whether it is about who got a gift: the gift itself is told already."""
    meta = _meta(value)
    is_gift = _is_set(meta.get("isGift")) or _is_set(meta.get("is_gift"))
    return is_gift or value.get("membership") == "gift_recipient"


def _roles(value: Mapping[str, Any], event: Event | None) -> Iterator[Role]:
    yield from (role for flag, role in _ROLES.items() if _is_set(value.get(flag)))
    is_giver = event is not None and event.kind is EventKind.GIFT
    if identifier(value.get("membership")) and not is_giver:
        yield Role.SUBSCRIBER


def _is_set(value: object) -> bool:
    return value in (1, "true")
