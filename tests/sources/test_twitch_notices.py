"""Every notice and every paid message of Twitch's IRC, through a real socket."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.messages import ChatMessage, Event, EventKind
from bot.sources import create
from bot.sources.twitch_messages import _NOTICES

if TYPE_CHECKING:
    from tests.sources.conftest import Inbox, Running, ScriptedTwitch

ABOUT = "id=m1;login=viewer1;display-name=Viewer1;user-id=123;room-id=1;emotes="
MONEY = "msg-param-charity-name=Save\\sthe\\sBees;msg-param-donation-amount="
NOTICES: list[tuple[str, str, Event | None]] = [
    (
        "sub",
        "msg-param-cumulative-months=1;msg-param-sub-plan=Prime",
        Event(kind=EventKind.SUB, amount=1),
    ),
    ("sub", "", Event(kind=EventKind.SUB)),
    ("resub", "msg-param-cumulative-months=8", Event(kind=EventKind.RESUB, amount=8)),
    (
        "resub",
        "msg-param-cumulative-months=8;msg-param-should-share-streak=0;msg-param-streak-months=0",
        Event(kind=EventKind.RESUB, amount=8),
    ),
    ("resub", "msg-param-cumulative-months=0", Event(kind=EventKind.RESUB)),
    ("resub", "msg-param-cumulative-months=", Event(kind=EventKind.RESUB)),
    ("resub", "", Event(kind=EventKind.RESUB)),
    ("extendsub", "msg-param-cumulative-months=3", Event(kind=EventKind.RESUB, amount=3)),
    ("primepaidupgrade", "msg-param-sub-plan=1000", Event(kind=EventKind.SUB)),
    ("giftpaidupgrade", "msg-param-sender-login=lucky", Event(kind=EventKind.SUB)),
    ("anongiftpaidupgrade", "", Event(kind=EventKind.SUB)),
    ("subgift", "msg-param-months=3;msg-param-gift-months=6", Event(kind=EventKind.GIFT, amount=1)),
    ("subgift", "msg-param-community-gift-id=7", None),
    ("anonsubgift", "msg-param-months=3", Event(kind=EventKind.GIFT, amount=1)),
    ("anonsubgift", "msg-param-community-gift-id=7", None),
    (
        "submysterygift",
        "msg-param-mass-gift-count=20;msg-param-community-gift-id=7",
        Event(kind=EventKind.GIFT, amount=20),
    ),
    ("anonsubmysterygift", "msg-param-mass-gift-count=5", Event(kind=EventKind.GIFT, amount=5)),
    ("standardpayforward", "msg-param-prior-gifter-anonymous=false", None),
    ("communitypayforward", "msg-param-prior-gifter-anonymous=true", None),
    ("rewardgift", "msg-param-selected-count=5", None),
    ("primecommunitygiftreceived", "msg-param-gift-name=x", None),
    ("raid", "msg-param-viewerCount=33", Event(kind=EventKind.RAID, amount=33)),
    ("raid", "msg-param-viewerCount=0", Event(kind=EventKind.RAID)),
    ("unraid", "", None),
    ("ritual", "msg-param-ritual-name=new_chatter", None),
    ("announcement", "msg-param-color=PRIMARY", Event(kind=EventKind.ANNOUNCEMENT)),
    ("bitsbadgetier", "msg-param-threshold=1000", None),
    ("modiversary", "msg-param-months=18", None),
    (
        "viewermilestone",
        "msg-param-category=watch-streak;msg-param-value=25;msg-param-copoReward=450",
        Event(kind=EventKind.WATCH_STREAK, amount=25),
    ),
    ("viewermilestone", "msg-param-category=clap-count;msg-param-value=25", None),
    (
        "charitydonation",
        f"{MONEY}550;msg-param-exponent=2;msg-param-donation-currency=USD",
        Event(kind=EventKind.CHARITY, amount=5.5, unit="USD"),
    ),
    (
        "charitydonation",
        f"{MONEY}500;msg-param-exponent=0;msg-param-donation-currency=JPY",
        Event(kind=EventKind.CHARITY, amount=500, unit="JPY"),
    ),
    ("charitydonation", f"{MONEY}x;msg-param-exponent=99999", Event(kind=EventKind.CHARITY)),
    (
        "onetapgiftredeemed",
        "msg-param-bits-spent=5;msg-param-gift-id=heart",
        Event(kind=EventKind.CHEER, amount=5),
    ),
    ("onetapstreakstarted", "msg-param-gift-id=heart", None),
    ("onetapstreakexpired", "msg-param-streak-size-bits=50", None),
    ("onetapbreakpointachieved", "msg-param-breakpoint-number=1", None),
    ("midnightsquid", "msg-param-amount=500", None),
    ("crowd-chant", "", None),
    ("useranniversary", "msg-param-years=5", None),
    ("something-new", "", None),
    ("", "", None),
]
"""Type and tags of notices, and what they are told as."""
PAID: list[tuple[str, Event | None]] = [
    ("bits=100", Event(kind=EventKind.CHEER, amount=100)),
    ("msg-id=gigantified-emote-message", Event(kind=EventKind.POWER_UP)),
    ("msg-id=animated-message;animation-id=rainbow-eclipse", Event(kind=EventKind.POWER_UP)),
    ("custom-reward-id=r1", Event(kind=EventKind.REDEEM, reward="r1")),
    (
        "pinned-chat-paid-amount=200;pinned-chat-paid-currency=USD;pinned-chat-paid-exponent=2",
        Event(kind=EventKind.DONATION, amount=2, unit="USD"),
    ),
    (
        "pinned-chat-paid-amount=500;pinned-chat-paid-currency=JPY;pinned-chat-paid-exponent=0",
        Event(kind=EventKind.DONATION, amount=500, unit="JPY"),
    ),
    ("pinned-chat-paid-amount=0;pinned-chat-paid-currency=USD", None),
    ("msg-id=highlighted-message", None),
    ("msg-id=skip-subs-mode-message", None),
    ("first-msg=1", None),
]
"""Tags of chat messages, and what they are told as."""


async def told(
    twitch: ScriptedTwitch, inbox: Inbox, running: Running, line: str
) -> list[ChatMessage]:
    """Return what becomes of a line, and of one more behind it."""
    async with running(create(twitch.settings, "main")):
        visit = await twitch.welcome()
        await visit.say(line, "@id=m2 :a!a@a.tmi.twitch.tv PRIVMSG #some_channel :behind it")
        messages: list[ChatMessage] = []
        while (message := await inbox.next_message()).text != "behind it":
            messages.append(message)
        return messages


def notice(tags: str, text: str) -> str:
    spoken = f" :{text}" if text else ""
    return (
        f"@{ABOUT};system-msg=Twitch\\ssays\\s42\\sthings;{tags}"
        f" :tmi.twitch.tv USERNOTICE #some_channel{spoken}"
    )


@pytest.mark.parametrize("text", ["", "still here"])
@pytest.mark.parametrize(("kind", "tags", "expected"), NOTICES)
async def test_notices(  # noqa: PLR0917 - fixtures
    twitch: ScriptedTwitch,
    inbox: Inbox,
    running: Running,
    kind: str,
    tags: str,
    expected: Event | None,
    text: str,
) -> None:
    messages = await told(twitch, inbox, running, notice(f"msg-id={kind};{tags}", text))

    # Without an event the chatter's own words are chat, and Twitch's are nothing.
    wanted = [(expected, text)] if expected or text else []
    assert [(message.event, message.text) for message in messages] == wanted
    assert {message.chatter.name for message in messages} <= {"Viewer1"}


def test_every_notice_that_has_an_event_is_in_the_table() -> None:
    assert set(_NOTICES) <= {kind for kind, _, expected in NOTICES if expected}


@pytest.mark.parametrize("text", ["", "hello from there"])
@pytest.mark.parametrize("kind", sorted(_NOTICES))
@pytest.mark.parametrize(
    "elsewhere",
    [
        "msg-id=sharedchatnotice;source-msg-id={};source-room-id=2",
        "msg-id=sharedchatnotice;source-msg-id={}",
        "msg-id={};source-room-id=2",
    ],
)
async def test_what_happens_in_another_channel_of_a_shared_chat_is_no_event_here(  # noqa: PLR0917
    twitch: ScriptedTwitch, inbox: Inbox, running: Running, elsewhere: str, kind: str, text: str
) -> None:
    line = notice(f"{elsewhere.format(kind)};msg-param-viewerCount=5", text)
    messages = await told(twitch, inbox, running, line)

    assert [(message.event, message.text) for message in messages] == [(None, text)] * bool(text)


async def test_what_happens_here_during_a_shared_chat_is_an_event(
    twitch: ScriptedTwitch, inbox: Inbox, running: Running
) -> None:
    line = notice("msg-id=raid;source-room-id=1;msg-param-viewerCount=5", "")
    (message,) = await told(twitch, inbox, running, line)

    assert message.event == Event(kind=EventKind.RAID, amount=5)


@pytest.mark.parametrize(("tags", "expected"), PAID)
@pytest.mark.parametrize("source", ["", ";source-room-id=1", ";source-room-id=2"])
async def test_what_was_paid_for_a_message(  # noqa: PLR0917 - fixtures
    twitch: ScriptedTwitch,
    inbox: Inbox,
    running: Running,
    tags: str,
    expected: Event | None,
    source: str,
) -> None:
    line = f"@{ABOUT};{tags}{source} :v!v@v.tmi.twitch.tv PRIVMSG #some_channel :look at this"
    (message,) = await told(twitch, inbox, running, line)

    assert message.text == "look at this"
    assert message.event == (None if source.endswith("2") else expected)


async def test_the_words_that_twitch_puts_into_a_hype_chat_are_not_read(
    twitch: ScriptedTwitch, inbox: Inbox, running: Running
) -> None:
    tags = "pinned-chat-paid-amount=500;pinned-chat-paid-currency=EUR;pinned-chat-paid-exponent=2"
    line = (
        f"@{ABOUT};{tags};pinned-chat-paid-is-system-message=1"
        " :v!v@v.tmi.twitch.tv PRIVMSG #some_channel :User sent Hype Chat"
    )
    (message,) = await told(twitch, inbox, running, line)

    assert message.text == ""
    assert message.event == Event(kind=EventKind.DONATION, amount=5, unit="EUR")
