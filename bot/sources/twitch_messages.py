"""Lines of Twitch's IRC as chat items.

Commands and tags: https://dev.twitch.tv/docs/chat/irc/.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from uuid import uuid4

from bot.messages import ChatMessage, Event, EventKind, Purge, Role, SourceItem
from bot.sources import Origin
from bot.sources.irc import IrcMessage
from bot.sources.sanitize import chatter, valid_ranges
from bot.sources.twitch_emotes import cheermotes, emote_ranges, pictures
from bot.sources.twitch_rooms import Copy

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
    "primepaidupgrade": (EventKind.SUB, ""),
    "giftpaidupgrade": (EventKind.SUB, ""),
    "anongiftpaidupgrade": (EventKind.SUB, ""),
    "resub": (EventKind.RESUB, "msg-param-cumulative-months"),
    "extendsub": (EventKind.RESUB, "msg-param-cumulative-months"),
    "subgift": (EventKind.GIFT, ""),
    "anonsubgift": (EventKind.GIFT, ""),
    "submysterygift": (EventKind.GIFT, "msg-param-mass-gift-count"),
    "anonsubmysterygift": (EventKind.GIFT, "msg-param-mass-gift-count"),
    "raid": (EventKind.RAID, "msg-param-viewerCount"),
    "announcement": (EventKind.ANNOUNCEMENT, ""),
    "viewermilestone": (EventKind.WATCH_STREAK, "msg-param-value"),
    "charitydonation": (EventKind.CHARITY, "msg-param-donation-amount"),
    "onetapgiftredeemed": (EventKind.CHEER, "msg-param-bits-spent"),
}
"""Event of each USERNOTICE, and the tag with its amount.

Of all others the chatter's own words are chat: badges, rituals, anniversaries of moderators, gifts
that are paid forward (which come as gifts too), and what Twitch may invent.
"""
_POWER_UPS = frozenset({"gigantified-emote-message", "animated-message"})
"""Chat messages that a power-up was paid for, by the tag `msg-id`."""
ACTION = re.compile("\x01ACTION (.*?)\x01?", re.DOTALL)
"""Frame around the text of /me."""
_MOST_PLACES = 9
_NUMBER = re.compile(r"[0-9]{1,9}")


def to_item(message: IrcMessage, origin: Origin) -> SourceItem | None:
    """Return the item of `message`, or None; never raises."""
    match message.command:
        case "PRIVMSG":
            event = None if is_from_elsewhere(message) else _paid_event(message.tags)
            return _chat_message(message, event, origin)
        case "USERNOTICE":
            event = None if is_from_elsewhere(message) else _notice_event(message.tags)
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
    if tags.get("pinned-chat-paid-is-system-message") == "1":
        text = ""  # Twitch's own words for a hype chat without any
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
        pictures=pictures(tags.get("emotes", ""), text),
        event=event,
        reply_to=tags.get("reply-parent-display-name") or None,
        is_first=tags.get("first-msg") == "1",
        received_at=origin.received_at,
    )


def _roles(tags: Mapping[str, str]) -> Iterator[Role]:
    for badge in _badges(tags.get("badges", "")):
        if badge in BADGE_ROLES:
            yield BADGE_ROLES[badge]
    yield from (role for flag, role in _FLAGS.items() if tags.get(flag) == "1")


def _paid_event(tags: Mapping[str, str]) -> Event | None:
    if bits := _number(tags.get("bits", "")):
        return Event(kind=EventKind.CHEER, amount=bits)
    if amount := _number(tags.get("pinned-chat-paid-amount", "")):
        places = _number(tags.get("pinned-chat-paid-exponent", ""))
        return money(EventKind.DONATION, amount, places, tags.get("pinned-chat-paid-currency", ""))
    if tags.get("msg-id") in _POWER_UPS:
        return Event(kind=EventKind.POWER_UP)
    if reward := tags.get("custom-reward-id"):
        return Event(kind=EventKind.REDEEM, reward=reward)
    return None


def _notice_event(tags: Mapping[str, str]) -> Event | None:
    notice = tags.get("msg-id", "")
    if notice not in _NOTICES:
        return None
    kind, amount_tag = _NOTICES[notice]
    if notice in {"subgift", "anonsubgift"} and "msg-param-community-gift-id" in tags:
        return None  # gifts to many come as one notice, and as one for each of them
    if kind is EventKind.WATCH_STREAK and tags.get("msg-param-category") != "watch-streak":
        return None
    amount = _number(tags.get(amount_tag, ""))
    if kind is EventKind.CHARITY:
        places = _number(tags.get("msg-param-exponent", ""))
        return money(kind, amount, places, tags.get("msg-param-donation-currency", ""))
    return Event(kind=kind, amount=amount or (1 if kind is EventKind.GIFT else 0))


def money(kind: EventKind, amount: int, places: int, currency: str) -> Event:
    """Return the event of an amount in a currency's minor unit, `places` decimal places below."""
    is_code = currency.isascii() and currency.isalpha()
    whole = amount / 10 ** min(places, _MOST_PLACES)
    return Event(kind=kind, amount=whole, unit=currency.upper() if is_code else "")


def is_from_elsewhere(message: IrcMessage) -> bool:
    """Tell whether a shared chat brought `message` here from another channel.

    What happens there, such as a sub, is no event of this channel.
    """
    tags = message.tags
    room = tags.get("room-id")
    return tags.get("msg-id") == "sharedchatnotice" or tags.get("source-room-id", room) != room


def copy_of(message: IrcMessage) -> Copy | None:
    """Return of what `message` is a copy, if a shared chat brought it here."""
    tags = message.tags
    room_id, source = tags.get("room-id", ""), tags.get("source-room-id", "")
    if source in {"", room_id}:
        return None
    text = message.params[-1] if message.params else ""
    badges = (_badges(tags.get(name, "")) for name in ("badges", "source-badges"))
    return Copy(room_id, source, tags.get("source-id", ""), is_order=is_order(text, *badges))


def is_order(text: str, here: Collection[str], there: Collection[str]) -> bool:
    """Tell whether `text` may be a command of somebody who moderates here alone.

    `here` and `there` are the writer's badges in the channel that shows it, and in the one where it
    was written.
    """
    is_mark = bool(text) and not text[0].isalnum()
    return is_mark and _moderates(here) and not _moderates(there)


def _moderates(badges: Collection[str]) -> bool:
    return any(BADGE_ROLES.get(each) in {Role.BROADCASTER, Role.MODERATOR} for each in badges)


def _badges(tag: str) -> list[str]:
    return [badge.partition("/")[0] for badge in tag.split(",")]


def _number(text: str) -> int:
    return int(text) if _NUMBER.fullmatch(text) else 0
