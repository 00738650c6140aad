"""Messages of Social Stream Ninja, which collects chat from over a hundred sites.

It POSTs one object per message to a URL ("Send all to POST server"), as application/json and
without a token. Fields: https://socialstream.ninja/docs/event-reference.html.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.messages import ChatMessage, Event, EventKind, Role
from bot.sources import Origin
from bot.sources.html_text import RichText, to_text
from bot.sources.sanitize import MAX_NAME_LENGTH, chatter, valid_ranges

_MESSAGE_KEYS = frozenset({"chatname", "chatmessage"})
_NOTICE_KEYS = frozenset({"event", "meta"})
_OUR_KEYS = frozenset({"author", "text", "delete", "timeout", "clear"})
_ROLES = {
    "host": Role.BROADCASTER,
    "mod": Role.MODERATOR,
    "moderator": Role.MODERATOR,
    "admin": Role.MODERATOR,
    "vip": Role.VIP,
}
_EVENTS = {
    "cheer": EventKind.CHEER,
    "donation": EventKind.DONATION,
    "jeweldonation": EventKind.DONATION,
    "supersticker": EventKind.DONATION,
    "superchat": EventKind.DONATION,
    "new_subscriber": EventKind.SUB,
    "sponsorship": EventKind.SUB,
    "membermilestone": EventKind.RESUB,
    "resub": EventKind.RESUB,
    "giftpurchase": EventKind.GIFT,
    "subscription_gift": EventKind.GIFT,
    "raid": EventKind.RAID,
    "new_follower": EventKind.FOLLOW,
    "channel_points": EventKind.REDEEM,
    "reward": EventKind.REDEEM,
}
_AMOUNT = re.compile(r"(?<![0-9])([0-9]{1,12}(?:[.,][0-9]{3}){0,3})(?:[.,]([0-9]{1,2}))?(?![0-9])")


def is_social_stream(value: Mapping[str, Any]) -> bool:
    """Tell whether the JSON object `value` is of this form: a message, or a notice without one."""
    keys = value.keys()
    return not _OUR_KEYS & keys and bool(_MESSAGE_KEYS & keys or keys >= _NOTICE_KEYS)


def native_id(value: Mapping[str, Any]) -> str | None:
    """Return the platform's id of the message, if it is known.

    Not `id`: that is a counter which starts anew with Social Stream Ninja.
    """
    meta = value.get("meta")
    return _text(meta.get("messageId")) if isinstance(meta, dict) else None


def to_message(value: Mapping[str, Any], origin: Origin, *, new_id: str) -> ChatMessage | None:
    """Return the message in `value`; None for a counter or another notice without author.

    The chatter's id is the platform and its id there, such as `youtube:UC123`. Of badges only
    flags count (`mod`, `host`, `vip`, `membership`): pictures say nothing that can be trusted.
    Fields of another type than expected count as absent.
    """
    name = _text(value.get("chatname"))
    if not name:
        return None
    platform = _text(value.get("type")) or "social_stream"
    login = _text(value.get("username")) or ""
    person = _text(value.get("userid")) or login or name
    body = _body(value)
    return ChatMessage(
        id=new_id,
        channel=origin.channel,
        source=origin.source,
        chatter=chatter(f"{platform}:{person}"[:MAX_NAME_LENGTH], name, login, _roles(value)),
        text=body.text,
        emotes=valid_ranges(body.emotes, len(body.text)),
        event=_event(value),
        received_at=origin.received_at,
    )


def _body(value: Mapping[str, Any]) -> RichText:
    message = value.get("chatmessage")
    if not isinstance(message, str):
        return RichText("", ())
    return RichText(message, ()) if _is_set(value.get("textonly")) else to_text(message)


def _roles(value: Mapping[str, Any]) -> Iterator[Role]:
    yield from (role for flag, role in _ROLES.items() if _is_set(value.get(flag)))
    if _text(value.get("membership")):
        yield Role.SUBSCRIBER


def _event(value: Mapping[str, Any]) -> Event | None:
    donation = _text(value.get("hasDonation")) or ""
    name = value.get("event")
    kind = _EVENTS.get(name) if isinstance(name, str) else None
    if kind is None and donation:
        kind = EventKind.CHEER if donation.lower().endswith("bits") else EventKind.DONATION
    return Event(kind=kind, amount=_amount(donation)) if kind else None


def _amount(donation: str) -> float:
    """Return the number in text such as `$1,234.50` or `500 bits`, in the unit that it names."""
    found = _AMOUNT.search(donation)
    return float(f"{re.sub('[.,]', '', found[1])}.{found[2] or 0}") if found else 0


def _text(value: Any) -> str | None:  # noqa: ANN401 - parsed JSON
    """Return `value`, a number or text that is not blank, as an identifier; cut when too long."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    return value.strip()[:MAX_NAME_LENGTH] or None if isinstance(value, str) else None


def _is_set(value: Any) -> bool:  # noqa: ANN401 - parsed JSON
    return value in (1, "true")
