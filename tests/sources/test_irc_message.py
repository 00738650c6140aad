import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sources.irc import MAX_LINE_LENGTH, IrcMessage, parse


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("PING :tmi.twitch.tv", IrcMessage({}, "", "PING", ("tmi.twitch.tv",))),
        ("RECONNECT\r\n", IrcMessage({}, "", "RECONNECT", ())),
        (
            "@id=m1;mod=1 :bob!bob@host PRIVMSG #room :hello  :there ",
            IrcMessage({"id": "m1", "mod": "1"}, "bob", "PRIVMSG", ("#room", "hello  :there ")),
        ),
        (":server.example 001 nick", IrcMessage({}, "server.example", "001", ("nick",))),
        (":bob@host  join   #room", IrcMessage({}, "bob", "JOIN", ("#room",))),
        ("PRIVMSG #room :", IrcMessage({}, "", "PRIVMSG", ("#room", ""))),
        ("@a;b=;=c;;a=2 PING", IrcMessage({"a": "2", "b": "", "": "c"}, "", "PING", ())),
        ("PRIVMSG #room :a\x00b\u202ec", IrcMessage({}, "", "PRIVMSG", ("#room", "a\0b\u202ec"))),
    ],
)
def test_a_line_is_taken_apart(line: str, expected: IrcMessage) -> None:
    assert parse(line) == expected


@pytest.mark.parametrize(
    ("escaped", "expected"),
    [
        (r"a\sb\:c\\d\re\nf", "a b;c\\d\re\nf"),
        (r"\\s", r"\s"),
        (r"odd\x", "oddx"),
        ("end\\", "end"),
        ("equals=sign", "equals=sign"),
    ],
)
def test_tag_values_are_unescaped(escaped: str, expected: str) -> None:
    message = parse(f"@key={escaped} PING")

    assert message is not None
    assert message.tags == {"key": expected}


NO_MESSAGES = ["", "\r\n", "   ", ":", "@", "@tags", "@a=b :only", ":prefix ", " :text", "12 a"]


@pytest.mark.parametrize(
    "line", [*NO_MESSAGES, "PRI-V a", "0001 a", "\0PING", "PING\0", "x" * (MAX_LINE_LENGTH + 1)]
)
def test_what_is_no_message_is_none(line: str) -> None:
    assert parse(line) is None


@given(st.text() | st.text(alphabet="@:;=\\ !\r\n\0aP1"))
def test_no_line_raises(line: str) -> None:
    message = parse(line)

    assert message is None or (message.command and message.command == message.command.upper())


@given(
    st.dictionaries(
        st.text(alphabet="abc-/.", min_size=1),
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    )
)
def test_escaped_tags_come_back(tags: dict[str, str]) -> None:
    escapes = {"\\": "\\\\", ";": "\\:", " ": "\\s", "\r": "\\r", "\n": "\\n"}
    text = ";".join(
        f"{key}={''.join(escapes.get(c, c) for c in value)}" for key, value in tags.items()
    )

    message = parse(f"@{text} PING")

    assert message is not None
    assert message.tags == tags
