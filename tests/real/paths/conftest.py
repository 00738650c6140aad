"""Machines for those who follow a page."""

from __future__ import annotations

import os
import re
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.real.image import NEEDS as DEBIAN_NEEDS
from tests.real.image import REPOSITORY, debian
from tests.real.paths.machine import NEEDS, Machine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# What is there before anybody follows a page, on any Debian that somebody uses.
_GIVEN = ("ca-certificates", "curl", "iproute2", "sudo")
_TORCH = re.findall(r"^TORCH \?= (.*)$", (REPOSITORY / "Makefile").read_text("utf-8"), re.MULTILINE)


@pytest.fixture(scope="session")
def fresh_debian(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of Debian, to which nothing may be written."""
    needs = DEBIAN_NEEDS | NEEDS
    if missing := [package for program, package in needs.items() if shutil.which(program) is None]:
        pytest.skip(f"not installed: {', '.join(sorted(set(missing)))}")
    if os.geteuid():
        pytest.skip("machines are made by root")
    folder = tmp_path_factory.mktemp("debian") / "bookworm"
    # Their names are kept: somebody who uses it has asked for them at some time.
    debian("bookworm", folder, f"--include={','.join(_GIVEN)}", "--skip=cleanup/apt/lists")
    return folder


@pytest.fixture
def machine(fresh_debian: Path, tmp_path: Path) -> Iterator[Callable[[str], Machine]]:
    """Return a function that starts a machine, with the build of torch that the tests have."""
    machines: list[Machine] = []

    def start(name: str) -> Machine:
        made = Machine(name, fresh_debian, tmp_path / name, _TORCH[0])
        machines.append(made)
        made.start()
        return made

    yield start
    for made in reversed(machines):
        made.close()
