"""Unified diffs as `git diff --full-index` writes them, applied exactly or not at all.

Format: https://git-scm.com/docs/diff-format. The `index` line of each file holds git's hash of the
file before and after, so a wrong result is noticed. Only changes to the lines of text files are
supported: files are not made, removed or renamed.
"""

import hashlib
import re
from typing import NamedTuple

_FILE = re.compile(
    rb"diff --git a/(?P<path>\S+) b/(?P=path)\n"
    rb"index (?P<before>[0-9a-f]{40})\.\.(?P<after>[0-9a-f]{40}) \d+\n"
    rb"--- a/(?P=path)\n\+\+\+ b/(?P=path)\n"
    rb"(?P<hunks>@@(?:(?!diff --git).*\n)+)"
)
_HUNK = re.compile(
    rb"@@ -(?P<old>\d+)(?:,\d+)? \+(?P<new>\d+)(?:,\d+)? @@.*\n(?P<lines>(?:[ +-].*\n)+)"
)


class Hunk(NamedTuple):
    """Adjacent lines and their replacement."""

    start: int
    """Index of the first line, from 0."""
    new_start: int
    """The same in the result."""
    old: tuple[bytes, ...]
    new: tuple[bytes, ...]


class Change(NamedTuple):
    """Change of one file by one patch."""

    path: str
    """Relative to site-packages, with slashes."""
    before: str
    """Git's hash of the file that is patched."""
    after: str
    """Git's hash of the result."""
    hunks: tuple[Hunk, ...]

    def apply(self, content: bytes) -> bytes:
        """Return the patched content of the file.

        Raises:
            ValueError: the diff does not lead from this content to the result it names.
        """
        lines = content.split(b"\n")
        for hunk in reversed(self.hunks):  # from the end, so that line numbers stay true
            end = hunk.start + len(hunk.old)
            if tuple(lines[hunk.start : end]) != hunk.old:
                raise ValueError(self.path)
            lines[hunk.start : end] = hunk.new
        result = b"\n".join(lines)
        if git_hash(result) != self.after:
            raise ValueError(self.path)
        return result

    def reversed(self) -> "Change":
        """Return the change that undoes this one."""
        hunks = tuple(Hunk(hunk.new_start, hunk.start, hunk.new, hunk.old) for hunk in self.hunks)
        return Change(self.path, self.after, self.before, hunks)


def parse(text: bytes) -> list[Change]:
    """Return the changes in a patch; text above the first one is skipped.

    Raises:
        ValueError: the patch holds no change, or one of another form.
    """
    matches = list(_FILE.finditer(text))
    if not matches or len(matches) != len(re.findall(rb"^diff --git ", text, re.MULTILINE)):
        raise ValueError("no diff as `git diff --full-index` writes it")
    return [
        Change(
            match["path"].decode(),
            match["before"].decode(),
            match["after"].decode(),
            tuple(_read_hunk(hunk) for hunk in _HUNK.finditer(match["hunks"])),
        )
        for match in matches
    ]


def git_hash(content: bytes) -> str:
    """Return the name of `content` in git: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _read_hunk(match: re.Match[bytes]) -> Hunk:
    lines = match["lines"].split(b"\n")[:-1]
    return Hunk(
        int(match["old"]) - 1,
        int(match["new"]) - 1,
        tuple(line[1:] for line in lines if not line.startswith(b"+")),
        tuple(line[1:] for line in lines if not line.startswith(b"-")),
    )
