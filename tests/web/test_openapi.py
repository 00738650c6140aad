"""The API's document is that of the endpoints, and its copy in docs/ is up to date."""

from __future__ import annotations

import msgspec
import pytest
from openapi_spec_validator import validate

from bot.runtime.endpoints import Endpoint
from bot.web.openapi import describe, endpoints
from tests.web import every_route


@pytest.fixture(scope="module")
def document() -> dict[str, object]:
    return describe(endpoints(every_route.every_route()), version=every_route.VERSION)


def test_it_is_valid(document: dict[str, object]) -> None:
    validate(msgspec.json.decode(msgspec.json.encode(document)))


def test_every_route_is_an_endpoint_with_words() -> None:
    for route in every_route.every_route():
        found = Endpoint.of(route.handler)
        assert found is not None, route.path
        assert found.doc, route.path


def test_every_field_is_described(document: dict[str, object]) -> None:
    paths = document["paths"]
    assert isinstance(paths, dict)
    operations = [operation for methods in paths.values() for operation in methods.values()]

    assert len({operation["operationId"] for operation in operations}) == len(operations)
    assert all(operation["summary"] for operation in operations)
    assert all(operation["x-least-role"] for operation in operations)


def test_the_docs_are_up_to_date() -> None:
    for name, made in (("openapi.json", every_route.document()), ("api.md", None)):
        text = (every_route.DOCS / name).read_text(encoding="utf-8")
        assert text == (made or every_route.page(text)), "run: python -m tests.web.every_route"
