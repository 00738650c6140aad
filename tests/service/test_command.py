"""`ishowtts service` where there is no service manager to serve it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.errors import IshowttsError
from bot.service.manager import Manager

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


@pytest.mark.parametrize(
    ("says", "advice", "scope"),
    [
        ("Failed to connect to bus: No medium found", "or use --system.", "--user"),
        (
            "Failed to connect to bus: Host is down",
            "run the daemon itself: ishowtts run",
            "--system",
        ),
        ("Job for ishowtts.service failed.", "said: ishowtts service logs", "--user"),
        ("Job for ishowtts.service failed.", "said: ishowtts service logs --system", "--system"),
    ],
)
def test_advice_is_for_the_service_that_is_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str, advice: str, scope: str
) -> None:
    tool(tmp_path, f"echo '{says}' >&2; exit 1", monkeypatch)
    with pytest.raises(IshowttsError) as caught:
        Manager(is_system=scope == "--system").control("start", "ishowtts.service")

    assert caught.value.remedy.endswith(advice)


def test_what_is_not_installed_is_so_in_its_scope(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names = "ActiveState SubState Result UnitFileState StatusText MainPID NRestarts"
    names += " ActiveEnterTimestamp MemoryCurrent"
    tool(tmp_path, f"echo LoadState=not-found; printf '%s=\\n' {names}", monkeypatch)

    assert main(["service", "status"]) == 1
    assert capsys.readouterr().out.endswith("Install it: ishowtts service install\n")
    assert main(["service", "status", "--system"]) == 1
    assert capsys.readouterr().out.endswith("Install it: sudo ishowtts service install --system\n")


def tool(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a systemctl before that of this machine, which has no manager that fails at will."""
    path = folder / "systemctl"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


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
