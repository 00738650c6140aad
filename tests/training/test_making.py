"""training/Makefile: what one step leaves to others, with a stand-in for the trainers."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import wait_until

REPOSITORY = Path(__file__).parents[2]
STAND_IN = """#!/bin/sh
echo "$2" >>{folder}/ran
case "$2" in
  training.vocoder) case "$*" in *--resume*) echo $$ >{folder}/pid; exec sleep 100;; esac;;
  training.acoustic) until test -s {folder}/pid; do sleep 0.05; done; exit 3;;
esac
"""


@pytest.fixture
def make(tmp_path: Path) -> Callable[[str], int]:
    (tmp_path / "kokoro.onnx").touch()
    python = tmp_path / "python"
    python.write_text(STAND_IN.format(folder=tmp_path))
    python.chmod(0o755)
    folder = os.path.relpath(tmp_path, REPOSITORY)

    def run(target: str) -> int:
        variables = (f"PYTHON={python}", f"KOKORO={folder}", f"BUILD={folder}/build")
        command = ["make", "-C", "training", target, *variables]
        return subprocess.run(command, cwd=REPOSITORY, check=False, timeout=60).returncode

    return run


def test_no_trainer_goes_on_alone_after_the_other_failed(
    make: Callable[[str], int], tmp_path: Path
) -> None:
    assert make("train") != 0
    pid = int((tmp_path / "pid").read_text())
    try:
        wait_until(lambda: not Path(f"/proc/{pid}").exists(), "end of the vocoder's trainer")
    finally:
        if Path(f"/proc/{pid}").exists():
            os.kill(pid, signal.SIGKILL)


def test_finishing_again_replaces_the_vocoder(make: Callable[[str], int], tmp_path: Path) -> None:
    fine = tmp_path / "build" / "fine" / "vocoder"
    fine.mkdir(parents=True)
    bundled = tmp_path / "build" / "bundled"
    bundled.mkdir()
    for name in ("old", "new"):
        (fine / name).touch()
        assert make("finish") == 0

    assert sorted(each.name for each in bundled.rglob("*")) == ["new", "old", "vocoder"]
