"""Older forms of the configuration, and how a file of one becomes one of today.

A file may say which form it has (`version`); one that does not is taken for the oldest, and what
needs no change in it is left alone. Edits are made in the text, at the places where the parser
found the values, so comments, order and layout stay as they are.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import yaml

from bot.config.yaml_source import Path, compose

OLDEST = 1
RENAMED: Mapping[Path, str] = {
    ("engine", "name"): "is now `engines`, a list in order of preference: engines: [f5, hibari];"
    " `ishowtts check --migrate` changes it"
}
"""Keys that are gone, and what took their place."""
_LIGHT_VOICE = "hibari"
_OLD_F5 = {"model": "F5TTS_v1_Base", "vocoder": "vocos-mel-24khz", "cfg_strength": "2.0"}


class Edit(NamedTuple):
    """A piece of the text that is replaced."""

    start: int
    end: int
    """Of characters, half open; equal where something is only added."""
    text: str


class Migration(NamedTuple):
    """The step to one form from the one before."""

    to: int
    what: str
    """What changes, for people."""
    edits: Callable[[yaml.Node], list[Edit]]
    """Nothing where the file holds nothing that changed; they keep the number of lines."""
    is_vital: bool
    """Whether a file without it is refused: then it is read as if the step was taken."""


class Migrated(NamedTuple):
    """A file in the form of today."""

    text: str
    was: int
    """The form it had."""
    changes: tuple[str, ...]
    """What was changed, for people; empty where only `version` was added or raised."""


def _engines(root: yaml.Node) -> list[Edit]:
    found = _find(root, ("engine", "name"))
    if found is None or _find(root, ("engine", "engines")) is not None:
        return []
    key, value = found
    names = dict.fromkeys((str(value.value), _LIGHT_VOICE))
    return [
        Edit(key.start_mark.index, key.end_mark.index, "engines"),
        Edit(value.start_mark.index, value.end_mark.index, f"[{', '.join(names)}]"),
    ]


def _auto(root: yaml.Node) -> list[Edit]:
    values = []
    for key, old in _OLD_F5.items():
        found = _find(root, ("engine", "f5", key))
        if found is None or found[1].value != old:
            return []  # chosen, not copied
        values.append(found[1])
    return [Edit(value.start_mark.index, value.end_mark.index, "auto") for value in values]


MIGRATIONS = (
    Migration(
        2,
        "engine.name became engine.engines, a list in order of preference: the next one speaks "
        "while one warms up or fails",
        _engines,
        is_vital=True,
    ),
    Migration(
        3,
        "engine.f5.model, vocoder and cfg_strength, which held the defaults of before, became "
        "auto: the official model where it is installed beside a GPU, else the bundled one",
        _auto,
        is_vital=False,
    ),
)
FORMAT = MIGRATIONS[-1].to
"""The form of today."""


def migrate(text: str) -> Migrated:
    """Return the YAML `text` in the form of today; as it is if it cannot be read, or is newer."""
    migrated = _stepped(text, MIGRATIONS)
    root = compose(migrated.text)
    if not isinstance(root, yaml.MappingNode) or not OLDEST <= migrated.was <= FORMAT:
        return migrated
    if migrated.was != FORMAT or _find(root, ("version",)) is None:
        text = _apply(migrated.text, [_number(root, migrated.text)])
        return migrated._replace(text=text)
    return migrated


def understand(text: str) -> Migrated:
    """Return the YAML `text` as it is read today, its lines where they were.

    Only what would be refused is changed: an update must not stop a daemon that nobody watches.
    """
    return _stepped(text, [migration for migration in MIGRATIONS if migration.is_vital])


def _stepped(text: str, migrations: Iterable[Migration]) -> Migrated:
    root = compose(text)
    was = _version(root)
    if not isinstance(root, yaml.MappingNode) or not OLDEST <= was <= FORMAT:
        return Migrated(text, was, ())
    changes = []
    for migration in migrations:
        edits = migration.edits(root) if migration.to > was else []
        if edits:
            text = _apply(text, edits)
            root = compose(text)
            assert root is not None
            changes.append(f"{migration.to}: {migration.what}")
    return Migrated(text, was, tuple(changes))


def _version(root: yaml.Node | None) -> int:
    found = _find(root, ("version",)) if root is not None else None
    value = found[1].value if found else ""
    return int(value) if isinstance(value, str) and value.isdecimal() else OLDEST


def _number(root: yaml.Node, text: str) -> Edit:
    """Return what sets `version`."""
    found = _find(root, ("version",))
    if found is not None:
        return Edit(found[1].start_mark.index, found[1].end_mark.index, str(FORMAT))
    assert isinstance(root, yaml.MappingNode)
    first = root.value[0][0].start_mark if root.value else root.end_mark
    if root.flow_style:
        inside = root.start_mark.index + 1
        return Edit(inside, inside, f"version: {FORMAT}, ")
    newline = "\r\n" if "\r\n" in text else "\n"
    place = _above(text, first.index)
    return Edit(place, place, f"version: {FORMAT} # form of this file{newline}{newline}")


def _above(text: str, index: int) -> int:
    """Return the start of the comment that belongs to the line of `index`, or of that line.

    A comment that begins the file is about the file.
    """
    line = place = text.rfind("\n", 0, index) + 1
    while place:
        above = text.rfind("\n", 0, place - 1) + 1
        if not text[above:place].startswith("#"):
            return place
        place = above
    return line


def _find(root: yaml.Node | None, path: Path) -> tuple[yaml.Node, yaml.Node] | None:
    """Return key and value of the mapping entry at `path`; None where there is none."""
    found: tuple[yaml.Node, yaml.Node] | None = None
    here = root
    for part in path:
        if not isinstance(here, yaml.MappingNode):
            return None
        found = next(((k, v) for k, v in here.value if k.value == part), None)
        if found is None:
            return None
        here = found[1]
    return found


def _apply(text: str, edits: Iterable[Edit]) -> str:
    for edit in sorted(edits, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text
