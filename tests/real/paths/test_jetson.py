"""A newcomer with a Jetson beside the PC: docs/jetson.md, heard in the PC's browser.

No Jetson is here. The machine that stands for one has Debian's Python 3.11 as the system's own and
as the newer one; torch for the system's Python is that for a processor, in place of NVIDIA's. Left
out are the packages of Ubuntu alone (`add-apt-repository`, `python3.12`), JetPack 7, and what
locks the clocks.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from functools import reduce
from operator import getitem
from typing import TYPE_CHECKING

import pytest
import yaml

from bot.config.writing import edited
from tests.conftest import wait_until
from tests.real import table
from tests.real.image import REPOSITORY
from tests.real.paths.machine import SOURCE, Machine
from tests.real.paths.places import (
    CHAT,
    JETSON_HEARD,
    JETSON_LINK,
    JETSON_PACKAGES,
    JETSON_SETUP,
    JETSON_START,
    JETSON_TORCH,
)
from tests.web.chromium import need_chromium

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [pytest.mark.parts, pytest.mark.real, pytest.mark.timeout(900)]
ADDRESSES = ("192.168.78.1", "192.168.78.2")
"""Of the PC and of the Jetson in the streamer's network."""


def test_a_jetson_beside_a_pc(machine: Callable[[str], Machine]) -> None:
    need_chromium()
    jetson, pc = machine("jetson"), machine("pc")
    pc.connect(jetson, ADDRESSES)

    began = time.monotonic()
    *_, packages = JETSON_PACKAGES.text().splitlines()
    jetson.follow(packages.replace("python3.12 python3.12-venv ", ""))
    jetson.as_root("apt-get", "install", "--quiet", "python3-pip")
    jetson.follow(f"sudo pip install --quiet --break-system-packages '{jetson.torch}'")
    *_, has_cuda = jetson.follow(JETSON_TORCH.text()).split()
    assert has_cuda == "False"  # of a processor; a warning may come before
    once, _ = JETSON_SETUP.steps(**{"python3.12": "python3"})
    said = jetson.follow(once)
    assert "my.yaml: engine.python is" in said, said

    own = jetson.path(f"{SOURCE}/my.yaml").read_text("utf-8")
    wanted = yaml.safe_load(JETSON_HEARD.text())
    for place in (("channels", 0, "outputs"), ("server", "host")):
        own = edited(own, place, reduce(getitem, place, wanted))
    jetson.write(f"{SOURCE}/my.yaml", own)
    said = jetson.follow(JETSON_LINK.text())
    addresses = dict(re.findall(r"^(viewer|streamer): (\S+)$", said, re.MULTILINE))
    assert addresses["viewer"].startswith("http://jetson.local:7850/overlay?")
    once, run = JETSON_START.steps()
    said = jetson.follow(once)
    assert "FAIL" not in said, said
    jetson.begin(run)
    wait_until(lambda: jetson.answers("/healthz"), f"daemon; see {jetson.log}")

    browser = [sys.executable, "-m", "tests.real.paths.listener", addresses["viewer"]]
    with subprocess.Popen(
        [*pc.in_its_network, *browser, f"jetson.local={ADDRESSES[1]}"],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    ) as listening:
        assert listening.stdout is not None
        assert listening.stdout.readline() == "plays\n"
        pc.follow(chat_from_the_pc(addresses["streamer"]))
        heard = listening.stdout.readline().split()
    assert heard[0] == "heard"
    took_s = time.monotonic() - began
    table.keep(
        "a newcomer",
        "a Jetson beside a PC, both with Debian 12",
        "docs/jetson.md (JetPack 6), literally; the printed address in the PC's browser",
        f"heard {took_s:.0f} s after the first command",
    )


def chat_from_the_pc(dashboard: str) -> str:
    """Return the page's command for chat, as the PC sends it, with the token of the dashboard."""
    token = dashboard.partition("#token=")[2]
    command = CHAT.text().replace("127.0.0.1", ADDRESSES[1])
    return command.replace("curl ", f"curl --fail -H 'Authorization: Bearer {token}' ")
