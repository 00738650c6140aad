import pytest

from bot.commands import CommandParser
from bot.config.commands import CommandRanks, CommandSettings
from bot.messages import ChatMessage, Chatter, Command, Rejection, RejectReason, Role, Verb
from bot.runtime.clock import now


def message(text: str, *roles: Role) -> ChatMessage:
    return ChatMessage(
        id="m1",
        channel="main",
        source="test",
        chatter=Chatter(id="u1", name="Mod", roles=frozenset(roles)),
        text=text,
        received_at=now(),
    )


@pytest.fixture
def parse() -> CommandParser:
    return CommandParser(CommandSettings(), reads_text=False)


@pytest.mark.parametrize(
    ("text", "verb", "argument"),
    [
        ("!tts skip", Verb.SKIP, ""),
        ("!tts stop", Verb.SKIP, ""),
        ("!TTS  Skip ", Verb.SKIP, ""),
        ("!tts skip @Viewer1", Verb.SKIP, "Viewer1"),
        ("!skiptts", Verb.SKIP, ""),
        ("!ttsskip", Verb.SKIP, ""),
        ("!tts clear", Verb.CLEAR, ""),
        ("!tts pause", Verb.PAUSE, ""),
        ("!tts resume", Verb.RESUME, ""),
        ("!tts on", Verb.ON, ""),
        ("!tts enable", Verb.ON, ""),
        ("!tts off", Verb.OFF, ""),
        ("!tts disable", Verb.OFF, ""),
        ("!tts mute @Troll", Verb.MUTE, "Troll"),
        ("!tts unmute troll", Verb.UNMUTE, "troll"),
        ('!tts mute "John Doe"', Verb.MUTE, "John Doe"),
        ("!tts skip @John Doe", Verb.SKIP, "John Doe"),
        ("!tts volume 0", Verb.VOLUME, "0"),
        ("!tts volume 100", Verb.VOLUME, "100"),
        ("!tts volume 70%", Verb.VOLUME, "70"),
        ("!tts volume 70 %", Verb.VOLUME, "70"),
        ("!tts volume 70 percent", Verb.VOLUME, "70"),
        ("!tts volume +10", Verb.VOLUME, "+10"),
        ("!tts volume - 10 %", Verb.VOLUME, "-10"),
        ("!tts status", Verb.STATUS, ""),
    ],
)
def test_moderators_orders_are_read(
    parse: CommandParser, text: str, verb: Verb, argument: str
) -> None:
    expected = Command(id="m1", channel="main", issuer="Mod", verb=verb, argument=argument)

    assert parse(message(text, Role.MODERATOR)) == expected


@pytest.mark.parametrize("text", ["hello", "", "tts skip", "!ttsfoo", "!tts", "!tts hello all"])
def test_other_lines_are_no_orders(parse: CommandParser, text: str) -> None:
    assert parse(message(text, Role.MODERATOR)) is None


@pytest.mark.parametrize(
    "text",
    [
        "!tts volume",
        "!tts volume loud",
        "!tts volume 101",
        "!tts volume 101%",
        "!tts volume 70%%",
        "!tts volume %",
        "!tts volume +",
        "!tts volume +-5",
        "!tts volume 7.5",
        "!tts volume ٣",
        "!tts volume 99999999999999999999",
        "!tts mute",
        "!tts mute a b",
        '!tts mute ""',
        "!tts mute @",
        "!tts skip a b",
        "!tts clear everything",
    ],
)
def test_orders_that_do_not_fit_are_refused_with_the_reason(
    parse: CommandParser, text: str
) -> None:
    verdict = parse(message(text, Role.MODERATOR))

    assert isinstance(verdict, Rejection)
    assert verdict.reason is RejectReason.COMMAND
    assert verdict.detail


@pytest.mark.parametrize("roles", [(), (Role.SUBSCRIBER,), (Role.VIP,)])
def test_viewers_cannot_give_orders(parse: CommandParser, roles: tuple[Role, ...]) -> None:
    verdict = parse(message("!tts skip", *roles))

    assert isinstance(verdict, Rejection)
    assert verdict.reason is RejectReason.NOT_PERMITTED


def test_each_order_has_its_own_rank() -> None:
    settings = CommandSettings(roles=CommandRanks(skip="everyone", off="nobody"))
    parse = CommandParser(settings, reads_text=False)

    assert isinstance(parse(message("!tts skip")), Command)
    assert isinstance(parse(message("!tts off", Role.BROADCASTER)), Rejection)


@pytest.mark.parametrize(
    ("text", "roles"),
    [("!tts stop that noise", (Role.MODERATOR,)), ("!tts skip", ()), ("!tts on my way", ())],
)
def test_where_text_is_read_a_verb_that_is_no_order_is_text(
    text: str, roles: tuple[Role, ...]
) -> None:
    parse = CommandParser(CommandSettings(), reads_text=True)

    assert parse(message(text, *roles)) is None


def test_what_chat_programs_add_does_not_hide_an_order() -> None:
    parse = CommandParser(
        CommandSettings(), reads_text=False, plain=lambda m: m.text.removesuffix("\U000e0000")
    )
    verdict = parse(message("!tts skip \U000e0000", Role.MODERATOR))

    assert isinstance(verdict, Command)
    assert verdict.argument == ""


@pytest.mark.parametrize(
    ("text", "argument"),
    [("!voice bass", "bass"), ("!voice", ""), ("!tts voice Bass", "Bass"), ("!VOICE bass", "bass")],
)
def test_everyone_chooses_a_voice(parse: CommandParser, text: str, argument: str) -> None:
    sent = message(text)
    command = parse(sent)
    assert isinstance(command, Command)
    assert (command.verb, command.argument, command.chatter) == (
        Verb.VOICE,
        argument,
        sent.chatter,
    )
    assert isinstance(parse(message("!voice of america")), Rejection)
