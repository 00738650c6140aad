"""Section `policy.words`: words that must not be spoken."""

import unicodedata
from pathlib import Path
from typing import Annotated, Literal

import re2
from pydantic import AfterValidator, Field

from bot.config.sections.base import Section

_MAX_ENTRIES = 2_000
MAX_WORD_CHARACTERS = 40
MAX_PATTERN_CHARACTERS = 1_000


def checked_pattern(value: str) -> str:
    """Return `value` if RE2 takes it as a regular expression that does not match everything.

    Raises:
        ValueError: it does not.
    """
    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile(value, options)
    except re2.error as error:
        reason = error.args[0].decode(errors="replace") if error.args else "no reason given"
        raise ValueError(
            f"RE2 does not understand this regular expression ({reason}); it has no look-around and"
            " no back-references"
        ) from None
    except UnicodeEncodeError:
        raise ValueError("this regular expression cannot be encoded as UTF-8") from None
    if compiled.search("") is not None:
        raise ValueError(
            "this regular expression matches an empty text, so it would match every message"
        )
    return value


def checked_word(value: str) -> str:
    """Return `value` if it can be looked for.

    Raises:
        ValueError: it cannot.
    """
    if not any(character.isalnum() for character in value):
        raise ValueError("a blocked word needs a letter or a digit")
    core = value.strip().removeprefix("*").removesuffix("*")
    if "*" in core:
        raise ValueError(
            "* stands for any letters, and only at the start or the end of a blocked word"
        )
    if any(unicodedata.category(c)[0] not in "LNM" and c not in " '-." for c in core):
        raise ValueError(
            "a blocked word is made of letters, digits, spaces, ' - and .; use a pattern for more"
        )
    return value


BlockedWord = Annotated[str, Field(max_length=MAX_WORD_CHARACTERS), AfterValidator(checked_word)]
BlockedPattern = Annotated[
    str,
    Field(min_length=1, max_length=MAX_PATTERN_CHARACTERS),
    AfterValidator(checked_pattern),
]
Severity = Literal["strip", "drop", "mute"]
"""What becomes of a message with a word: it loses the word, is rejected, or costs a mute too."""


class ListSettings(Section):
    """A file with words, one a line; it is read again when it changes."""

    file: Path
    """Name of the file: UTF-8, # begins a comment, /between slashes/ is a regular expression."""
    severity: Severity = "drop"
    """What becomes of a message with one of its words."""


class WordSettings(Section):
    """Blocked words, searched in the written text and in the text that would be spoken.

    They are found in disguise, with endings, in names made of them, in pieces, over two messages,
    and by their sound: see docs/blocked-words.md.
    """

    strip: Annotated[tuple[BlockedWord, ...], Field(max_length=_MAX_ENTRIES)] = ()
    """Words or phrases that are left out; * at the start or end stands for any letters."""
    drop: Annotated[tuple[BlockedWord, ...], Field(max_length=_MAX_ENTRIES)] = ()
    """Words or phrases that reject their message; * as in `strip`."""
    mute: Annotated[tuple[BlockedWord, ...], Field(max_length=_MAX_ENTRIES)] = ()
    """Words or phrases that reject their message and mute who wrote it; * as in `strip`."""
    strip_patterns: Annotated[tuple[BlockedPattern, ...], Field(max_length=_MAX_ENTRIES)] = ()
    """Regular expressions (RE2, case ignored); what they match is left out."""
    drop_patterns: Annotated[tuple[BlockedPattern, ...], Field(max_length=_MAX_ENTRIES)] = ()
    """Regular expressions (RE2, case ignored) that reject the messages that they match."""
    allow: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=100)], ...],
        Field(max_length=_MAX_ENTRIES),
    ] = ()
    """Words and phrases that are never an alarm, such as names of places and families."""
    lists: Annotated[tuple[ListSettings, ...], Field(max_length=20)] = ()
    """Files with further words."""
    default_list: bool = True
    """Whether the few slurs that come with the program reject their messages."""
