"""A newcomer with Podman: docs/containers.md, from the build until it is heard, without root.

Nothing can be pulled here: a Debian by mmdebstrap is imported under the name of the image that the
build begins with, and pip's own way to packages is lent to it by volumes. The machine's root is an
overlay, on which Podman has to be told how it can lay its own.
"""

from __future__ import annotations

import json
import re
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from tests.conftest import wait_until
from tests.real import table
from tests.real.image import debian
from tests.real.paths.desktop import CARD, Desktop
from tests.real.paths.machine import HOME
from tests.real.paths.places import CHAT, CONTAINER, IMAGE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.real.paths.machine import Machine

pytestmark = [pytest.mark.parts, pytest.mark.real, pytest.mark.timeout(2700)]
_PACKAGES = ("podman", "uidmap", "slirp4netns", "fuse-overlayfs")
_BASE = "docker.io/library/debian:bookworm-slim"
_STORAGE = """\
[storage]
driver = "overlay"
[storage.options.overlay]
mount_program = "/usr/bin/fuse-overlayfs"
"""
_SETTINGS = f"{HOME}/.config/containers"
_PIP = f"{_SETTINGS}/pip.conf"


def test_a_container(machine: Callable[[str], Machine], tmp_path: Path) -> None:
    pc = machine("pc")
    desktop = Desktop(pc, "PulseAudio")
    desktop.start_sound()
    install_podman(pc, tmp_path)

    began = time.monotonic()
    pc.follow(IMAGE.text())
    built_s = time.monotonic() - began
    pc.follow(CONTAINER.text())
    wait_until(lambda: pc.answers("/healthz"), "answer to whoever has no token")
    assert not pc.answers("/api/status")
    pc.follow("podman healthcheck run ishowtts")
    link = pc.follow("podman exec ishowtts ishowtts link streamer --host 127.0.0.1")
    (token,) = re.findall(r"http://127\.0\.0\.1:7850/#token=(\S+)", link)
    proof = ("--header", f"Authorization: Bearer {token}")
    wait_until(lambda: pc.answers("/readyz", *proof), "daemon that is ready", 300)
    card = desktop.record(CARD)
    pc.follow(CHAT.text().replace("curl ", f"curl --fail --header '{proof[1]}' "))
    card.wait_for_sound()
    desktop.close()

    status = pc.follow("podman exec ishowtts cat /proc/1/status")
    assert re.search(r"^Uid:\t1000\t1000", status, re.MULTILINE), status
    assert re.search(r"^CapEff:\t0+$", status, re.MULTILINE), status
    pc.follow("podman stop ishowtts")
    told = json.loads(pc.follow("podman inspect ishowtts"))[0]
    assert told["State"]["ExitCode"] == 0, told["State"]
    (image,) = json.loads(pc.follow("podman image inspect ishowtts"))
    version = pc.follow("podman --version").split()[-1]
    table.keep(
        "a newcomer",
        f"Podman {version} on Debian 12, without root",
        "docs/containers.md, literally, the image to begin with from mmdebstrap; the sound by"
        " PulseAudio's socket",
        f"an image of {image['Size'] / 1e9:.1f} GB, built in {built_s:.0f} s; healthy, heard, and"
        " ended well by `podman stop`",
    )


def install_podman(machine: Machine, folder: Path) -> None:
    """Return when the user can build with Podman, as far as that is possible here."""
    machine.as_root("apt-get", "install", "--quiet", *_PACKAGES)
    machine.write(f"{_SETTINGS}/storage.conf", _STORAGE)
    machine.write(_PIP, machine.pip_settings)
    lent = [f"{place}:{place}:ro" for place in machine.lent]
    lent.append(f"{_PIP}:/etc/pip.conf:ro")
    machine.write(f"{_SETTINGS}/containers.conf", f"[containers]\nvolumes = {json.dumps(lent)}\n")

    archive = folder / "debian.tar"
    debian("bookworm", archive)
    with archive.open("rb") as tar:
        command = [*machine.as_me, "podman", "import", "--quiet", "-", _BASE]
        subprocess.run(command, stdin=tar, check=True)
    archive.unlink()
