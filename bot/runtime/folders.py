"""Folders that belong to the program, not to the project, and how files in them are written."""

import os
import shutil
from pathlib import Path

from platformdirs import user_state_path


def state_folder() -> Path:
    """Return where state is kept: `$STATE_DIRECTORY` (systemd), or the user's state directory."""
    directory = os.environ.get("STATE_DIRECTORY", "").partition(os.pathsep)[0]
    return Path(directory) if directory else user_state_path("ishowtts")


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
