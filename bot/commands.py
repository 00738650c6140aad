"""Commands in chat lines: `!tts skip`, and the aliases that stand for one."""

import re
from collections.abc import Callable, Mapping
from operator import attrgetter

from bot.config.chat.commands import CommandSettings
from bot.config.chat.verbs import SPECS, VERBS, Form
from bot.errors import CommandError
from bot.messages import ChatMessage, Chatter, Command, Order, Rejection, RejectReason, Verb
from bot.runtime.text.cleaning import clean

_MAX_VOLUME = 100
_VOLUME = re.compile(r"([+-]?) ?([0-9]{1,3}) ?(?:%|percent)?")
_LIMIT = re.compile(r"([0-9]{1,5}|off|reset)", re.IGNORECASE)
_ID = re.compile(r"(#[^ ]+)?")
_QUOTED = re.compile(r'"((?:[^"]|"")*)"?')
"""A name in quotes; a quotation mark within it is written twice."""
_MAX_WORD = 40
"""Characters of what is said in another way, and of a nickname."""
_MAX_SAID = 100
"""Characters of how it is said."""


class CommandParser:
    """Parser of one channel's commands."""

    def __init__(
        self,
        settings: CommandSettings,
        *,
        reads_text: bool,
        plain: Callable[[ChatMessage], str] = attrgetter("text"),
    ) -> None:
        """Parse for one channel.

        Args:
            settings: Words and ranks.
            reads_text: The channel reads `!tts some text`. Then a verb with words that do not fit
                it ("!tts stop that") is text, and so is a verb by somebody without its rank.
            plain: Returns a message's text without what nobody typed: chat programs append
                invisible characters to a repeated line, and put a name before an answer.
        """
        self._plain = plain
        self._trigger = settings.trigger.casefold()
        self._aliases = {word.casefold(): command for word, command in settings.aliases.items()}
        self._ranks = settings.roles
        self._rank_for_others = settings.others
        self._reads_text = reads_text

    def __call__(self, message: ChatMessage) -> Command | Rejection | None:
        """Return the command in `message`, why it is refused, or None if there is none."""
        word, _, rest = self._plain(message).strip().partition(" ")
        word = word.casefold()
        is_alias = word in self._aliases
        if not is_alias and word != self._trigger:
            return None
        verb, argument = _split(f"{self._aliases[word]} {rest}" if is_alias else rest)
        if verb is None:
            return None
        result = self._order(message, verb, argument)
        if isinstance(result, Rejection):
            return None if self._reads_text and not is_alias else result
        return Command(
            id=message.id,
            channel=message.channel,
            issuer=message.chatter.name,
            order=result,
            chatter=message.chatter,
        )

    def may(self, chatter: Chatter | None, verb: Verb) -> bool:
        """Tell whether `chatter` may give this command; who is none came by a trusted place."""
        return chatter is None or chatter.has_rank(self._ranks[verb])

    def _order(self, message: ChatMessage, verb: Verb, argument: str) -> Order | Rejection:
        if not message.chatter.has_rank(needed := self._ranks[verb]):
            return _not_permitted(verb.value, needed)
        try:
            order = _ORDERS[SPECS[verb].form](verb, argument)
        except CommandError as mistake:
            return Rejection(reason=RejectReason.COMMAND, detail=str(mistake))
        is_for_another = order.name and SPECS[verb].form in _FOR_ONESELF
        if is_for_another and not message.chatter.has_rank(needed := self._rank_for_others):
            return _not_permitted(f"{verb.value} for somebody else", needed)
        return order


def parse_order(text: str) -> Order:
    """Return the order in a command without its trigger: `volume 50`.

    Raises:
        CommandError: it is none.
    """
    verb, argument = _split(clean(text))
    if verb is None:
        raise CommandError(f"it is none of {', '.join(VERBS)}")
    return _ORDERS[SPECS[verb].form](verb, argument)


def _not_permitted(what: str, needed: str) -> Rejection:
    return Rejection(reason=RejectReason.NOT_PERMITTED, detail=f"{what} needs: {needed}")


def _split(command: str) -> tuple[Verb | None, str]:
    name, _, argument = command.strip().partition(" ")
    return VERBS.get(name.casefold()), argument.strip()


def _nothing(verb: Verb, argument: str) -> Order:
    if argument:
        raise CommandError(f"{verb.value} takes nothing after it")
    return Order(verb=verb)


def _may_id(verb: Verb, argument: str) -> Order:
    if not _ID.fullmatch(argument):
        raise CommandError(f"{verb.value} takes nothing after it, or # and a command's id")
    return Order(verb=verb, name=argument)


def _one_name(verb: Verb, argument: str) -> Order:
    if not (order := _at_most_one_name(verb, argument)).name:
        raise CommandError(f'{verb.value} needs one name; "in quotes" it may hold spaces')
    return order


def _at_most_one_name(verb: Verb, argument: str) -> Order:
    """Read one name, with spaces in it perhaps: "like this", or @like this.

    Twitch has no such names, YouTube and TikTok do; the latter is what their apps write. A
    quotation mark within quotes may be written twice.
    """
    if not _is_marked(argument) and " " in argument:
        raise CommandError(f'{verb.value} takes one name; "in quotes" it may hold spaces')
    return Order(verb=verb, name=_bare(argument))


def _volume(verb: Verb, argument: str) -> Order:
    percent = _VOLUME.fullmatch(argument)
    if percent is None or int(percent[2]) > _MAX_VOLUME:
        raise CommandError(f"volume needs a number from 0 to {_MAX_VOLUME}, or +10 or -10")
    return Order(verb=verb, value=percent[1] + percent[2])


def _voice(verb: Verb, argument: str) -> Order:
    name, rest = _first_name(argument)
    if not rest and not _is_marked(argument):
        return Order(verb=verb, value=argument)
    if not name or not rest or " " in rest:
        raise CommandError("voice takes a voice, and before it a name if it is for somebody else")
    return Order(verb=verb, name=name, value=rest)


def _nickname(verb: Verb, argument: str) -> Order:
    name, rest = _first_name(argument) if argument[:1] in ("@", '"') else ("", argument)
    if not rest or len(rest) > _MAX_WORD:
        raise CommandError(f"nick needs a nickname of at most {_MAX_WORD} characters, or `reset`")
    return Order(verb=verb, name=name, value=rest)


def _equation(verb: Verb, argument: str) -> Order:
    word, equals, said = (part.strip() for part in argument.partition("="))
    if not word or not equals or len(word) > _MAX_WORD or len(said) > _MAX_SAID:
        raise CommandError(
            f"{verb.value} needs words (at most {_MAX_WORD} characters), =, and what is said for"
            f" them (at most {_MAX_SAID})"
        )
    return Order(verb=verb, value=word, said=said)


def _limit(verb: Verb, argument: str) -> Order:
    name, rest = _first_name(argument)
    if not rest and not _is_marked(argument):
        name, rest = "", argument
    if not _LIMIT.fullmatch(rest):
        raise CommandError(f"{verb.value} needs a number of messages a day, `off`, or `reset`")
    return Order(verb=verb, name=name, value=rest.casefold())


_ORDERS: Mapping[Form, Callable[[Verb, str], Order]] = {
    Form.NOTHING: _nothing,
    Form.NAME: _one_name,
    Form.MAY_NAME: _at_most_one_name,
    Form.NAME_OR_ALL: _at_most_one_name,
    Form.MAY_ID: _may_id,
    Form.VOLUME: _volume,
    Form.VOICE: _voice,
    Form.NICKNAME: _nickname,
    Form.EQUATION: _equation,
    Form.LIMIT: _limit,
}
_FOR_ONESELF = (Form.VOICE, Form.NICKNAME)
"""What somebody sets for themselves, unless there is a name."""


def _is_marked(argument: str) -> bool:
    return bool(_bare(argument)) and (argument[:1] == "@" or argument[:1] == argument[-1:] == '"')


def _bare(argument: str) -> str:
    if len(argument) > 1 and argument[0] == argument[-1] == '"':
        argument = argument[1:-1].replace('""', '"').strip()
    return argument.removeprefix("@")


def _first_name(argument: str) -> tuple[str, str]:
    """Return the name at the start, and what is behind it."""
    if quoted := _QUOTED.match(argument):
        name, rest = quoted[1].replace('""', '"'), argument[quoted.end() :]
    else:
        name, _, rest = argument.partition(" ")
    return name.strip().removeprefix("@"), rest.strip()
