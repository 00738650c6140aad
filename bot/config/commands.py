"""Section `commands`: what moderators may order in chat."""

from typing import Annotated, Literal

from pydantic import Field

from bot.config.base import Section, matching

Rank = Literal["everyone", "subscriber", "vip", "moderator", "broadcaster", "nobody"]
"""The least role that is needed."""
Trigger = Annotated[str, matching(r"\S{1,30}", "one word of at most 30 characters")]


class CommandRanks(Section):
    """Least role for each command."""

    skip: Rank = "moderator"
    clear: Rank = "moderator"
    pause: Rank = "moderator"
    resume: Rank = "moderator"
    on: Rank = "moderator"
    off: Rank = "moderator"
    mute: Rank = "moderator"
    unmute: Rank = "moderator"
    volume: Rank = "moderator"
    status: Rank = "moderator"


class CommandSettings(Section):
    """How commands are written and who may give them."""

    trigger: Trigger = "!tts"
    """The word before the verb."""
    aliases: dict[Trigger, Annotated[str, Field(min_length=1)]] = {
        "!skiptts": "skip",
        "!ttsskip": "skip",
        "!ttsclear": "clear",
        "!ttsoff": "off",
        "!ttson": "on",
    }
    """Words that stand for a whole command."""
    roles: CommandRanks = CommandRanks()
    """Least role for each command."""
