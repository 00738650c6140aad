"""Section `commands`: commands in chat, and who may give them."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator

from bot.config.base import Section, matching
from bot.messages import Verb

VERBS: Mapping[str, Verb] = {
    **{verb.value: verb for verb in Verb},
    "stop": Verb.SKIP,
    "enable": Verb.ON,
    "disable": Verb.OFF,
}
"""Command of each word that may follow the trigger."""


def _command(text: str) -> str:
    if text.partition(" ")[0].casefold() not in VERBS:
        raise ValueError(f"a command starts with one of {', '.join(VERBS)}")
    return text


Rank = Literal["everyone", "subscriber", "vip", "moderator", "broadcaster", "nobody"]
"""Least role that may give a command, in ascending order."""
Trigger = Annotated[str, matching(r"\S{1,30}", "one word of at most 30 characters")]


class CommandRanks(Section):
    """Least role for each command."""

    skip: Rank = "moderator"
    """Cut speech off at once; with a name, also drop what that chatter has waiting."""
    clear: Rank = "moderator"
    """Drop everything that waits."""
    pause: Rank = "moderator"
    """Hold back everything that waits."""
    resume: Rank = "moderator"
    """Go on with what pause held back."""
    on: Rank = "moderator"
    """Read chat."""
    off: Rank = "moderator"
    """Read no chat, and cut speech off at once."""
    mute: Rank = "moderator"
    """Read nothing of a chatter."""
    unmute: Rank = "moderator"
    """Read the chatter again."""
    volume: Rank = "moderator"
    """Set the volume, 0 to 100, or change it by +10 or -10."""
    status: Rank = "moderator"
    """Report the daemon's state."""
    voice: Rank = "everyone"
    """Choose one's own voice."""


class CommandSettings(Section):
    """Spelling of commands, and the roles that they need."""

    trigger: Trigger = "!tts"
    """Word before a command, as in `!tts skip`."""
    aliases: dict[Trigger, Annotated[str, AfterValidator(_command)]] = {
        "!skiptts": "skip",
        "!ttsskip": "skip",
        "!ttsclear": "clear",
        "!ttsoff": "off",
        "!ttson": "on",
        "!voice": "voice",
    }
    """Single words that stand for a command."""
    roles: CommandRanks = CommandRanks()
    """Least role for each command."""
