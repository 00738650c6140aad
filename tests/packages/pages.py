"""The pages laid out for a site: `python -m tests.packages.pages FOLDER`, which `make docs` runs.

They lie there as in the repository, with the files that they lead to; a folder becomes plain text,
since a site has no such page.
"""

from __future__ import annotations

import re
import shutil
import sys
from functools import partial
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
_LINK = re.compile(r"(!?)\[((?:[^][]|\[[^]]*\])*)\]\(([^)\s#]+)(#[^)\s]*)?\)")


def pages() -> list[Path]:
    """Return what is a page of the site."""
    return [*sorted(REPOSITORY.glob("*.md")), *sorted(REPOSITORY.glob("docs/**/*.md"))]


def lay_out(folder: Path) -> None:
    """Copy the pages to `folder`, which is made anew, with all that they lead to."""
    shutil.rmtree(folder, ignore_errors=True)
    waiting = pages()
    done = set[Path]()
    while waiting:
        page = waiting.pop()
        if page in done:
            continue
        done.add(page)
        target = folder / page.relative_to(REPOSITORY)
        target.parent.mkdir(parents=True, exist_ok=True)
        if page.suffix != ".md":
            shutil.copyfile(page, target)
            continue
        text = page.read_text("utf-8")
        target.write_text(_LINK.sub(partial(_kept, page), text), "utf-8")
        waiting += [place for match in _LINK.finditer(text) if (place := _place(match[3], page))]


def _place(link: str, page: Path) -> Path | None:
    """Return the file that a link leads to; None for what is elsewhere, or a folder."""
    place = (page.parent / link).resolve()
    is_here = ":" not in link and place.is_relative_to(REPOSITORY)
    return place if is_here and place.is_file() else None


def _kept(page: Path, match: re.Match[str]) -> str:
    return match[0] if ":" in match[3] or _place(match[3], page) else match[2]


if __name__ == "__main__":
    lay_out(Path(sys.argv[1]))
