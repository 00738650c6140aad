"""Answers to commands: their names, and their words unless the configuration has others."""

from collections.abc import Mapping
from string import Formatter
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field

from bot.messages import Answer

ANSWERS: Mapping[str, str] = {
    "skipped": "skipped",
    "skipped_of": "skipped {count} of {name}",
    "nothing_spoken": "nothing is being spoken",
    "cleared": "cleared {count}",
    "paused": "paused",
    "resumed": "resumed",
    "panic": "panic: silent, {count} dropped; {trigger} release ends it",
    "released": "released, chat is read again",
    "no_panic": "there was no panic",
    "on": "on",
    "off": "off, {count} dropped",
    "muted": "{name} is muted, {count} dropped",
    "muted_unseen": "{name} is muted; nobody of that name has written yet",
    "unmuted": "{name} is heard again",
    "not_muted": "{name} was not muted",
    "volume": "volume {percent}",
    "status": "{switch}, {count} waiting{held}, volume {percent}",
    "approved": "approved {count}",
    "rejected": "rejected {count}",
    "nothing_held": "nothing waits for approval",
    "who": "{name}{login}, {age}",
    "nobody": "nothing was said yet",
    "replayed": "once more: {name}",
    "nothing_to_replay": "there is nothing to say again",
    "full": "there is no room for more",
    "undone": "taken back: {command}",
    "nothing_to_undo": "there is nothing to take back",
    "said_as": "{word} is said as {said}",
    "said_plainly": "{word} is said as it is written",
    "never_said_as": "{word} was said as it is written",
    "limited": "at most {count} messages a day",
    "limited_of": "{name}: at most {count} messages a day",
    "unlimited": "no limit a day",
    "unlimited_of": "{name}: no limit a day",
    "limit_reset": "the limit a day is that of the settings",
    "limit_reset_of": "{name} has no limit of their own",
    "regular": "{name} is a regular",
    "not_regular": "{name} is no regular",
    "voice": "your voice is {voice}; {offer}",
    "voice_set": "your voice is {voice} from now on",
    "voice_again": "your voice is {voice} again",
    "voice_of": "{name} speaks as {voice}",
    "voice_needs": "{voice} needs the role {role}; {offer}",
    "voice_unknown": "there is no such voice; {offer}",
    "voice_offer": "choose from: {voices}",
    "voice_offer_more": "choose from: {voices} and {count} more",
    "voice_no_offer": "there is none to choose",
    "voice_only": "there is only one voice here",
    "nick": "you are introduced as {nickname}",
    "nick_of": "{name} is introduced as {nickname}",
    "nick_reset": "you are introduced by your own name",
    "nick_reset_of": "{name} is introduced by their own name",
    "nick_refused": "that nickname cannot be spoken",
    "nick_taken": "somebody else is called {nickname}",
    "unknown": "nobody called {name} has written here",
    "chatters_only": "only a chatter can do that",
    "opted_out": "your messages are not read any more",
    "opted_in": "your messages are read again",
    "mistake": "{mistake}",
    "away": "no moderator is here: what is written waits until one writes",
    "offline": "the stream is offline: what is written waits",
    "back": "speech goes on",
    "overload": "more is written than can be said: {name}",
    "overload_over": "the voice keeps up with chat again",
}
"""Words of each answer."""


class Answers:
    """Words of the answers, as configured."""

    def __init__(self, templates: Mapping[str, str | None]) -> None:
        """Take the words that differ; None for an answer that is kept out of chat."""
        self._templates = templates

    def text(self, answer: Answer) -> str:
        """Return the words of `answer`."""
        template = self._templates.get(answer.name) or ANSWERS[answer.name]
        return template.format_map(answer.fields)

    def is_silent(self, answer: Answer) -> bool:
        """Tell whether it is kept out of chat."""
        return self._templates.get(answer.name, "") is None


PLAIN = Answers({})
"""Answers in the words above."""


def fields(template: str) -> set[str]:
    """Return the names in braces.

    Raises:
        ValueError: the braces make no sense.
    """
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


def _checked(templates: dict[str, str | None]) -> dict[str, str | None]:
    for name, template in templates.items():
        if name not in ANSWERS:
            raise ValueError(f"there is no answer {name}; there are {', '.join(ANSWERS)}")
        if template is None:
            continue
        known = fields(ANSWERS[name])
        try:
            wrong = fields(template) - known
        except ValueError:
            raise ValueError(f"{name}: a brace stands alone; double it to say it") from None
        if wrong:
            allowed = ", ".join(f"{{{field}}}" for field in sorted(known)) or "nothing"
            raise ValueError(f"{name}: in braces it may hold {allowed}")
        try:
            template.format_map(dict.fromkeys(known, "text"))
        except (ValueError, LookupError, AttributeError) as error:
            raise ValueError(f"{name}: what is in braces is text: {error}") from None
    return templates


AnswerTemplates: TypeAlias = Annotated[
    dict[str, Annotated[str, Field(max_length=300)] | None], AfterValidator(_checked)
]
"""Words of some answers, and null for those that are kept out of chat."""
