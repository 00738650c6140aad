"""Commands in chat lines: `!tts skip`, and the aliases that stand for one."""

import re
from collections.abc import Callable
from operator import attrgetter

from bot.config.commands import VERBS, CommandSettings, Rank
from bot.errors import CommandError
from bot.messages import ChatMessage, Command, Rejection, RejectReason, Verb

_NEEDS_NAME = {Verb.MUTE, Verb.UNMUTE}
_MAY_NAME = {Verb.SKIP, Verb.VOICE}
_MAX_VOLUME = 100
_VOLUME = re.compile(r"([+-]?) ?([0-9]{1,3}) ?(?:%|percent)?")


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
        self._ranks: dict[str, Rank] = settings.roles.model_dump()
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
        refusal = self._refusal(message, verb, argument)
        if refusal is not None:
            return None if self._reads_text and not is_alias else refusal
        return Command(
            id=message.id,
            channel=message.channel,
            issuer=message.chatter.name,
            verb=verb,
            argument=_value(verb, argument),
            chatter=message.chatter if verb is Verb.VOICE else None,
        )

    def _refusal(self, message: ChatMessage, verb: Verb, argument: str) -> Rejection | None:
        needed = self._ranks[verb.value]
        if not message.chatter.has_rank(needed):
            return Rejection(
                reason=RejectReason.NOT_PERMITTED, detail=f"{verb.value} needs: {needed}"
            )
        if mistake := _mistake(verb, argument):
            return Rejection(reason=RejectReason.COMMAND, detail=mistake)
        return None


def parse_command(text: str) -> tuple[Verb, str]:
    """Return verb and argument of a command without its trigger: `volume 50`.

    Raises:
        CommandError: it is none.
    """
    verb, argument = _split(text)
    if verb is None:
        raise CommandError(f"it is none of {', '.join(VERBS)}")
    if mistake := _mistake(verb, argument):
        raise CommandError(mistake)
    return verb, _value(verb, argument)


def _split(command: str) -> tuple[Verb | None, str]:
    name, _, argument = command.strip().partition(" ")
    return VERBS.get(name.casefold()), argument.strip()


def _is_marked(argument: str) -> bool:
    """Tell whether `argument` is one name, with spaces in it perhaps: "like this", or @like this.

    Twitch has no such names, YouTube and TikTok do; the latter is what their apps write.
    """
    return bool(_bare(argument)) and (argument[:1] == "@" or argument[:1] == argument[-1:] == '"')


def _bare(argument: str) -> str:
    if len(argument) > 1 and argument[0] == argument[-1] == '"':
        argument = argument[1:-1].strip()
    return argument.removeprefix("@")


def _value(verb: Verb, argument: str) -> str:
    """Return an argument without mistake in its plain form: a name, `70`, or `+10`."""
    if verb is Verb.VOLUME and (percent := _VOLUME.fullmatch(argument)):
        return percent[1] + percent[2]
    return _bare(argument)


def _mistake(verb: Verb, argument: str) -> str:
    """Return the mistake in the argument as a clause; empty if there is none."""
    words = [argument] if _is_marked(argument) else argument.split()
    if verb in _NEEDS_NAME and (len(words) != 1 or not _bare(argument)):
        return f'{verb.value} needs one name; "in quotes" it may hold spaces'
    if verb in _MAY_NAME and len(words) > 1:
        return f"{verb.value} takes one name at most"
    if verb is Verb.VOLUME:
        percent = _VOLUME.fullmatch(argument)
        if percent is None or int(percent[2]) > _MAX_VOLUME:
            return f"volume needs a number from 0 to {_MAX_VOLUME}, or +10 or -10"
    if verb not in _NEEDS_NAME | _MAY_NAME | {Verb.VOLUME} and words:
        return f"{verb.value} takes nothing after it"
    return ""
