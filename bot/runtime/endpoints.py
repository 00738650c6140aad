"""Endpoints of the HTTP server: a handler with the types of what it takes and gives.

The types decode the request, encode the answer and make the OpenAPI document (`bot.web.openapi`):
there is no second description that could differ.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from enum import IntEnum
from typing import Any, Final

import msgspec
from aiohttp import web

JSON: Final = "application/json"
TOKEN: Final = "token"  # noqa: S105 - the name of a query's key
"""Key of a query that holds the token, for those who cannot send a header."""
_PARTS = ("path", "query", "body")


class Caller(IntEnum):
    """Who may call: each one may do what those before it may."""

    ANYBODY = 0
    """Needs no token."""
    VIEWER = 1
    """Sees and hears what the stream shows: an overlay."""
    MODERATOR = 2
    """Does what moderators do in chat."""
    STREAMER = 3
    """Does everything."""


def still_there(request: web.Request) -> Callable[[], bool]:
    """Return what tells whether the caller still waits."""
    return lambda: request.transport is not None and not request.transport.is_closing()


class Form(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of what a caller sends: a key that nobody knows is refused, never ignored."""


class Endpoint:
    """One method of one path, served by `handler`.

    The handler's parameters say by their names what it gets: `request` itself; `path`, `query` and
    `body`, each decoded into the `Form` of its annotation. It returns what is sent as JSON, None
    for nothing, or a whole response. Its docstring is the text of the documentation.
    """

    def __init__(
        self,
        method: str,
        path: str,
        handler: Callable[..., Awaitable[Any]],
        *,
        least: Caller,
        is_token_needed: bool = False,
        is_streamed: bool = False,
        takes: Mapping[str, Any] | None = None,
        gives: Mapping[str, Any] | None = None,
        status: int = 200,
    ) -> None:
        """Describe an endpoint.

        Args:
            method: As in HTTP: `GET`.
            path: As in aiohttp, with `{name}` for variables.
            handler: Serves it; it reports an error by raising a `web.HTTPException` with a
                sentence.
            least: Who may call.
            is_token_needed: Whether also programs of this machine need a token, since a page in a
                browser could call it without the user's knowledge.
            is_streamed: Whether the handler reads the body itself, however large.
            takes: Types of bodies by content type, where the handler reads the request itself.
            gives: Types of answers by content type, where the handler makes the response.
            status: Status of a good answer.
        """
        self.method, self.path, self.least = method, path, least
        self.is_token_needed, self.is_streamed = is_token_needed, is_streamed
        self.status = status
        self._handler = handler
        signature = inspect.signature(handler, eval_str=True)
        self.parts: dict[str, type[Form]] = {
            name: parameter.annotation
            for name, parameter in signature.parameters.items()
            if name in _PARTS
        }
        """Forms of what the handler gets, by the part of the request."""
        self._wants_request = "request" in signature.parameters
        unknown = set(signature.parameters) - {*_PARTS, "request"}
        assert not unknown, f"{path}: nothing is known of {unknown}"
        body = {JSON: self.parts["body"]} if "body" in self.parts else {}
        self.takes: Mapping[str, Any] = takes or body
        answer = signature.return_annotation
        is_whole = isinstance(answer, type) and issubclass(answer, web.StreamResponse)
        found = {} if answer is None or is_whole else {JSON: answer}
        self.gives: Mapping[str, Any] = found if gives is None else gives
        self.doc = inspect.getdoc(handler) or ""

    @classmethod
    def of(cls, handler: object) -> "Endpoint | None":
        """Return the endpoint that is served by `handler` of a request's route, if one is."""
        owner = getattr(handler, "__self__", None)
        return owner if isinstance(owner, cls) else None

    @property
    def route(self) -> web.RouteDef:
        """Route for aiohttp."""
        return web.route(self.method, self.path, self.serve)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Decode `request`, call the handler, and encode what it returns.

        Raises:
            web.HTTPException: the request has another form, or the handler refuses it.
        """
        given: dict[str, Any] = {"request": request} if self._wants_request else {}
        for part, form in self.parts.items():
            given[part] = await _decoded(request, part, form)
        answer = await self._handler(**given)
        if isinstance(answer, web.StreamResponse):
            return answer
        if answer is None:
            return web.Response(status=web.HTTPNoContent.status_code)
        return as_json(answer, status=self.status)


def as_json(value: object, *, status: int = 200) -> web.Response:
    """Return `value` as the body of an answer."""
    return web.Response(body=msgspec.json.encode(value), content_type=JSON, status=status)


def endpoint(
    method: str,
    path: str,
    handler: Callable[..., Awaitable[Any]],
    *,
    least: Caller,
    **options: Any,  # noqa: ANN401 - those of Endpoint
) -> web.RouteDef:
    """Return the route of an `Endpoint` with these arguments."""
    return Endpoint(method, path, handler, least=least, **options).route


async def _decoded(request: web.Request, part: str, form: type[Form]) -> Form:
    try:
        if part == "body":
            return msgspec.json.decode(await request.read(), type=form)
        values = dict(request.match_info if part == "path" else request.query)
        values.pop(TOKEN, None)
        return msgspec.convert(values, form, strict=False)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise web.HTTPBadRequest(text=f"The {part} has another form: {error}.") from None
