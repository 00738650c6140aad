"""Reads orders out of chat lines: `!tts skip`, and what stands for them."""

from collections.abc import Callable
from operator import attrgetter

from bot.config.commands import VERBS, CommandSettings, Rank
from bot.errors import OrderError
from bot.messages import ChatMessage, Command, Rejection, RejectReason, Role, Verb

_NEEDS_NAME = {Verb.MUTE, Verb.UNMUTE}
_MAY_NAME = {Verb.SKIP, Verb.VOICE}
_RANKS: tuple[Rank, ...] = ("everyone", "subscriber", "vip", "moderator", "broadcaster", "nobody")
_MAX_VOLUME = 100


class CommandParser:
    """Turns a message into a `Command`, or says why it is none."""

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
            plain: Gives a message's text without what nobody typed: chat programs append invisible
                characters to a repeated line, and put a name before an answer.
            reads_text: The channel reads `!tts some text`. Then a verb with words that do not fit
                it ("!tts stop that") is text, and so is a verb by somebody without its rank.
        """
        self._plain = plain
        self._trigger = settings.trigger.casefold()
        self._aliases = {word.casefold(): order for word, order in settings.aliases.items()}
        self._ranks: dict[str, Rank] = settings.roles.model_dump()
        self._reads_text = reads_text

    def __call__(self, message: ChatMessage) -> Command | Rejection | None:
        """Return the order that `message` is, why it is refused, or None when it is none."""
        word, _, rest = self._plain(message).strip().partition(" ")
        word = word.casefold()
        if word in self._aliases:
            order, is_alias = f"{self._aliases[word]} {rest}", True
        elif word == self._trigger:
            order, is_alias = rest, False
        else:
            return None
        verb, argument = _split(order)
        if verb is None:
            return None
        refusal = self._refusal(message, verb, argument)
        if refusal is None:
            return Command(
                id=message.id,
                channel=message.channel,
                issuer=message.chatter.name,
                verb=verb,
                argument=_bare(argument),
                chatter=message.chatter if verb is Verb.VOICE else None,
            )
        return None if self._reads_text and not is_alias else refusal

    def _refusal(self, message: ChatMessage, verb: Verb, argument: str) -> Rejection | None:
        needed = self._ranks[verb.value]
        if not has_rank(message.chatter.roles, needed):
            return Rejection(
                reason=RejectReason.NOT_PERMITTED, detail=f"{verb.value} needs: {needed}"
            )
        if mistake := _mistake(verb, argument):
            return Rejection(reason=RejectReason.COMMAND, detail=mistake)
        return None


def parse_order(text: str) -> tuple[Verb, str]:
    """Return verb and argument of an order without the word before it: `volume 50`.

    Raises:
        OrderError: it is none.
    """
    verb, argument = _split(text)
    if verb is None:
        raise OrderError(f"it is none of {', '.join(VERBS)}")
    if mistake := _mistake(verb, argument):
        raise OrderError(mistake)
    return verb, _bare(argument)


def has_rank(roles: frozenset[Role], needed: Rank) -> bool:
    """Tell whether one of `roles` is at least `needed`."""
    if needed == "everyone":
        return True
    return any(_RANKS.index(role.value) >= _RANKS.index(needed) for role in roles)


def _split(order: str) -> tuple[Verb | None, str]:
    name, _, argument = order.strip().partition(" ")
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


def _mistake(verb: Verb, argument: str) -> str:
    """Return what is wrong with the argument; empty when nothing is."""
    words = [argument] if _is_marked(argument) else argument.split()
    if verb in _NEEDS_NAME and (len(words) != 1 or not _bare(argument)):
        return f'{verb.value} needs one name; "in quotes" it may hold spaces'
    if verb in _MAY_NAME and len(words) > 1:
        return f"{verb.value} takes one name at most"
    if verb is Verb.VOLUME:
        is_percent = argument.isascii() and argument.isdigit() and len(argument) <= len("100")
        if not is_percent or int(argument) > _MAX_VOLUME:
            return f"volume needs a number from 0 to {_MAX_VOLUME}"
    if verb not in _NEEDS_NAME | _MAY_NAME | {Verb.VOLUME} and words:
        return f"{verb.value} takes nothing after it"
    return ""
