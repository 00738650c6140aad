"""Folders of voices that people write by hand, and that not everybody may read."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.errors import StartError
from bot.voices.catalogue import VoiceCatalog
from bot.voices.folder import find, read_about
from tests.voices.test_catalogue import write

_NOBODY = 65_534


@contextmanager
def _somebody_else() -> Iterator[None]:
    """Have the rights of nobody for a while: root could read everything."""
    before = os.geteuid()
    if not before:
        os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(before)


@pytest.fixture
def root() -> Iterator[Path]:
    """Folder that everybody may look into, as the one of a test is not."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        root.chmod(0o755)
        yield root


def test_a_folder_that_is_closed_hides_itself_alone(root: Path) -> None:
    write(root, "open")
    closed = write(root, "closed")
    closed.chmod(0)
    try:
        with _somebody_else():
            assert [*find([root])] == ["open"]
            assert set(VoiceCatalog([root], allow_unlicensed=False)) == {"open"}
            with pytest.raises(StartError, match=r"voice\.yaml cannot be read"):
                read_about(closed, allow_unlicensed=True)
    finally:
        closed.chmod(0o755)


def test_a_folder_without_voice_yaml_tells_nothing(tmp_path: Path) -> None:
    assert read_about(tmp_path, allow_unlicensed=True).consent == ""
    with pytest.raises(StartError, match="names no consent"):
        read_about(tmp_path, allow_unlicensed=False)


def test_words_stay_as_they_are_written(tmp_path: Path) -> None:
    text = "language: no\nconsent: 2026-01-31\nlicence: off\nsource: 2026-01-31 20:00:00\n"
    (tmp_path / "voice.yaml").write_text(text, "utf-8")

    about = read_about(tmp_path, allow_unlicensed=False)

    assert (about.language, about.consent) == ("no", "2026-01-31")
    assert (about.licence, about.source) == ("off", "2026-01-31 20:00:00")
