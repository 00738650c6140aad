import re
import types
import typing
from collections.abc import Iterator

import pytest
from pydantic import BaseModel

from bot.config import Settings, load, shipped_path
from bot.config.sections.base import Section

TEXT = shipped_path().read_text(encoding="utf-8")


def sections(model: type[BaseModel] = Settings) -> Iterator[type[BaseModel]]:
    """Every section that can stand below `model`, each once."""
    seen: set[type[BaseModel]] = set()
    waiting: list[object] = [model]
    while waiting:
        here = waiting.pop()
        if isinstance(here, type) and issubclass(here, BaseModel):
            if here in seen:
                continue
            seen.add(here)
            yield here
            waiting += [field.annotation for field in here.model_fields.values()]
            waiting += [item for field in here.model_fields.values() for item in field.metadata]
        elif typing.get_args(here):
            waiting += typing.get_args(here)
        elif isinstance(here, types.UnionType):
            waiting += here.__args__


KEYS = sorted({(model.__name__, key) for model in sections() for key in model.model_fields})


def test_the_shipped_file_is_valid_and_holds_the_defaults() -> None:
    settings = load(shipped_path())

    for name in Settings.model_fields:
        assert getattr(settings, name) == Settings.model_fields[name].get_default(), name


@pytest.mark.parametrize(("model", "key"), KEYS)
def test_every_key_stands_in_the_shipped_file_with_a_comment(model: str, key: str) -> None:
    line = rf"^ *(# ?)?(- )?({{.*)?{key}:( .*)?$"
    found = re.search(rf"(?P<above>^ *# .*\n)?{line}", TEXT, re.MULTILINE)

    assert found, f"{model}.{key} is missing"
    assert found["above"] or "#" in found[0].split(":", 1)[1], f"{key} has no comment"


def test_every_section_says_what_its_keys_mean() -> None:
    silent = [
        f"{model.__name__}.{key}"
        for model in sections()
        for key, field in model.model_fields.items()
        if not field.description and key != "type" and not _is_section(field.annotation)
    ]

    assert silent == []


def _is_section(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Section)
