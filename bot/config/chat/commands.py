"""Section `commands`: commands in chat, who may give them, and their answers."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator

from bot.config.chat.answers import AnswerTemplates
from bot.config.chat.verbs import SPECS, VERBS, Rank
from bot.config.sections.base import Section, matching
from bot.messages import Verb


def _command(text: str) -> str:
    if text.partition(" ")[0].casefold() not in VERBS:
        raise ValueError(f"a command starts with one of {', '.join(VERBS)}")
    return text


def _with_defaults(given: Mapping[Verb, Rank]) -> dict[Verb, Rank]:
    return {verb: spec.rank for verb, spec in SPECS.items()} | dict(given)


Trigger = Annotated[str, matching(r"\S{1,30}", "one word of at most 30 characters")]
Ranks = Annotated[dict[Verb, Rank], AfterValidator(_with_defaults)]


class CommandSettings(Section):
    """Spelling of commands, the roles that they need, and what is answered."""

    trigger: Trigger = "!tts"
    """Word before a command, as in `!tts skip`."""
    aliases: dict[Trigger, Annotated[str, AfterValidator(_command)]] = {
        "!skiptts": "skip",
        "!ttsskip": "skip",
        "!ttsclear": "clear",
        "!ttsoff": "off",
        "!ttson": "on",
        "!voice": "voice",
        "!nick": "nick",
    }
    """Single words that stand for a command."""
    roles: Ranks = _with_defaults({})
    """Least role for each command; those that are not named keep theirs."""
    others: Rank = "moderator"
    """Least role to give somebody else a voice or a nickname."""
    answers: AnswerTemplates = {}
    """Answers in other words or another language, by their names; null for one that is not given
    in chat. The names, with the words of each, are those of `bot/config/chat/answers.py`."""
