"""What pydantic refuses, in the words of the file: each mistake once, where it stands."""

import difflib
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from pydantic import BaseModel, SecretStr, ValidationError

from bot.config.yaml_source import Path as KeyPath
from bot.config.yaml_source import dotted
from bot.errors import Problem, shown

if typing.TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_KINDS = {
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "float_parsing": "a number",
    "float_type": "a number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "path_type": "the path of a file or folder",
    "string_type": "text",
    "tuple_type": "a list",
}
"""What a value has to be, by the mistake that it is something else."""
_OF_KIND = {*_KINDS, "dict_type", "literal_error", "model_attributes_type", "model_type"}
"""Mistakes of the value as a whole: where several forms are allowed, each of the others has one."""
_KEYS = "needs keys of its own, as in the shipped config.yaml"
_MESSAGES = {
    "dict_type": _KEYS,
    "invalid_key": "is no key: keys are words",
    "missing": "is missing",
    "model_attributes_type": _KEYS,
    "model_type": _KEYS,
    "too_short": "needs at least one entry",
    "union_tag_not_found": "needs a `type`",
}
_PATTERNS = {
    r"^[a-z]{2}$": "two small letters of ISO 639-1, such as en",
    r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$": "letters, digits, - and _, at most 64",
    r"^\S{1,20}$": "at most 20 characters, none of them a space",
}
"""What the patterns of the configuration allow."""
_LONGEST_ENTRY = 40
"""Characters of a value that is shown as an entry."""
_KEY = "[key]"
"""What pydantic adds to the place of a key that is wrong itself."""


class _Place(NamedTuple):
    """Where a mistake stands."""

    path: KeyPath
    """The keys, without what pydantic adds for forms of a value."""
    owner: type[BaseModel] | None
    """The model that has the last key."""
    annotation: object
    """What may stand there; None if that is not known."""
    is_one_form: bool
    """Whether it is about one of several forms that the value, or what holds it, may have."""


class _Mistake(NamedTuple):
    detail: "ErrorDetails"
    place: _Place


def problems(
    error: ValidationError,
    model: type[BaseModel],
    data: Mapping[object, object],
    lines: Mapping[KeyPath, int],
) -> list[Problem]:
    """Return the mistakes of `data`, read as `model`, whose keys stand in `lines` of a file."""
    found = [
        _Mistake(detail, _place(detail["loc"], model, data))
        for detail in error.errors(include_url=False)
    ]
    return [
        Problem(dotted(path), _line(path, lines), *_told(mistakes))
        for path, mistakes in _joined(found)
        # What a channel has from the section `policy` is reported once, where it stands.
        if not _is_inherited(path, data)
    ]


def sentence(error: ValidationError) -> str:
    """Return the first mistake of one value, as a clause."""
    return _clause(error.errors(include_url=False)[0])


def _joined(found: Sequence[_Mistake]) -> Iterable[tuple[KeyPath, list[_Mistake]]]:
    """Return the mistakes with their paths, those of a value that has none of its forms as one."""
    paths = {mistake.place.path for mistake in found}
    above = {path[:length] for path in paths for length in range(len(path))}
    otherwise = {m.place.path for m in found if m.detail["type"] not in _OF_KIND}
    joined: dict[KeyPath, list[_Mistake]] = {}
    for mistake in found:
        path, kind = mistake.place.path, mistake.detail["type"]
        if kind == "too_short" and path in above:
            continue  # empty only because its entries are wrong
        if not (mistake.place.is_one_form and kind in _OF_KIND):
            yield path, [mistake]
        elif path not in above and path not in otherwise:
            joined.setdefault(path, []).append(mistake)
        # Else it has another one of its forms, and that is wrong.
    yield from joined.items()


def _place(loc: KeyPath, model: type[BaseModel], data: object) -> _Place:
    """Follow pydantic's `loc` through the models, and through what stands in the file."""
    path: list[str | int] = []
    here: object = model
    owner: type[BaseModel] | None = None
    is_one_form = False
    for part in loc:
        if part == _KEY and part is loc[-1]:
            break
        members = _union_members(here)
        form = next((member for member in members if _is_called(member, part)), None)
        if form is not None:
            here = form
            continue
        if len(members) > 1 and not _has(data, part):
            is_one_form = True
            forms = [m for m in members if str(part).startswith(_label(m))]
            here = forms[0] if forms else None
            continue
        here = members[0] if len(members) == 1 else here
        owner = here if _is_model(here) else None
        if owner is not None:
            field = owner.model_fields.get(str(part))
            here = field.annotation if field else None
        else:
            arguments = [a for m in members or [here] for a in typing.get_args(m)]
            here = next((a for a in reversed(arguments) if a is not Ellipsis), None)
        here = _bare(here)
        data = _below(data, part)
        path.append(part)
    return _Place(tuple(path), here if _is_model(here) else owner, here, is_one_form)


def _is_model(annotation: object) -> "typing.TypeGuard[type[BaseModel]]":
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _bare(annotation: object) -> object:
    if typing.get_origin(annotation) is typing.Annotated:
        return _bare(typing.get_args(annotation)[0])
    return annotation


def _union_members(annotation: object) -> list[object]:
    """Return what a union is of, apart from None."""
    annotation = _bare(annotation)
    if typing.get_origin(annotation) in {typing.Union, types.UnionType}:
        members = map(_bare, typing.get_args(annotation))
        return [member for member in members if member is not types.NoneType]
    return []


def _is_called(member: object, part: str | int) -> bool:
    """Tell whether pydantic calls this model of a union so: by its `type`, or its own name."""
    if not _is_model(member):
        return False
    field = member.model_fields.get("type")
    tags = typing.get_args(field.annotation) if field else ()
    return part in {member.__name__, *tags}


def _label(member: object) -> str:
    """Return the beginning of what pydantic calls a form that is no model."""
    return getattr(typing.get_origin(member) or member, "__name__", "") or "?"


def _has(data: object, part: str | int) -> bool:
    if isinstance(data, list):
        return isinstance(part, int) and part < len(data)
    return isinstance(data, Mapping) and part in data


def _below(data: object, part: str | int) -> object:
    if not _has(data, part):
        return None
    return typing.cast("Mapping[str | int, object]", data)[part]


def _is_inherited(path: KeyPath, data: object) -> bool:
    """Tell whether a channel has the value at `path` from the section `policy`."""
    if path[:1] != ("channels",) or path[2:3] != ("policy",):
        return False
    for part in path:
        if not _has(data, part):
            return True
        data = _below(data, part)
    return False


def _line(path: KeyPath, lines: Mapping[KeyPath, int]) -> int | None:
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path) if path else None


def _told(mistakes: Sequence[_Mistake]) -> tuple[str, str]:
    """Return the mistake in words, and what was meant, as a suggestion."""
    detail, place = mistakes[0]
    kind, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    if len(mistakes) > 1:
        kinds = dict.fromkeys(map(_needed, (mistake.detail for mistake in mistakes)))
        words = [w for m in mistakes for w in _words(m.detail.get("ctx", {}).get("expected", ""))]
        return f"{_is(value)}needs to be {' or '.join(kinds)}", _nearest(str(value), words)
    if kind == "extra_forbidden":
        known = place.owner.model_fields if place.owner else {}
        return _no_key(str(detail["loc"][-1]), list(known))
    if detail["loc"][-1:] == (_KEY,) and "expected" in context:
        return _no_key(str(value), _words(context["expected"]))
    if kind in {"enum", "literal_error"}:
        allowed = context["expected"]
        return f"{_is(value)}allowed: {allowed}", _nearest(str(value), _words(allowed))
    if kind == "union_tag_invalid":
        tag, allowed = context["tag"], context["expected_tags"]
        return f"has type {shown(tag)}; allowed: {allowed}", _nearest(tag, _words(allowed))
    is_secret = SecretStr in [place.annotation, *_union_members(place.annotation)]
    suggestion = _entry(value, place.annotation) if kind == "tuple_type" else ""
    return _clause(detail, is_secret=is_secret), suggestion


def _no_key(key: str, known: Sequence[str]) -> tuple[str, str]:
    allowed = f"; allowed: {', '.join(known)}" if known else ""
    return f"is not a key here{allowed}", _nearest(key, known)


def _needed(detail: "ErrorDetails") -> str:
    kind = detail["type"]
    return _KINDS.get(kind) or detail.get("ctx", {}).get("expected") or "keys of its own"


def _clause(detail: "ErrorDetails", *, is_secret: bool = False) -> str:
    kind, value = detail["type"], detail["input"]
    if kind in _MESSAGES:
        return _MESSAGES[kind]
    quoted = "is (secret); " if is_secret else _is(value)
    if kind in _KINDS:
        quotes = ", in quotes" if kind == "string_type" and isinstance(value, int | float) else ""
        return f"{quoted}needs to be {_KINDS[kind]}{quotes}"
    if kind == "string_pattern_mismatch" and (allowed := _PATTERNS.get(detail["ctx"]["pattern"])):
        return f"{quoted}allowed: {allowed}"
    text = detail["msg"].removeprefix("Value error, ")
    text = text.replace("Input should be", "needs to be").replace("String should", "needs to")
    return f"{quoted}{text}"


def _is(value: object) -> str:
    if value is None:
        return "is empty; "
    return f"is {shown(value)}; " if isinstance(value, str | int | float) else ""


def _entry(value: object, annotation: object) -> str:
    """Return how `value`, which is no list, becomes the only entry of one."""
    lists = filter(typing.get_args, _union_members(annotation) or [annotation])
    items = next((_bare(typing.get_args(member)[0]) for member in lists), None)
    if any(map(_is_model, _union_members(items) or [items])):
        return "begin each entry with a dash" if isinstance(value, dict) else ""
    is_short = isinstance(value, str | int) and len(str(value)) <= _LONGEST_ENTRY
    return f"write [{value}]" if is_short else ""


def _words(allowed: str) -> list[str]:
    return allowed.replace("'", "").replace(" or ", ", ").split(", ")


def _nearest(word: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1)
    near = near or [name for name in known if name.startswith(word[:3].lower())]
    return f"did you mean {near[0]}?" if near and near[0] else ""
