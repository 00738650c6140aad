"""Pages: the files of `static/`, read once, each at an address of its own.

No part of a request becomes a path: what is not in the table is not there.
"""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from aiohttp import hdrs, web

from bot.runtime.endpoints import Caller, Endpoint

FOLDER: Final = Path(__file__).parent / "static"
_INDEX: Final = {"dashboard/index.html": "/", "overlay/index.html": "/overlay"}
"""Addresses of the pages; any other file is at `/static/` with its path."""
_TYPES: Final = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
"""Types of the files that are served."""
_TEXTS: Final = (".css", ".html", ".js", ".json", ".svg")


class _File(NamedTuple):
    body: bytes
    content_type: str
    charset: str | None
    tag: str
    headers: dict[str, str]


class Pages:
    """Routes of all files."""

    def __init__(self, image_hosts: Iterable[str] = ()) -> None:
        """Read the files; the overlay may load pictures from `image_hosts`: https://example.org."""
        self._images = tuple(image_hosts)
        self._files = dict(self._read())
        self.routes = [
            Endpoint("GET", address, self._get, least=Caller.ANYBODY, gives={}).route
            for address in self._files
        ]

    async def _get(self, request: web.Request) -> web.Response:
        """Get a file of a page; it holds nothing that is secret."""
        file = self._files[request.match_info.route.resource.canonical]  # type: ignore[union-attr]
        headers = {**file.headers, hdrs.ETAG: f'"{file.tag}"', hdrs.CACHE_CONTROL: "no-cache"}
        if file.tag in {tag.value for tag in request.if_none_match or ()}:
            return web.Response(status=web.HTTPNotModified.status_code, headers=headers)
        return web.Response(
            body=file.body, content_type=file.content_type, charset=file.charset, headers=headers
        )

    def _read(self) -> Iterator[tuple[str, _File]]:
        for path in sorted(FOLDER.rglob("*")):
            name = path.relative_to(FOLDER).as_posix()
            content_type = _TYPES.get(path.suffix)
            if content_type is None or not path.is_file():
                continue
            body = path.read_bytes()
            yield (
                _INDEX.get(name, f"/static/{name}"),
                _File(
                    body,
                    content_type,
                    "utf-8" if path.suffix in _TEXTS else None,
                    hashlib.sha256(body).hexdigest()[:32],
                    self._headers(name) if path.suffix == ".html" else {},
                ),
            )

    def _headers(self, name: str) -> dict[str, str]:
        """Return what keeps a page from doing anything but its work.

        Source: Content Security Policy Level 3, https://www.w3.org/TR/CSP3/.
        """
        # OBS puts the user's own CSS into a style element; no other page needs one.
        is_overlay = name.startswith("overlay/")
        styles = "'self' 'unsafe-inline'" if is_overlay else "'self'"
        images = self._images if is_overlay else ()
        policy = {
            "default-src": "'none'",
            "script-src": "'self'",
            "worker-src": "'self'",
            "style-src": styles,
            "img-src": " ".join(["'self'", "data:", "blob:", *images]),
            "media-src": "'self' blob:",
            "connect-src": "'self'",
            "font-src": "'self'",
            "manifest-src": "'self'",
            "base-uri": "'none'",
            "form-action": "'none'",
            "frame-ancestors": "'none'",
        }
        return {
            "Content-Security-Policy": "; ".join(f"{key} {value}" for key, value in policy.items()),
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=(self)",
        }
