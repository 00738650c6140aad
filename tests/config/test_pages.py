"""What the pages show of a configuration is one."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from bot.config import Settings, loads

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).parents[2]
_OF_A_CHANNEL = {"sources", "outputs"}
"""Keys that pages show alone."""


def blocks(text: str) -> Iterator[str]:
    """Yield the fenced and the indented blocks of a page."""
    fenced = re.compile(r"^```[^\n]*\n(.*?)^```$", re.DOTALL | re.MULTILINE)
    for match in fenced.finditer(text):
        yield match[1]
    for match in re.finditer(r"(?<=\n\n)(?: {4}.*\n)+", fenced.sub("", text)):
        yield textwrap.dedent(match[0])


def shown(text: str) -> Iterator[dict[str, Any]]:
    """Yield the configurations among them."""
    for block in blocks(text):
        try:
            value = yaml.safe_load(block)
        except yaml.YAMLError:
            continue  # commands, tables, code
        if isinstance(value, dict) and value.keys() <= Settings.model_fields.keys():
            yield value
        elif isinstance(value, dict) and value.keys() <= _OF_A_CHANNEL:
            yield {"channels": [{"name": "main", **value}]}


FOUND = [
    pytest.param(value, id=f"{path.stem} {number}")
    for path in (REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md")))
    for number, value in enumerate(shown(path.read_text(encoding="utf-8")), 1)
]


def test_they_are_found() -> None:
    pages = {str(found.id).partition(" ")[0] for found in FOUND}

    assert {"README", "beside-a-game", "obs", "overlay", "pool", "twitch", "wires"} <= pages


@pytest.mark.parametrize("value", FOUND)
def test_a_configuration_on_a_page_is_valid(value: dict[str, Any]) -> None:
    loads(yaml.safe_dump(value))
