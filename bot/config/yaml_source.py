"""YAML with the line of every key, so that mistakes can be reported with theirs.

A duplicate key is a mistake here; `PlainLoader` tells what else differs from PyYAML's safe loader.
"""

from contextlib import suppress
from typing import NamedTuple

import yaml

from bot.errors import Problem, shown
from bot.runtime.files.plain_yaml import MISTAKES, PlainLoader

Path = tuple[str | int, ...]


_SYNTAX = (
    (r"'\t'", "a line is indented with a tab, and YAML takes only spaces", False),
    ("constructor for the tag", "text that begins with ! needs quotes", False),
    ("scanning a tag", "text that begins with ! needs quotes", True),
    ("scanning an alias", "text that begins with * needs quotes", True),
    ("scanning an anchor", "text that begins with & needs quotes", True),
    ("cannot start any token", "text that begins with @, % or ` needs quotes", False),
    ("scanning a block scalar", "text that begins with | or > needs quotes", True),
    (
        "found '<scalar>'",
        "text goes on behind a bracket or a quotation mark; put all of it in double quotes",
        False,
    ),
    ("expected <block end>", "a line is not indented like those beside it", False),
    (
        "mapping values are not allowed",
        (
            "a colon is not expected here: the line above may lack its own, the line may not be"
            " indented like those beside it, or the text needs quotes"
        ),
        False,
    ),
    ("could not find expected ':'", "a key needs a colon and a space behind it", True),
    (
        "expected ',' or ']'",
        "what begins with [ needs commas within and ] behind it; text needs quotes",
        True,
    ),
    (
        "expected ',' or '}'",
        "what begins with { needs commas within and } behind it; text needs quotes",
        True,
    ),
    ("found unexpected end of stream", "a quotation mark is not closed", True),
    (
        "escape",
        r"\ in double quotes means more than itself; put the text in single quotes",
        False,
    ),
)
"""What PyYAML says of common mistakes, what is meant, and whether its line is where it begins."""


class Document(NamedTuple):
    """A parsed file."""

    data: object
    lines: dict[Path, int]
    """Line of each key and list item, from 1, by its path."""
    problems: list[Problem]
    """Syntax errors and duplicate keys."""


def dotted(path: Path) -> str:
    """Return `path` as people write it: `channels[0].name`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.lstrip(".") or "the file"


def parse(text: str) -> Document:
    """Return what the YAML `text` holds; never raises for a mistake in it."""
    lines: dict[Path, int] = {}
    problems: list[Problem] = []
    line: int | None = None
    try:
        node = _root(text)
        if node is None:
            return Document(None, {}, [])
        _walk(node, (), lines, problems)
        return Document(PlainLoader("").construct_document(node), lines, problems)
    except yaml.reader.ReaderError as error:
        what = f"character {error.position} is {shown(error.character)}"
    except yaml.YAMLError as error:
        what, line = _told(error)
    except MISTAKES as error:  # of a tag that does not fit
        what = str(error)
    return Document(None, {}, [Problem("the file", line, f"is not YAML: {what}")])


def _told(error: yaml.YAMLError) -> tuple[str, int | None]:
    """Return what is wrong in words, and the line, from 1."""
    begun = getattr(error, "context_mark", None)
    mark = getattr(error, "problem_mark", None) or begun
    problem = getattr(error, "problem", None) or str(error)
    context = getattr(error, "context", None) or ""
    for sign, words, is_of_beginning in _SYNTAX:
        if sign in problem or sign in context:
            problem = words
            mark = begun if is_of_beginning and begun is not None else mark
            break
    return problem, mark.line + 1 if mark is not None else None


def compose(text: str) -> yaml.Node | None:
    """Return the root node of the YAML `text`; None if it cannot be parsed."""
    with suppress(*MISTAKES):
        return _root(text)
    return None


def _root(text: str) -> yaml.Node | None:
    loader = PlainLoader(text)
    try:
        return loader.get_single_node()
    finally:
        loader.dispose()


def _walk(node: yaml.Node, path: Path, lines: dict[Path, int], problems: list[Problem]) -> None:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _walk(item, (*path, index), lines, problems)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            below = (*path, str(key.value))
            line = key.start_mark.line + 1
            if below in lines:
                problems.append(
                    Problem(dotted(below), line, f"is already set in line {lines[below]}")
                )
            lines[below] = line
            _walk(value, below, lines, problems)
