"""Loader of the configuration file; one error reports all of its mistakes."""

import difflib
import errno
import types
import typing
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, SecretStr, ValidationError

from bot.config.settings import FORM, Settings
from bot.config.yaml_source import Path as KeyPath
from bot.config.yaml_source import dotted, parse
from bot.errors import ConfigError, Problem, shown

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_MAX_BYTES = 1 << 20
_MESSAGES = {
    "missing": "is missing",
    "model_type": "needs keys of its own, as in the shipped config.yaml",
    "too_short": "needs at least one entry",
    "tuple_type": "needs to be a list",
    "union_tag_not_found": "needs a `type`",
}


def load(path: Path) -> Settings:
    """Return the settings that stand in the file at `path`.

    Raises:
        ConfigError: the file cannot be read, or holds mistakes; the error lists all of them.
    """
    try:
        text = _read(path)
    except OSError as error:
        problem = Problem("the file", None, f"cannot be read: {error.strerror or error}")
        raise ConfigError(str(path), [problem]) from None
    except UnicodeDecodeError as error:
        problem = Problem(
            "the file", None, f"is not UTF-8 at byte {error.start}", "save it as UTF-8"
        )
        raise ConfigError(str(path), [problem]) from None
    return loads(text, source=str(path))


def _read(path: Path) -> str:
    """Return the text of a file or a pipe, as in `--config <(...)`, whose writer is waited for."""
    with path.open("rb") as file:
        content = file.read(_MAX_BYTES + 1)
    if len(content) > _MAX_BYTES:
        raise OSError(errno.EFBIG, f"it is longer than {_MAX_BYTES >> 10} KiB")
    return content.decode("utf-8-sig")


def loads(text: str, *, source: str = "the configuration") -> Settings:
    """Return the settings that the YAML `text` describes; see `load`."""
    document = parse(text)
    if not isinstance(document.data, dict):
        shape = Problem("the file", 1, "needs keys such as `channels:`")
        raise ConfigError(source, document.problems or [shape])
    version = document.data.get("version")
    if isinstance(version, int) and version != FORM:
        # The keys of another form cannot be judged, so no other mistake is reported.
        problem = Problem(
            "version",
            document.lines.get(("version",)),
            f"is {shown(version)}; this ishowtts reads form {FORM} alone",
            f"write version: {FORM} and compare the file with the shipped config.yaml, or update"
            " ishowtts",
        )
        raise ConfigError(source, [problem])
    problems = list(document.problems)
    try:
        settings = Settings.model_validate(document.data)
    except ValidationError as error:
        problems += _problems(error, document.lines, document.data)
    else:
        if not problems:
            return settings
    raise ConfigError(source, sorted(problems, key=lambda problem: problem.line or 0))


def _problems(
    error: ValidationError, lines: Mapping[KeyPath, int], data: Mapping[object, object]
) -> Iterable[Problem]:
    details = error.errors(include_url=False)
    for detail in details:
        path, owner, secret = _resolve(detail["loc"])
        if _is_inherited(path, data):
            continue  # the same mistake is reported once, where it stands
        if detail["type"] == "too_short" and _has_below(detail["loc"], details):
            continue  # empty only because its entries are wrong
        message, suggestion = _told(detail, owner, secret=secret)
        yield Problem(dotted(path), _line(path, lines), message, suggestion)


def _has_below(loc: KeyPath, details: "Iterable[ErrorDetails]") -> bool:
    return any(d["loc"][: len(loc)] == loc and d["loc"] != loc for d in details)


def _resolve(loc: KeyPath) -> tuple[KeyPath, type[BaseModel] | None, bool]:
    """Follow pydantic's `loc` through the models.

    Returns the path without the tags that pydantic adds for unions, the model that owns the last
    key, and whether the value is a secret.
    """
    path: list[str | int] = []
    here: object = Settings
    owner: type[BaseModel] | None = None
    for part in loc:
        members = _union_members(here)
        tagged = [m for m in members if _tag(m) == part]
        if tagged:
            here = tagged[0]
            continue
        owner = here if isinstance(here, type) and issubclass(here, BaseModel) else None
        if owner is not None:
            field = owner.model_fields.get(str(part))
            here = field.annotation if field else None
        else:
            arguments = [a for m in members or [here] for a in typing.get_args(m)]
            here = next((a for a in reversed(arguments) if a is not Ellipsis), None)
        path.append(part)
    if isinstance(here, type) and issubclass(here, BaseModel):
        owner = here
    return tuple(path), owner, here is SecretStr or SecretStr in _union_members(here)


def _union_members(annotation: object) -> list[object]:
    if typing.get_origin(annotation) is typing.Annotated:
        annotation = typing.get_args(annotation)[0]
    if typing.get_origin(annotation) in {typing.Union, types.UnionType}:
        return list(typing.get_args(annotation))
    return []


def _tag(model: object) -> str | None:
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return None
    field = model.model_fields.get("type")
    tags = typing.get_args(field.annotation) if field else ()
    return str(tags[0]) if tags else None


def _is_inherited(path: KeyPath, data: Mapping[object, object]) -> bool:
    """Tell whether a channel has the value at `path` from the section `policy`."""
    if path[:1] != ("channels",) or path[2:3] != ("policy",):
        return False
    here: object = data
    for part in path:
        children = dict(enumerate(here)) if isinstance(here, list) else here
        if not isinstance(children, Mapping) or part not in children:
            return True
        here = children[part]
    return False


def _line(path: KeyPath, lines: Mapping[KeyPath, int]) -> int | None:
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path) if path else None


def _told(
    detail: "ErrorDetails", owner: type[BaseModel] | None, *, secret: bool
) -> tuple[str, str]:
    """Return the mistake in words, and the allowed word that was meant, as a suggestion."""
    kind, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    quoted = "(secret)" if secret else shown(value)
    if kind == "extra_forbidden":
        known = list(owner.model_fields) if owner else []
        allowed = f"; allowed: {', '.join(known)}" if known else ""
        return f"is not a key here{allowed}", _nearest(str(detail["loc"][-1]), known)
    if kind == "literal_error":
        known = context["expected"].replace("'", "").replace(" or ", ", ").split(", ")
        return f"is {quoted}; allowed: {context['expected']}", _nearest(str(value), known)
    if kind == "union_tag_invalid":
        tag, allowed = context["tag"], context["expected_tags"]
        known = allowed.replace("'", "").split(", ")
        return f"has type {shown(tag)}; allowed: {allowed}", _nearest(tag, known)
    if kind in _MESSAGES:
        return _MESSAGES[kind], ""
    text = detail["msg"].removeprefix("Value error, ")
    text = text.replace("Input should be", "needs to be").replace("String should", "needs to")
    return text if isinstance(value, dict | list | None) else f"is {quoted}; {text}", ""


def _nearest(word: str, known: list[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1)
    near = near or [name for name in known if name.startswith(word[:3].lower())]
    return f"did you mean {near[0]}?" if near else ""
