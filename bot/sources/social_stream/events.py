"""Events of Social Stream Ninja, and what they are here: one table.

Its names, aliases and fields are those of https://socialstream.ninja/docs/event-reference.html and
of what its senders post. A name that is not in the table is a notice of the platform (counters, ad
breaks, auctions): nobody in chat wrote it.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from bot.messages import Event, EventKind
from bot.sources.social_stream.amounts import Amount, amount_of, first_number


class Rule(NamedTuple):
    """What becomes of an event."""

    kind: EventKind
    is_own_text: bool = False
    """Whether the text is the chatter's; else it is a sentence of the platform or of Social Stream
    Ninja, and what is told is the announcement."""
    amounts: tuple[str, ...] = ()
    """Paths of the amount in the payload, the first that is there counts."""
    is_counted_in_text: bool = False
    """Whether the subtitle and the sentence tell the amount, if nothing else does."""


_DONATED = ("hasDonation", "meta.amount")
_DONATION = Rule(EventKind.DONATION, is_own_text=True, amounts=_DONATED)
_DONATION_WITHOUT_TEXT = Rule(EventKind.DONATION, amounts=_DONATED)
_CHEER = Rule(EventKind.CHEER, is_own_text=True, amounts=("meta.bits", "hasDonation"))
_SUB = Rule(EventKind.SUB)
_RESUB = Rule(
    EventKind.RESUB,
    amounts=(
        "meta.cumulativeMonths", "meta.cumulative_months", "meta.months", "meta.duration",
        "meta.memberMonth", "meta.totalMonths",
    ),
    is_counted_in_text=True,
)  # fmt: skip
_RESUB_WITH_TEXT = _RESUB._replace(is_own_text=True)
_GIFT = Rule(
    EventKind.GIFT,
    amounts=(
        "meta.total", "meta.totalGifted", "meta.giftCount", "meta.giftMembershipsCount",
        "meta.gifted", "meta.count", "meta.tokens.amount", "hasDonation",
    ),
    is_counted_in_text=True,
)  # fmt: skip
_RAID = Rule(
    EventKind.RAID,
    amounts=("meta.viewers", "meta.numRaiders", "meta.tokens.count", "meta.viewerCount"),
    is_counted_in_text=True,
)
_FOLLOW = Rule(EventKind.FOLLOW)
_REDEEM = Rule(EventKind.REDEEM, is_own_text=True, amounts=("meta.cost",))
_POWER_UP = Rule(EventKind.POWER_UP, amounts=("meta.bits", "hasDonation"))
_STREAK = Rule(EventKind.STREAK, amounts=("meta.streakCount",))
_PURCHASE = Rule(EventKind.PURCHASE)

EVENTS: Mapping[str, Rule] = {
    "cheer": _CHEER, "bits": _CHEER,
    "donation": _DONATION, "superchat": _DONATION, "giftcontribution": _DONATION, "tip": _DONATION,
    "supersticker": _DONATION_WITHOUT_TEXT, "jeweldonation": _DONATION_WITHOUT_TEXT,
    "thankyou": _DONATION_WITHOUT_TEXT, "gift": _DONATION_WITHOUT_TEXT,
    "giftfunded": Rule(EventKind.DONATION),
    "new_subscriber": _SUB, "subscription": _SUB, "subscribe": _SUB, "sponsorship": _SUB,
    "sponsor": _SUB, "membership": _SUB, "new_member": _SUB, "new_membership": _SUB,
    "newmember": _SUB, "new-membership": _SUB, "sub": _SUB,
    "resub": _RESUB, "upgraded_membership": _RESUB, "upgraded-membership": _RESUB,
    "membership_upgrade": _RESUB, "membermilestone": _RESUB_WITH_TEXT,
    "membership_milestone": _RESUB_WITH_TEXT, "member_milestone": _RESUB_WITH_TEXT,
    "giftpurchase": _GIFT, "subscription_gift": _GIFT, "subgift": _GIFT, "gift_membership": _GIFT,
    "membership_gift": _GIFT, "giftmemberships": _GIFT, "gifted_memberships": _GIFT,
    "community_gift": _GIFT, "gifted": _GIFT,
    "raid": _RAID, "redirect": _RAID, "host": _RAID,
    "new_follower": _FOLLOW, "followed": _FOLLOW, "follow": _FOLLOW,
    "reward": _REDEEM, "channel_points": _REDEEM, "redeem": _REDEEM,
    "powerup": _POWER_UP, "watch_streak": _STREAK,
    "purchase": _PURCHASE, "merch": _PURCHASE, "product_sold": _PURCHASE,
    "joined": Rule(EventKind.JOIN), "join": Rule(EventKind.JOIN),
    "user_enter": Rule(EventKind.JOIN),
    "liked": Rule(EventKind.LIKE), "like": Rule(EventKind.LIKE),
    "shared": Rule(EventKind.SHARE), "share": Rule(EventKind.SHARE),
}  # fmt: skip
CHAT = frozenset({"", "action", "message", "question_new", "highlighted"})
"""Names that stand beside ordinary chat."""
_ALERTS = frozenset({"streamlabs", "streamelements"})
"""Types whose `gift` is a gifted subscription."""
_TEXT_WITH_RESUB = frozenset({"twitch", "kick", "velora", "rumble"})
"""Types whose `resub` brings the chatter's words."""
_COUNTED = re.compile(
    r"(?<![0-9.,])([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,7})\s*(?:x\s*)?(?:gift|sub|member|viewer|raider|month|people"
    r"|channel|tier|community)|(?:raid|party|gift\w*|month|x)\s*(?:of|:|with)?\s*([0-9]{1,7})(?![0-9])",
    re.IGNORECASE,
)


class Told(NamedTuple):
    """An event as it is told here."""

    event: Event
    is_own_text: bool
    """Whether the message's text is the chatter's."""


def is_notice(name: object, *, has_donation: bool) -> bool:
    """Tell whether an event's name marks a notice of the platform, neither chat nor told."""
    if name is True:
        return not has_donation
    return isinstance(name, str) and name not in CHAT and name not in EVENTS


def told(value: Mapping[str, Any], text: str) -> Told | None:
    """Return the event of a message, or None for chat.

    Args:
        value: The payload.
        text: Its message as plain text, which may tell the amount.
    """
    name = value.get("event")
    donation = amount_of(value.get("hasDonation"))
    rule = EVENTS.get(name) if isinstance(name, str) else None
    if rule is None:
        if donation is None:
            return None
        rule = _CHEER if donation.unit.casefold() in ("bit", "bits") else _DONATION
        if donation.unit.casefold().startswith("gifted"):
            rule = _GIFT
    if name == "gift" and donation is None and _text(value.get("type")) in _ALERTS:
        rule = _GIFT
    if name == "resub" and _text(value.get("type")) in _TEXT_WITH_RESUB:
        rule = _RESUB_WITH_TEXT
    amount = _amount(value, rule, text)
    reward = _found(value, "meta.rewardId") if rule.kind is EventKind.REDEEM else None
    event = Event(
        kind=rule.kind,
        amount=amount.value,
        unit=amount.unit if rule.kind in _WITH_UNIT else "",
        reward=_text(reward),
    )
    return Told(event, rule.is_own_text)


_WITH_UNIT = frozenset({EventKind.DONATION, EventKind.POWER_UP})
_NONE = Amount(0.0, "")


def _amount(value: Mapping[str, Any], rule: Rule, text: str) -> Amount:
    for path in rule.amounts:
        found = amount_of(_found(value, path))
        if found is not None:
            if path == "meta.amount" and not found.unit:
                return Amount(found.value, _text(_found(value, "meta.currency")))
            return found
    if not rule.is_counted_in_text:
        return _NONE
    sources: Iterable[object] = (value.get("subtitle"), text)
    for source in sources:
        if isinstance(source, str) and (number := first_number(_COUNTED, source)):
            return Amount(number, "")
    return Amount(1.0, "") if rule is _GIFT and _IS_SINGLE.search(text) else _NONE


_IS_SINGLE = re.compile(r"\bgift(?:ed|ing)? an? ", re.IGNORECASE)


def _found(value: Mapping[str, Any], path: str) -> object:
    """Return what lies at a dotted path, or None."""
    here: object = value
    for key in path.split("."):
        if not isinstance(here, dict):
            return None
        here = here.get(key)
    return here


def _text(value: object) -> str:
    return value.strip()[:30] if isinstance(value, str) else ""
