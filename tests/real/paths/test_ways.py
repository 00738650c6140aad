"""A newcomer who does without make: pip, pipx and uv, each until chat is heard.

uv has to be there already, says its page: here pipx brings it.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.conftest import wait_until
from tests.real import table
from tests.real.paths.desktop import CARD, Desktop
from tests.real.paths.places import CHAT, PIP, PIPX, TRY_IT, UV

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.real.paths.machine import Machine
    from tests.real.paths.pages import Place

pytestmark = [pytest.mark.parts, pytest.mark.real, pytest.mark.timeout(1200)]
_APT, _ = TRY_IT.steps()
_PIPX_APT = PIPX.text().partition("\n")[0]


class Way(NamedTuple):
    """One of the ways to install."""

    block: Place
    before: str
    """What the page has somebody do, or have, first."""
    version: str
    """Command that tells the version of the installer."""


WAYS = {
    "pip": Way(PIP, _APT, ".venv/bin/pip --version"),
    "pipx": Way(PIPX, "", "echo pipx $(pipx --version)"),
    "uv": Way(UV, f"{_PIPX_APT}\npipx install uv", "uv --version"),
}


@pytest.mark.parametrize("name", WAYS)
def test_a_way_to_install(name: str, machine: Callable[[str], Machine]) -> None:
    way = WAYS[name]
    pc = machine("pc")
    desktop = Desktop(pc, "PulseAudio")
    desktop.start_sound()

    began = time.monotonic()
    if way.before:
        pc.follow(way.before)
    once, run = way.block.steps()
    pc.follow(once)
    pc.begin(run)
    wait_until(lambda: pc.answers("/readyz"), f"daemon that is ready; see {pc.log}", 600)
    card = desktop.record(CARD)
    pc.follow(CHAT.text())
    card.wait_for_sound()
    heard_s = time.monotonic() - began
    card.wait_for_silence(1.0)

    # The light voice spoke while the model was loaded.
    wait_until(lambda: engine_of(pc) == "f5", f"model; see {pc.log}", 300)
    pc.follow(CHAT.text())
    card.wait_for_sound()
    desktop.close()
    table.keep(
        "a newcomer",
        f"{' '.join(pc.follow(way.version).split()[:2])} on Debian 12",
        f"{way.block.page}, what it says for {name}, literally, in a fresh Debian",
        f"heard {heard_s:.0f} s after the first command; then by F5-TTS too",
    )


def engine_of(machine: Machine) -> str:
    """Return the name of the engine that would speak next."""
    status = json.loads(machine.follow("curl --silent --fail http://127.0.0.1:7850/api/status"))
    return str(status["engine"])
