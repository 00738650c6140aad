"""Emotes: pictures that are written as words, marked by the platform or known by name."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from bot.config.chat.policy import EmoteSettings
from bot.messages import EventKind
from bot.policy.draft import Draft

_WORD = re.compile(r"\S+")
_AROUND = "([{)]}\"'*~“”\u2018\u2019«».,!?;:…"
"""Marks that may stand at an emote without being a part of its name."""
_BEHIND = re.compile(r"[.,!?;:…]+")
_NO_WORD = frozenset(".,!?;:…([{\"'“\u2018«")
_SHORTCODE = r":(?=[\w+-]*[^\W\d_]|100:|1234:|\+1:|-1:)[\w+-]{2,40}:"
# :heart_eyes: of most platforms and :_name: of YouTube, [emote:1:NAME] of Kick, <:name:1> of
# Discord. Colons of times (12:30:45) and of code (std::vector::size) are none.
_PLATFORM = re.compile(
    rf"(?<![\w:])(?P<codes>(?:{_SHORTCODE})+)(?![\w:])"
    r"|\[emote:[0-9]{1,12}:(?P<kick>[^\s:\[\]]{1,60})\]"
    r"|<a?:(?P<discord>\w{2,32}):[0-9]{1,20}>"
)


class _Mark(NamedTuple):
    """Half-open range of an emote, and how its name is read; empty if as it is written."""

    start: int
    end: int
    name: str = ""


class Emotes:
    """Filter: removes emotes from the raw text, which the platform's ranges refer to."""

    def __init__(self, settings: EmoteSettings) -> None:
        self._action = settings.action
        self._names = frozenset(settings.names)
        self._most = {"strip": 0, "first": 1}.get(settings.action)

    def __call__(self, draft: Draft) -> Draft:
        """Return `draft` without emotes, with the first one's name, or with all names."""
        text = draft.text
        marks = list(_disjoint(self._marks(draft), len(text)))
        if not marks:
            return draft
        pieces: list[str] = []
        done, last, read = 0, "", 0
        for start, end, name in marks:
            left = text[done:start]
            last = left.rstrip()[-1:] or last
            done = end
            if self._is_read(draft, text[start:end], read):
                read += 1
                pieces += (left, f" {name} " if name else text[start:end])
                last = "x"
            elif not (behind := _BEHIND.match(text, end)):
                pieces += (left, " ")
            elif last and last not in _NO_WORD:
                pieces.append(left.rstrip())  # "so KEKW, no" is "so, no"
            else:
                pieces += (left, " ")  # "KEKW, no" is "no"
                done = behind.end()
        return draft.with_text("".join([*pieces, text[done:]]))

    def _is_read(self, draft: Draft, written: str, read: int) -> bool:
        """Tell whether an emote is read after `read` others; a cheer's bits are told otherwise."""
        event = draft.message.event
        is_bits = event is not None and event.kind is EventKind.CHEER and written[-1:].isdigit()
        return self._most is None or (read < self._most and not is_bits)

    def _marks(self, draft: Draft) -> Iterator[_Mark]:
        text = draft.text
        if ":" in text:
            yield from _of_platforms(text)
        if self._action == "off":
            return
        yield from (_Mark(start, end) for start, end in draft.message.emotes)
        for word in _WORD.finditer(text):
            if word[0] in self._names:
                yield _Mark(*word.span())
            elif (bare := word[0].strip(_AROUND)) in self._names:
                start = word.start() + word[0].index(bare)
                yield _Mark(start, start + len(bare))


def _of_platforms(text: str) -> Iterator[_Mark]:
    for found in _PLATFORM.finditer(text):
        if found["codes"]:
            for code in re.finditer(_SHORTCODE, found[0]):
                start = found.start() + code.start()
                yield _Mark(start, start + len(code[0]), _read(code[0][1:-1]))
        else:
            yield _Mark(*found.span(), _read(found["kick"] or found["discord"]))


def _read(name: str) -> str:
    return re.sub(r"[_-]+(?!\d)", " ", name).strip()


def _disjoint(marks: Iterator[_Mark], length: int) -> Iterator[_Mark]:
    """Yield `marks` in order, cut to a text of `length`, without overlaps; of equals the named."""
    done = 0
    for start, end, name in sorted(marks, key=lambda mark: (mark.start, not mark.name, mark.end)):
        first, last = max(start, done), min(end, length)
        if first < last:
            yield _Mark(first, last, name)
            done = last
