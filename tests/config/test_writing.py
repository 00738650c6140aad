"""Changes in a configuration file leave everything else in it as it is."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

import pytest

from bot.config import load, shipped_path
from bot.config.writing import FileChangedError, draft, edited, write
from bot.config.yaml_source import dotted, parse
from bot.errors import ConfigError, StartError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SHIPPED = shipped_path().read_text(encoding="utf-8")


def leaves(data: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401
    """Yield the path and the value of everything that stands in a file."""
    if isinstance(data, dict) and data:
        for key, value in data.items():
            yield from leaves(value, (*path, key))
        return
    yield path, data
    if isinstance(data, list):
        for number, value in enumerate(data):
            if isinstance(value, dict):
                yield from leaves(value, (*path, number))


def other(value: object) -> object:
    """Return another value of the same kind."""
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str():
            return 'off: "x" #\n\u2028'
        case list():
            return [*value, "new"]
        case dict():
            return {"key": "value"}
    return ["a", "null"]


def differences(old: str, new: str) -> list[str]:
    return [line for line in difflib.ndiff(old.splitlines(), new.splitlines()) if line[0] in "+-"]


CASES = list(leaves(parse(SHIPPED).data))


@pytest.mark.parametrize(("path", "value"), CASES, ids=[dotted(path) for path, _ in CASES])
def test_every_value_of_the_shipped_file_can_be_changed_alone(
    path: tuple[str | int, ...], value: object
) -> None:
    lines = differences(SHIPPED, edited(SHIPPED, path, other(value)))

    assert 1 <= len(lines) <= 2  # one line differs, or one is new
    if len(lines) == 2 and "#" in lines[0]:
        assert lines[0].partition(" # ")[2] == lines[1].rpartition(" # ")[2]  # its comment stays


@pytest.mark.parametrize(
    ("text", "path", "value", "wanted"),
    [
        ("a: 1\n", "a", "off", "a: 'off'\n"),
        ("a: 'x' # why\n", "a", "it's", "a: 'it''s' # why\n"),
        ('a: "x"\n', "a", "é ü", 'a: "é ü"\n'),
        ("a: 1 # one\nb: 2\n", "c", True, "a: 1 # one\nb: 2\nc: true\n"),
        ("a:\n  b: 1 # hi\n# end\n", "a.e", None, "a:\n  b: 1 # hi\n  e: null\n# end\n"),
        ("a:\n - x # 1\n - y # 2\n - z # 3\n", "a", ["x", "z"], "a:\n - x # 1\n - z # 3\n"),
        ("a:\n - x # 1\n - y # 2\n", "a", ["y", "w"], "a:\n - y # 2\n - w\n"),
        ("a:\n  - x\n  # of y\n  - y\n", "a", ["y"], "a:\n  # of y\n  - y\n"),
        ("a:\n  # of x\n  - x\n  # of y\n  - y\n", "a", ["y"], "a:\n  # of y\n  - y\n"),
        ("a:\n  # of x\n  - x\n  # of y\n  - y\n", "a", ["x"], "a:\n  # of x\n  - x\n"),
        ("a:\n- x\n- y\n", "a", ["y", "x"], "a: [y, x]\n"),
        ("a: # why\n  - x\nb: 1\n", "a", [], "a: [] # why\nb: 1\n"),
        ("a: [x,\n  y] # why\n", "a", ["x", "y", "z"], "a: [x,\n  y, z] # why\n"),
        ("a: {b: 1}\n", "a.c", ["x"], "a: {b: 1, c: [x]}\n"),
        ("a: {}\n", "a.b.c", 1, "a: {b: {c: 1}}\n"),
        ("a:\nb: 1\n", "a.c", 1, "a: {c: 1}\nb: 1\n"),
        ("# mine\n", "a.b", 1, "# mine\na: {b: 1}\n"),
        ("", "a", 1, "a: 1\n"),
        ("a: |\n  text\nb: 2\n", "a", "x", "a: x\nb: 2\n"),
        ("a: 1", "b", 2, "a: 1\nb: 2"),
    ],
)  # fmt: skip
def test_forms_of_files(text: str, path: str, value: object, wanted: str) -> None:
    assert edited(text, tuple(path.split(".")), value) == wanted


@pytest.mark.parametrize("path", [("a", "b"), ("a", 0), ("c", 3)])
def test_what_cannot_be_changed_here_is_refused(path: tuple[str | int, ...]) -> None:
    with pytest.raises(ConfigError, match="change it in the file"):
        edited("a: text\nc: [1]\n", path, 1)


def test_a_value_that_its_key_does_not_take_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(SHIPPED, "utf-8")
    with pytest.raises(ConfigError) as caught:
        draft(path, {("playback", "volume"): 101})

    assert [problem.path for problem in caught.value.problems] == ["playback.volume"]
    assert path.read_text("utf-8") == SHIPPED


def test_a_draft_is_written_with_the_mode_and_through_a_link(tmp_path: Path) -> None:
    path, link = tmp_path / "own.yaml", tmp_path / "link.yaml"
    path.write_text(SHIPPED, "utf-8")
    path.chmod(0o640)
    link.symlink_to(path)
    change = draft(link, {("playback", "volume"): 30})
    write(link, change)

    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    assert load(path) == change.settings
    assert load(path).playback.volume == 30
    assert {each.name for each in tmp_path.iterdir()} == {"own.yaml", "link.yaml"}


def test_what_somebody_else_wrote_meanwhile_is_not_lost(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("version: 1\n", "utf-8")
    change = draft(path, {("playback", "volume"): 30})
    path.write_text("version: 1\nlog: {level: debug}\n", "utf-8")

    with pytest.raises(FileChangedError, match="at the same time"):
        write(path, change)
    assert "debug" in path.read_text("utf-8")


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("version: 1\n", "utf-8")
    change = draft(path, {("playback", "volume"): 30})
    path.unlink()

    with pytest.raises(StartError, match="cannot be written"):
        write(path, change)
