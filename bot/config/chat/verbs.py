"""Commands: what may follow the trigger in chat, from whom, and what it does, in one table.

The parser, the roles of the configuration and the table of docs/chat.md are made of it.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Literal, NamedTuple, TypeAlias

from bot.messages import Verb

Rank: TypeAlias = Literal["everyone", "subscriber", "vip", "moderator", "broadcaster", "nobody"]
"""Least role that may give a command, in ascending order."""


class Form(Enum):
    """What stands behind a command's word."""

    NOTHING = "nothing"
    NAME = "one name"
    MAY_NAME = "at most one name, or # and a message's id"
    NAME_OR_ALL = "at most one name, `all`, or # and a message's id"
    MAY_ID = "nothing, or # and a command's id"
    VOLUME = "a number from 0 to 100, or +10 or -10"
    VOICE = "at most a voice, and before it a name if it is for somebody else"
    NICKNAME = "a nickname or `reset`, and before it @NAME if it is for somebody else"
    EQUATION = "words, =, and what is said for them; nothing behind = forgets it"
    LIMIT = "a number of messages a day, `off` or `reset`, and before it a name if it is for one"


class Spec(NamedTuple):
    """One command."""

    does: str
    """Clause for the documentation."""
    form: Form = Form.NOTHING
    usage: tuple[str, ...] = ("",)
    """Examples of what stands behind its word; the first one is the plainest."""
    words: tuple[str, ...] = ()
    """Other words for it."""
    rank: Rank = "moderator"
    """Least role that may give it, unless the configuration says another."""


SPECS: Mapping[Verb, Spec] = {
    Verb.SKIP: Spec(
        "silence at once, and the next message follows; of NAME, also all that waits",
        *(Form.MAY_NAME, ("", "NAME"), ("stop",)),
    ),
    Verb.CLEAR: Spec("drops what waits; what is being said is finished"),
    Verb.PAUSE: Spec("holds back what waits"),
    Verb.RESUME: Spec("goes on with what `pause`, or the absence of moderators, held back"),
    Verb.PANIC: Spec("silence at once, drops everything, and reads nothing until `release`"),
    Verb.RELEASE: Spec("ends `panic`"),
    Verb.OFF: Spec("silence at once, and reads no chat until `on`", words=("disable",)),
    Verb.ON: Spec("reads chat", words=("enable",)),
    Verb.MUTE: Spec(
        "reads nothing of NAME, and drops what there is of it; a name with spaces is"
        ' `"in quotes"`, or `@begins so`',
        *(Form.NAME, ("NAME",)),
    ),
    Verb.UNMUTE: Spec("reads NAME again", Form.NAME, ("NAME",)),
    Verb.APPROVE: Spec(
        "lets the message speak that waits for approval the longest, or that of NAME, or all",
        *(Form.NAME_OR_ALL, ("", "NAME", "all")),
    ),
    Verb.REJECT: Spec("drops it instead", Form.NAME_OR_ALL, ("", "NAME", "all"), ("deny",)),
    Verb.WHO: Spec("tells whose message is being said, or was said last"),
    Verb.REPLAY: Spec(
        "says the last message again, or the last one of NAME",
        *(Form.MAY_NAME, ("", "NAME"), ("repeat",)),
    ),
    Verb.UNDO: Spec("takes the last command back that changed something that lasts", Form.MAY_ID),
    Verb.VOLUME: Spec(
        "percent, 0 to 100, or so much louder or softer", Form.VOLUME, ("70", "+10", "-10")
    ),
    Verb.SAY_AS: Spec(
        "says `Szczecin` as `shcheh-cheen` from now on; with nothing behind =, as it is written",
        Form.EQUATION,
        ("Szczecin = shcheh-cheen", "Szczecin ="),
        ("sayas", "say_as", "pronounce"),
    ),
    Verb.LIMIT: Spec(
        "most messages of a chatter, or of NAME, that are read in a day",
        *(Form.LIMIT, ("20", "NAME 5", "off", "NAME off", "reset", "NAME reset")),
    ),
    Verb.REGULAR: Spec("counts NAME among the regulars", Form.NAME, ("NAME",)),
    Verb.UNREGULAR: Spec("does so no more", Form.NAME, ("NAME",)),
    Verb.STATUS: Spec("tells what waits and how loud it is"),
    Verb.VOICE: Spec(
        "one's own voice from now on: a name, `random`, or `reset`; alone, tells which there are;"
        " for NAME it needs the role of `commands.others`",
        Form.VOICE,
        ("bass", "random", "reset", "", "NAME bass"),
        rank="everyone",
    ),
    Verb.NICK: Spec(
        "the name by which one is introduced; for @NAME it needs the role of `commands.others`",
        *(Form.NICKNAME, ("Sunny", "reset", "@NAME Sunny"), ("nickname",), "everyone"),
    ),
    Verb.OPT_OUT: Spec(
        "one's own messages are not read from now on",
        words=("opt-out", "opt_out"),
        rank="everyone",
    ),
    Verb.OPT_IN: Spec(
        "one's own messages are read again", words=("opt-in", "opt_in"), rank="everyone"
    ),
}
"""What each command does."""

VERBS: Mapping[str, Verb] = {
    word: verb for verb, spec in SPECS.items() for word in (verb.value, *spec.words)
}
"""Command of each word that may follow the trigger."""


def table(trigger: str, aliases: Mapping[str, str]) -> str:
    """Return the commands as a table in Markdown.

    Args:
        trigger: Word before a command.
        aliases: Single words, and the command that each stands for.
    """
    lines = ["| command | also | who | what it does |", "|---|---|---|---|"]
    for verb, spec in SPECS.items():
        first, *others = (f"`{f'{trigger} {verb.value} {usage}'.strip()}`" for usage in spec.usage)
        also = [f"`{trigger} {word}`" for word in spec.words]
        also += [f"`{alias}`" for alias, command in aliases.items() if VERBS.get(command) is verb]
        who = spec.rank if spec.rank == "everyone" else f"{spec.rank}s"
        usages = ", ".join([first, *others])
        lines.append(f"| {usages} | {', '.join(also)} | {who} | {spec.does} |")
    return "\n".join(lines)
