"""Every event of Social Stream Ninja's reference, by a real POST: what is told, and which words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bot.messages import ChatMessage, EventKind, Purge, Role

if TYPE_CHECKING:
    from tests.sources.conftest import Inbox
    from tests.sources.ingest_api import Api

CHEER, DONATION, SUB, RESUB = EventKind.CHEER, EventKind.DONATION, EventKind.SUB, EventKind.RESUB
GIFT, RAID, FOLLOW, REDEEM = EventKind.GIFT, EventKind.RAID, EventKind.FOLLOW, EventKind.REDEEM
Told = tuple[EventKind | None, float, str, str]
"""Kind, amount, unit, and the chatter's words."""

YOUTUBE: list[tuple[dict[str, Any], Told]] = [
    ({"event": "sponsorship", "membership": "MEMBERSHIP", "subtitle": "Welcome to Cats!",
      "chatmessage": "Welcome to Cats!"}, (SUB, 0, "", "")),
    ({"event": "giftpurchase", "membership": "gift_giver", "subtitle": "Gifted 10 memberships",
      "chatmessage": "Gifted 10 Cats memberships"}, (GIFT, 10, "", "")),
    ({"event": "giftpurchase", "hasDonation": "10 Gifted", "chatmessage": "x"}, (GIFT, 10, "", "")),
    ({"event": "resub", "membership": "upgraded_member", "chatmessage": "upgraded to Gold"},
     (RESUB, 0, "", "")),
    ({"event": "membermilestone", "subtitle": "Member for 7 months", "chatmessage": "still here"},
     (RESUB, 7, "", "still here")),
    ({"event": "superchat", "hasDonation": "CA$7.00", "chatmessage": "hi"},
     (DONATION, 7, "CA$", "hi")),
    ({"event": "superchat", "hasDonation": "\u00a5500", "chatmessage": "hi"},
     (DONATION, 500, "\u00a5", "hi")),
    ({"event": "supersticker", "hasDonation": "\u20ac2,00", "chatmessage": "a happy cat"},
     (DONATION, 2, "\u20ac", "")),
    ({"event": "jeweldonation", "hasDonation": "1 Jewel", "chatmessage": "Cake"},
     (DONATION, 1, "Jewel", "")),
    ({"event": "jeweldonation", "hasDonation": "100 Jewels", "chatmessage": "x"},
     (DONATION, 100, "Jewels", "")),
    ({"event": "jeweldonation", "hasDonation": "1 YouTube Gift", "chatmessage": ""},
     (DONATION, 1, "YouTube Gift", "")),
    ({"event": "thankyou", "hasDonation": "$5.00", "chatmessage": "Thank you for your donation!"},
     (DONATION, 5, "$", "")),
    ({"event": "redirect", "membership": "REDIRECT", "chatmessage": "Cats and their viewers"},
     (RAID, 0, "", "")),
    ({"event": "new_follower", "chatmessage": "Jess just subscribed"}, (FOLLOW, 0, "", "")),
]  # fmt: skip
TWITCH: list[tuple[dict[str, Any], Told]] = [
    ({"hasDonation": "500 bits", "chatmessage": "hi"}, (CHEER, 500, "", "hi")),
    ({"hasDonation": "1 bit", "chatmessage": "hi"}, (CHEER, 1, "", "hi")),
    ({"event": "cheer", "hasDonation": "100 bits", "meta": {"bits": 100}, "chatmessage": "hi"},
     (CHEER, 100, "", "hi")),
    ({"event": "powerup", "meta": {"bits": 30, "powerUp": {"type": "message_effect"}}},
     (EventKind.POWER_UP, 30, "", "")),
    ({"event": "new_subscriber", "chatmessage": "subscribed", "meta": {"tier": "1000"}},
     (SUB, 0, "", "")),
    ({"event": "resub", "chatmessage": "love it", "meta": {"cumulativeMonths": 12}},
     (RESUB, 12, "", "love it")),
    ({"event": "subscription_gift", "meta": {"total": 5}, "chatmessage": "gifted 5 subs"},
     (GIFT, 5, "", "")),
    ({"event": "subscription_gift", "chatmessage": "Jess gifted a Sub to Bob!"}, (GIFT, 1, "", "")),
    ({"event": "giftpurchase", "chatmessage": "Jess is gifting 20 Subs in the channel"},
     (GIFT, 20, "", "")),
    ({"event": "reward", "chatmessage": "Jess redeemed Hydrate drink now",
      "meta": {"rewardTitle": "Hydrate", "cost": 500, "userInput": "drink &amp; go"}},
     (REDEEM, 500, "", "drink & go")),
    ({"event": "reward", "chatmessage": "Hydrate!", "meta": {"rewardTitle": "Hydrate"}},
     (REDEEM, 0, "", "")),
    ({"event": "reward", "chatmessage": "say this"}, (REDEEM, 0, "", "say this")),
    ({"event": "channel_points", "chatmessage": "say this"}, (REDEEM, 0, "", "say this")),
    ({"event": "raid", "chatmessage": "42 raiders from Jess have joined!",
      "meta": {"fromLogin": "jess", "viewers": 42}}, (RAID, 42, "", "")),
    ({"event": "raid", "chatmessage": "42 raiders from Jess have joined!"}, (RAID, 42, "", "")),
    ({"event": "raid", "chatmessage": "Jess is raiding with a party of 42"}, (RAID, 42, "", "")),
    ({"event": "watch_streak", "chatmessage": "watched 10 streams", "meta": {"streakCount": 10}},
     (EventKind.WATCH_STREAK, 10, "", "")),
    ({"event": "new_follower", "meta": {"userId": "1"}}, (FOLLOW, 0, "", "")),
    ({"event": "action", "chatmessage": "waves"}, (None, 0, "", "waves")),
]  # fmt: skip
OTHERS: list[tuple[dict[str, Any], Told]] = [
    ({"type": "kick", "event": "new_subscriber", "meta": {"plan": "1"}}, (SUB, 0, "", "")),
    ({"type": "kick", "event": "resub", "meta": {"duration": 3}}, (RESUB, 3, "", "")),
    ({"type": "kick", "event": "subscription_gift", "meta": {"totalGifted": 2}}, (GIFT, 2, "", "")),
    ({"type": "kick", "event": "gift", "hasDonation": "1 KICK", "chatmessage": "sent Rage Quit"},
     (DONATION, 1, "KICK", "")),
    ({"type": "kick", "event": "donation", "chatmessage": "for you",
      "meta": {"amount": 5.5, "currency": "EUR"}}, (DONATION, 5.5, "EUR", "for you")),
    ({"type": "tiktok", "event": "gift", "hasDonation": "300 coins", "chatmessage": "sent Rose x5"},
     (DONATION, 300, "coins", "")),
    ({"type": "tiktok", "event": "joined", "chatmessage": "joined"}, (EventKind.JOIN, 0, "", "")),
    ({"type": "tiktok", "event": "followed", "chatmessage": "followed"}, (FOLLOW, 0, "", "")),
    ({"type": "tiktok", "event": "shared", "chatmessage": "shared"}, (EventKind.SHARE, 0, "", "")),
    ({"type": "tiktok", "event": "liked", "chatmessage": "liked 15x"}, (EventKind.LIKE, 0, "", "")),
    ({"type": "tiktok", "event": "subscribe", "membership": "SUBSCRIBER"}, (SUB, 0, "", "")),
    ({"type": "tiktok", "event": "question_new", "chatmessage": "who?"}, (None, 0, "", "who?")),
    ({"type": "facebook", "hasDonation": "100 Stars", "chatmessage": "nice"},
     (DONATION, 100, "Stars", "nice")),
    ({"type": "x", "chatmessage": "hello"}, (None, 0, "", "hello")),
    ({"type": "streamlabs", "event": "donation", "hasDonation": "$10 CAD", "chatmessage": "gg"},
     (DONATION, 10, "CAD", "gg")),
    ({"type": "streamlabs", "event": "gift", "meta": {"tokens": {"amount": "5"}}},
     (GIFT, 5, "", "")),
    ({"type": "streamlabs", "event": "raid", "meta": {"tokens": {"count": "17"}}},
     (RAID, 17, "", "")),
    ({"type": "streamlabs", "event": "merch", "chatmessage": "bought a mug"},
     (EventKind.PURCHASE, 0, "", "")),
    ({"type": "streamlabs", "event": "follow"}, (FOLLOW, 0, "", "")),
    ({"type": "kofi", "hasDonation": "R$ 10,50", "chatmessage": "thx"},
     (DONATION, 10.5, "R$", "thx")),
    ({"type": "kofi", "hasDonation": "1.234,50 \u20ac"}, (DONATION, 1234.5, "\u20ac", "")),
    ({"type": "kofi", "hasDonation": "0.005 BTC"}, (DONATION, 0.005, "BTC", "")),
    ({"type": "kofi", "hasDonation": "0,0001 BTC"}, (DONATION, 0.0001, "BTC", "")),
    ({"type": "kofi", "hasDonation": "$1,234.50"}, (DONATION, 1234.5, "$", "")),
    ({"type": "kofi", "hasDonation": "USD 20"}, (DONATION, 20, "USD", "")),
    ({"type": "kofi", "event": "purchase", "chatmessage": "a print"},
     (EventKind.PURCHASE, 0, "", "")),
    ({"type": "bmac", "event": "giftcontribution", "hasDonation": "$3", "chatmessage": "go"},
     (DONATION, 3, "$", "go")),
    ({"type": "whatnot", "event": "raid", "meta": {"numRaiders": 9}}, (RAID, 9, "", "")),
    ({"type": "xpsync", "hasDonation": "50 Sparks", "chatmessage": "x"},
     (DONATION, 50, "Sparks", "x")),
    ({"type": "chzzk", "hasDonation": "a lot", "chatmessage": "x"}, (DONATION, 0, "", "x")),
    ({"type": "x", "hasDonation": "9" * 5000, "chatmessage": "x"}, (DONATION, 0, "", "x")),
]  # fmt: skip
NOTICES: list[dict[str, Any]] = [
    *({"event": name, "chatname": "Jess", "chatmessage": "..."} for name in (
        "giftredemption", "viewer_update", "reaction", "ad_break", "hype_train", "knock",
        "community_highlight", "stream_online", "auction_update", "envelope", "follow_request",
        "notification", "user_leave", "sticker", "giftfunded", "product_sold",
        "new_in_a_later_version",
    )),
    {"event": True, "chatname": "Jess", "chatmessage": "Jess joined"},
    {"event": "new_subscriber", "chatname": "Jess", "meta": {"isGift": True}},
    {"event": "sponsorship", "chatname": "Jess", "membership": "gift_recipient"},
    {"chatname": "Nightbot", "chatmessage": "follow me", "bot": True},
    {"chatname": "Jess", "chatmessage": "for you alone", "private": True},
    {"event": "viewer_updates", "meta": {"youtube": 815}},
]  # fmt: skip


async def posted(api: Api, inbox: Inbox, value: dict[str, Any]) -> ChatMessage:
    status, _ = await api.post({"chatname": "Jess", "type": "youtube", "id": 1, **value})
    assert status == 202
    return await inbox.next_message()


@pytest.mark.parametrize(
    ("value", "told"),
    [*YOUTUBE, *((({"type": "twitch"} | value), told) for value, told in TWITCH), *OTHERS],
    ids=lambda part: part.get("event", "") if isinstance(part, dict) else "",
)
async def test_each_event_is_told_rightly(
    value: dict[str, Any], told: Told, api: Api, inbox: Inbox
) -> None:
    message = await posted(api, inbox, value)
    event = message.event
    found = (event.kind, event.amount, event.unit) if event else (None, 0, "")
    assert (*found, message.text) == told


async def test_notices_bots_and_private_messages_are_left_out(api: Api, inbox: Inbox) -> None:
    for value in NOTICES:
        status, answer = await api.post(value)
        assert (status, answer["id"]) == (202, None), value
    assert (await posted(api, inbox, {"chatmessage": "hi"})).text == "hi"


@pytest.mark.parametrize(
    ("fields", "name", "text"),
    [
        ({"chatname": "O&#39;Brien", "chatmessage": "Tom &amp; me"}, "O'Brien", "Tom & me"),
        ({"chatname": "O&amp;#39;Brien", "chatmessage": "a &amp;lt; b"}, "O'Brien", "a < b"),
        ({"chatmessage": "<svg><title>Verified</title><path/></svg> hi"}, "Jess", "hi"),
        ({"chatmessage": "@Bob: so true hello", "reply": "hello"}, "Jess", "hello"),
        ({"chatmessage": "hello", "reply": ""}, "Jess", "hello"),
    ],
)
async def test_names_and_texts_are_as_they_were_written(
    fields: dict[str, Any], name: str, text: str, api: Api, inbox: Inbox
) -> None:
    message = await posted(api, inbox, fields)
    assert (message.chatter.name, message.text.strip()) == (name, text)


async def test_a_reply_names_whom_it_answers(api: Api, inbox: Inbox) -> None:
    meta = {"reply": {"author": "Bob", "text": "so true"}}
    message = await posted(api, inbox, {"chatmessage": "x", "reply": "hello", "meta": meta})
    assert (message.reply_to, message.text) == ("Bob", "hello")


@pytest.mark.parametrize(
    ("flag", "role"),
    [("mod", Role.MODERATOR), ("vip", Role.VIP), ("host", Role.BROADCASTER),
     ("admin", Role.MODERATOR)],
)  # fmt: skip
async def test_flags_are_roles(flag: str, role: Role, api: Api, inbox: Inbox) -> None:
    message = await posted(api, inbox, {"chatmessage": "hi", flag: True})
    assert message.chatter.roles == {role}


MESSAGE = {"type": "youtube", "chatname": "O&#39;Brien", "userid": "UC1", "chatmessage": "hi"}


@pytest.mark.parametrize(
    ("deletion", "purge"),
    [
        ({"delete": {"type": "youtube", "id": 7, "chatname": "O'Brien"}}, "message"),
        ({"delete": {"type": "youtube", "id": "7"}}, "message"),
        ({"delete": {"type": "youtube", "meta": {"messageId": "yt1"}}}, "native"),
        ({"delete": {"type": "youtube", "chatname": "O'Brien"}}, "chatter"),
        ({"delete": {"type": "youtube", "chatname": "o&#39;brien"}}, "chatter"),
        ({"delete": {"type": "youtube", "userid": "UC1"}}, "chatter"),
        ({"type": "youtube", "event": "user_banned", "meta": {"username": "O'Brien"}}, "chatter"),
        ({"type": "youtube", "event": "user_banned", "meta": {"userId": "UC1"}}, "chatter"),
        ({"delete": {"type": "twitch", "id": 7}}, None),
        ({"delete": {"type": "youtube", "id": 8, "chatname": "O'Brien"}}, None),
        ({"delete": {}}, None),
    ],
)
async def test_a_deletion_takes_back_what_was_posted(
    deletion: dict[str, Any], purge: str | None, api: Api, inbox: Inbox
) -> None:
    posted_id = (await posted(api, inbox, {**MESSAGE, "id": 7})).id
    status, _ = await api.post(deletion)
    assert status == 202
    if purge is None:
        assert (await posted(api, inbox, {"chatmessage": "next"})).text == "next"
        return
    expected = {
        "message": Purge(channel="main", message_id=posted_id),
        "native": Purge(channel="main", message_id="yt1"),
        "chatter": Purge(channel="main", chatter_id="youtube:UC1"),
    }
    assert await inbox.next() == expected[purge]


async def test_who_was_never_seen_is_purged_by_the_name(api: Api, inbox: Inbox) -> None:
    await api.post({"delete": {"type": "kick", "chatname": "Zoe"}})
    assert await inbox.next() == Purge(channel="main", chatter_id="kick:Zoe")
