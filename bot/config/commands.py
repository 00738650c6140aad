"""Section `commands`: what moderators may order in chat."""

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
"""The words that are orders."""


def _order(text: str) -> str:
    if text.partition(" ")[0].casefold() not in VERBS:
        raise ValueError(f"an order starts with one of {', '.join(VERBS)}")
    return text


Rank = Literal["everyone", "subscriber", "vip", "moderator", "broadcaster", "nobody"]
"""The least role that is needed."""
Trigger = Annotated[str, matching(r"\S{1,30}", "one word of at most 30 characters")]


class CommandRanks(Section):
    """Least role for each command."""

    skip: Rank = "moderator"
    """Fall silent at once; with a name, also drop what that chatter has waiting."""
    clear: Rank = "moderator"
    """Drop what waits."""
    pause: Rank = "moderator"
    """Hold back what waits."""
    resume: Rank = "moderator"
    """Go on."""
    on: Rank = "moderator"
    """Read chat."""
    off: Rank = "moderator"
    """Read no chat, and be silent at once."""
    mute: Rank = "moderator"
    """Read nothing of a chatter."""
    unmute: Rank = "moderator"
    """Read the chatter again."""
    volume: Rank = "moderator"
    """Set the volume, 0 to 100."""
    status: Rank = "moderator"
    """Tell what the daemon is doing."""
    voice: Rank = "everyone"
    """Choose the voice that one is heard with."""


class CommandSettings(Section):
    """How commands are written and who may give them."""

    trigger: Trigger = "!tts"
    """The word before the verb."""
    aliases: dict[Trigger, Annotated[str, AfterValidator(_order)]] = {
        "!skiptts": "skip",
        "!ttsskip": "skip",
        "!ttsclear": "clear",
        "!ttsoff": "off",
        "!ttson": "on",
        "!voice": "voice",
    }
    """Words that stand for a whole command."""
    roles: CommandRanks = CommandRanks()
    """Least role for each command."""
