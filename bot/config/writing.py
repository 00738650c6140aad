"""Changes in a configuration file: one value each, and nothing else in the file.

The text is edited where the parser says that the value stands, so comments, order and form stay as
they are. (ruamel.yaml, which keeps comments too, writes 94 lines of the shipped file anew.) What
comes of it is parsed again, and refused if more than that value differs.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from bot.config.loading import load, loads
from bot.config.settings import Settings
from bot.config.yaml_source import Path as KeyPath
from bot.config.yaml_source import compose, dotted, parse
from bot.errors import ConfigError, Problem, StartError
from bot.runtime.files.folders import write_whole

_ENDLESS: Final = 1 << 30


class FileChangedError(StartError):
    """The file was changed by somebody else in the meantime."""


class Draft(NamedTuple):
    """What a file would be."""

    text: str
    settings: Settings
    before: bytes
    """Sum of what the file was."""


def draft(path: Path, changes: Mapping[KeyPath, object]) -> Draft:
    """Return the file at `path` with `changes`, values by their keys; nothing is written.

    Raises:
        ConfigError: the file cannot be read, or would hold mistakes.
    """
    load(path)  # a file with mistakes is not made worse
    content = path.read_bytes()
    text = content.decode("utf-8-sig")
    for key, value in changes.items():
        text = edited(text, key, value)
    return Draft(text, loads(text, source=str(path)), hashlib.sha256(content).digest())


def write(path: Path, change: Draft) -> None:
    """Write `change` into the file at `path`, whole or not at all.

    Raises:
        FileChangedError: somebody else changed the file since the draft was made.
        StartError: it cannot be written.
    """
    target = path.resolve()  # what a link leads to is written, and the link stays
    try:
        if hashlib.sha256(target.read_bytes()).digest() != change.before:
            raise FileChangedError(
                f"{path} was changed at the same time.", remedy="Look at it, and try again."
            )
        write_whole(target, change.text.encode())
    except OSError as error:
        raise StartError(
            f"{path} cannot be written: {error.strerror or error}.",
            remedy="Let the user that runs ishowtts write the file and its folder.",
        ) from error


def edited(text: str, key: KeyPath, value: object) -> str:
    """Return the YAML `text` in which `key` has `value`, and nothing else differs.

    Raises:
        ConfigError: it cannot be edited so, for instance where `key` goes through a value.
    """
    root = compose(text)
    before = parse(text).data
    new = _anew(text, key, value) if root is None else _set(text, root, key, value)
    if new is None or parse(new).data != _with(before, key, value):
        problem = Problem(dotted(key), None, "cannot be changed here; change it in the file")
        raise ConfigError("The configuration", [problem])
    return new


def _anew(text: str, key: KeyPath, value: object) -> str:
    """Return a `text` that holds nothing but comments with the first key in it."""
    end = "" if not text or text.endswith("\n") else "\n"
    return f"{text}{end}{_inline(_with(None, key, value))[1:-1]}\n"


def _set(text: str, node: yaml.Node, key: KeyPath, value: object) -> str | None:
    """Return `text` in which what `key` names below `node` has `value`; None if that cannot be."""
    name: yaml.Node | None = None
    for depth, part in enumerate(key):
        below = _child(node, part)
        if below is None:
            return _add(text, node, key[depth:], value) if isinstance(part, str) else None
        name, node = below
    if isinstance(value, list | tuple) and isinstance(node, yaml.SequenceNode) and node.value:
        new = _put_items(text, node, list(value))
        if new is not None:
            return new
    return _put(text, name, node, value)


def _child(node: yaml.Node, part: str | int) -> tuple[yaml.Node | None, yaml.Node] | None:
    """Return the key and the value of `part` of `node`; items of lists have no key."""
    if isinstance(node, yaml.MappingNode):
        return next((pair for pair in node.value if pair[0].value == part), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return None, node.value[part]
    return None


def _put(text: str, name: yaml.Node | None, node: yaml.Node, value: object) -> str | None:
    """Return `text` with `value` in place of `node`, which is below the key `name`."""
    start, end = node.start_mark.index, _end(node)
    if isinstance(node, yaml.CollectionNode) and not node.flow_style:
        if name is None:
            return None
        # `key: # comment` and the lines below it become one line.
        colon = text.index(":", name.end_mark.index) + 1
        return f"{text[:colon]} {_inline(value)}{text[colon : _line_end(text, colon)]}{text[end:]}"
    style = node.style if isinstance(node, yaml.ScalarNode) else None
    if style in ("|", ">"):
        return f"{text[:start]}{_inline(value)}\n{text[end:]}"
    gap = "" if start != end or text[start - 1 : start].isspace() else " "
    return text[:start] + gap + _inline(value, style) + text[end:]


def _put_items(text: str, node: yaml.SequenceNode, wanted: list[object]) -> str | None:
    """Return `text` in which a list holds `wanted`; None where its lines cannot be kept.

    What stays is left as it is, with its comments.
    """
    items = [(_value(item), item) for item in node.value]
    kept = [value for value, _ in items if value in wanted]
    added = [_inline(value) for value in wanted[len(kept) :]]
    if wanted[: len(kept)] != kept:
        return None  # another order
    if node.flow_style:
        if len(kept) < len(items):
            return None
        at = _end(node.value[-1])
        return text[:at] + "".join(f", {item}" for item in added) + text[at:]
    if not wanted:
        return None
    starts = [text.rindex("-", 0, item.start_mark.index) for _, item in items]
    indent = text[text.rfind("\n", 0, starts[0]) + 1 : starts[0]]
    starts = [_with_comments(text, start, indent) for start in starts]
    ends = [*starts[1:], _line_end(text, _end(node))]
    rows: list[str] = []
    for (value, _), start, end in zip(items, starts, ends, strict=True):
        if value in kept:
            kept.remove(value)
            rows.append(text[start:end].rstrip())
    rows += [f"- {item}" for item in added]
    return text[: starts[0]] + f"\n{indent}".join(rows) + text[ends[-1] :]


def _with_comments(text: str, start: int, indent: str) -> int:
    """Return where the comment lines right above an item begin, which are about it.

    `start` is the place of its dash, as deep as `indent`, which is also the comments'.
    """
    line = text.rfind("\n", 0, start) + 1
    while line and text.startswith(f"{indent}#", above := text.rfind("\n", 0, line - 1) + 1):
        line = above
    return line + len(indent)


def _add(text: str, node: yaml.Node, key: KeyPath, value: object) -> str | None:
    """Return `text` with `key` and its value added to the mapping `node`."""
    for part in reversed(key[1:]):
        if not isinstance(part, str):
            return None
        value = {part: value}
    name = key[0]
    is_null = isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"
    if is_null:
        return _put(text, None, node, {name: value})
    if not isinstance(node, yaml.MappingNode):
        return None
    if node.flow_style:
        end = node.end_mark.index - 1
        body = text[node.start_mark.index + 1 : end]
        comma = ", " if body.strip() and not body.rstrip().endswith(",") else ""
        return f"{text[:end].rstrip()}{comma}{_inline({name: value})[1:-1]}{text[end:]}"
    first = node.value[0][0].start_mark
    indent = " " * first.column
    at = _line_end(text, _end(node))
    new = f"{indent}{name}: {_inline(value)}"
    return f"{text[:at]}\n{new}{text[at:]}"


def _end(node: yaml.Node) -> int:
    """Return where what is written of `node` ends, without what follows it."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    end: int = node.end_mark.index
    return end


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _value(node: yaml.Node) -> object:
    text = yaml.serialize(node)
    return parse(text).data


def _inline(value: object, style: str | None = None) -> str:
    """Return `value` as YAML on one line, in the quotes of `style` if it is text."""
    is_long = isinstance(value, str) and not value.isprintable()
    if isinstance(value, str) and (style in ("'", '"') or is_long):
        style = '"' if is_long else style
    else:
        style = None
    text: str = yaml.safe_dump(
        _plain(value),
        default_flow_style=True,
        default_style=style,
        allow_unicode=True,
        width=_ENDLESS,
        sort_keys=False,
    )
    return text.removesuffix("\n").removesuffix("\n...")


def _plain(value: object) -> Any:  # noqa: ANN401 - what YAML knows
    if isinstance(value, Mapping):
        return {key: _plain(below) for key, below in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _with(data: object, key: KeyPath, value: object) -> object:
    """Return `data` with `value` at `key`."""
    if not key:
        return _plain(value)
    part, rest = key[0], key[1:]
    if isinstance(part, int):
        assert isinstance(data, list)
        return [_with(item, rest, value) if n == part else item for n, item in enumerate(data)]
    below = data if isinstance(data, Mapping) else {}
    return {**below, part: _with(below.get(part), rest, value)}
