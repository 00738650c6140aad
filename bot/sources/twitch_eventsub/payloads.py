"""Notifications of EventSub as chat items.

Reference: https://dev.twitch.tv/docs/eventsub/eventsub-reference/. Subs, gifts and raids are taken
from `channel.chat.notification`, and cheers from `channel.chat.message`: with the topics of their
own that Twitch has too, each would come twice.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from twitchio import PartialUser, models
from twitchio.models.eventsub_ import BaseEvent

from bot.messages import (
    ChatMessage,
    Event,
    EventKind,
    Purge,
    Role,
    SourceItem,
    StreamStatus,
)
from bot.sources import Origin
from bot.sources.sanitize import chatter, valid_ranges, well_formed
from bot.sources.twitch_messages import ACTION, BADGE_ROLES


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
    """Tell whether a shared chat brought `payload` here from another channel."""
    if isinstance(payload, models.ChatNotification):
        return payload.notice_type.startswith("shared_chat_")
    source: PartialUser | None = getattr(payload, "source_broadcaster", None)
    return source is not None and source.id != channel_id(payload)


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
        case models.ChannelFollow():
            event = Event(kind=EventKind.FOLLOW)
            item = _line(origin, notification_id(payload) or "", payload.user, event=event)
        case models.ChannelPointsRedemptionAdd(user_input=""):  # else the chat shows it
            event = Event(
                kind=EventKind.REDEEM, amount=payload.reward.cost, reward=payload.reward.id
            )
            item = _line(origin, payload.id, payload.user, event=event)
    return item


def to_redemption(payload: models.ChannelPointsRedemptionAdd) -> Redemption:
    """Return `payload` as a redemption."""
    text = well_formed(payload.user_input)
    return Redemption(payload.id, payload.reward.id, payload.user.id, text)


def _paid_event(payload: models.ChatMessage) -> Event | None:
    if payload.cheer is not None:
        return Event(kind=EventKind.CHEER, amount=payload.cheer.bits)
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
    )


def _notice_event(payload: models.ChatNotification) -> Event | None:
    kind, amount = None, 0
    match payload.notice_type.removeprefix("shared_chat_"):
        case "sub" if sub := payload.sub or payload.shared_sub:
            kind, amount = EventKind.SUB, sub.months
        case "resub" if resub := payload.resub or payload.shared_resub:
            kind, amount = EventKind.RESUB, resub.cumulative_months
        case "sub_gift" if gift := payload.sub_gift or payload.shared_sub_gift:
            if not gift.community_gift_id:  # else it is one of many, which came as one notice
                kind, amount = EventKind.GIFT, 1
        case "community_sub_gift" if (
            gifts := payload.community_sub_gift or payload.shared_community_sub_gift
        ):
            kind, amount = EventKind.GIFT, gifts.total
        case "raid" if raid := payload.raid or payload.shared_raid:
            kind, amount = EventKind.RAID, raid.viewer_count
        case "announcement":
            kind = EventKind.ANNOUNCEMENT
    return Event(kind=kind, amount=amount) if kind else None


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
) -> ChatMessage:
    if action := ACTION.fullmatch(text):
        text = action[1]  # the fragments have no markup
    emotes = _emote_ranges(fragments, text)
    text = well_formed(text)
    login = user.name or ""
    name = (user.display_name or "").strip() or login or user.id
    return ChatMessage(
        id=key,
        channel=origin.channel,
        source=origin.source,
        chatter=chatter(user.id, well_formed(name), login, roles),
        text=text,
        emotes=valid_ranges(emotes, len(text)),
        event=event,
        reply_to=well_formed(reply_to) if reply_to else None,
        received_at=origin.received_at,
    )


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
