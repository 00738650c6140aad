"""A machine that is prepared as docs/service.md says ends with a service that speaks."""

import re
from pathlib import Path

import pytest

from tests.service.conftest import UserManager

REPOSITORY = Path(__file__).parents[2]
PAGE = (REPOSITORY / "docs" / "service.md").read_text(encoding="utf-8")
STEPS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
# The packages are there, or this test is skipped; installing them again needs a network.
SUDO = """#!/bin/sh
[ "$1 $2" = "apt install" ] || exec "$@"
shift 2
exec dpkg --status "$@" >/dev/null
"""


def test_the_page_ends_with_a_service_that_speaks(manager: UserManager) -> None:
    made = REPOSITORY / ".venv" / ".ready"
    if not made.exists() or made.stat().st_mtime < (REPOSITORY / "pyproject.toml").stat().st_mtime:
        pytest.skip("needs an environment that is up to date, for want of a network: `make setup`")
    sudo = manager.home / "bin" / "sudo"
    sudo.parent.mkdir()
    sudo.write_text(SUDO)
    sudo.chmod(0o755)
    script = "\n".join([f"PATH={sudo.parent}:$PATH", *STEPS])
    recording = manager.pulse.record()

    said = manager.run("bash", "-euo", "pipefail", "-c", script, folder=REPOSITORY).stdout

    recording.wait_for_sound()
    assert "FAIL" not in said
    assert "ishowtts.service runs, and is enabled." in said
