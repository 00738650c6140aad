"""Section `policy.languages`: the languages of chat."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from bot.config.sections.base import Section

Language = Annotated[str, Field(pattern=r"^[a-z]{2}$")]
"""ISO 639-1 code."""
_TOLD_APART = """
    af am an ar as az ba be bg bn br bs ca cs cy da de dz el en eo es et eu fa fi fo fr fy ga gd gl
    gu ha he hi hr ht hu hy id ig is it ja jv ka kk km kn ko ku ky la lb lg ln lo lt lv mg mk ml mn
    mr ms mt my ne nl nn no oc om or pa pl ps pt qu ro ru rw sa se si sk sl sn so sq sr st sv sw ta
    te tg th tk tl tr tt ug uk ur uz vi vo wa xh yo zh zu
"""
TOLD_APART = frozenset(_TOLD_APART.split())
"""Languages that py3langid's model knows, of those with two letters."""


def told_apart(language: str) -> str:
    """Return `language` if it can be told apart from others.

    Raises:
        ValueError: it cannot.
    """
    if language not in TOLD_APART:
        hint = "; Norwegian is no or nn" if language == "nb" else ""
        raise ValueError(f"{language} cannot be told apart from other languages{hint}")
    return language


class LanguageSettings(Section):
    """Languages that chat is written in, besides `speakable.language`."""

    chat: tuple[Annotated[Language, AfterValidator(told_apart)], ...] = ()
    """Other languages of chat: those of one script are told apart by their words, such as es and
    de, or ru and uk; a script alone is known without."""
    unspoken: Literal["leave_out", "transliterate"] = "leave_out"
    """What becomes of text in letters that no engine speaks: leave_out rejects the message, or
    leaves the words out; transliterate writes them in Latin letters. What was paid for is always
    spoken."""
    voices: dict[Language, Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]] = {}
    """Voice of messages in a language, such as {es: my_spanish_voice}; of others the usual ones."""
