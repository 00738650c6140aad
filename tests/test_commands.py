import pytest
from pydantic import ValidationError

from bot.commands import CommandParser
from bot.config.chat.answers import Answers
from bot.config.chat.commands import CommandSettings
from bot.config.chat.verbs import SPECS
from bot.messages import (
    RANKS,
    Answer,
    ChatMessage,
    Chatter,
    Command,
    Order,
    Rejection,
    RejectReason,
    Role,
    Verb,
)
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


ORDERS = {
    "!tts skip": Order(verb=Verb.SKIP),
    "!tts stop": Order(verb=Verb.SKIP),
    "!TTS  Skip ": Order(verb=Verb.SKIP),
    "!tts skip @Viewer1": Order(verb=Verb.SKIP, name="Viewer1"),
    "!skiptts": Order(verb=Verb.SKIP),
    "!ttsskip": Order(verb=Verb.SKIP),
    "!tts clear": Order(verb=Verb.CLEAR),
    "!tts pause": Order(verb=Verb.PAUSE),
    "!tts resume": Order(verb=Verb.RESUME),
    "!tts panic": Order(verb=Verb.PANIC),
    "!tts release": Order(verb=Verb.RELEASE),
    "!tts on": Order(verb=Verb.ON),
    "!tts enable": Order(verb=Verb.ON),
    "!tts off": Order(verb=Verb.OFF),
    "!tts disable": Order(verb=Verb.OFF),
    "!tts mute @Troll": Order(verb=Verb.MUTE, name="Troll"),
    "!tts unmute troll": Order(verb=Verb.UNMUTE, name="troll"),
    '!tts mute "John Doe"': Order(verb=Verb.MUTE, name="John Doe"),
    "!tts skip @John Doe": Order(verb=Verb.SKIP, name="John Doe"),
    "!tts volume 0": Order(verb=Verb.VOLUME, value="0"),
    "!tts volume 70%": Order(verb=Verb.VOLUME, value="70"),
    "!tts volume 70 %": Order(verb=Verb.VOLUME, value="70"),
    "!tts volume 70 percent": Order(verb=Verb.VOLUME, value="70"),
    "!tts volume +10": Order(verb=Verb.VOLUME, value="+10"),
    "!tts volume - 10 %": Order(verb=Verb.VOLUME, value="-10"),
    "!tts status": Order(verb=Verb.STATUS),
    "!tts approve": Order(verb=Verb.APPROVE),
    "!tts approve all": Order(verb=Verb.APPROVE, name="all"),
    "!tts approve @Ana": Order(verb=Verb.APPROVE, name="Ana"),
    "!tts reject #m-17": Order(verb=Verb.REJECT, name="#m-17"),
    "!tts deny": Order(verb=Verb.REJECT),
    "!tts who": Order(verb=Verb.WHO),
    "!tts replay": Order(verb=Verb.REPLAY),
    "!tts repeat Ana": Order(verb=Verb.REPLAY, name="Ana"),
    "!tts undo": Order(verb=Verb.UNDO),
    "!tts undo #c-17": Order(verb=Verb.UNDO, name="#c-17"),
    "!tts say-as Szczecin = shcheh-cheen": Order(
        verb=Verb.SAY_AS, value="Szczecin", said="shcheh-cheen"
    ),
    "!tts pronounce to whom=two hoom": Order(verb=Verb.SAY_AS, value="to whom", said="two hoom"),
    "!tts say_as Szczecin =": Order(verb=Verb.SAY_AS, value="Szczecin"),
    "!tts limit 20": Order(verb=Verb.LIMIT, value="20"),
    "!tts limit OFF": Order(verb=Verb.LIMIT, value="off"),
    "!tts limit Ana 5": Order(verb=Verb.LIMIT, name="Ana", value="5"),
    '!tts limit "John Doe" off': Order(verb=Verb.LIMIT, name="John Doe", value="off"),
    "!tts limit Ana Reset": Order(verb=Verb.LIMIT, name="Ana", value="reset"),
    '!tts mute "@Bob ""Rex"" Lee"': Order(verb=Verb.MUTE, name='Bob "Rex" Lee'),
    '!tts mute "Bob "Rex" Lee"': Order(verb=Verb.MUTE, name='Bob "Rex" Lee'),
    '!nick "@Bob ""Rex""" Sunny Day': Order(verb=Verb.NICK, name='Bob "Rex"', value="Sunny Day"),
    "!tts regular @Ana": Order(verb=Verb.REGULAR, name="Ana"),
    "!tts unregular Ana": Order(verb=Verb.UNREGULAR, name="Ana"),
    "!voice bass": Order(verb=Verb.VOICE, value="bass"),
    "!voice": Order(verb=Verb.VOICE),
    "!VOICE Bass": Order(verb=Verb.VOICE, value="Bass"),
    "!tts voice random": Order(verb=Verb.VOICE, value="random"),
    "!tts voice @Ana bass": Order(verb=Verb.VOICE, name="Ana", value="bass"),
    "!tts voice Ana bass": Order(verb=Verb.VOICE, name="Ana", value="bass"),
    '!voice "John Doe" bass': Order(verb=Verb.VOICE, name="John Doe", value="bass"),
    "!nick Sunny Day": Order(verb=Verb.NICK, value="Sunny Day"),
    "!tts nick reset": Order(verb=Verb.NICK, value="reset"),
    "!tts nickname @Ana Sunny Day": Order(verb=Verb.NICK, name="Ana", value="Sunny Day"),
    "!tts optout": Order(verb=Verb.OPT_OUT),
    "!tts opt-in": Order(verb=Verb.OPT_IN),
}


@pytest.mark.parametrize("text", ORDERS)
def test_moderators_orders_are_read(parse: CommandParser, text: str) -> None:
    sent = message(text, Role.MODERATOR)
    expected = Command(
        id="m1", channel="main", issuer="Mod", order=ORDERS[text], chatter=sent.chatter
    )

    assert parse(sent) == expected


def test_every_command_and_every_word_for_one_is_tried() -> None:
    assert {order.verb for order in ORDERS.values()} == set(Verb)


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
        "!tts panic now",
        "!tts who is it",
        "!tts say-as Szczecin",
        "!tts say-as = shcheh",
        "!tts say-as a = " + "b" * 101,
        "!tts limit",
        "!tts limit many",
        "!tts limit Ana",
        "!tts limit @Ana -5",
        "!tts voice @Ana",
        "!tts voice one two three",
        "!nick",
        "!nick @Ana",
        "!nick " + "x" * 41,
        "!tts regular",
        "!tts approve a b",
        "!tts optout now",
        "!tts undo mute",
        "!tts undo #",
        "!tts undo #a b",
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
    settings = CommandSettings(roles={Verb.SKIP: "everyone", Verb.OFF: "nobody"})
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
    assert verdict.order.argument == ""


@pytest.mark.parametrize("text", ["!voice bass", "!voice", "!tts nick Sunny", "!tts optout"])
def test_everyone_gives_commands_about_oneself(parse: CommandParser, text: str) -> None:
    sent = message(text)
    command = parse(sent)
    assert isinstance(command, Command)
    assert command.chatter == sent.chatter


@pytest.mark.parametrize("text", ["!voice Ana bass", "!nick @Ana Sunny"])
def test_somebody_else_is_for_moderators(parse: CommandParser, text: str) -> None:
    verdict = parse(message(text))
    assert isinstance(verdict, Rejection)
    assert verdict.reason is RejectReason.NOT_PERMITTED
    assert isinstance(parse(message(text, Role.MODERATOR)), Command)


@pytest.mark.parametrize("verb", Verb)
@pytest.mark.parametrize("rank", RANKS[:-1])
def test_each_command_needs_its_rank_and_no_more(verb: Verb, rank: str) -> None:
    is_own = SPECS[verb].rank == "everyone"
    text = next(
        text for text, order in ORDERS.items() if order.verb is verb and not (is_own and order.name)
    )
    roles = () if rank == "everyone" else (Role(rank),)
    verdict = CommandParser(CommandSettings(), reads_text=False)(message(text, *roles))

    is_permitted = RANKS.index(rank) >= RANKS.index(SPECS[verb].rank)
    assert isinstance(verdict, Command) is is_permitted


@pytest.mark.parametrize(
    "template", ["{count:d} ok", "{count:5.2f}", "{count!x}", "{name:{count}}", "{name:{other}}"]
)
def test_what_no_answer_can_be_put_into_is_told_at_the_start(template: str) -> None:
    with pytest.raises(ValidationError, match="skipped_of: what is in braces is text"):
        CommandSettings.model_validate({"answers": {"skipped_of": template}})


def test_answers_are_worded_as_configured() -> None:
    settings = CommandSettings.model_validate({"answers": {"skipped_of": "{count:>3} {name!r}"}})
    answer = Answer.of("skipped_of", count=2, name="ana")
    assert Answers(settings.answers).text(answer) == "  2 'ana'"
