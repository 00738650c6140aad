"""What was a configuration of an earlier release is one of this: tests/data/configurations.

Each folder has what a release's config.yaml and pages showed; nothing in it is ever changed.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.config import load

FOLDER = Path(__file__).parents[1] / "data" / "configurations"
FILES = sorted(FOLDER.glob("*/*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(FOLDER)) for path in FILES])
def test_a_configuration_of_a_release_is_still_read(path: Path) -> None:
    load(path)


def test_there_are_some() -> None:
    assert (FOLDER / "1.0" / "all.yaml") in FILES
