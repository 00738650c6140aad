"""A window for the tests of a module."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.web.chromium import need_chromium
from tests.web.dashboard.browser import Page

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def window() -> Iterator[Page]:
    need_chromium()
    window = Page()
    yield window
    window.close()
