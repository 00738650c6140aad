"""What was a configuration of an earlier release is one of this: tests/data/configurations.

Each folder has what a release's config.yaml and pages showed; nothing in it is ever changed.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from packaging.version import Version

import bot
from bot.config import load, shipped_path

FOLDER = Path(__file__).parents[1] / "data" / "configurations"
FILES = sorted(FOLDER.glob("*/*.yaml"))
SHIPPED = yaml.safe_load(shipped_path().read_bytes())


def keys(value: object, path: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    """Return the path of every key; the items of a list count as one."""
    if isinstance(value, dict):
        return {path}.union(*(keys(each, (*path, str(key))) for key, each in value.items()))
    if isinstance(value, list):
        return {path}.union(*(keys(each, path) for each in value))
    return {path}


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(FOLDER)) for path in FILES])
def test_a_configuration_of_a_release_is_still_read(path: Path) -> None:
    load(path)


def test_there_are_some() -> None:
    assert (FOLDER / "1.0" / "all.yaml") in FILES


def test_every_key_of_every_release_is_still_shown() -> None:
    for path in FOLDER.glob("*/all.yaml"):
        assert keys(yaml.safe_load(path.read_bytes())) <= keys(SHIPPED), path


def test_what_is_shown_is_what_the_next_release_promises() -> None:
    """Until its tag is set, a release's copy of config.yaml follows that file."""
    release = Version(bot.version()) if bot.version() != "checkout" else Version("1.0.0.dev0")
    if release.micro or not release.is_devrelease:
        pytest.skip(f"{release} is a release, or follows one")
    folder = FOLDER / f"{release.major}.{release.minor}"
    promised = yaml.safe_load((folder / "all.yaml").read_bytes())

    assert promised == SHIPPED, f"cp config.yaml {folder}/all.yaml"
