"""What attacks need: a disk that can be filled."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

_DISK_BYTES = 256 << 10


class Disk:
    """A small file system."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self) -> None:
        """Leave no room on it."""
        with suppress(OSError), self._filler.open("ab", buffering=0) as file:
            while True:
                file.write(bytes(4096))

    def free(self) -> None:
        """Give the room back."""
        self._filler.unlink(missing_ok=True)

    def remount(self, options: str) -> None:
        """Change it, such as to `ro`."""
        command = ["mount", "-o", f"remount,{options}", str(self.folder)]
        subprocess.run(command, check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """Give an empty disk; root alone can make one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={_DISK_BYTES}", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("needs root, to make a disk")
    yield Disk(folder)
    subprocess.run(["umount", "--lazy", str(folder)], check=True)
