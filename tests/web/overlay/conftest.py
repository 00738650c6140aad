"""Browsers that end with their test."""

from collections.abc import Callable, Iterator

import pytest

from tests.web.chromium import Page, need_chromium


@pytest.fixture
def browse() -> Iterator[Callable[[], Page]]:
    """Return a function that starts a browser."""
    need_chromium()
    pages: list[Page] = []

    def start() -> Page:
        pages.append(Page())
        return pages[-1]

    yield start
    for page in pages:
        page.close()
