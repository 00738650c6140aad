"""Every type of notice, and every use of bits, through the real client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from bot.messages import ChatMessage, Chatter, Event, EventKind
from tests.sources.twitch_eventsub.conftest import STREAMER_SCOPES
from tests.twitch_events import NOTICES, notice_event
from tests.twitch_server import TwitchServer, eventually

if TYPE_CHECKING:
    from tests.sources.twitch_eventsub.conftest import LogIn, Reading

SUB = {"sub_tier": "1000", "is_prime": False, "duration_months": 1}
RESUB = {
    **SUB,
    "cumulative_months": 14,
    "streak_months": 3,
    "is_gift": False,
    "gifter_is_anonymous": None,
    "gifter_user_id": None,
    "gifter_user_name": None,
    "gifter_user_login": None,
}
GIFT = {
    "duration_months": 1,
    "cumulative_total": None,
    "recipient_user_id": "7",
    "recipient_user_name": "Lucky",
    "recipient_user_login": "lucky",
    "sub_tier": "1000",
    "community_gift_id": None,
}
GIFTS = {"id": "c1", "total": 5, "sub_tier": "1000", "cumulative_total": 20}
RAID = {
    "user_id": "8",
    "user_name": "Raider",
    "user_login": "raider",
    "viewer_count": 42,
    "profile_image_url": "https://static.example/x.png",
}


GIFTER = {
    "gifter_is_anonymous": False,
    "gifter_user_id": "7",
    "gifter_user_name": "Lucky",
    "gifter_user_login": "lucky",
}
NOBODY = dict.fromkeys(GIFTER) | {"gifter_is_anonymous": True}


def charity(value: int, places: int, currency: str) -> dict[str, Any]:
    amount = {"value": value, "decimal_place": places, "currency": currency}
    return {"charity_name": "Save the Bees", "amount": amount}


TOLD: Final[list[tuple[str, Any, Event | None]]] = [
    ("sub", SUB, Event(kind=EventKind.SUB, amount=1)),
    ("sub", {**SUB, "is_prime": True}, Event(kind=EventKind.SUB, amount=1)),
    ("resub", RESUB, Event(kind=EventKind.RESUB, amount=14)),
    ("resub", {**RESUB, "streak_months": None}, Event(kind=EventKind.RESUB, amount=14)),
    ("resub", {**RESUB, "cumulative_months": 0}, Event(kind=EventKind.RESUB)),
    ("sub_gift", GIFT, Event(kind=EventKind.GIFT, amount=1)),
    ("sub_gift", {**GIFT, "duration_months": 6}, Event(kind=EventKind.GIFT, amount=1)),
    ("sub_gift", {**GIFT, "community_gift_id": "c1"}, None),
    ("community_sub_gift", GIFTS, Event(kind=EventKind.GIFT, amount=5)),
    ("gift_paid_upgrade", GIFTER, Event(kind=EventKind.SUB)),
    ("gift_paid_upgrade", NOBODY, Event(kind=EventKind.SUB)),
    ("prime_paid_upgrade", {"sub_tier": "1000"}, Event(kind=EventKind.SUB)),
    ("raid", RAID, Event(kind=EventKind.RAID, amount=42)),
    ("raid", {**RAID, "viewer_count": 0}, Event(kind=EventKind.RAID)),
    ("unraid", {}, None),
    ("pay_it_forward", GIFTER, None),
    ("announcement", {"color": "BLUE"}, Event(kind=EventKind.ANNOUNCEMENT)),
    ("bits_badge_tier", {"tier": 1000}, None),
    ("modiversary", {"months": 18}, None),
    (
        "charity_donation",
        charity(550, 2, "USD"),
        Event(kind=EventKind.CHARITY, amount=5.5, unit="USD"),
    ),
    (
        "charity_donation",
        charity(500, 0, "JPY"),
        Event(kind=EventKind.CHARITY, amount=500, unit="JPY"),
    ),
    (
        "watch_streak",
        {"streak_count": 25, "channel_points_awarded": 450},
        Event(kind=EventKind.WATCH_STREAK, amount=25),
    ),
    ("hype_dance", {"steps": 3}, None),
    ("unknown", {}, None),
]
"""Type and data of notices of this channel, and what they are told as."""


async def told(
    server: TwitchServer,
    reading: Reading,
    notice: str,
    data: object,
    text: str,
    **more: object,
) -> list[ChatMessage]:
    """Return what becomes of one notice, and of "behind it" in chat."""
    server.add_user("viewer1")
    async with reading() as channel:
        event = notice_event(server.users, "streamer", notice, {}, by="viewer1", text=text)
        event |= {notice: data, **more}
        await server.notify("channel.chat.notification", server.users["streamer"], event)
        await server.chat("streamer", "behind it")
        await eventually(lambda: channel.texts[-1:] == ["behind it"])
        return [item for item in channel.items[:-1] if isinstance(item, ChatMessage)]


@pytest.mark.parametrize("text", ["", "still here"])
@pytest.mark.parametrize(("notice", "data", "expected"), TOLD)
async def test_notices(  # noqa: PLR0917 - fixtures
    server: TwitchServer,
    log_in: LogIn,
    reading: Reading,
    notice: str,
    data: object,
    expected: Event | None,
    text: str,
) -> None:
    log_in()
    messages = await told(server, reading, notice, data, text)

    # Without an event the chatter's own words are chat, and Twitch's are nothing.
    wanted = [(expected, text)] if expected or text else []
    assert [(message.event, message.text) for message in messages] == wanted
    assert {message.chatter.name for message in messages} <= {"viewer1"}


def test_every_notice_is_in_the_table() -> None:
    assert set(NOTICES) <= {notice for notice, _, _ in TOLD}


ELSEWHERE = [
    (notice, data) for notice, data, expected in TOLD if expected and notice != "charity_donation"
]


@pytest.mark.parametrize("text", ["", "hello from there"])
@pytest.mark.parametrize(("notice", "data"), ELSEWHERE)
@pytest.mark.parametrize("by", ["type", "source"])
async def test_what_happens_in_another_channel_of_a_shared_chat_is_no_event_here(  # noqa: PLR0917
    server: TwitchServer,
    log_in: LogIn,
    reading: Reading,
    notice: str,
    data: object,
    text: str,
    by: str,
) -> None:
    log_in()
    source = {"source_broadcaster_user_id": server.users["other"]}
    if by == "type":
        shared = f"shared_chat_{notice}"
        messages = await told(server, reading, shared, data, text, **source)
    else:
        messages = await told(server, reading, notice, data, text, **source)

    assert [(message.event, message.text) for message in messages] == [(None, text)] * bool(text)


async def test_what_happens_here_during_a_shared_chat_is_an_event(
    server: TwitchServer, log_in: LogIn, reading: Reading
) -> None:
    log_in()
    source = {"source_broadcaster_user_id": server.users["streamer"]}
    (message,) = await told(server, reading, "raid", RAID, "", **source)

    assert message.event == Event(kind=EventKind.RAID, amount=42)


@pytest.mark.parametrize(
    "paid",
    [
        {"cheer": {"bits": 100}},
        {"message_type": "power_ups_message_effect"},
        {"channel_points_custom_reward_id": "r1"},
    ],
)
async def test_what_was_paid_in_another_channel_was_not_paid_here(
    server: TwitchServer, log_in: LogIn, reading: Reading, paid: dict[str, Any]
) -> None:
    log_in()
    source: dict[str, Any] = {
        "source_broadcaster_user_id": server.users["other"],
        "source_broadcaster_user_login": "other",
        "source_broadcaster_user_name": "Other",
    }
    async with reading() as channel:
        await server.chat("streamer", "hello", **paid, **source)
        message = await channel.message()

    assert (message.event, message.text) == (None, "hello")


async def test_who_gives_anonymously_stays_so(
    server: TwitchServer, log_in: LogIn, reading: Reading
) -> None:
    log_in()
    nobody = dict.fromkeys(("chatter_user_id", "chatter_user_login", "chatter_user_name"))
    (message,) = await told(
        server, reading, "community_sub_gift", GIFTS, "", chatter_is_anonymous=True, **nobody
    )

    assert message.chatter == Chatter(id="274598607", name="AnAnonymousGifter")
    assert message.event == Event(kind=EventKind.GIFT, amount=5)


async def test_gifts_to_many_are_told_once(
    server: TwitchServer, log_in: LogIn, reading: Reading
) -> None:
    log_in()
    server.add_user("viewer1")
    async with reading() as channel:
        notices: list[tuple[str, dict[str, Any]]] = [("community_sub_gift", GIFTS)]
        notices += [("sub_gift", {**GIFT, "community_gift_id": "c1"})] * 5
        notices += [("bits_badge_tier", {"tier": 1000})]  # says something about somebody silent
        for number, (notice, data) in enumerate(notices):
            event = notice_event(
                server.users, "streamer", notice, data, by="viewer1", message_id=f"g{number}"
            )
            await server.notify("channel.chat.notification", server.users["streamer"], event)
        await server.chat("streamer", "wow")
        await eventually(lambda: channel.texts[-1:] == ["wow"])

    assert [item.event for item in channel.items if isinstance(item, ChatMessage)] == [
        Event(kind=EventKind.GIFT, amount=5),
        None,
    ]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("power_ups_gigantified_emote", Event(kind=EventKind.POWER_UP)),
        ("power_ups_message_effect", Event(kind=EventKind.POWER_UP)),
        ("channel_points_highlighted", None),
        ("user_intro", None),
        ("something_new", None),
    ],
)
async def test_power_ups_are_paid_messages(
    server: TwitchServer, log_in: LogIn, reading: Reading, kind: str, expected: Event | None
) -> None:
    log_in()
    async with reading() as channel:
        await server.chat("streamer", "look at this", message_type=kind)
        message = await channel.message()

    assert (message.event, message.text) == (expected, "look at this")


def power_up(kind: str) -> dict[str, Any]:
    return {"type": kind, "emote": None, "message_effect_id": None}


@pytest.mark.parametrize(
    ("used", "expected"),
    [
        ({"type": "power_up", "power_up": power_up("celebration")}, EventKind.POWER_UP),
        (
            {"type": "custom_power_up", "custom_power_up": {"id": "p1", "title": "Hydrate"}},
            EventKind.POWER_UP,
        ),
        # Chat tells of these.
        ({"type": "power_up", "power_up": power_up("gigantify_an_emote")}, None),
        ({"type": "power_up", "power_up": power_up("message_effect")}, None),
        ({"type": "cheer", "message": {"text": "Cheer50 hi", "fragments": []}}, None),
        ({"type": "combo"}, None),
    ],
)
async def test_bits_that_chat_does_not_tell_of(
    server: TwitchServer,
    log_in: LogIn,
    reading: Reading,
    used: dict[str, Any],
    expected: EventKind | None,
) -> None:
    log_in()
    log_in("streamer", STREAMER_SCOPES, is_bot=False)
    channel_id = server.users["streamer"]
    server.add_user("viewer1")
    async with reading() as channel:
        event = {
            "broadcaster_user_id": channel_id,
            "broadcaster_user_login": "streamer",
            "broadcaster_user_name": "Streamer",
            "user_id": server.users["viewer1"],
            "user_login": "viewer1",
            "user_name": "viewer1",
            "bits": 50,
            "message": None,
            "power_up": None,
            "custom_power_up": None,
        }
        await server.notify("channel.bits.use", channel_id, event | used)
        await server.chat("streamer", "behind it")
        await eventually(lambda: channel.texts[-1:] == ["behind it"])

    events = [item.event for item in channel.items[:-1] if isinstance(item, ChatMessage)]
    assert events == ([Event(kind=expected, amount=50)] if expected else [])
