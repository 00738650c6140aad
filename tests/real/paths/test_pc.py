"""A newcomer at a PC with OBS: README.md, then docs/obs.md."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.conftest import wait_until
from tests.real import obs_program, table
from tests.real.paths.desktop import CARD, Desktop
from tests.real.paths.machine import HOME
from tests.real.paths.places import CHAT, CHECK, PASSWORD, PLAYS_ON_IT, SINK, TRY_IT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.real.paths.machine import Machine

pytestmark = [pytest.mark.parts, pytest.mark.real, pytest.mark.timeout(900)]


@pytest.mark.parametrize("system", ["PulseAudio", "PipeWire"])
def test_a_pc_with_obs(system: str, machine: Callable[[str], Machine], tmp_path: Path) -> None:
    pc = machine("pc")
    desktop = Desktop(pc, system)
    desktop.start_sound()
    desktop.start_obs()

    began = time.monotonic()
    once, run = TRY_IT.steps()
    pc.follow(once)
    daemon = pc.begin(run)
    wait_until(lambda: pc.answers("/readyz"), f"daemon that is ready; see {pc.log}", 600)
    card = desktop.record(CARD)
    pc.follow(CHAT.text())
    card.wait_for_sound()
    heard_s = time.monotonic() - began
    shell = CHECK.text().partition("\n")[0]
    said = pc.follow(CHECK.text())
    assert "FAIL" not in said, said

    pc.write(f"{HOME}/obs-password", obs_program.PASSWORD)
    pc.write(f"{HOME}/.config/ishowtts/config.yaml", PASSWORD.text() + PLAYS_ON_IT.text())
    said = pc.follow(f"{shell}\n{SINK.text()}")
    assert "Made in the scene Scene: ishowtts" in said, said
    pc.end(daemon)
    desktop.end_obs()
    desktop.end_sound()
    desktop.start_sound()  # as on the next evening
    desktop.start_obs()
    pc.begin(run)
    wait_until(lambda: pc.answers("/readyz"), f"daemon that is ready; see {pc.log}")
    speech = desktop.record("speech")
    desktop.press("start")
    pc.follow(CHAT.text())
    speech.wait_for_sound()
    speech.wait_for_silence(1.0)
    recorded = obs_program.sound_of(pc.path(desktop.press("stop")), tmp_path / "recorded.wav")
    assert np.abs(recorded).max() > 0.05
    desktop.close()
    table.keep(
        "a newcomer",
        f"a PC with OBS on {system} {desktop.version}",
        "README.md and docs/obs.md, literally, in a fresh Debian; the sound server restarted",
        f"heard {heard_s:.0f} s after the first command; in OBS' recording",
    )
