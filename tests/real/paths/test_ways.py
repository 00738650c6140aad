"""A newcomer who installs without make: README.md and docs/platforms.md."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.conftest import wait_until
from tests.real import table
from tests.real.paths.desktop import CARD, Desktop
from tests.real.paths.places import CHAT, PIP, PIPX, TRY_IT, UV

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.real.paths.machine import Machine

pytestmark = [pytest.mark.parts, pytest.mark.real, pytest.mark.timeout(900)]
WAYS = {"pip": PIP, "pipx": PIPX, "uv": UV}
# Who takes this way has it already.
GIVEN = {
    "pip": TRY_IT.steps()[0],
    "pipx": "",
    "uv": f"{PIPX.text().splitlines()[0]}\npipx install uv",
}


@pytest.mark.parametrize("way", WAYS)
def test_a_way_to_install(way: str, machine: Callable[[str], Machine]) -> None:
    pc = machine("pc")
    desktop = Desktop(pc, "PulseAudio")
    desktop.start_sound()
    pc.follow(GIVEN[way])

    began = time.monotonic()
    once, run = WAYS[way].steps()
    pc.follow(once)
    pc.begin(run)
    wait_until(lambda: pc.answers("/readyz"), f"daemon that is ready; see {pc.log}")
    card = desktop.record(CARD)
    pc.follow(CHAT.text())
    card.wait_for_sound()
    heard_s = time.monotonic() - began
    desktop.close()
    table.keep(
        "a newcomer",
        "a PC with Debian 12",
        f"{way}: the commands of {WAYS[way].page}, literally, in a fresh Debian",
        f"heard {heard_s:.0f} s after the first command",
    )
