"""Section `policy.languages`: the languages of chat."""

from typing import Annotated, Literal

from pydantic import Field

from bot.config.base import Section

Language = Annotated[str, Field(pattern=r"^[a-z]{2}$")]
"""ISO 639-1 code."""


class LanguageSettings(Section):
    """Languages that chat is written in, besides `speakable.language`."""

    chat: tuple[Language, ...] = ()
    """Other languages of chat in Latin letters, which are told apart by their words, such as es and
    de; other scripts are known without."""
    unspoken: Literal["leave_out", "transliterate"] = "leave_out"
    """What becomes of text in letters that no engine speaks: leave_out rejects the message, or
    leaves the words out; transliterate writes them in Latin letters. What was paid for is always
    spoken."""
    voices: dict[Language, Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]] = {}
    """Voice of messages in a language, such as {es: my_spanish_voice}; of others the usual ones."""
