"""Notifications of EventSub as chat items.

Reference: https://dev.twitch.tv/docs/eventsub/eventsub-reference/. Subs, gifts and raids are taken
from `channel.chat.notification`, and cheers from `channel.chat.message`: with the topics of their
own that Twitch has too, each would come twice. `channel.bits.use` counts for what chat is not told.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from twitchio import PartialUser, models
from twitchio.models.eventsub_ import BaseEvent

from bot.messages import (
    ChatMessage,
    Chatter,
    Event,
    EventKind,
    Picture,
    Purge,
    Role,
    SourceItem,
    StreamStatus,
)
from bot.sources import Origin
from bot.sources.sanitize import chatter, valid_ranges, well_formed
from bot.sources.twitch_emotes import picture
from bot.sources.twitch_eventsub.sockets import FROM, SHARED
from bot.sources.twitch_messages import ACTION, BADGE_ROLES, is_order, money
from bot.sources.twitch_rooms import Copy

_NOTICES: Mapping[str, tuple[EventKind, str]] = {
    "sub": (EventKind.SUB, "months"),
    "gift_paid_upgrade": (EventKind.SUB, ""),
    "prime_paid_upgrade": (EventKind.SUB, ""),
    "resub": (EventKind.RESUB, "cumulative_months"),
    "sub_gift": (EventKind.GIFT, ""),
    "community_sub_gift": (EventKind.GIFT, "total"),
    "raid": (EventKind.RAID, "viewer_count"),
    "announcement": (EventKind.ANNOUNCEMENT, ""),
    "watch_streak": (EventKind.WATCH_STREAK, "streak"),
    "charity_donation": (EventKind.CHARITY, ""),
}
"""Event of each type of notice, and the field of twitchio's data with its amount.

Of all others the chatter's own words are chat: badges, anniversaries of moderators, gifts that are
paid forward (which come as gifts too), and what Twitch may invent.
"""
_NOBODY = Chatter(id="274598607", name="AnAnonymousGifter")
"""The user that Twitch names where somebody does not want to be named."""
_POWER_UPS = frozenset({"power_ups_message_effect", "power_ups_gigantified_emote"})
"""Types of chat messages that a power-up was paid for."""


class Redemption(NamedTuple):
    """Redeem as the streamer's account receives it."""

    id: str
    reward_id: str
    user_id: str
    text: str
    """What the chatter wrote; the chat shows it as a message too."""


def channel_id(payload: BaseEvent) -> str | None:
    """Return the id of the channel that `payload` is about, if it is about one."""
    broadcaster: PartialUser | None = getattr(payload, "broadcaster", None)
    return broadcaster.id if broadcaster is not None else None


def notification_id(payload: BaseEvent) -> str | None:
    """Return the id that a notification has each time it is delivered."""
    return payload.metadata.message_id if payload.metadata is not None else None


def is_from_elsewhere(payload: BaseEvent) -> bool:
    """Tell whether a shared chat brought `payload` here from another channel.

    What happens there, such as a sub, is no event of this channel.
    """
    if isinstance(payload, models.ChatNotification):
        return payload.notice_type.startswith(SHARED)
    return copy_of(payload) is not None


def copy_of(payload: BaseEvent) -> Copy | None:
    """Return of what `payload` is a copy, if a shared chat brought it here."""
    room_id, may_be_order = channel_id(payload) or "", False
    match payload:
        case models.ChatNotification():
            source_room_id, _, source_id = payload.notice_type.partition(FROM)[2].partition(" ")
        case models.ChatMessage(source_broadcaster=PartialUser(id=source_room_id)):
            source_id = payload.source_id or ""
            badges = [[it.set_id for it in of] for of in (payload.badges, payload.source_badges)]
            may_be_order = is_order(payload.text, *badges)
        case _:
            return None
    if source_room_id in {"", room_id}:
        return None
    return Copy(room_id, source_room_id, source_id, is_order=may_be_order)


def to_item(payload: BaseEvent, origin: Origin) -> SourceItem | None:
    """Return the chat item of `payload`, or None."""
    item: SourceItem | None = None
    match payload:
        case models.ChatMessage():
            item = _said(payload, origin, _paid_event(payload))
        case models.ChatNotification():
            event = _notice_event(payload)
            if event or payload.text:  # else Twitch tells of a chatter who says nothing
                item = _said(payload, origin, event)
        case models.ChatMessageDelete():
            item = Purge(channel=origin.channel, message_id=payload.message_id)
        case models.ChannelChatClearUserMessages():
            item = Purge(channel=origin.channel, chatter_id=payload.user.id)
        case models.ChannelChatClear():
            item = Purge(channel=origin.channel)
        case models.StreamOnline() | models.StreamOffline():
            is_live = isinstance(payload, models.StreamOnline)
            item = StreamStatus(channel=origin.channel, is_live=is_live)
        case _:
            item = _silent_event(payload, origin)
    return item


def _silent_event(payload: BaseEvent, origin: Origin) -> ChatMessage | None:
    """Return the event in `payload` of which chat is told nothing, or None."""
    key = notification_id(payload) or ""
    match payload:
        case models.ChannelFollow():
            event = Event(kind=EventKind.FOLLOW)
        case models.ChannelBitsUse() if _is_told_here_alone(payload):
            event = Event(kind=EventKind.POWER_UP, amount=payload.bits)
        case models.ChannelPointsRedemptionAdd(user_input=""):  # else the chat shows it
            key, reward = payload.id, payload.reward
            event = Event(kind=EventKind.REDEEM, amount=reward.cost, reward=reward.id)
        case _:
            return None
    return _line(origin, key, payload.user, event=event)


def _is_told_here_alone(payload: models.ChannelBitsUse) -> bool:
    """Tell whether bits were used without a message in chat: for a celebration, or a custom one."""
    celebrates = payload.power_up is not None and payload.power_up.type == "celebration"
    return not payload.text and (celebrates or payload.custom_power_up is not None)


def to_redemption(payload: models.ChannelPointsRedemptionAdd) -> Redemption:
    """Return `payload` as a redemption."""
    text = well_formed(payload.user_input)
    return Redemption(payload.id, payload.reward.id, payload.user.id, text)


def _paid_event(payload: models.ChatMessage) -> Event | None:
    if is_from_elsewhere(payload):
        return None
    if payload.cheer is not None:
        return Event(kind=EventKind.CHEER, amount=payload.cheer.bits)
    if payload.type in _POWER_UPS:
        return Event(kind=EventKind.POWER_UP)
    if reward := payload.channel_points_id:
        return Event(kind=EventKind.REDEEM, reward=reward)
    return None


def _said(
    payload: models.ChatMessage | models.ChatNotification, origin: Origin, event: Event | None
) -> ChatMessage:
    reply = getattr(payload, "reply", None)  # only chat has it
    return _line(
        origin,
        payload.id,
        payload.chatter,
        # Badges of this channel; those in other channels of a shared chat do not count.
        roles=[
            BADGE_ROLES[badge.set_id] for badge in payload.badges if badge.set_id in BADGE_ROLES
        ],
        text=payload.text,
        fragments=payload.fragments,
        event=event,
        reply_to=reply.parent_user.display_name if reply else None,
        is_anonymous=getattr(payload, "anonymous", False),
    )


def _notice_event(payload: models.ChatNotification) -> Event | None:
    if payload.notice_type not in _NOTICES:
        return None
    kind, amount_field = _NOTICES[payload.notice_type]
    data = getattr(payload, payload.notice_type)
    if getattr(data, "community_gift_id", None):
        return None  # gifts to many come as one notice, and as one for each of them
    if kind is EventKind.CHARITY and data is not None:
        return money(kind, data.amount.value, data.amount.decimal_places, data.amount.currency)
    amount = getattr(data, amount_field, 0) or (1 if kind is EventKind.GIFT else 0)
    return Event(kind=kind, amount=amount)


def _line(
    origin: Origin,
    key: str,
    user: PartialUser,
    *,
    roles: Iterable[Role] = (),
    text: str = "",
    fragments: Iterable[models.ChatMessageFragment] = (),
    event: Event | None,
    reply_to: str | None = None,
    is_anonymous: bool = False,
) -> ChatMessage:
    if action := ACTION.fullmatch(text):
        text = action[1]  # the fragments have no markup
    fragments = tuple(fragments)
    emotes = _emote_ranges(fragments, text)
    text = well_formed(text)
    login = user.name or ""
    name = (user.display_name or "").strip() or login or user.id
    return ChatMessage(
        id=key,
        channel=origin.channel,
        source=origin.source,
        chatter=_NOBODY if is_anonymous else chatter(user.id, well_formed(name), login, roles),
        text=text,
        emotes=valid_ranges(emotes, len(text)),
        pictures=_pictures(fragments),
        event=event,
        reply_to=well_formed(reply_to) if reply_to else None,
        received_at=origin.received_at,
    )


def _pictures(fragments: Iterable[models.ChatMessageFragment]) -> tuple[Picture, ...]:
    """Return the emotes among `fragments`, each once; cheermotes come as text alone."""
    found = {
        fragment.emote.id: picture(fragment.emote.id, well_formed(fragment.text))
        for fragment in fragments
        if fragment.emote is not None
    }
    return tuple(each for each in found.values() if each is not None)


def _emote_ranges(
    fragments: Iterable[models.ChatMessageFragment], text: str
) -> Iterator[tuple[int, int]]:
    """Yield the ranges of pictures; where `text` is not the fragments joined, by their names."""
    start = 0
    for fragment in fragments:
        is_picture = fragment.type in {"emote", "cheermote", "gif"}
        if text.startswith(fragment.text, start):
            at = start
        elif is_picture and (word := _word(fragment.text).search(text, start)):
            at = word.start()
        else:
            continue
        start = at + len(fragment.text)
        if is_picture:
            yield at, start


def _word(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\S){re.escape(name)}(?!\S)")
