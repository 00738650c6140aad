# ruff: noqa: RUF001 - the characters that look alike are the point

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config.chat.policy import NameSettings
from bot.messages import EventKind, Lane, Role
from bot.policy.cleaning import plain
from bot.policy.draft import Draft
from bot.policy.introduction import Introduction

Make = Callable[..., Draft]


@pytest.mark.parametrize(
    ("name", "spoken"),
    [
        ("viewer1", "viewer1"),
        ("Dark_Lord", "Dark Lord"),
        ("__x__", "x"),
        ("viewer123456", "viewer"),
        ("Zażółć", "Zażółć"),
        ("田中", "田中"),
        ("Ｂｏｂ", "Bob"),
        ("B\u0316\u0300\u0317\u0301\u0316ob", "Bob"),
        ("\u202eBob\u200b", "Bob"),
        ("KILLERBOB", "killerbob"),
        ("aaaaaaaaaa", "aa"),
        ("<script>alert(1)</script>", "alert 1"),
        ("Robert'); DROP TABLE Students;--", "Robert' DROP table"),
        ("a [b](/x/)", "a b x"),
        ("12345", "someone"),
        ("★☆★", "someone"),
        ("😀", "someone"),
        ("", "someone"),
        ("\ud800", "someone"),
        ("abcdefghij " * 100, "abcdefghij abcdefghij"),
        ("{name} {0.__class__}", "name 0 class"),
    ],
)
def test_the_name_is_spoken_sensibly(name: str, spoken: str, draft: Make) -> None:
    assert Introduction(NameSettings())(draft(name=name)).prefix == f"{spoken} says: "


def test_the_template_is_translatable(draft: Make) -> None:
    introduction = Introduction(NameSettings(template="{name} sagt, "))
    assert introduction(draft(name="Bob")).prefix == "Bob sagt, "


def test_a_template_without_space_gets_none(draft: Make) -> None:
    assert Introduction(NameSettings(template="{name}:"))(draft(name="Bob")).prefix == "Bob:"


def test_without_introduction_the_prefix_is_empty(draft: Make) -> None:
    introduction = Introduction(NameSettings(say=False))
    assert introduction(draft()).prefix == ""
    assert introduction.without_name(draft()) == ""


@given(st.text(st.characters(), max_size=60))
def test_any_name_has_an_introduction(draft: Make, name: str) -> None:
    prefix = Introduction(NameSettings())(draft(name=name)).prefix
    spoken = prefix.removesuffix(" says: ")
    assert 0 < len(spoken) <= 25
    assert plain(spoken) == spoken


@pytest.mark.parametrize(
    ("role", "event", "lane"),
    [
        (None, None, Lane.REST),
        (Role.VIP, None, Lane.REST),
        (Role.MODERATOR, None, Lane.MODERATOR),
        (Role.BROADCASTER, None, Lane.MODERATOR),
        (None, EventKind.CHEER, Lane.PAID),
        (Role.MODERATOR, EventKind.REDEEM, Lane.PAID),
        (None, EventKind.DONATION, Lane.PAID),
        (None, EventKind.POWER_UP, Lane.PAID),
        (None, EventKind.WATCH_STREAK, Lane.REST),
        (None, EventKind.RAID, Lane.REST),
    ],
)
def test_the_lane_follows_money_and_role(
    role: Role | None, event: EventKind | None, lane: Lane, draft: Make
) -> None:
    sent = draft("hi", roles=frozenset({role} if role else ()), event=event)
    assert sent.utterance(voice="heart").lane is lane


def test_everything_else_is_carried_over(draft: Make) -> None:
    sent = Draft(draft().message, "hi", "Bob says: ")
    utterance = sent.utterance(voice="heart")
    assert (utterance.id, utterance.channel, utterance.received_at) == ("m1", "main", 1.5)
    assert utterance.chatter is sent.message.chatter
    assert (utterance.prefix, utterance.body, utterance.voice) == ("Bob says: ", "hi", "heart")
