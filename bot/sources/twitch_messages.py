"""Lines of Twitch's IRC as chat items.

Commands and tags: https://dev.twitch.tv/docs/chat/irc/.
"""

import re
from collections.abc import Iterator, Mapping
from uuid import uuid4

from bot.messages import ChatMessage, Event, EventKind, Purge, Role, SourceItem
from bot.sources import Origin
from bot.sources.irc import IrcMessage
from bot.sources.sanitize import chatter, valid_ranges
from bot.sources.twitch_emotes import cheermotes, emote_ranges

BADGE_ROLES = {
    "broadcaster": Role.BROADCASTER,
    "moderator": Role.MODERATOR,
    "lead_moderator": Role.MODERATOR,  # comes without the tag mod=1
    "vip": Role.VIP,
    "subscriber": Role.SUBSCRIBER,
    "founder": Role.SUBSCRIBER,
}
"""Roles by badge."""
_FLAGS = {"mod": Role.MODERATOR, "vip": Role.VIP, "subscriber": Role.SUBSCRIBER}
_NOTICES = {
    "sub": (EventKind.SUB, "msg-param-cumulative-months"),
    "resub": (EventKind.RESUB, "msg-param-cumulative-months"),
    "subgift": (EventKind.GIFT, ""),
    "anonsubgift": (EventKind.GIFT, ""),
    "submysterygift": (EventKind.GIFT, "msg-param-mass-gift-count"),
    "anonsubmysterygift": (EventKind.GIFT, "msg-param-mass-gift-count"),
    "raid": (EventKind.RAID, "msg-param-viewerCount"),
    "announcement": (EventKind.ANNOUNCEMENT, ""),
}
"""Event of each USERNOTICE, and the tag with its amount."""
ACTION = re.compile("\x01ACTION (.*?)\x01?", re.DOTALL)
"""Frame around the text of /me."""
_NUMBER = re.compile(r"[0-9]{1,9}")


def to_item(message: IrcMessage, origin: Origin) -> SourceItem | None:
    """Return the item of `message`, or None; never raises."""
    match message.command:
        case "PRIVMSG":
            return _chat_message(message, _paid_event(message.tags), origin)
        case "USERNOTICE":
            event = _notice_event(message.tags)
            if event is None and len(message.params) == 1:
                return None  # Twitch reports something about the chatter, who says nothing
            return _chat_message(message, event, origin)
        case "CLEARCHAT" if message.params:
            target = message.tags.get("target-user-id") or "".join(message.params[1:2])
            return Purge(channel=origin.channel, chatter_id=target or None)
        case "CLEARMSG" if message.tags.get("target-msg-id"):
            return Purge(channel=origin.channel, message_id=message.tags["target-msg-id"])
    return None


def _chat_message(message: IrcMessage, event: Event | None, origin: Origin) -> ChatMessage | None:
    tags = message.tags
    login = tags.get("login") or message.nick  # a USERNOTICE is sent by the server
    chatter_id = tags.get("user-id") or login
    if not chatter_id or not message.params:
        return None
    name = tags.get("display-name", "").strip() or login or chatter_id
    text = message.params[1] if len(message.params) > 1 else ""
    if action := ACTION.fullmatch(text):
        text = action[1]  # the emote ranges count from here
    emotes = emote_ranges(tags.get("emotes", ""), text)
    if bits := _number(tags.get("bits", "")):
        emotes += cheermotes(text, bits)
    return ChatMessage(
        id=tags.get("id") or uuid4().hex,
        channel=origin.channel,
        source=origin.source,
        chatter=chatter(chatter_id, name, login, _roles(tags)),
        text=text,
        emotes=valid_ranges(emotes, len(text)),
        event=event,
        reply_to=tags.get("reply-parent-display-name") or None,
        received_at=origin.received_at,
    )


def _roles(tags: Mapping[str, str]) -> Iterator[Role]:
    for badge in tags.get("badges", "").split(","):
        role = BADGE_ROLES.get(badge.partition("/")[0])
        if role:
            yield role
    yield from (role for flag, role in _FLAGS.items() if tags.get(flag) == "1")


def _paid_event(tags: Mapping[str, str]) -> Event | None:
    bits = _number(tags.get("bits", ""))
    if bits:
        return Event(kind=EventKind.CHEER, amount=bits)
    if reward := tags.get("custom-reward-id"):
        return Event(kind=EventKind.REDEEM, reward=reward)
    return None


def _notice_event(tags: Mapping[str, str]) -> Event | None:
    kind = tags.get("msg-id", "")
    if kind == "sharedchatnotice":
        kind = tags.get("source-msg-id", "")
    if kind not in _NOTICES or ("msg-param-community-gift-id" in tags and kind == "subgift"):
        return None  # gifts to many come as one notice, and as one for each of them
    event_kind, amount_tag = _NOTICES[kind]
    default = 1 if event_kind is EventKind.GIFT else 0
    return Event(kind=event_kind, amount=_number(tags.get(amount_tag, "")) or default)


def is_from_elsewhere(message: IrcMessage) -> bool:
    """Tell whether a shared chat brought `message` here from another channel."""
    tags = message.tags
    return tags.get("source-room-id", tags.get("room-id")) != tags.get("room-id")


def _number(text: str) -> int:
    return int(text) if _NUMBER.fullmatch(text) else 0
