"""Uploads: a form with a file, streamed to the disk within bounds."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from aiohttp import BodyPartReader, web

from bot.runtime.files.state_folder import state_folder

MAX_BYTES: Final = 20 << 20
"""Largest file."""
_MAX_FIELD: Final = 4096
"""Bytes of a field."""
_MAX_FIELDS: Final = 20
_SILENCE_S: Final = 10.0
"""Longest time for the next bytes to come."""
_WHOLE_S: Final = 300.0
"""Longest time for all of it."""
_BLOCK: Final = 1 << 16


class Upload(NamedTuple):
    """A form that came whole."""

    file: Path
    """The file, under a name of ours."""
    size: int
    fields: dict[str, str]


@asynccontextmanager
async def received(request: web.Request) -> AsyncIterator[Upload]:
    """Yield what `request` sends; nothing of it is left behind the block.

    Raises:
        web.HTTPException: it is no form with a file, too large, or too slow.
        OSError: the disk is full, for instance.
    """
    if request.content_type != "multipart/form-data":
        raise web.HTTPUnsupportedMediaType(text="A form with a file is needed.")
    if (request.content_length or 0) > MAX_BYTES + _MAX_FIELDS * _MAX_FIELD:
        raise _too_large()
    parent = state_folder()
    await asyncio.to_thread(lambda: parent.mkdir(parents=True, exist_ok=True))
    with TemporaryDirectory(prefix="upload-", dir=parent) as folder:
        try:
            async with asyncio.timeout(_WHOLE_S):
                upload = await _receive(request, Path(folder) / "file")
        except TimeoutError:
            raise web.HTTPRequestTimeout(text="The file did not come in time.") from None
        except (ValueError, AssertionError, UnicodeError) as error:
            raise web.HTTPBadRequest(text=f"The form is broken: {error}.") from None
        yield upload


async def _receive(request: web.Request, path: Path) -> Upload:
    reader = await request.multipart()
    fields: dict[str, str] = {}
    size = 0
    while True:
        async with asyncio.timeout(_SILENCE_S):
            part = await reader.next()
        if part is None:
            break
        if not isinstance(part, BodyPartReader) or len(fields) >= _MAX_FIELDS:
            raise web.HTTPBadRequest(text="The form has another shape.")
        if part.filename is not None or part.name == "file":
            size = await _write(part, path)
        elif part.name:
            fields[part.name] = await _text(part)
    if not size:
        raise web.HTTPUnprocessableEntity(text="The form holds no file.")
    return Upload(path, size, fields)


async def _write(part: BodyPartReader, path: Path) -> int:
    size = 0
    with path.open("wb") as file:
        while block := await _next(part):
            size += len(block)
            if size > MAX_BYTES:
                raise _too_large()
            await asyncio.to_thread(file.write, block)
    return size


async def _text(part: BodyPartReader) -> str:
    data = b""
    while block := await _next(part):
        data += block
        if len(data) > _MAX_FIELD:
            raise web.HTTPRequestEntityTooLarge(_MAX_FIELD, len(data), text="A field is too long.")
    return data.decode()


async def _next(part: BodyPartReader) -> bytes:
    async with asyncio.timeout(_SILENCE_S):
        return await part.read_chunk(_BLOCK)


def _too_large() -> web.HTTPException:
    text = f"The file is larger than {MAX_BYTES >> 20} MiB."
    return web.HTTPRequestEntityTooLarge(MAX_BYTES, MAX_BYTES + 1, text=text)
