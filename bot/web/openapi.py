"""`GET /api/openapi.json`: the API as an OpenAPI 3.1 document, made from the endpoints' types.

Source: https://spec.openapis.org/oas/v3.1.0.
"""

import ast
import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from textwrap import dedent
from typing import Any, Final

import msgspec
from aiohttp import web

import bot
from bot.runtime.endpoints import JSON, Caller, Endpoint, Form, endpoint

_REFERENCES: Final = "#/components/schemas/{name}"
_VARIABLE: Final = re.compile(r"\{(\w+):[^}]*\}")


class ErrorAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Answer to a request that is refused."""

    error: str
    """Sentence for people."""


class OpenApi:
    """The document of all endpoints."""

    def __init__(self, routes: Iterable[web.RouteDef]) -> None:
        """Describe the endpoints among `routes`, and the document's own."""
        self.routes = [endpoint("GET", "/api/openapi.json", self._get, least=Caller.ANYBODY)]
        self._endpoints = [*endpoints(routes), *endpoints(self.routes)]
        self._document: dict[str, Any] = {}

    async def _get(self) -> dict[str, Any]:
        """Get this document."""
        self._document = self._document or describe(self._endpoints, version=bot.version())
        return self._document


def endpoints(routes: Iterable[web.RouteDef]) -> Iterator[Endpoint]:
    """Yield those of `routes` that are endpoints of the API; files of pages are none."""
    for route in routes:
        found = Endpoint.of(route.handler)
        if found is not None and (found.gives or found.parts or found.path.startswith("/api/")):
            yield found


def describe(described: Iterable[Endpoint], *, version: str) -> dict[str, Any]:
    """Return the document of these endpoints, of a program of this version."""
    described = sorted(described, key=lambda one: (one.path, one.method))
    types = list(dict.fromkeys([*_types(described), ErrorAnswer]))
    schemas, components = msgspec.json.schema_components(types, ref_template=_REFERENCES)
    schema_of = dict(zip(map(_key, types), schemas, strict=True))
    schema_of[_key(bytes)] = {"type": "string", "format": "binary"}
    for struct in _structs(types):
        _add_texts(components.get(struct.__name__, {}), struct)
    paths: dict[str, dict[str, Any]] = {}
    for one in described:
        path = _VARIABLE.sub(r"{\1}", one.path)
        paths.setdefault(path, {})[one.method.lower()] = _operation(one, schema_of)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "ishowtts",
            "version": version,
            "description": "Speaks livestream chat. What is not marked needs a token, but where"
            " none is configured and the daemon listens to 127.0.0.1 alone.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "header": {"type": "http", "scheme": "bearer"},
                "query": {"type": "apiKey", "in": "query", "name": "token"},
            },
        },
    }


def _operation(one: Endpoint, schema_of: Mapping[str, Any]) -> dict[str, Any]:
    summary, _, rest = one.doc.partition("\n")
    least = one.least.name.lower()
    operation: dict[str, Any] = {
        "summary": summary,
        "operationId": _operation_id(one),
        "security": [{"header": []}, {"query": []}] if one.least else [],
        "x-least-role": least,
        "parameters": [*_parameters(one, "path"), *_parameters(one, "query")],
    }
    if rest.strip():
        operation["description"] = rest.strip()
    if one.takes:
        content = {kind: {"schema": schema_of[_key(form)]} for kind, form in one.takes.items()}
        operation["requestBody"] = {"required": True, "content": content}
    status = one.status if one.gives else HTTPStatus.NO_CONTENT.value
    good: dict[str, Any] = {"description": HTTPStatus(status).phrase}
    if one.gives:
        content = {kind: {"schema": schema_of[_key(form)]} for kind, form in one.gives.items()}
        good["content"] = content
    error = {JSON: {"schema": schema_of[_key(ErrorAnswer)]}}
    refused = {"description": "Refused; the sentence says why", "content": error}
    operation["responses"] = {str(status): good, "4XX": refused}
    return operation


def _parameters(one: Endpoint, part: str) -> Iterator[dict[str, Any]]:
    form = one.parts.get(part)
    if form is None:
        return
    texts = attribute_docs(form)
    schema = msgspec.json.schema(form)["$defs"][form.__name__]
    for name, value in schema["properties"].items():
        yield {
            "name": name,
            "in": part,
            "required": part == "path" or name in schema.get("required", ()),
            "description": texts.get(name, ""),
            "schema": value,
        }


def _operation_id(one: Endpoint) -> str:
    words = re.findall(r"\w+", _VARIABLE.sub(r"\1", one.path).removeprefix("/api"))
    return "_".join([one.method.lower(), *words])


def _types(described: Iterable[Endpoint]) -> Iterator[Any]:
    for one in described:
        yield from one.takes.values()
        yield from one.gives.values()


def _key(kind: Any) -> str:  # noqa: ANN401 - any type
    return repr(kind)


def _structs(types: Iterable[Any]) -> set[type[msgspec.Struct]]:
    """Return every struct in `types`, however deep."""
    found: set[type[msgspec.Struct]] = set()

    def walk(info: object) -> None:
        if isinstance(info, msgspec.inspect.StructType):
            if info.cls in found:
                return
            found.add(info.cls)
        for value in (getattr(info, name) for name in getattr(info, "__struct_fields__", ())):
            for part in value if isinstance(value, tuple) else (value,):
                if isinstance(part, msgspec.inspect.Type | msgspec.inspect.Field):
                    walk(part)

    for info in msgspec.inspect.multi_type_info(types):
        walk(info)
    return found


def _add_texts(schema: dict[str, Any], struct: type[msgspec.Struct]) -> None:
    for name, text in attribute_docs(struct).items():
        value = schema.get("properties", {}).get(name)
        if value is not None:
            value["description"] = text


def attribute_docs(kind: type) -> dict[str, str]:
    """Return the text below each attribute of `kind` and its bases, by the attribute's name."""
    texts: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        if base.__module__.startswith("bot."):
            texts |= _own_docs(base)
    return texts


def _own_docs(kind: type | type[Form]) -> dict[str, str]:
    (tree,) = ast.parse(dedent(inspect.getsource(kind))).body
    assert isinstance(tree, ast.ClassDef)
    return {
        attribute.target.id: " ".join(text.value.value.split())
        for attribute, text in zip(tree.body, tree.body[1:], strict=False)
        if isinstance(attribute, ast.AnnAssign)
        and isinstance(attribute.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }
