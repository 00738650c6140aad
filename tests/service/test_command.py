"""`ishowtts service` where there is no service manager to serve it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.parts


@pytest.mark.parametrize("action", ["install", "uninstall", "status"])
def test_without_a_manager_nothing_is_written_and_it_says_what_to_do(
    tmp_path: Path, action: str
) -> None:
    environment = {**os.environ, "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}
    for name in ("DBUS_SESSION_BUS_ADDRESS", "XDG_CONFIG_HOME"):
        environment.pop(name, None)
    done = subprocess.run(
        [sys.executable, "-m", "bot", "service", action],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )

    if action == "uninstall":  # there is nothing to remove
        assert (done.returncode, done.stderr) == (0, "")
    else:
        assert done.returncode == 1
        assert "There is no service manager of this user here" in done.stderr
        assert "Traceback" not in done.stderr
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_without_systemd_it_says_how_to_run_all_the_same(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot", "service", "status"],
        env={"PATH": str(tmp_path), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "Run the daemon itself: ishowtts run" in done.stderr
