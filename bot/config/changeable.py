"""Settings as rows: what a page needs to show each one, and to let it be changed."""

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

import msgspec
from pydantic import BaseModel, SecretStr

from bot.config.settings import Settings
from bot.config.yaml_source import Path as KeyPath
from bot.config.yaml_source import dotted

Kind = Literal["boolean", "integer", "number", "text", "choice", "list", "table"]
When = Literal["at once", "next start"]
AT_ONCE: Final = ("policy", "backlog", "moderation", "playback.volume")
"""What a daemon that runs can follow, besides the `voice` and the `policy` of channels."""
LATER: Final = (
    "backlog.journal_max_age_s", "moderation.away.offline", "policy.access.enabled", "policy.gates",
)  # fmt: skip
"""What of that only a start looks at: whether chat is read at first, what platforms are asked."""
_OF_CHANNELS: Final = re.compile(r"channels\[\d+\]\.(voice|policy(?:\..*)?)")
_PART: Final = re.compile(r"\[(\d+)\]|([^.\[\]]+)")
_LONGEST_KEY: Final = 200


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One setting."""

    key: str
    """As in `policy.words.drop` or `channels[0].voice`."""
    title: str
    """Its name in words."""
    help: str
    """What it does."""
    kind: Kind
    value: Any
    """Null for a secret."""
    default: Any
    """What it is where nothing is configured."""
    choices: list[str]
    """What a choice may be."""
    least: float | None
    """Least number."""
    most: float | None
    """Greatest number."""
    is_optional: bool
    """Whether it may be null."""
    is_secret: bool
    """Whether its value is never shown."""
    is_set: bool
    """Whether it has a value other than null; of a secret that is all that is shown."""
    when: When
    """When a change counts."""


def rows(settings: Settings) -> list[Row]:
    """Return every setting that has a value of its own, in the order of the configuration."""
    found = list(_rows(settings, Settings(), ()))
    for number, channel in enumerate(settings.channels):
        place: KeyPath = ("channels", number)
        found.append(_row((*place, "voice"), channel, type(channel)(name="main")))
    return found


def path_of(key: str) -> KeyPath:
    """Return the path that `key` writes.

    Raises:
        ValueError: it is none.
    """
    path = tuple(int(m[1]) if m[1] else m[2] for m in _PART.finditer(key))
    if not path or len(key) > _LONGEST_KEY or dotted(path) != key:
        raise ValueError(f"{key[:_LONGEST_KEY]!r} is no key")
    return path


def when(key: str) -> When:
    """Return when a change of `key` counts."""
    if found := _OF_CHANNELS.fullmatch(key):
        key = found[1]
    is_soon = key == "voice" or _is_among(key, AT_ONCE)
    return "at once" if is_soon and not _is_among(key, LATER) else "next start"


def _is_among(key: str, places: Iterable[str]) -> bool:
    """Tell whether `key` is one of these keys, or stands in one of these sections."""
    return any(key == place or key.startswith(f"{place}.") for place in places)


def _rows(section: BaseModel, default: BaseModel, place: KeyPath) -> Iterator[Row]:
    for name in type(section).model_fields:
        value, other = getattr(section, name), getattr(default, name)
        if isinstance(value, BaseModel) and isinstance(other, BaseModel):
            yield from _rows(value, other, (*place, name))
        elif name not in ("channels", "version") and _kind(section, name) is not None:
            yield _row((*place, name), section, default)


def _row(path: KeyPath, section: BaseModel, default: BaseModel) -> Row:
    name = str(path[-1])
    field = type(section).model_fields[name]
    kind = _kind(section, name)
    assert kind is not None
    value, plain = getattr(section, name), _bare(field.annotation)
    is_secret = plain is SecretStr
    limits = [*field.metadata, *_metadata(field.annotation)]
    key = dotted(path)
    return Row(
        key=key,
        title=name.replace("_", " ").capitalize(),
        help=" ".join((field.description or "").split()),
        kind=kind,
        value=None if is_secret else _shown(value),
        default=None if is_secret else _shown(getattr(default, name)),
        choices=_choices(plain),
        least=_limit(limits, "ge", "gt"),
        most=_limit(limits, "le", "lt"),
        is_optional=_is_optional(field.annotation),
        is_secret=is_secret,
        is_set=value is not None,
        when=when(key),
    )


def _limit(limits: Iterable[object], *names: str) -> float | None:
    """Return the value of the first limit that has one of these names."""
    values = (getattr(limit, name, None) for limit in limits for name in names)
    return next((float(value) for value in values if value is not None), None)


def _kind(section: BaseModel, name: str) -> Kind | None:
    """Return the kind of a field; None for what no form can show."""
    plain = _bare(type(section).model_fields[name].annotation)
    simple: dict[Any, Kind] = {bool: "boolean", int: "integer", float: "number", str: "text"}
    simple |= {SecretStr: "text", Path: "text"}
    if plain in simple:
        return simple[plain]
    origin = get_origin(plain)
    if origin is Literal or _is_enum(plain):
        return "choice"
    inner = [_bare(part) for part in get_args(plain) if part is not Ellipsis]
    if not all(part is str or get_origin(part) is Literal or _is_enum(part) for part in inner):
        return None
    if origin in (tuple, list, frozenset):
        return "list"
    return "table" if origin in (dict, Mapping) else None


def _is_enum(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, Enum)


def _bare(annotation: Any) -> Any:  # noqa: ANN401 - any annotation
    """Return `annotation` without limits, and without None."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, UnionType):
        others = [part for part in get_args(annotation) if part is not NoneType]
        if len(others) == 1:
            return _bare(others[0])
    return annotation


def _metadata(annotation: Any) -> Iterator[Any]:  # noqa: ANN401 - any annotation
    for part in get_args(annotation):
        if get_origin(annotation) is Annotated:
            yield from getattr(part, "metadata", ())
            yield part
        yield from _metadata(part)


def _is_optional(annotation: Any) -> bool:  # noqa: ANN401 - any annotation
    return get_origin(annotation) in (Union, UnionType) and NoneType in get_args(annotation)


def _choices(plain: Any) -> list[str]:  # noqa: ANN401 - any annotation
    if get_origin(plain) is Literal:
        return [str(choice) for choice in get_args(plain)]
    if isinstance(plain, type) and issubclass(plain, Enum):
        return [str(choice.value) for choice in plain]
    return []


def _shown(value: Any) -> Any:  # noqa: ANN401 - any value of a setting
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(_shown(key)): _shown(below) for key, below in value.items()}
    if isinstance(value, tuple | list | frozenset):
        return [_shown(item) for item in value]
    return value if isinstance(value, bool | int | float | str | NoneType) else str(value)
