"""Folders that come with the package, and files that are written whole.

The engine's process imports it, so it needs no package but the standard library.
"""

import os
import shutil
from pathlib import Path

import bot

_PACKAGE = Path(bot.__file__).parent


def resource(name: str) -> Path:
    """Return the file or folder `name` of the repository's top level, such as `config.yaml`.

    It stands beside the package in a checkout, and in `bot/resources` in a wheel (see
    `force-include` in pyproject.toml).
    """
    shipped = _PACKAGE / "resources" / name
    return shipped if shipped.exists() else _PACKAGE.parent / name


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    partial = path.with_name(f"{path.name}.part")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
