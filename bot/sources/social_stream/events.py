"""Events of Social Stream Ninja, and what they are here: one table.

Its names, aliases and fields are those of https://socialstream.ninja/docs/event-reference.html and
of what its senders post. A name that is not in the table is a notice of the platform (counters, ad
breaks, auctions), which nobody in chat wrote; with an amount given it is a donation all the same.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from bot.messages import Event, EventKind
from bot.sources.social_stream.amounts import Amount, amount_of, first_number
from bot.sources.social_stream.sentences import is_sentence

_COUNT = r"([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,7})"
_COUNTED = re.compile(
    rf"(?<![0-9.,]){_COUNT}\s*(?:x\s*)?"
    r"(?:gift|sub|member|viewer|raider|month|people|channel|tier|community)"
    r"|(?:raid|party|gift\w*|month|x)\s*(?:of|:|with)?\s*([0-9]{1,7})(?![0-9])",
    re.IGNORECASE,
)
"""An amount in a sentence: "is raiding with a party of 42"."""
_LEADING = re.compile(rf"^\s*x?\s?{_COUNT}(?![0-9.,]*[0-9])|{_COUNTED.pattern}", re.IGNORECASE)
"""An amount in a subtitle that is one, in any language: "6 meses", "x5"."""


class Rule(NamedTuple):
    """What becomes of an event."""

    kind: EventKind
    is_own_text: bool = False
    """Whether the text is the chatter's; else it is a sentence of the platform or of Social Stream
    Ninja, and what is told is the announcement."""
    amounts: tuple[str, ...] = ()
    """Paths of the amount in the payload, the first that is there counts."""
    subtitle: re.Pattern[str] | None = None
    """Finds the amount in the subtitle, if no path leads to it. What finds one there finds it in
    the platform's sentence too."""


_DONATED = ("hasDonation", "meta.amount")
_DONATION = Rule(EventKind.DONATION, is_own_text=True, amounts=_DONATED)
_SUPER_CHAT = _DONATION._replace(amounts=("hasDonation",))
"""Where Streamlabs tells it, `meta.amount` is in millionths."""
_CHARITY = Rule(EventKind.CHARITY, is_own_text=True, amounts=_DONATED)
_DONATION_WITHOUT_TEXT = Rule(EventKind.DONATION, amounts=_DONATED)
_CHEER = Rule(
    EventKind.CHEER, is_own_text=True, amounts=("meta.bits", "hasDonation", "meta.amount")
)
_SUB = Rule(EventKind.SUB)
_RESUB = Rule(
    EventKind.RESUB,
    is_own_text=True,
    amounts=(
        "meta.cumulativeMonths", "meta.cumulative_months", "meta.months", "meta.duration",
        "meta.memberMonth", "meta.totalMonths",
    ),
    subtitle=_COUNTED,
)  # fmt: skip
_MILESTONE = _RESUB._replace(subtitle=_LEADING)
_UPGRADE = _RESUB._replace(is_own_text=False)
_GIFT = Rule(
    EventKind.GIFT,
    amounts=(
        "meta.total", "meta.totalGifted", "meta.giftCount", "meta.gift_count", "meta.count",
        "meta.giftMembershipsCount", "meta.gifted", "meta.quantity", "meta.tokens.amount",
        "hasDonation",
    ),
    subtitle=_LEADING,
)  # fmt: skip
_RAID = Rule(
    EventKind.RAID,
    amounts=("meta.viewers", "meta.numRaiders", "meta.tokens.count", "meta.viewerCount"),
    subtitle=_LEADING,
)
_FOLLOW = Rule(EventKind.FOLLOW)
_REDEEM = Rule(EventKind.REDEEM, is_own_text=True, amounts=("meta.cost",))
_POWER_UP = Rule(EventKind.POWER_UP, amounts=("meta.bits", "hasDonation"))
_STREAK = Rule(EventKind.WATCH_STREAK, amounts=("meta.streakCount",))
_PURCHASE = Rule(EventKind.PURCHASE)

EVENTS: Mapping[str, Rule] = {
    "cheer": _CHEER, "bits": _CHEER,
    "donation": _DONATION, "tip": _DONATION, "giftcontribution": _DONATION,
    "superchat": _SUPER_CHAT,
    "streamlabscharitydonation": _CHARITY, "justgivingdonation": _CHARITY,
    "tiltifydonation": _CHARITY, "eldonation": _CHARITY,
    "supersticker": _DONATION_WITHOUT_TEXT, "jeweldonation": _DONATION_WITHOUT_TEXT,
    "thankyou": _DONATION_WITHOUT_TEXT, "gift": _DONATION_WITHOUT_TEXT,
    "new_subscriber": _SUB, "subscription": _SUB, "subscribe": _SUB, "sponsorship": _SUB,
    "sponsor": _SUB, "membership": _SUB, "new_member": _SUB, "new_membership": _SUB,
    "newmember": _SUB, "new-membership": _SUB, "sub": _SUB,
    "subscriber": _SUB,
    "resub": _RESUB, "upgraded_membership": _UPGRADE, "upgraded-membership": _UPGRADE,
    "membership_upgrade": _UPGRADE, "membermilestone": _MILESTONE,
    "membership_milestone": _MILESTONE, "member_milestone": _MILESTONE,
    "giftpurchase": _GIFT, "subscription_gift": _GIFT, "subgift": _GIFT, "gift_membership": _GIFT,
    "membership_gift": _GIFT, "giftmemberships": _GIFT, "gifted_memberships": _GIFT,
    "community_gift": _GIFT, "gifted": _GIFT,
    "raid": _RAID, "redirect": _RAID, "host": _RAID,
    "new_follower": _FOLLOW, "followed": _FOLLOW, "follow": _FOLLOW,
    "reward": _REDEEM, "channel_points": _REDEEM, "redeem": _REDEEM,
    "powerup": _POWER_UP, "watch_streak": _STREAK,
    "purchase": _PURCHASE, "merch": _PURCHASE,
    "joined": Rule(EventKind.JOIN), "join": Rule(EventKind.JOIN),
    "user_enter": Rule(EventKind.JOIN),
    "liked": Rule(EventKind.LIKE), "like": Rule(EventKind.LIKE),
    "shared": Rule(EventKind.SHARE), "share": Rule(EventKind.SHARE),
}  # fmt: skip
CHAT = frozenset({"", "action", "message", "question_new", "highlighted"})
"""Names that stand beside ordinary chat."""
_AT_SITES: Mapping[tuple[str, str], Rule] = {
    ("streamlabs", "gift"): _GIFT, ("streamelements", "gift"): _GIFT,
    # Elsewhere the text of a gift is "sent Rose x5".
    ("kick", "gift"): _DONATION, ("throne", "gift"): _DONATION, ("fourthwall", "gift"): _DONATION,
    # Elsewhere the text of a resub is the chatter's.
    ("youtube", "resub"): _UPGRADE, ("youtubeshorts", "resub"): _UPGRADE,
}  # fmt: skip
"""Events that are something else at a site, by its name and theirs."""
_BY_UNIT: Mapping[str, Rule] = {
    "bit": _CHEER, "bits": _CHEER,
    "jewel": _DONATION_WITHOUT_TEXT, "jewels": _DONATION_WITHOUT_TEXT,
    "youtube gift": _DONATION_WITHOUT_TEXT,
}  # fmt: skip
"""What an amount is that comes without an event of the table, if no donation with words."""
_GIFTED = "gifted"
"""Unit that several senders give to gifted subscriptions, whatever the event's name."""
_WITH_UNIT = frozenset({EventKind.CHARITY, EventKind.DONATION, EventKind.POWER_UP})
_NONE = Amount(0.0, "")
_IS_SINGLE = re.compile(r"\bgift(?:ed|ing)? an? ", re.IGNORECASE)


class Told(NamedTuple):
    """An event as it is told here."""

    event: Event
    is_own_text: bool
    """Whether the message's text is the chatter's."""


def is_notice(value: Mapping[str, Any]) -> bool:
    """Tell whether a payload is a notice of the platform, neither chat nor told."""
    name = value.get("event")
    if amount_of(value.get("hasDonation")) is not None:
        return False
    return name is True or (isinstance(name, str) and name not in CHAT and name not in EVENTS)


def told(value: Mapping[str, Any], text: str, name: str) -> Told | None:
    """Return the event of a message, or None for chat.

    Args:
        value: The payload.
        text: Its message as plain text, which may tell the amount.
        name: Its chatter's name, with which sentences of the platform begin.
    """
    rule = _rule(value)
    if rule is None:
        return None
    is_own_text = rule.is_own_text and not is_sentence(text, name, value)
    amount = _amount(value, rule, "" if is_own_text else text)
    reward = _found(value, "meta.rewardId") if rule.kind is EventKind.REDEEM else None
    event = Event(
        kind=rule.kind,
        amount=amount.value,
        unit=amount.unit if rule.kind in _WITH_UNIT else "",
        reward=_text(reward),
    )
    return Told(event, is_own_text)


def _rule(value: Mapping[str, Any]) -> Rule | None:
    name = _text(value.get("event"))
    site = _text(value.get("platform")) or _text(value.get("type"))
    donation = amount_of(value.get("hasDonation"))
    unit = donation.unit.casefold() if donation else ""
    if unit.startswith(_GIFTED):
        return _GIFT
    rule = _AT_SITES.get((site, name)) or EVENTS.get(name)
    if rule is None and donation is not None:
        return _BY_UNIT.get(unit, _DONATION)
    return rule


def _amount(value: Mapping[str, Any], rule: Rule, sentence: str) -> Amount:
    for path in rule.amounts:
        found = amount_of(_found(value, path))
        if found is not None:
            if path == "meta.amount" and not found.unit:
                return Amount(found.value, _text(_found(value, "meta.currency")))
            return found
    if rule.subtitle is None:
        return _NONE
    subtitle = value.get("subtitle")
    if isinstance(subtitle, str) and (number := first_number(rule.subtitle, subtitle)):
        return Amount(number, "")
    if number := first_number(_COUNTED, sentence):
        return Amount(number, "")
    return Amount(1.0, "") if rule is _GIFT and _IS_SINGLE.search(sentence) else _NONE


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
