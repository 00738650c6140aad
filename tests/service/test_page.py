"""A machine that is prepared as docs/service.md says ends with a service that speaks."""

import re
from pathlib import Path

import pytest

from tests.service.conftest import UserManager

pytestmark = [pytest.mark.parts, pytest.mark.timeout(900)]
REPOSITORY = Path(__file__).parents[2]
PAGE = (REPOSITORY / "docs" / "service.md").read_text(encoding="utf-8")
STEPS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
# The packages are there, or this test is skipped; installing them again needs a network.
SUDO = """#!/bin/sh
[ "$1 $2" = "apt install" ] || exec "$@"
shift 2
exec dpkg --status "$@" >/dev/null
"""
# logind belongs to the whole machine; this one keeps what it is told in a file.
LOGINCTL = """#!/bin/sh
case "$1" in
  enable-linger) touch "$HOME/lingers" ;;
  show-user) test -e "$HOME/lingers" && echo yes || echo no ;;
esac
"""


@pytest.mark.long
def test_the_page_ends_with_a_service_that_speaks(manager: UserManager) -> None:
    made = REPOSITORY / ".venv" / ".ready"
    if not made.exists() or made.stat().st_mtime < (REPOSITORY / "pyproject.toml").stat().st_mtime:
        pytest.skip("needs an environment that is up to date, for want of a network: `make setup`")
    tools = manager.home / "bin"
    tools.mkdir()
    for name, text in (("sudo", SUDO), ("loginctl", LOGINCTL)):
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    *until_it_speaks, with_token = STEPS
    recording = manager.pulse.record()

    def follow(*steps: str) -> str:
        script = "\n".join([f"PATH={tools}:$PATH", *steps])
        return manager.run("bash", "-euo", "pipefail", "-c", script, folder=REPOSITORY).stdout

    said = follow(*until_it_speaks)

    recording.wait_for_sound()
    assert "FAIL" not in said
    assert "It starts at boot, without anybody logged in." in said
    assert (manager.home / "lingers").exists()
    assert "ishowtts.service runs, and is enabled." in said

    follow(with_token)

    ask = ["curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}"]
    url = "http://127.0.0.1:7850/api/status"
    token = (manager.home / ".config/ishowtts/credentials/server-token").read_text().strip()
    assert manager.run(*ask, url).stdout == "401"
    assert manager.run(*ask, url, "--header", f"Authorization: Bearer {token}").stdout == "200"
