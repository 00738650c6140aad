"""Every event through the real client: from the scripted platform to a typed message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bot.messages import ChatMessage, Chatter, Event, EventKind, Purge, Role, StreamStatus
from tests.sources.twitch_eventsub.conftest import STREAMER_SCOPES
from tests.sources.twitch_eventsub.test_notices import RAID, RESUB, SUB
from tests.twitch_events import chat_event, notice_event, redemption_event, stamp
from tests.twitch_server import TwitchServer, eventually

if TYPE_CHECKING:
    from tests.sources.twitch_eventsub.conftest import LogIn, Reading


async def test_chat_becomes_a_message(
    server: TwitchServer, log_in: LogIn, reading: Reading
) -> None:
    log_in()
    async with reading(events=("cheer",)) as channel:
        assert channel.source.name == "twitch_eventsub:streamer"
        assert channel.source.state == "connected"
        key = await server.chat("streamer", "hello", by="viewer1")
        message = await channel.message()

    assert message == ChatMessage(
        id=key,
        channel="main",
        source="twitch_eventsub:streamer",
        chatter=Chatter(id=server.users["viewer1"], name="viewer1"),
        text="hello",
        received_at=message.received_at,
    )


def fragment(kind: str, text: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    parts = dict.fromkeys(("cheermote", "emote", "mention"))
    return {"type": kind, "text": text, **parts, **more}


async def test_fragments_badges_replies_and_bits(
    server: TwitchServer, log_in: LogIn, reading: Reading
) -> None:
    emote = {"id": "25", "emote_set_id": "0", "owner_id": "0", "format": ["static"]}
    bits = {"prefix": "Cheer", "bits": 100, "tier": 1}
    mention = {"user_id": "5", "user_login": "viewer2", "user_name": "Viewer2"}
    fragments = [
        fragment("mention", "@Viewer2", mention=mention),
        fragment("text", " 🎉 "),
        fragment("emote", "Kappa", emote=emote),
        fragment("text", " "),
        fragment("cheermote", "Cheer100", cheermote=bits),
    ]
    text = "@Viewer2 🎉 Kappa Cheer100"
    parent = {
        "parent_message_id": "m0",
        "parent_message_body": "what?",
        "parent_user_id": "5",
        "parent_user_login": "viewer2",
        "parent_user_name": "Viewer2",
        "thread_message_id": "m0",
        "thread_user_id": "5",
        "thread_user_login": "viewer2",
        "thread_user_name": "Viewer2",
    }
    badges = [
        {"set_id": "moderator", "id": "1", "info": ""},
        {"set_id": "founder", "id": "0", "info": "8"},
        {"set_id": "bits", "id": "1000", "info": ""},
    ]
    log_in()
    async with reading() as channel:
        await server.chat(
            "streamer",
            text,
            by="viewer1",
            message={"text": text, "fragments": fragments},
            badges=badges,
            reply=parent,
            cheer={"bits": 100},
            chatter_user_name="Viewer Eins",
        )
        message = await channel.message()

    assert [text[start:end] for start, end in message.emotes] == ["Kappa", "Cheer100"]
    (picture,) = message.pictures
    assert (picture.name, "/25/" in picture.address) == ("Kappa", True)
    assert message.chatter.roles == {Role.MODERATOR, Role.SUBSCRIBER}
    assert (message.chatter.name, message.chatter.login) == ("Viewer Eins", "viewer1")
    assert message.reply_to == "Viewer2"
    assert message.event == Event(kind=EventKind.CHEER, amount=100)


async def test_what_somebody_does_is_read_without_its_markup(
    server: TwitchServer, log_in: LogIn, reading: Reading
) -> None:
    text = "\x01ACTION waves Kappa\x01"
    # Twitch leaves the markup out of the fragments alone.
    fragments = [fragment("text", "waves "), fragment("emote", "Kappa", emote={"id": "25"})]
    log_in()
    async with reading() as channel:
        await server.chat("streamer", text, message={"text": text, "fragments": fragments})
        message = await channel.message()

    assert message.text == "waves Kappa"
    assert message.emotes == ((6, 11),)


@pytest.mark.parametrize(
    ("text", "fragments", "marked"),
    [
        ("a  Kappa b", [("text", "a "), ("emote", "Kappa"), ("text", " b")], ["Kappa"]),
        ("Kappa, Kappa", [("text", "x, "), ("emote", "Kappa")], ["Kappa"]),
        ("Cheer100 RE4 Kappas", [("cheermote", "Cheer100"), ("emote", "Kappa")], ["Cheer100"]),
        ("😀 hi Kappa", [("text", "hi "), ("emote", "Kappa")], ["Kappa"]),
    ],
)
async def test_emotes_are_found_by_name_where_fragments_are_not_the_text(  # noqa: PLR0917 - fixtures
    server: TwitchServer,
    log_in: LogIn,
    reading: Reading,
    text: str,
    fragments: list[tuple[str, str]],
    marked: list[str],
) -> None:
    parts = [fragment(kind, part) for kind, part in fragments]
    log_in()
    async with reading() as channel:
        await server.chat("streamer", text, message={"text": text, "fragments": parts})
        message = await channel.message()

    assert [text[start:end] for start, end in message.emotes] == marked


def about(server: TwitchServer, login: str, prefix: str = "broadcaster") -> dict[str, Any]:
    user_id = server.add_user(login)
    return {
        f"{prefix}_user_id": user_id,
        f"{prefix}_user_login": login,
        f"{prefix}_user_name": login,
    }


async def test_what_moderators_take_back(
    server: TwitchServer, log_in: LogIn, reading: Reading
) -> None:
    log_in()
    channel_id = server.users["streamer"]
    here, target = about(server, "streamer"), about(server, "viewer1", "target")
    async with reading() as channel:
        await server.notify(
            "channel.chat.message_delete", channel_id, here | target | {"message_id": "m1"}
        )
        await server.notify("channel.chat.clear_user_messages", channel_id, here | target)
        await server.notify("channel.chat.clear", channel_id, here)
        await eventually(lambda: len(channel.items) == 3)

    assert channel.items == [
        Purge(channel="main", message_id="m1"),
        Purge(channel="main", chatter_id=server.users["viewer1"]),
        Purge(channel="main"),
    ]


async def test_the_stream_begins_and_ends(
    server: TwitchServer, log_in: LogIn, reading: Reading
) -> None:
    log_in()
    channel_id, here = server.users["streamer"], about(server, "streamer")
    async with reading() as channel:
        online = here | {"id": "1", "type": "live", "started_at": stamp()}
        await server.notify("stream.online", channel_id, online)
        await server.notify("stream.offline", channel_id, here)
        await eventually(lambda: len(channel.items) == 2)

    assert channel.items == [
        StreamStatus(channel="main", is_live=True),
        StreamStatus(channel="main", is_live=False),
    ]


async def test_follows_and_redeems_come_with_the_streamers_own_account(
    server: TwitchServer, log_in: LogIn, reading: Reading
) -> None:
    log_in()
    log_in("streamer", STREAMER_SCOPES, is_bot=False)
    channel_id = server.users["streamer"]
    server.add_user("viewer1")
    async with reading() as channel:
        assert len(server.live) == 2
        follow = {
            "user_id": server.users["viewer1"],
            "user_login": "viewer1",
            "user_name": "viewer1",
            **about(server, "streamer"),
            "followed_at": stamp(),
        }
        await server.notify("channel.follow", channel_id, follow)
        redeem = redemption_event(server.users, "streamer", "reward9", by="viewer1")
        kind = "channel.channel_points_custom_reward_redemption.add"
        await server.notify(kind, channel_id, redeem)
        await eventually(lambda: len(channel.items) == 2)

    messages = [item for item in channel.items if isinstance(item, ChatMessage)]
    assert [message.event for message in messages] == [
        Event(kind=EventKind.FOLLOW),
        Event(kind=EventKind.REDEEM, amount=100, reward="reward9"),
    ]
    assert {message.chatter.name for message in messages} == {"viewer1"}


async def test_events_that_are_not_wanted_are_left_out_and_their_text_is_chat(
    server: TwitchServer, log_in: LogIn, reading: Reading
) -> None:
    log_in()
    log_in("streamer", STREAMER_SCOPES, is_bot=False)
    server.add_user("viewer1")
    async with reading(events=("raid",)) as channel:
        assert not [kind for kind, _ in server.topics() if "follow" in kind or "points" in kind]
        for notice, data, text in (("sub", SUB, ""), ("resub", RESUB, "hi")):
            event = notice_event(
                server.users, "streamer", notice, data, by="viewer1", text=text, message_id=notice
            )
            await server.notify("channel.chat.notification", server.users["streamer"], event)
        message = await channel.message()

    assert (message.text, message.event) == ("hi", None)


@pytest.mark.parametrize("is_wanted", [True, False])
async def test_shared_chat(
    server: TwitchServer, log_in: LogIn, reading: Reading, *, is_wanted: bool
) -> None:
    source = about(server, "other", "source_broadcaster") | {
        "source_message_id": "x1",
        "source_badges": [{"set_id": "moderator", "id": "1", "info": ""}],
    }
    log_in()
    async with reading(shared_chat=is_wanted) as channel:
        await server.chat("streamer", "from there", **source)
        await server.chat("streamer", "from here")
        await channel.until(*(["from there"] if is_wanted else []), "from here")

    # Whoever moderates the other channel has no say in this one.
    for item in channel.items:
        assert isinstance(item, ChatMessage)
        assert item.chatter.roles == frozenset()


async def test_emotes_that_twitch_does_not_mark_are_marked_by_name(
    server: TwitchServer, log_in: LogIn, reading: Reading
) -> None:
    log_in()
    async with reading() as channel:
        channel.source._emotes._names["test"] = frozenset({"catJAM"})
        text = "catJAM Kappa so catJAMs"
        emote = fragment("emote", "Kappa", emote={"id": "25"})
        fragments = [fragment("text", "catJAM "), emote, fragment("text", " so catJAMs")]
        await server.chat("streamer", text, message={"text": text, "fragments": fragments})
        message = await channel.message()

    assert message.emotes == ((0, 6), (7, 12))


async def test_what_the_streamer_does_not_permit_is_told(
    server: TwitchServer, log_in: LogIn, reading: Reading
) -> None:
    log_in()
    async with reading() as channel:
        before = channel.source.state
        log_in("streamer", STREAMER_SCOPES, is_bot=False)
        await eventually(lambda: channel.source.state == "connected", "events of the streamer")

    assert before == (
        "connected; streamer does not permit to hear channel-point redeems; hear who follows."
        " Let streamer run: ishowtts login twitch --streamer"
    )
    assert "channel.follow" in {body["type"] for body in server.bodies["subscription"]}


async def test_fields_that_twitch_leaves_out_cost_no_event(
    server: TwitchServer, log_in: LogIn, reading: Reading
) -> None:
    log_in()
    server.add_user("viewer1")
    chat = chat_event(server.users, "streamer", "hello", by="viewer1", message_id="m1")
    raid = notice_event(server.users, "streamer", "raid", RAID, by="viewer1")
    async with reading() as channel:
        for kind, event in (("message", chat), ("notification", raid)):
            told = {key: value for key, value in event.items() if value is not None}
            assert len(told) < len(event)
            await server.notify(f"channel.chat.{kind}", server.users["streamer"], told)
        await eventually(lambda: len(channel.items) == 2, "both")

    assert [item.text for item in channel.items if isinstance(item, ChatMessage)] == ["hello", ""]
