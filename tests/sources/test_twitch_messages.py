import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import ChatMessage, Chatter, Event, EventKind, Picture, Purge, Role, SourceItem
from bot.sources import Origin
from bot.sources.irc import IrcMessage, parse
from bot.sources.twitch_messages import copy_of, to_item

HEAD = ":viewer1!viewer1@viewer1.tmi.twitch.tv PRIVMSG #room :"


def read(line: str) -> SourceItem | None:
    message = parse(line)
    assert message is not None
    return to_item(message, Origin("main", "twitch_irc:room", 12.5))


def read_message(line: str) -> ChatMessage:
    item = read(line)
    assert isinstance(item, ChatMessage)
    return item


def test_a_chat_line_becomes_a_message() -> None:
    item = read(
        "@badge-info=subscriber/8;badges=moderator/1,subscriber/6;display-name=Viewer1;"
        "emotes=25:0-4,12-16/1902:6-10;first-msg=0;id=m1;mod=1;"
        f"reply-parent-display-name=Other;user-id=123 {HEAD}Kappa Keepo Kappa"
    )

    assert item == ChatMessage(
        id="m1",
        channel="main",
        source="twitch_irc:room",
        chatter=Chatter(
            id="123", name="Viewer1", roles=frozenset({Role.MODERATOR, Role.SUBSCRIBER})
        ),
        text="Kappa Keepo Kappa",
        emotes=((0, 5), (6, 11), (12, 17)),
        pictures=tuple(
            Picture(
                name=name,
                address=f"https://static-cdn.jtvnw.net/emoticons/v2/{emote}/default/dark/2.0",
            )
            for name, emote in (("Kappa", "25"), ("Keepo", "1902"))
        ),
        reply_to="Other",
        received_at=12.5,
    )


def test_a_login_that_differs_from_the_name_is_kept() -> None:
    message = read_message(f"@display-name=\uc2dc\uccad\uc790;user-id=1 {HEAD}hello")

    assert message.chatter == Chatter(id="1", name="\uc2dc\uccad\uc790", login="viewer1")


def test_a_line_without_tags_is_known_by_its_nick() -> None:
    first, second = read_message(f"{HEAD}hello"), read_message(f"{HEAD}hello")

    assert first.chatter == Chatter(id="viewer1", name="viewer1")
    assert first.id != second.id


@pytest.mark.parametrize(
    ("tags", "roles"),
    [
        ("badges=broadcaster/1,founder/0", {Role.BROADCASTER, Role.SUBSCRIBER}),
        ("badges=lead_moderator/1;mod=0", {Role.MODERATOR}),
        ("badges=;mod=1", {Role.MODERATOR}),
        ("badges=vip/1", {Role.VIP}),
        ("vip=1;subscriber=1", {Role.VIP, Role.SUBSCRIBER}),
        ("badges=moderators/1,/,,x/moderator;mod=true", set()),
        # Shared chat: a moderator of the other channel is none here.
        ("badges=;room-id=1;source-room-id=2;source-badges=moderator/1", set()),
    ],
)
def test_badges_become_roles(tags: str, roles: set[Role]) -> None:
    assert read_message(f"@{tags} {HEAD}hello").chatter.roles == roles


@pytest.mark.parametrize(
    ("tag", "ranges"),
    [
        ("25:2-6", ((2, 7),)),  # code points: the emoji before it counts as one
        ("25:6-10,2-6", ((2, 7),)),
        ("25:2-7", ()),
        ("25:6-2", ()),
        ("25:-1-3", ()),
        ("25:99999999999999999999-999999999999999999999", ()),
        ("25:" + "9" * 5000 + "-" + "9" * 5000, ()),
        (":::///,,,25:0-,a-b,\u0663-\u0664", ()),
        ("emotesv2_a1:2-6/25:3-4", ((2, 7),)),
    ],
)
def test_emote_ranges_are_half_open_and_fit_the_text(
    tag: str, ranges: tuple[tuple[int, int], ...]
) -> None:
    assert read_message(f"@emotes={tag} {HEAD}\U0001f600 Kappa").emotes == ranges


def test_emotes_have_pictures_each_once() -> None:
    tag = "25:0-4,12-16/emotesv2_a1:6-10/../../<x>:0-4/1:40-44"
    message = read_message(f"@emotes={tag} {HEAD}Kappa Keepo Kappa")

    host = "https://static-cdn.jtvnw.net/emoticons/v2"
    assert message.pictures == (
        Picture(name="Kappa", address=f"{host}/25/default/dark/2.0"),
        Picture(name="Keepo", address=f"{host}/emotesv2_a1/default/dark/2.0"),
    )


@pytest.mark.parametrize(
    ("tags", "text", "marked"),
    [
        ("bits=100", "Cheer100 play RE4 or GTA5", ["Cheer100"]),
        ("bits=100", "4Head100 nice", ["4Head100"]),
        ("bits=5;emotes=25:6-10", "uni5 Kappa hi", ["uni5", "Kappa"]),
        ("", "Cheer100 play RE4", []),
        ("emotes=25:8-12", "\x01ACTION Kappa hi\x01", ["Kappa"]),
        ("emotes=25:3-7,17-21", "\x01ACTION 😀 Kappa hi there Kappa\x01", ["Kappa", "Kappa"]),
        ("bits=100;room-id=1;source-room-id=2", "Cheer100 there", ["Cheer100"]),
    ],
)
def test_pictures_are_marked(tags: str, text: str, marked: list[str]) -> None:
    message = read_message(f"@{tags} {HEAD}{text}")

    assert [message.text[start:end] for start, end in message.emotes] == marked


@given(st.text(alphabet="0123456789-,/:ab"), st.text(max_size=20))
def test_emote_ranges_are_always_valid(tag: str, text: str) -> None:
    message = parse(f"@emotes={tag} {HEAD}{text}")
    assert message is not None

    item = to_item(message, Origin("main", "test", 0))

    assert isinstance(item, ChatMessage)
    ends = [0, *(bound for pair in item.emotes for bound in pair)]
    assert ends == sorted(ends)
    assert ends[-1] <= len(item.text)
    assert all(start < end for start, end in item.emotes)


def test_me_is_taken_off_and_emotes_count_from_the_text() -> None:
    message = read_message(f"@emotes=25:6-10 {HEAD}\x01ACTION waves Kappa\x01")

    assert (message.text, message.emotes) == ("waves Kappa", ((6, 11),))


@pytest.mark.parametrize(
    ("tags", "event"),
    [
        ("bits=100", Event(kind=EventKind.CHEER, amount=100)),
        ("bits=0", None),
        ("bits=-5", None),
        ("bits=" + "9" * 5000, None),
        ("custom-reward-id=r1", Event(kind=EventKind.REDEEM, reward="r1")),
        ("custom-reward-id=", None),
    ],
)
def test_what_was_paid_is_an_event(tags: str, event: Event | None) -> None:
    assert read_message(f"@{tags} {HEAD}hello").event == event


@pytest.mark.parametrize(
    ("tags", "event"),
    [
        ("msg-id=sub;msg-param-cumulative-months=1", Event(kind=EventKind.SUB, amount=1)),
        ("msg-id=resub;msg-param-cumulative-months=8", Event(kind=EventKind.RESUB, amount=8)),
        ("msg-id=subgift;msg-param-months=3", Event(kind=EventKind.GIFT, amount=1)),
        (
            "msg-id=submysterygift;msg-param-mass-gift-count=20",
            Event(kind=EventKind.GIFT, amount=20),
        ),
        ("msg-id=raid;msg-param-viewerCount=33", Event(kind=EventKind.RAID, amount=33)),
        ("msg-id=raid;msg-param-viewerCount=x", Event(kind=EventKind.RAID)),
        ("msg-id=announcement", Event(kind=EventKind.ANNOUNCEMENT)),
        ("msg-id=sharedchatnotice;source-msg-id=announcement", None),
        ("msg-id=viewermilestone", None),
    ],
)
def test_a_notice_with_text_carries_its_event(tags: str, event: Event | None) -> None:
    message = read_message(
        f"@{tags};id=m1;login=viewer1;display-name=Viewer1;user-id=123;system-msg=x\\ssubscribed"
        " :tmi.twitch.tv USERNOTICE #room :great stream"
    )

    assert (message.text, message.event) == ("great stream", event)
    assert message.chatter == Chatter(id="123", name="Viewer1")


def test_a_notice_without_text_is_its_event_alone() -> None:
    raid = read_message(
        "@msg-id=raid;msg-param-viewerCount=5;login=r;user-id=9 :tmi.twitch.tv USERNOTICE #room"
    )

    assert (raid.text, raid.event) == ("", Event(kind=EventKind.RAID, amount=5))
    assert read("@msg-id=viewermilestone;login=r :tmi.twitch.tv USERNOTICE #room") is None


@pytest.mark.parametrize(
    ("line", "purge"),
    [
        (
            "@ban-duration=600;target-user-id=123 :tmi.twitch.tv CLEARCHAT #room :viewer1",
            Purge(channel="main", chatter_id="123"),
        ),
        (":tmi.twitch.tv CLEARCHAT #room :viewer1", Purge(channel="main", chatter_id="viewer1")),
        (":tmi.twitch.tv CLEARCHAT #room", Purge(channel="main")),
        (
            "@login=viewer1;target-msg-id=m1 :tmi.twitch.tv CLEARMSG #room :hello",
            Purge(channel="main", message_id="m1"),
        ),
        ("@target-msg-id= :tmi.twitch.tv CLEARMSG #room :hello", None),
        (":tmi.twitch.tv ROOMSTATE #room", None),
    ],
)
def test_what_is_taken_back_is_a_purge(line: str, purge: Purge | None) -> None:
    assert read(line) == purge


@pytest.mark.parametrize("line", ["PRIVMSG #room :nobody", "PRIVMSG", ":a PRIVMSG", "CLEARMSG"])
def test_what_nobody_says_is_none(line: str) -> None:
    assert read(line) is None


_NAMES = """id user-id display-name badges mod emotes bits msg-id login target-user-id
target-msg-id custom-reward-id msg-param-viewerCount msg-param-exponent msg-param-donation-amount
msg-param-donation-currency msg-param-category msg-param-value source-room-id room-id
pinned-chat-paid-amount pinned-chat-paid-exponent pinned-chat-paid-currency"""
_VALUES = st.text(alphabet="0123456789-,/:ab \0") | st.sampled_from(
    ["raid", "sub", "moderator/1", "charitydonation", "viewermilestone", "999999999", "USD", "12"]
)


@given(
    st.dictionaries(st.sampled_from(_NAMES.split()), _VALUES),
    st.sampled_from(["PRIVMSG", "USERNOTICE", "CLEARCHAT", "CLEARMSG", "NOTICE"]),
    st.lists(st.text(max_size=30), max_size=3),
    st.text(max_size=5),
)
def test_no_message_raises(
    tags: dict[str, str], command: str, params: list[str], nick: str
) -> None:
    message = IrcMessage(tags, nick, command, tuple(params))
    item = to_item(message, Origin("main", "test", 0))

    assert item is None or item.channel == "main"


@pytest.mark.parametrize(
    ("badges", "there", "text", "is_order"),
    [
        ("moderator/1", "", "!tts skip", True),
        ("broadcaster/1", "vip/1", "!tts panic", True),
        ("moderator/1", "moderator/1", "!tts skip", False),
        ("subscriber/6", "", "!tts skip", False),
        ("moderator/1", "", "hello", False),
    ],
)
def test_a_copy_may_be_a_command_of_a_moderator_of_this_channel_alone(
    badges: str, there: str, text: str, *, is_order: bool
) -> None:
    tags = f"@badges={badges};source-badges={there};room-id=1;source-room-id=2;source-id=m1"
    message = parse(f"{tags} {HEAD}{text}")
    assert message is not None
    copy = copy_of(message)
    assert copy is not None
    assert copy.is_order is is_order
