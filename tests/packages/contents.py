"""What the wheel holds, as a list: `python -m tests.packages.contents` writes it anew."""

from __future__ import annotations

import tempfile
from pathlib import Path, PurePosixPath
from zipfile import ZipFile

from tests.packages.wheel import build

LIST = Path(__file__).parent / "contents.txt"
_CODE = {".py", ".js", ".css"}
"""Suffixes of files that come and go: of those a folder is listed, not each."""


def contents(wheel: Path) -> list[str]:
    """Return the lines of the list: files by name, code by folder and suffix."""
    with ZipFile(wheel) as archive:
        paths = [PurePosixPath(name) for name in archive.namelist()]
    return sorted({_line(path) for path in paths})


def _line(path: PurePosixPath) -> str:
    if path.parts[0].endswith(".dist-info"):
        path = PurePosixPath("ishowtts.dist-info", *path.parts[1:])
    return str(path.parent / f"*{path.suffix}" if path.suffix in _CODE else path)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        LIST.write_text("\n".join(contents(build(Path(folder)))) + "\n", encoding="utf-8")
