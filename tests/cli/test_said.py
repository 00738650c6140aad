"""`ishowtts said` and the part of `data forget` that is of the archive."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.archive import default_folder
from bot.archive.folder import Folder
from bot.cli import EXIT_OK, EXIT_PROBLEM
from tests.archived import entry


@pytest.fixture(autouse=True)
def _archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    folder = Folder(default_folder())
    folder.add(entry("m1", 1000, name="one\x1b[2J"), b"first")
    folder.add(entry("m2", 2000, by="c2", name="two"), b"second")


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ((), ["one", "two"]),
        (("--by", "TWO"), ["two"]),
        (("--since", "1970-01-01T00:25+00:00"), ["two"]),
        (("--since", "2h"), []),
        (("--text", "X"), ["one", "two"]),
        (("--text", "nowhere"), []),
    ],
)
def test_it_lists_what_is_wanted(
    arguments: tuple[str, ...], shown: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["said", *arguments]) == EXIT_OK
    printed = capsys.readouterr().out

    assert [name for name in ("one", "two") if name in printed] == shown
    assert "\x1b" not in printed


def test_a_list_of_nothing_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["said", "--text", "nowhere"]) == EXIT_OK
    assert "None of the 2 that are kept" in capsys.readouterr().err
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "new"))
    assert main(["said"]) == EXIT_OK
    assert "archive.enabled" in capsys.readouterr().err


def test_it_exports_into_a_new_file_only(tmp_path: Path) -> None:
    target = tmp_path / "proof.flac"

    assert main(["said", "--export", "m1", str(target)]) == EXIT_OK
    assert target.read_bytes() == b"first"
    assert main(["said", "--export", "m2", str(target)]) == EXIT_PROBLEM
    assert target.read_bytes() == b"first"


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    Folder(default_folder()).add(entry("m3", 3000), bytes(100_000))
    target = tmp_path / "proof.flac"

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))

    command = [sys.executable, "-m", "bot", "said", "--export", "m3", str(target)]
    done = subprocess.run(
        command, preexec_fn=limit, capture_output=True, text=True, check=False, timeout=60
    )

    assert (done.returncode, "File too large" in done.stderr) == (EXIT_PROBLEM, True), done.stderr
    assert not target.exists()


def test_what_is_not_there_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["said", "--export", "m9", "unused"]) == EXIT_PROBLEM
    assert "m9" in capfd.readouterr().err


def test_forgetting_a_chatter_deletes_the_speech(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "forget", "two"]) == EXIT_OK
    assert "1 archived utterance" in capsys.readouterr().out
    assert [each.id for each in Folder(default_folder()).entries()] == ["m1"]
