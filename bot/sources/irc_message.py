"""One line of IRC, with tags.

Format: https://modern.ircdocs.horse/#message-format and
https://ircv3.net/specs/extensions/message-tags.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

MAX_LINE_LENGTH = 16_384
"""Characters; the standard allows 8191 bytes of tags and 512 of the rest."""

_COMMAND = re.compile(r"[A-Za-z]+|[0-9]{3}")
_ESCAPE = re.compile(r"\\(.?)", re.DOTALL)
_ESCAPED = {":": ";", "s": " ", "r": "\r", "n": "\n"}


class IrcMessage(NamedTuple):
    """A parsed line; nothing in it was checked for sense."""

    tags: Mapping[str, str]
    """Unescaped; a tag without value is the empty string."""
    nick: str
    """Who sent it: the prefix up to `!` or `@`; empty where there is none."""
    command: str
    """In upper case, or three digits."""
    params: tuple[str, ...]


def parse(line: str) -> IrcMessage | None:
    """Return what `line` says, or None if it is no IRC message; never raises."""
    if len(line) > MAX_LINE_LENGTH:
        return None
    rest = line.rstrip("\r\n")
    tags: Mapping[str, str] = {}
    nick = ""
    if rest.startswith("@"):
        head, _, rest = rest[1:].partition(" ")
        tags = _tags(head)
    rest = rest.lstrip(" ")
    if rest.startswith(":"):
        head, _, rest = rest[1:].partition(" ")
        nick = re.split("[!@]", head, maxsplit=1)[0]
    middle, has_trailing, trailing = f" {rest}".partition(" :")
    words = [word for word in middle.split(" ") if word]
    if not words or not _COMMAND.fullmatch(words[0]):
        return None
    if has_trailing:
        words.append(trailing)
    return IrcMessage(tags, nick, words[0].upper(), tuple(words[1:]))


def _tags(text: str) -> Mapping[str, str]:
    """Return the tags; of several with one key the last counts, as the standard says."""
    pairs = (tag.partition("=") for tag in text.split(";") if tag)
    return {key: _ESCAPE.sub(_unescape, value) for key, _, value in pairs}


def _unescape(match: re.Match[str]) -> str:
    return _ESCAPED.get(match[1], match[1])
