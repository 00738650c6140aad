"""The commands of a page, as they stand there.

A block fenced as `sh` holds what somebody types, one fenced as `yaml` what they write into their
configuration. Blocks are found by the heading above them and their place below it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from tests.real.image import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator

_LINE = re.compile(r"^(?P<heading>#+ .*)|^(?P<indent> *)```(?P<language>\w*)$")
_STAYS = re.compile(r"(?:^|/)(?:make run|ishowtts run)\b")
"""What does not end by itself; it is the last line of its block."""


class Place(NamedTuple):
    """Where a block stands."""

    page: str
    """Path in the repository."""
    heading: str
    number: int = 0
    """Among the blocks of its language below that heading, from 0."""
    language: str = "sh"

    def text(self) -> str:
        """Return the block; KeyError if the page has none there."""
        return dict(blocks(self.page))[self]

    def steps(self, **filled: str) -> tuple[str, str]:
        """Return what ends, and the command that stays, if there is one.

        `filled` are placeholders with what stands for them here: each must be there.
        """
        text = self.text()
        for placeholder, value in filled.items():
            assert placeholder in text, f"{self} has no {placeholder}"
            text = text.replace(placeholder, value)
        *before, last = text.strip().split("\n")
        assert not any(_STAYS.search(line) for line in before), f"{self}: it would stay there"
        return ("\n".join(before), last) if _STAYS.search(last) else (text, "")


def blocks(page: str) -> Iterator[tuple[Place, str]]:
    """Yield the fenced blocks of a page in their order, without their fences and indentation."""
    heading, counts = "", dict[tuple[str, str], int]()
    inside: Place | None = None
    indent, kept = "", list[str]()
    for line in (REPOSITORY / page).read_text("utf-8").splitlines():
        found = _LINE.match(line)
        if inside is not None:
            if line == f"{indent}```":
                yield inside, "".join(kept)
                inside, kept = None, []
            else:
                kept.append(line.removeprefix(indent) + "\n")
        elif found and found["heading"]:
            heading = found["heading"].lstrip("# ")
        elif found:
            indent = found["indent"]
            key = (heading, found["language"])
            inside = Place(page, heading, counts.get(key, 0), found["language"])
            counts[key] = inside.number + 1
    assert inside is None, f"{inside} does not end"
