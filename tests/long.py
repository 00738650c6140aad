"""Parameters of which some are for `make long` alone."""

from collections.abc import Iterable
from typing import Any

import pytest


def first_ones(values: Iterable[Any], count: int = 1) -> list[Any]:
    """Return the values of a parameter; those behind the first `count` are marked `long`.

    For what takes seconds each and shows the same of other values.
    """
    return [
        value if place < count else pytest.param(*_parts(value), marks=pytest.mark.long)
        for place, value in enumerate(values)
    ]


def _parts(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else (value,)
