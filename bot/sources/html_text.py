"""Text of a piece of HTML, in which browser extensions send chat.

The standard library's `html.parser` needs time that grows with the square of the input (52 s for
64 KiB of `<a `), so this reads tags itself, each character once.
"""

import html
import re
from typing import NamedTuple

from bot.messages import Picture

_TAG = re.compile(
    r"<!--.*?-->"
    r"|<(?:!(?!--)|\?)[^>]*+>"
    r"|</?(?P<name>[A-Za-z][^\s/>]*+)(?P<attributes>(?:[^>\"']++|\"[^\"]*+\"|'[^']*+')*+)>"
    r"|</[^>]*+>",
    re.DOTALL,
)
_TAG_START = re.compile(r"<[A-Za-z/!?]")
_ALT = re.compile(
    r"(?:^|[\s/])(?:alt|title|aria-label)\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"'>]++))",
    re.IGNORECASE,
)
_SRC = re.compile(
    r"(?:^|[\s/])src\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"'>]++))", re.IGNORECASE
)
_MAX_PICTURES = 20
_MAX_ADDRESS = 500
_BREAKS = frozenset({"br", "p", "div", "li", "tr", "td", "hr"})
_SILENT = frozenset({"script", "style", "svg"})
"""Elements whose text is none of the message's: a picture's title, say."""
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});?")


class RichText(NamedTuple):
    """Text with the ranges of pictures."""

    text: str
    emotes: tuple[tuple[int, int], ...]
    """Half-open ranges of code points."""
    pictures: tuple[Picture, ...] = ()
    """Emotes with an address by https, each once."""


def to_text(source: str) -> RichText:
    """Return the text of the HTML `source`; a picture becomes its alternative text.

    A picture with a name such as `:wave:` or `Kappa` is an emote; one whose alternative text is
    an emoji is that emoji. Never raises; what follows a tag without end is dropped, as the
    standard demands (https://html.spec.whatwg.org/multipage/parsing.html#eof-in-tag).
    """
    writer = _Writer()
    position = 0
    while start := _TAG_START.search(source, position):
        writer.add_text(source[position : start.start()])
        tag = _TAG.match(source, start.start())
        if tag is None:
            position = len(source)
            break
        writer.add_tag((tag["name"] or "").lower(), tag["attributes"] or "")
        position = _skip_silent(source, tag)
    writer.add_text(source[position:])
    return RichText("".join(writer.pieces), tuple(writer.emotes), tuple(writer.pictures))


def _skip_silent(source: str, tag: re.Match[str]) -> int:
    """Return the position after `tag`, or after the end of its script or style."""
    name = (tag["name"] or "").lower()
    is_closed = name == "svg" and tag[0].endswith("/>")
    if name not in _SILENT or is_closed or tag[0].startswith("</"):
        return tag.end()
    end = re.compile(rf"</{name}\b[^>]*+>", re.IGNORECASE).search(source, tag.end())
    return end.end() if end else len(source)


def _unescape(source: str) -> str:
    # Short ones alone: html.unescape raises for a number of more than 4300 digits. Twice: some
    # senders escape what is escaped already.
    once = _ENTITY.sub(lambda match: html.unescape(match[0]), source)
    return _ENTITY.sub(lambda match: html.unescape(match[0]), once)


class _Writer:
    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.emotes: list[tuple[int, int]] = []
        self.pictures: dict[Picture, None] = {}
        self._length = 0
        self._is_spaced = True
        self._is_after_emote = False

    def add_text(self, source: str) -> None:
        text = _unescape(source)
        if not text:
            return
        if self._is_after_emote and not text[0].isspace():
            self._write(" ")
        self._write(text)

    def add_tag(self, name: str, attributes: str) -> None:
        if name in _BREAKS:
            self._space()
        elif name == "img" and (alt := _ALT.search(attributes)):
            text = _unescape(alt[1] or alt[2] or alt[3] or "").strip()
            if any(character.isalnum() for character in text):
                self._space()
                self.emotes.append((self._length, self._length + len(text)))
                self._write(text)
                self._is_after_emote = True
                self._add_picture(text, attributes)
            else:
                self.add_text(text)

    def _add_picture(self, name: str, attributes: str) -> None:
        found = _SRC.search(attributes)
        address = _unescape(found[1] or found[2] or found[3] or "") if found else ""
        is_short = len(address) <= _MAX_ADDRESS and len(self.pictures) < _MAX_PICTURES
        if is_short and address.startswith("https://"):
            self.pictures[Picture(name=name, address=address)] = None

    def _space(self) -> None:
        if not self._is_spaced:
            self._write(" ")

    def _write(self, text: str) -> None:
        self.pieces.append(text)
        self._length += len(text)
        self._is_spaced = text[-1].isspace()
        self._is_after_emote = False
