"""Voices that a worker has fetched from the stores of streamers, in a folder."""

import asyncio
import os
import shutil
from contextlib import suppress
from pathlib import Path

import structlog

from bot.engine.guests.pool.voices import PREFIX, Store, unpack
from bot.errors import UtteranceError, raised

log = structlog.get_logger(__name__)


class Fetched:
    """The worker's voices: folders by key, of which the ones used least go when there are many."""

    def __init__(self, folder: Path, *, most: int = 200) -> None:
        self.folder = folder
        self._most = most
        self._fetching: dict[str, asyncio.Task[None]] = {}

    async def fetch(self, name: str, key: str, store: Store) -> None:
        """Have the voice `key` in `folder` as `name`, once however many ask for it.

        Raises:
            UtteranceError: it cannot be had.
        """
        path = self.folder / name
        with suppress(FileNotFoundError):
            os.utime(path)  # it was used; another worker of this folder may forget it meanwhile
            return
        if name not in self._fetching:
            task = asyncio.create_task(self._fetch(path, key, store), name=f"fetch {key}")
            self._fetching[name] = task
            task.add_done_callback(lambda _: self._fetching.pop(name, None))
        await asyncio.shield(self._fetching[name])

    async def _fetch(self, path: Path, key: str, store: Store) -> None:
        packed = await store.get(key)
        try:
            await asyncio.to_thread(unpack, packed, path)
        except (OSError, ValueError) as error:
            raise UtteranceError(f"A voice cannot be kept: {raised(error)}.") from error
        log.info("voice fetched", key=key, bytes=len(packed))
        self._forget()

    def _forget(self) -> None:
        folders = [path for path in self.folder.iterdir() if path.name.startswith(PREFIX)]
        for path in sorted(folders, key=_used_at)[: -self._most]:
            shutil.rmtree(path, ignore_errors=True)


def _used_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # another worker of this folder forgot it
        return 0.0
