"""Emotes and cheermotes are found where they stand, whatever Twitch counts in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sources.twitch_emotes import CHEERMOTES, cheermotes, emote_ranges

if TYPE_CHECKING:
    from tests.sources.conftest import Inbox
    from tests.sources.ingest_api import Api


def emotes(tag: str, text: str) -> list[str]:
    return [text[start:end] for start, end in sorted(emote_ranges(tag, text))]


@pytest.mark.parametrize(
    ("tag", "text", "found"),
    [
        ("25:0-4,12-16/1902:6-10", "Kappa Keepo Kappa", ["Kappa", "Keepo", "Kappa"]),
        # UTF-16 units behind emoji, as many as there are.
        ("25:3-7", "😀 Kappa hi", ["Kappa"]),
        ("445:3-4,9-10,15-16", "👉 <3 👉 <3 👉 <3", ["<3", "<3", "<3"]),
        ("25:15-19", "😀😀😀😀😀😀😀 Kappa hello", ["Kappa"]),
        ("25:16-20", "😀😀😀😀😀😀😀😀Kappa Kappa", ["Kappa"]),
        # Bytes behind accents and other scripts.
        ("25:9-13", "où ça é Kappa", ["Kappa"]),
        ("25:16-20", "こんにちは Kappa hello", ["Kappa"]),
        # One more than there is: https://github.com/twitchdev/issues/issues/104.
        ("25:40-44", "Då kan du begära skadestånd och förtal Kappa", ["Kappa"]),
        # The frame of /me, with its first character and without (issue 175 there).
        ("25:8-12,24-28", "Kappa TEST TEST Kappa", ["Kappa", "Kappa"]),
        ("25:7-11,23-27/499:29-30", "Kappa TEST TEST Kappa :)", ["Kappa", "Kappa", ":)"]),
        ("25:11-15", "😀 Kappa yes", ["Kappa"]),  # and an emoji
        # Some are right: what they are called is known.
        ("25:0-4,15-19", "Kappa I said Kappa again", ["Kappa", "Kappa"]),
        ("25:0-4,60-64", f"Kappa {'x' * 41} Kappa hello", ["Kappa", "Kappa"]),
        ("25:0-4/30:7-11", "Kappa told hello Keepo", ["Kappa", "hello"]),
        # Nothing there is an emote.
        ("25:100-104", "no emote here", []),
        ("25:2-5", "already fine", []),
        ("25:1-3", "überall", []),
        ("25:3-7", "Kappas hi hello", []),
        # Some clients write emotes with punctuation at them.
        ("25:1-5", "(Kappa)", ["Kappa"]),
        ("25:0-4", "Kappa, hi", ["Kappa"]),
        ("25:2-4", "Kappa hi", []),
    ],
)
def test_emotes_are_whole_words(tag: str, text: str, found: list[str]) -> None:
    assert emotes(tag, text) == found


@given(
    st.lists(
        st.sampled_from(["Kappa", "Keepo", ":)", "hello", "é", "où", "😀", "👨‍👩‍👧", "は", "I"]),
        min_size=1,
    ),
    st.sampled_from(["code points", "utf-16-le", "utf-8"]),
    st.sampled_from([0, 7, 8]),
)
def test_every_way_of_counting_is_understood(words: list[str], counted: str, first: int) -> None:
    ids = {"Kappa": "25", "Keepo": "1902", ":)": "1"}

    def size(text: str) -> int:
        if counted == "code points":
            return len(text)
        return len(text.encode(counted)) // (2 if counted == "utf-16-le" else 1)

    text = " ".join(words)
    tag, at = [], first
    for word in words:
        if word in ids:
            tag.append(f"{ids[word]}:{at}-{at + len(word) - 1}")
        at += size(word) + 1

    found = emotes("/".join(tag), text)
    assert len(found) == len(tag)
    assert set(found) <= set(words)
    if not first and counted == "code points":
        assert found == [word for word in words if word in ids]


@given(st.text(alphabet="0123456789-,/:ab"), st.text(max_size=40))
def test_what_is_found_lies_in_the_text(tag: str, text: str) -> None:
    for start, end in emote_ranges(tag, text):
        assert 0 <= start < end <= len(text)
        assert not any(map(str.isspace, text[start:end]))


def cheered(text: str, bits: float) -> list[str]:
    return [text[start:end] for start, end in cheermotes(text, bits)]


@pytest.mark.parametrize(
    ("text", "bits", "found"),
    [
        ("Cheer100 play RE4 or GTA5", 100, ["Cheer100"]),
        ("4Head100 nice", 100, ["4Head100"]),
        ("cheer1 Cheer1 PogChamp3", 2, ["cheer1", "Cheer1"]),
        ("Corgo25 uni25 win32 COD4", 50, ["Corgo25", "uni25"]),
        ("streamerHype100 play RE4", 100, ["streamerHype100"]),  # one of the channel's own
        ("Cheer100 streamerHype50 RE4", 150, ["Cheer100", "streamerHype50"]),
        ("party10 at my place Cheer100", 100, ["Cheer100"]),  # not one in this channel
        ("Cheer100 hello", 0, ["Cheer100"]),  # the amount is not known
        ("Cheer100 RE4", 7, ["Cheer100"]),
        ("play RE4 or GTA5", 100, []),
        ("Cheer100! Cheer0100 Cheer 100", 100, []),
        ("", 1, []),
    ],
)
def test_the_bits_tell_which_words_are_cheermotes(text: str, bits: float, found: list[str]) -> None:
    assert cheered(text, bits) == found


def test_every_global_cheermote_is_one() -> None:
    for prefix in CHEERMOTES:
        assert cheered(f"{prefix}100 RE4", 100) == [f"{prefix}100"]
        assert cheered(f"{prefix.title()}5", 5) == [f"{prefix.title()}5"]


def test_a_message_of_nothing_but_cheermotes_takes_no_time() -> None:
    text = " ".join(f"{prefix}{number}" for number, prefix in enumerate(CHEERMOTES, 1))
    unknown = " ".join(f"x{'y' * number}z{number}" for number in range(1, 400))

    assert len(cheered(f"{text} {unknown}", 999_983)) == len(CHEERMOTES)


@pytest.mark.parametrize(
    "value",
    [
        {
            "author": {"name": "Jess"},
            "text": "Cheer100 play RE4",
            "event": {"kind": "cheer", "amount": 100},
        },
        {
            "type": "twitch",
            "event": "cheer",
            "chatname": "Jess",
            "chatmessage": "Cheer100 play RE4",
            "hasDonation": "100 bits",
        },
    ],
    ids=["our form", "Social Stream Ninja"],
)
async def test_cheers_from_other_programs_are_marked(
    value: dict[str, Any], api: Api, inbox: Inbox
) -> None:
    await api.post(value)
    message = await inbox.next_message()

    assert message.text == "Cheer100 play RE4"
    assert message.emotes == ((0, 8),)
