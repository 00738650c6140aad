"""No name is written so that its chatter escapes a command."""

import pytest

from bot.messages import Chatter, RejectReason, Verb
from bot.outcomes import DropReason, Queued, Rejected
from bot.policy.chatters import Chatters
from bot.runtime.text.cleaning import name_key
from tests.moderation.conftest import Room

# ruff: noqa: RUF001 - decoration is the point
DECORATED = {
    "full width": "Ｂａｄ＿Ｇｕｙ",
    "mathematical": "𝐁𝐚𝐝_𝐆𝐮𝐲",
    "script": "𝓑𝓪𝓭_𝓖𝓾𝔂",
    "circled": "Ⓑⓐⓓ_Ⓖⓤⓨ",
    "negative squared": "🅱🅰🅳_🅶🆄🆈",
    "zero-width spaces": "B\u200ba\u200bd_Guy",
    "zero-width joiners": "Bad\u200d_\u2060Guy",
    "soft hyphens": "Bad\u00ad_Gu\u00ady",
    "bidirectional": "\u202eBad_Guy\u202c",
    "isolates": "\u2066Bad_Guy\u2069",
    "byte order mark": "\ufeffBad_Guy",
    "variation selectors": "Bad\ufe0f_Guy\ufe0e",
    "tags": "Bad_Guy\U000e0062\U000e0061",
    "hangul filler": "Bad_Guy\u3164",
    "braille blank": "\u2800Bad_Guy",
    "strike-through": "B\u0336a\u0336d\u0336_\u0336G\u0336u\u0336y\u0336",
    "piles of marks": "B\u0300\u0301\u0302\u0303\u0304ad_Guy",
    "capitals": "BAD_GUY",
    "at sign": "@Bad_Guy",
    "spaces around": "  Bad_Guy\u00a0",
    "control": "Bad\x07_Guy",
    "private use": "Bad_Guy\ue000",
    "lone surrogate": "Bad_Guy\ud800",
    "look-alikes": "Ваd_Guу",
}


@pytest.mark.parametrize("written", DECORATED.values(), ids=list(DECORATED))
@pytest.mark.parametrize("before", ["seen", "unseen"])
async def test_a_decorated_name_is_muted_by_its_plain_form(written: str, before: str) -> None:
    room = Room()
    if before == "seen":
        room.write("hello", written)
    elif written == DECORATED["look-alikes"]:
        pytest.skip("a name that nobody has seen is compared as it is read, not as it looks")
    room.order(Verb.MUTE, "bad_guy")

    last = room.write("again", written)
    assert isinstance(last, Rejected)
    assert last.reason is RejectReason.MUTED
    assert not any(name.startswith("hello") for name in room.waiting)


@pytest.mark.parametrize("written", DECORATED.values(), ids=list(DECORATED))
async def test_a_decorated_name_is_skipped_by_its_plain_form(written: str) -> None:
    room = Room()
    room.write("hello", written)
    assert room.order(Verb.SKIP, "Bad_Guy") == "skipped 1 of Bad_Guy"
    assert room.dropped == [("hello", DropReason.SKIPPED)]


@pytest.mark.parametrize("written", DECORATED.values(), ids=list(DECORATED))
async def test_a_plain_name_is_muted_by_any_form(written: str) -> None:
    room = Room()
    room.write("hello", "Bad_Guy")
    room.order(Verb.MUTE, written)
    assert isinstance(room.write("again", "Bad_Guy"), Rejected)


@pytest.mark.parametrize("spaces", ["\u00a0", "  ", "\u3000", "\u2003", " \u200b "])
async def test_spaces_in_a_name_are_one_space(spaces: str) -> None:
    room = Room()
    room.write("hello", f"John{spaces}Doe")
    assert room.order(Verb.MUTE, "john doe") == "john doe is muted, 1 dropped"


@pytest.mark.parametrize(
    "name", ["Night\u200bbot", "ＮＩＧＨＴＢＯＴ", "𝐍𝐢𝐠𝐡𝐭𝐛𝐨𝐭", "nightbot\u00a0"]
)
async def test_a_decorated_bot_is_a_bot(name: str) -> None:
    last = Room().write("hello", name)
    assert isinstance(last, Rejected)
    assert last.reason is RejectReason.BOT


async def test_composed_and_decomposed_letters_are_one_name() -> None:
    room = Room()
    room.write("hello", "Zoe\u0308")
    assert room.order(Verb.MUTE, "Zo\u00eb") == "Zoë is muted, 1 dropped"


async def test_an_accent_makes_another_name_where_both_are_there() -> None:
    room = Room()
    room.write("hello", "José", chatter_id="1")
    room.write("hello", "Jose", chatter_id="2")
    room.order(Verb.MUTE, "Jose")
    assert isinstance(room.write("again", "José", chatter_id="1", message_id="m1"), Queued)
    assert isinstance(room.write("again", "Jose", chatter_id="2", message_id="m2"), Rejected)


def test_everybody_of_a_name_is_found_and_nobody_else() -> None:
    chatters = Chatters()
    for number, name in enumerate(["Sam", "sam", "Samuel", "S\u200bam"]):
        chatters.see(Chatter(id=str(number), name=name))
    assert [chatter.id for chatter in chatters.called("SAM")] == ["0", "1", "3"]


def test_names_of_symbols_do_not_look_alike() -> None:
    chatters = Chatters()
    for name in ("♥♥", "★★", "!!"):
        chatters.see(Chatter(id=name, name=name))
    assert [chatter.id for chatter in chatters.called("★★")] == ["★★"]
    assert not chatters.called("♦♦")
    assert not chatters.called("..")


def test_a_name_of_decoration_alone_is_still_a_name() -> None:
    assert name_key("\u200b\u200c") == "\u200b\u200c"
    assert name_key("\u200b") != name_key("\u200c")
