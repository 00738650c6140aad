"""What senders of Social Stream Ninja post, by real POSTs, and what listeners hear of it.

Written from its event reference and its senders' code, by somebody else than the author of
`bot.sources.social_stream`.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest

from bot.config.chat.policy import PolicySettings
from bot.messages import ChatMessage, EventKind, Lane, Purge, Role, Utterance
from bot.policy import Policy
from tests.sources.conftest import Inbox
from tests.sources.ingest_api import Api

pytestmark = pytest.mark.timeout(170)

QUOTE = "<i><small>Replying to @Bob: what now:&nbsp;</small></i> "
SVG = '<svg xmlns="http://www.w3.org/2000/svg"><title>gift box</title><path d="M1 2"></path></svg>'
SILENT = None
"""Nothing is heard."""
CASES: dict[str, tuple[dict[str, Any], str | None]] = {
    # --- YouTube, from its page and from its API
    "chat": ({"chatmessage": "hello there"}, "hello there"),
    "super chat": (
        {"event": "superchat", "hasDonation": "€5.50", "chatmessage": "great stream"},
        "Ana sends five euros and fifty cents. great stream",
    ),
    "super chat in yen": (
        {"event": "superchat", "hasDonation": "¥500", "chatmessage": "hi"},
        "Ana sends five hundred yen. hi",
    ),
    "super chat from Canada": (
        {"event": "donation", "hasDonation": "CA$7.00", "chatmessage": "hi"},
        "Ana sends seven Canadian dollars. hi",
    ),
    "super chat without text": (
        {
            "event": "superchat",
            "hasDonation": "$2.00",
            "title": "DONATION",
            "chatmessage": "Thank you for your donation!",
        },
        "Ana sends two dollars.",
    ),
    "thanks": (
        {"event": "thankyou", "hasDonation": "$2.00", "chatmessage": "¡Gracias por tu donación!"},
        "Ana sends two dollars.",
    ),
    "super sticker": (
        {"event": "supersticker", "hasDonation": "$1.99", "chatmessage": "A pear, waving"},
        "Ana sends one dollar and ninety nine cents.",
    ),
    "super sticker as a picture": (
        {"hasDonation": "R$10,00", "chatmessage": '<img class="supersticker" src="x.png">'},
        "Ana sends ten reais.",
    ),
    "jewels": (
        {
            "event": "jeweldonation",
            "hasDonation": "500 Jewels",
            "chatmessage": f"sent Trophy for 500 Jewels {SVG}",
        },
        "Ana sends five hundred Jewels.",
    ),
    "one hidden gift": (
        {"event": "jeweldonation", "hasDonation": "1 YouTube Gift", "chatmessage": "sent a gift"},
        "Ana sends one YouTube Gift.",
    ),
    "jewels as they are posted": (
        {
            "hasDonation": "500 Jewels",
            "meta": {"youtubeGift": {"name": "Trophy"}},
            "chatmessage": f"sent Trophy for 500 Jewels {SVG}",
        },
        "Ana sends five hundred Jewels.",
    ),
    "thanks of a chatter": (
        {"chatmessage": "Thank you for your donation!"},
        "Thank you for your donation!",
    ),
    "a short word that was paid for": (
        {"event": "superchat", "hasDonation": "$2", "chatmessage": "share"},
        "Ana sends two dollars. share",
    ),
    "fundraiser": (
        {"event": "donation", "hasDonation": "$20", "chatmessage": "Ana donated $20"},
        "Ana sends twenty dollars.",
    ),
    "new member": (
        {"event": "sponsorship", "membership": "MEMBERSHIP", "chatmessage": "Welcome to Gold!"},
        "Ana just subscribed.",
    ),
    "new member, another name": (
        {"event": "new-membership", "subtitle": "Gold", "chatmessage": "Welcome to Gold!"},
        "Ana just subscribed.",
    ),
    "upgrade": (
        {"event": "upgraded-membership", "chatmessage": "Upgraded membership to Gold!"},
        "Ana has subscribed again.",
    ),
    "milestone": (
        {
            "event": "membermilestone",
            "membership": "member_milestone",
            "subtitle": "12 months, Gold",
            "chatmessage": "a whole year",
        },
        "Ana has subscribed for twelve months. a whole year",
    ),
    "upgrade to a tier with a number": (
        {"event": "resub", "subtitle": "100 Club", "chatmessage": "Upgraded to 100 Club"},
        "Ana has subscribed again.",
    ),
    "milestone with a number in its words": (
        {"event": "membermilestone", "chatmessage": "back in 3 months"},
        "Ana has subscribed again. back in three months",
    ),
    "milestone in Spanish": (
        {"event": "membermilestone", "subtitle": "6 meses", "chatmessage": "hola"},
        "Ana has subscribed for six months. hola",
    ),
    "gifts": (
        {
            "event": "giftpurchase",
            "membership": "gift_giver",
            "subtitle": "5 Gold memberships",
            "chatmessage": "Gifted 5 Gold memberships",
        },
        "Ana gives five subscriptions away.",
    ),
    "gifts as a donation": (
        {"event": "giftpurchase", "hasDonation": "10 Gifted", "chatmessage": "Gifted 10"},
        "Ana gives ten subscriptions away.",
    ),
    "gifts under the name of a new member": (
        {
            "event": "sponsorship",
            "hasDonation": "5 Gifted",
            "chatmessage": "Sent 5 Gold gift memberships",
        },
        "Ana gives five subscriptions away.",
    ),
    "a received gift": (
        {
            "event": "giftredemption",
            "membership": "gift_recipient",
            "subtitle": "Gifted by Bob",
            "chatmessage": "was gifted a membership by Bob",
        },
        SILENT,
    ),
    "redirect": (
        {"event": "redirect", "chatmessage": "Ana and their viewers just joined. Say hello!"},
        "Ana raids.",
    ),
    # --- Twitch
    "cheer": (
        {
            "type": "twitch",
            "event": "cheer",
            "hasDonation": "100 bits",
            "meta": {"bits": 100},
            "chatmessage": "nice",
        },
        "Ana cheers one hundred bits. nice",
    ),
    "one bit": (
        {"type": "twitch", "hasDonation": "1 bit", "chatmessage": "hi"},
        "Ana cheers one bit. hi",
    ),
    "new subscriber": (
        {
            "type": "twitch",
            "event": "new_subscriber",
            "chatmessage": "Ana subscribed at Tier 1",
            "meta": {"userId": "1", "tier": "1000", "isGift": False},
        },
        "Ana just subscribed.",
    ),
    "a subscriber by a gift": (
        {
            "type": "twitch",
            "event": "new_subscriber",
            "chatmessage": "Ana has subscribed",
            "meta": {"isGift": True},
        },
        SILENT,
    ),
    "resub": (
        {
            "type": "twitch",
            "event": "resub",
            "chatmessage": "still here",
            "meta": {"cumulativeMonths": 8, "streakMonths": 2},
        },
        "Ana has subscribed for eight months. still here",
    ),
    "resub by its subtitle": (
        {"type": "twitch", "event": "resub", "subtitle": "13 months", "chatmessage": "Still here!"},
        "Ana has subscribed for thirteen months. Still here!",
    ),
    "gifted subs": (
        {
            "type": "twitch",
            "event": "subscription_gift",
            "meta": {"total": 20, "tier": "1000"},
            "chatmessage": "Ana gifted 20 Tier 1 subs!",
        },
        "Ana gives twenty subscriptions away.",
    ),
    "gifted subs by another count": (
        {
            "type": "twitch",
            "event": "subscription_gift",
            "subtitle": "5",
            "meta": {"gift_count": 5},
        },
        "Ana gives five subscriptions away.",
    ),
    "gifted subs in a sentence": (
        {
            "type": "twitch",
            "event": "giftpurchase",
            "chatmessage": "Ana is gifting 50 Tier 1 Subs to the community!",
        },
        "Ana gives fifty subscriptions away.",
    ),
    "reward": (
        {
            "type": "twitch",
            "event": "reward",
            "chatmessage": "Ana redeemed Say it: hi chat",
            "meta": {
                "rewardId": "r1",
                "cost": 500,
                "rewardTitle": "Say it",
                "userInput": "hi chat",
            },
        },
        "hi chat",
    ),
    "reward without words": (
        {
            "type": "twitch",
            "event": "reward",
            "chatmessage": "Ana redeemed Hydrate",
            "meta": {"rewardId": "r1", "cost": 500, "rewardTitle": "Hydrate", "userInput": ""},
        },
        SILENT,
    ),
    "raid": (
        {
            "type": "twitch",
            "event": "raid",
            "chatmessage": "Ana is raiding with 42 viewers!",
            "meta": {"fromId": "1", "fromLogin": "ana", "viewers": 42},
        },
        "Ana raids with forty two viewers.",
    ),
    "raid by its subtitle": (
        {"type": "twitch", "event": "raid", "subtitle": "142 viewers", "chatmessage": ""},
        "Ana raids with one hundred and forty two viewers.",
    ),
    "power-up": (
        {
            "type": "twitch",
            "event": "powerup",
            "chatmessage": "",
            "meta": {"bits": 50, "powerUp": {"type": "gigantify_an_emote", "message": "LUL"}},
        },
        "Ana uses a power-up of fifty bits.",
    ),
    "watch streak": (
        {
            "type": "twitch",
            "event": "watch_streak",
            "meta": {"streakCount": 5},
            "chatmessage": "Ana watched 5 consecutive streams and sparked a watch streak!",
        },
        "Ana has watched five streams in a row.",
    ),
    "follow": (
        {"type": "twitch", "event": "new_follower", "chatmessage": "Ana has started following"},
        SILENT,
    ),
    "/me": ({"type": "twitch", "event": "action", "chatmessage": "waves at all"}, "waves at all"),
    "ad break": (
        {
            "type": "twitch",
            "event": "ad_break",
            "chatmessage": "An ad starts",
            "meta": {"duration": 90},
        },
        SILENT,
    ),
    "hype train": (
        {"type": "twitch", "event": "hype_train", "meta": {"phase": "begin", "level": 2}},
        SILENT,
    ),
    "highlight": (
        {"type": "twitch", "event": "community_highlight", "meta": "Pinned by Bob"},
        SILENT,
    ),
    "knock": (
        {"type": "twitch", "event": "knock", "chatmessage": "Ana wants to collaborate"},
        SILENT,
    ),
    "stream online": (
        {"chatname": "", "type": "twitch", "event": "stream_online", "meta": {}},
        SILENT,
    ),
    # --- Kick
    "kicks": (
        {"type": "kick", "event": "gift", "hasDonation": "1 KICK", "chatmessage": "sent Rage Quit"},
        "Ana sends one KICK.",
    ),
    "kicks with words": (
        {"type": "kick", "event": "gift", "hasDonation": "500 KICKs", "chatmessage": "play it"},
        "Ana sends five hundred KICKs. play it",
    ),
    "a pill before the words": (
        {"type": "twitch", "chatmessage": "<i class='event-pill'>First message</i> hello"},
        "hello",
    ),
    "a tip on Kick": (
        {
            "type": "kick",
            "event": "donation",
            "chatname": None,
            "chatmessage": None,
            "meta": {"supporter": "Ana", "amount": 5, "currency": "USD", "message": "well played"},
        },
        "Ana sends five US dollars. well played",
    ),
    "a sub on Kick": (
        {
            "type": "kick",
            "event": "new_subscriber",
            "chatmessage": "Ana subscribed at 1!",
            "meta": {"plan": "1"},
        },
        "Ana just subscribed.",
    ),
    "a renewal on Kick": (
        {
            "type": "kick",
            "event": "resub",
            "chatmessage": "Ana renewed their sub for 3 months!",
            "meta": {"duration": 3, "plan": "1"},
        },
        "Ana has subscribed for three months.",
    ),
    "gifts on Kick": (
        {
            "type": "kick",
            "event": "subscription_gift",
            "chatmessage": "Ana gifted 1 sub to Bob!",
            "meta": {"totalGifted": 1, "gifter": "Ana"},
        },
        "Ana gives one subscription away.",
    ),
    "a reward on Kick": (
        {"type": "kick", "event": "reward", "chatmessage": "has redeemed Hydrate"},
        SILENT,
    ),
    "a host on Kick": (
        {"type": "kick", "event": "raid", "chatmessage": "Ana is hosting"},
        "Ana raids.",
    ),
    "a notice on Kick": (
        {"type": "kick", "event": True, "chatmessage": "pinned a message"},
        SILENT,
    ),
    # --- TikTok
    "coins": (
        {
            "type": "tiktok",
            "event": "gift",
            "hasDonation": "1,000 coins",
            "chatmessage": "sent Galaxy x1",
        },
        "Ana sends one thousand coins.",
    ),
    "one coin": (
        {"type": "tiktok", "event": "gift", "hasDonation": "1 coin", "chatmessage": "sent Rose x1"},
        "Ana sends one coin.",
    ),
    "diamonds": (
        {"type": "meetme", "event": "donation", "hasDonation": "1.2K Diamonds"},
        "Ana sends twelve hundred Diamonds.",
    ),
    "join": ({"type": "tiktok", "event": "joined", "chatmessage": "joined"}, SILENT),
    "like": ({"type": "tiktok", "event": "liked", "chatmessage": "Ana liked the LIVE"}, SILENT),
    "share": ({"type": "tiktok", "event": "shared", "chatmessage": "shared the LIVE"}, SILENT),
    "follow on TikTok": (
        {"type": "tiktok", "event": "followed", "chatmessage": "followed the host"},
        SILENT,
    ),
    "subscription on TikTok": (
        {
            "type": "tiktok",
            "event": "subscribe",
            "membership": "SUBSCRIBER",
            "chatmessage": "subscribed",
        },
        "Ana just subscribed.",
    ),
    "treasure": (
        {
            "type": "tiktok",
            "event": "envelope",
            "chatmessage": "sent a chest",
            "meta": {"coins": 5},
        },
        SILENT,
    ),
    "counter": ({"type": "tiktok", "event": "likes_update", "meta": 5000}, SILENT),
    "question": (
        {"type": "tiktok", "event": "question_new", "chatmessage": "what is your name"},
        "what is your name",
    ),
    # --- Facebook, X, Rumble, others
    "stars": (
        {"type": "facebook", "hasDonation": "100 Stars", "chatmessage": "go go"},
        "Ana sends one hundred Stars. go go",
    ),
    "stars alone": (
        {"type": "facebook", "hasDonation": "1 Star", "chatmessage": ""},
        "Ana sends one Star.",
    ),
    "rant": (
        {"type": "rumble", "event": "donation", "hasDonation": "$1,234.50", "chatmessage": "wow"},
        "Ana sends one thousand two hundred and thirty four dollars and fifty cents. wow",
    ),
    "gifts on Rumble": (
        {
            "type": "rumble",
            "event": "subscription_gift",
            "hasDonation": "10 Gifted",
            "meta": {"totalGifted": 10},
        },
        "Ana gives ten subscriptions away.",
    ),
    "rant without words": (
        {
            "type": "rumble",
            "event": "donation",
            "hasDonation": "$5.00",
            "chatmessage": "Sent a rant",
        },
        "Ana sends five dollars.",
    ),
    "raid on Whatnot": (
        {"type": "whatnot", "event": "raid", "meta": {"numRaiders": 7}, "chatmessage": "raided"},
        "Ana raids with seven viewers.",
    ),
    "volts": (
        {"type": "velora", "event": "volts", "hasDonation": "50 Volts", "chatmessage": "charge"},
        "Ana sends fifty Volts. charge",
    ),
    "cheese": (
        {"type": "chzzk", "hasDonation": "1,000 치즈", "chatmessage": "hi"},
        "Ana sends one thousand 치즈. hi",
    ),
    "points on Velora": (
        {
            "type": "velora",
            "event": "channel_points",
            "chatmessage": "say this",
            "meta": {"rewardTitle": "TTS"},
        },
        "say this",
    ),
    "a shoutout": (
        {"type": "shareplay", "event": "shoutout", "chatmessage": "Follow Ana!"},
        SILENT,
    ),
    "a bid": (
        {"type": "whatnot", "event": "new_bid", "chatmessage": "bid $5", "textonly": True},
        SILENT,
    ),
    "presence": ({"type": "joystick", "event": "user_enter", "chatmessage": "entered"}, SILENT),
    "left": ({"type": "meetme", "event": "left", "chatmessage": "left"}, SILENT),
    "audience": ({"type": "younow", "event": True, "chatmessage": "is watching"}, SILENT),
    "a paid notice": (
        {"type": "newsite", "event": "superduper", "hasDonation": "$3", "chatmessage": "yo"},
        "Ana sends three dollars. yo",
    ),
    # --- donations by other services
    "Streamlabs": (
        {
            "type": "streamlabs",
            "event": "donation",
            "hasDonation": "$10 CAD",
            "chatmessage": "for you",
            "meta": {"tokens": {}},
        },
        "Ana sends ten Canadian dollars. for you",
    ),
    "Streamlabs without text": (
        {
            "type": "streamlabs",
            "event": "donation",
            "hasDonation": "$36",
            "chatmessage": "Ana donated $36!",
        },
        "Ana sends thirty six dollars.",
    ),
    "Streamlabs by its socket": (
        {
            "type": "donation",
            "platform": "streamlabs",
            "event": "donation",
            "hasDonation": "€12.00",
            "chatmessage": "Thank you for your support!",
            "meta": {"amount": 12, "currency": "EUR"},
        },
        "Ana sends twelve euros.",
    ),
    "a resub at Streamlabs": (
        {
            "type": "resub",
            "platform": "streamlabs",
            "event": "resub",
            "chatmessage": "love it",
            "meta": {"months": 4},
        },
        "Ana has subscribed for four months. love it",
    ),
    "a sub at Streamlabs": (
        {
            "type": "subscription",
            "platform": "streamlabs",
            "event": "subscription",
            "chatmessage": "subscription",
            "meta": {"months": 1},
        },
        "Ana just subscribed.",
    ),
    "charity at Streamlabs": (
        {
            "type": "streamlabscharitydonation",
            "platform": "streamlabs",
            "event": "streamlabscharitydonation",
            "chatmessage": "for the kids",
            "meta": {"rawType": "streamlabscharitydonation", "amount": 7.5, "currency": "EUR"},
        },
        "Ana gives seven euros and fifty cents to charity. for the kids",
    ),
    "bits at Streamlabs": (
        {"type": "bits", "platform": "streamlabs", "event": "bits", "meta": {"amount": 300}},
        "Ana cheers three hundred bits.",
    ),
    "a Super Chat at Streamlabs": (
        {
            "type": "superchat",
            "platform": "streamlabs",
            "event": "superchat",
            "chatmessage": "superchat",
            "meta": {"rawType": "superchat", "amount": 5000000, "currency": "USD"},
        },
        "Ana sends a donation.",
    ),
    "gifts at Streamlabs": (
        {
            "type": "gift",
            "platform": "streamlabs",
            "event": "gift",
            "chatmessage": "gift",
            "meta": {"quantity": 3},
        },
        "Ana gives three subscriptions away.",
    ),
    "a raid at Streamlabs": (
        {
            "type": "streamlabs",
            "event": "raid",
            "chatmessage": "Ana is raiding",
            "meta": {"tokens": {"count": "12"}},
        },
        "Ana raids with twelve viewers.",
    ),
    "a follow at Streamlabs": (
        {"type": "follow", "platform": "streamlabs", "event": "follow", "chatmessage": "follow"},
        SILENT,
    ),
    "Ko-fi": (
        {"type": "kofi", "hasDonation": "$3.00", "chatmessage": "coffee"},
        "Ana sends three dollars. coffee",
    ),
    "Ko-fi with a code": (
        {"type": "kofi", "hasDonation": "3.00 GBP", "chatmessage": "tea"},
        "Ana sends three pounds. tea",
    ),
    "Buy Me a Coffee": (
        {
            "type": "buymeacoffee",
            "event": "new_subscriber",
            "membership": "Gold",
            "chatmessage": "",
        },
        "Ana just subscribed.",
    ),
    "an order": (
        {
            "type": "shopify",
            "event": "purchase",
            "subtitle": "Mug",
            "chatmessage": "",
            "textonly": True,
        },
        "Ana buys something in the shop.",
    ),
    "Throne": (
        {
            "type": "throne",
            "event": "giftcontribution",
            "hasDonation": "$15.00",
            "subtitle": "Desk",
            "chatmessage": "enjoy",
            "textonly": True,
        },
        "Ana sends fifteen dollars. enjoy",
    ),
    "Throne's gift": (
        {
            "type": "throne",
            "event": "gift",
            "hasDonation": "$80.00",
            "chatmessage": "for the desk",
            "textonly": True,
        },
        "Ana sends eighty dollars. for the desk",
    ),
    "Throne's goal": (
        {"type": "throne", "event": "giftfunded", "chatname": "Community", "chatmessage": "funded"},
        SILENT,
    ),
    # --- amounts as the world writes them
    "lakh": (
        {"hasDonation": "₹1,00,000.00", "chatmessage": "hi"},
        "Ana sends one hundred thousand rupees. hi",
    ),
    "European": (
        {"hasDonation": "1.234,50 €", "chatmessage": "hi"},
        "Ana sends one thousand two hundred and thirty four euros and fifty cents. hi",
    ),
    "French": (
        {"hasDonation": "1\u202f234,50\u00a0€", "chatmessage": "hi"},
        "Ana sends one thousand two hundred and thirty four euros and fifty cents. hi",
    ),
    "Swedish": (
        {"hasDonation": "SEK\u00a0100.00", "chatmessage": "hi"},
        "Ana sends one hundred Swedish kronor. hi",
    ),
    "Taiwan": (
        {"hasDonation": "NT$150.00", "chatmessage": "hi"},
        "Ana sends one hundred and fifty Taiwan dollars. hi",
    ),
    "nothing": ({"hasDonation": "$0.00", "chatmessage": "hi"}, "Ana sends a donation. hi"),
    "no number": ({"hasDonation": "a lot", "chatmessage": "hi"}, "Ana sends a donation. hi"),
    # --- writing
    "escaped": ({"chatmessage": "it&#39;s &amp; that&#039;s"}, "it's and that's"),
    "escaped twice": ({"chatmessage": "don&amp;#39;t go"}, "don't go"),
    "a picture's title": ({"chatmessage": f"look {SVG} here"}, "look here"),
    "a picture without end": ({"chatmessage": "look <svg/> here"}, "look here"),
    "reply": (
        {
            "chatmessage": f"{QUOTE}I agree",
            "initial": "Replying to @Bob: what now",
            "reply": "I agree",
        },
        "I agree",
    ),
    "reply without markup": (
        {
            "chatmessage": "Replying to @Bob: what now: I agree",
            "textonly": True,
            "reply": "I agree",
        },
        "I agree",
    ),
    "reply in markup alone": ({"chatmessage": f"{QUOTE}I agree"}, "I agree"),
    "private": ({"chatmessage": "a secret", "private": True}, SILENT),
    "bot": ({"chatmessage": "buy things", "bot": True}, SILENT),
    "Nightbot": ({"chatname": "Nightbot", "chatmessage": "buy things"}, SILENT),
    "KickBot": ({"type": "kick", "chatname": "KickBot", "chatmessage": "buy things"}, SILENT),
    "BotRix": ({"type": "kick", "chatname": "BotRix", "chatmessage": "buy things"}, SILENT),
}


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
async def api(inbox: Inbox) -> AsyncIterator[Api]:
    async with Api() as api:
        task = asyncio.create_task(api.sources[0].run(inbox.deliver))
        yield api
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def said(item: object) -> str | None:
    """Return what is heard of a message."""
    if item is None:
        return None
    assert isinstance(item, ChatMessage)
    verdict = Policy(PolicySettings(), voice="heart")(item)
    return verdict.body if isinstance(verdict, Utterance) else None


async def post(api: Api, inbox: Inbox, value: dict[str, Any]) -> Any:  # noqa: ANN401
    """Return what a post delivers, if anything."""
    status, answer = await api.post(value)
    assert (status, bool(answer)) == (202, True), answer
    items = inbox.rest()
    assert len(items) <= 1
    return items[0] if items else None


@pytest.mark.parametrize("name", CASES)
async def test_what_is_heard(name: str, api: Api, inbox: Inbox) -> None:
    fields, heard = CASES[name]
    value = {"chatname": "Ana", "chatmessage": "", "type": "youtube", "textonly": False} | fields
    item = await post(api, inbox, {key: value for key, value in value.items() if value is not None})
    assert said(item) == heard


PAID = {
    "cheer",
    "super chat",
    "kicks",
    "coins",
    "stars",
    "rant",
    "volts",
    "power-up",
    "an order",
    "charity at Streamlabs",
}


@pytest.mark.parametrize("name", sorted(PAID))
async def test_who_paid_comes_first(name: str, api: Api, inbox: Inbox) -> None:
    fields, _ = CASES[name]
    item = await post(api, inbox, {"chatname": "Ana", "type": "youtube"} | fields)
    verdict = Policy(PolicySettings(), voice="heart")(item)
    assert isinstance(verdict, Utterance)
    assert verdict.lane is Lane.PAID


@pytest.mark.parametrize(
    ("flags", "roles"),
    [
        ({"host": True}, {Role.BROADCASTER}),
        ({"mod": True}, {Role.MODERATOR}),
        ({"moderator": "true"}, {Role.MODERATOR}),
        ({"admin": 1}, {Role.MODERATOR}),
        ({"vip": True, "membership": "MEMBERSHIP"}, {Role.VIP, Role.SUBSCRIBER}),
        ({"membership": "", "mod": False, "vip": "false"}, set()),
        ({"membership": "gift_giver", "event": "giftpurchase"}, set()),
    ],
)
async def test_flags_are_roles(
    flags: dict[str, Any], roles: set[Role], api: Api, inbox: Inbox
) -> None:
    item = await post(api, inbox, {"chatname": "Ana", "chatmessage": "x", "type": "kick"} | flags)
    assert item.chatter.roles == roles


@pytest.mark.parametrize("name", ["O&#39;Brien", "O&#039;Brien", "O&amp;#39;Brien", "O&apos;Brien"])
async def test_a_name_is_whole(name: str, api: Api, inbox: Inbox) -> None:
    item = await post(api, inbox, {"chatname": name, "chatmessage": "hi", "type": "kick"})
    assert item.chatter.name == "O'Brien"
    taken = await post(api, inbox, {"delete": {"type": "kick", "chatname": name}})
    assert taken == Purge(channel="main", chatter_id=item.chatter.id)


DELETIONS: dict[str, tuple[dict[str, Any], str]] = {
    "by its counter": ({"id": 7, "chatname": "Ana"}, "message"),
    "by its counter as text": ({"id": "7"}, "message"),
    "by the platform's id": ({"meta": {"messageId": "m7"}}, "message"),
    "by name": ({"chatname": "Ana"}, "chatter"),
    "by name in another case": ({"chatname": "ANA"}, "chatter"),
    "by login": ({"chatname": "ana_login"}, "chatter"),
    "by user id": ({"userid": "u7"}, "chatter"),
    "of nobody known": ({"id": 8}, ""),
}


@pytest.mark.parametrize("name", DELETIONS)
async def test_deletions(name: str, api: Api, inbox: Inbox) -> None:
    fields, kind = DELETIONS[name]
    sent = {
        "chatname": "Ana", "username": "ana_login", "userid": "u7", "chatmessage": "rude",
        "type": "twitch", "id": 7, "meta": {"messageId": "m7"},
    }  # fmt: skip
    message = await post(api, inbox, sent)
    # The same counter and the same name on another site are somebody else's.
    await post(api, inbox, sent | {"type": "kick", "userid": "other", "meta": {"messageId": "k7"}})
    taken = await post(api, inbox, {"delete": {"type": "twitch"} | fields})
    assert (
        taken
        == {
            "message": Purge(channel="main", message_id=message.id),
            "chatter": Purge(channel="main", chatter_id=message.chatter.id),
            "": None,
        }[kind]
    )


@pytest.mark.parametrize("key", ["username", "displayName"])
async def test_a_ban_takes_everything_back(key: str, api: Api, inbox: Inbox) -> None:
    sent = {"chatname": "Ana", "chatmessage": "rude", "type": "youtube", "userid": "UC1"}
    message = await post(api, inbox, sent)
    banned = {"type": "youtube", "event": "user_banned", "meta": {key: "Ana", "duration": 300}}
    assert await post(api, inbox, banned) == Purge(channel="main", chatter_id=message.chatter.id)


async def test_a_counter_that_starts_anew_means_the_latest(api: Api, inbox: Inbox) -> None:
    sent = {"chatname": "Ana", "chatmessage": "x", "type": "twitch", "id": 1}
    first, second = [await post(api, inbox, sent) for _ in range(2)]
    assert first.id != second.id
    taken = await post(api, inbox, {"delete": {"type": "twitch", "id": 1, "chatname": "Ana"}})
    assert taken == Purge(channel="main", message_id=second.id)


@pytest.mark.parametrize(
    "value",
    [
        {"delete": {}},
        {"delete": {"type": "twitch"}},
        {"delete": {"type": ["x"], "id": {}, "chatname": 5.5, "meta": []}},
        {"event": "user_banned", "meta": "nobody"},
        {"type": "instagram", "event": "stream_offline"},
        {"type": "twitch", "event": "raid", "meta": {"viewers": "many"}, "chatname": "Ana"},
        {"type": "twitch", "event": "raid", "meta": {"viewers": -5}, "chatname": "Ana"},
        {"type": "twitch", "event": "cheer", "meta": {"bits": 1e400}, "chatname": "Ana"},
        {"type": "x", "chatname": "Ana", "chatmessage": "&" * 60_000},
        {"type": "x", "chatname": "&amp;" * 12_000, "chatmessage": "hi"},
        {"type": "x", "chatname": "Ana", "hasDonation": "1," * 30_000},
        {"type": "x", "chatname": "Ana", "event": "giftpurchase", "chatmessage": "9 " * 30_000},
    ],
)
async def test_nonsense_harms_nobody(value: dict[str, Any], api: Api, inbox: Inbox) -> None:
    status, _ = await api.post(value)
    assert status in {202, 400, 422}
    for item in inbox.rest():
        assert isinstance(item, ChatMessage)
        assert item.event is None or 0 <= item.event.amount < float("inf")
        said(item)


def test_every_kind_has_a_template() -> None:
    events = PolicySettings().events
    assert {kind.value for kind in EventKind} <= set(type(events).model_fields)
