"""A copy of the installed f5-tts, as released."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

import pytest


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder like site-packages with f5-tts as released, the first on the path."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # `read_only` looks into it as another user
        copy_package(folder)
        monkeypatch.syspath_prepend(folder)
        monkeypatch.delitem(sys.modules, "f5_tts", raising=False)  # imported by another test
        yield folder


def copy_package(folder: Path) -> None:
    package = distribution("f5-tts")
    for name in ("f5_tts", f"f5_tts-{package.version}.dist-info"):
        shutil.copytree(
            Path(str(package.locate_file(name))),
            folder / name,
            ignore=shutil.ignore_patterns("__pycache__", "multi", "train", "runtime"),
        )


def contents(site: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(site)): path.read_bytes() for path in site.rglob("*") if path.is_file()
    }
