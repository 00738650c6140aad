"""Settings over HTTP: shown, changed in the user's file, and followed at once where that can be."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import structlog
from aiohttp import web
from pydantic import BaseModel

from bot.channel import Channel
from bot.config import Settings, load
from bot.config.changeable import LATER, Row, path_of, rows, when
from bot.config.places import begin_own, shipped_path
from bot.config.writing import draft, write
from bot.errors import ConfigError, StartError
from bot.runtime.endpoints import JSON, Caller, Form, as_json, endpoint

log = structlog.get_logger(__name__)


class SettingsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """All settings that have a form of their own."""

    file: str
    """The file that a change is written into."""
    settings: list[Row]


class ChangeBody(Form, frozen=True):
    """Settings to change."""

    changes: dict[str, Any]
    """New values by their keys."""


class ChangeAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a change."""

    applied: list[str]
    """Keys that count already."""
    next_start: list[str]
    """Keys that count when the daemon starts again."""


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with one value."""

    key: str
    message: str


class RefusalAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Why nothing was changed."""

    error: str
    problems: list[Refusal]


_Model = TypeVar("_Model", bound=BaseModel)


class LiveSettings:
    """Settings of a daemon that runs."""

    def __init__(
        self, settings: Settings, channels: Mapping[str, Channel], path: Path | None
    ) -> None:
        """Start from `settings`, read from the file at `path`; None where no file was named."""
        self.settings = settings
        """Settings that count now."""
        self._channels = channels
        self._path = path
        self._turn = asyncio.Lock()
        self.routes = [
            endpoint("GET", "/api/settings", self._get, least=Caller.STREAMER),
            endpoint(
                *("PATCH", "/api/settings", self._patch),
                least=Caller.STREAMER,
                gives={JSON: ChangeAnswer},
            ),
        ]

    async def change(
        self, changes: Mapping[str, object] | Callable[[Settings], Mapping[str, object]]
    ) -> ChangeAnswer:
        """Write `changes`, values by their keys, and follow them as far as that can be.

        A function makes them of what the file holds by now: somebody may have edited it.

        Raises:
            ConfigError: a value is none that the key takes; nothing is written.
            StartError: the file cannot be written.
            ValueError: there is no such key.
        """
        async with self._turn:
            path = await asyncio.to_thread(self._own_file)
            if callable(changes):
                there = await asyncio.to_thread(path.exists)
                changes = changes(await asyncio.to_thread(load, path) if there else self.settings)
            paths = {path_of(key): value for key, value in changes.items()}
            if not paths:
                return ChangeAnswer(applied=[], next_start=[])
            change = await asyncio.to_thread(draft, path, paths)
            await asyncio.to_thread(write, path, change)
            self._path = path
            soon = [key for key in changes if when(key) == "at once"]
            if soon:
                await self._follow(change.settings)
        later = [key for key in changes if key not in soon]
        log.info("settings changed", applied=soon, next_start=later, file=str(path))
        return ChangeAnswer(applied=soon, next_start=later)

    async def _follow(self, new: Settings) -> None:
        """Follow the new settings, but for those that only a start looks at."""
        by_name = {channel.name: channel for channel in new.channels}
        before = self.settings
        channels = []
        for own in before.channels:
            changed = by_name.get(own.name, own)
            policy = _followed("policy", changed.policy, own.policy)
            channels.append(own.model_copy(update={"voice": changed.voice, "policy": policy}))
        playback = before.playback.model_copy(update={"volume": new.playback.volume})
        self.settings = before.model_copy(
            update={
                "channels": tuple(channels),
                "policy": _followed("policy", new.policy, before.policy),
                "backlog": _followed("backlog", new.backlog, before.backlog),
                "moderation": _followed("moderation", new.moderation, before.moderation),
                "playback": playback,
            }
        )
        for own in channels:
            await self._channels[own.name].follow(own, self.settings)

    def _own_file(self) -> Path:
        """Return the file to write into: never the one that comes with the program."""
        if self._path is not None and self._path != shipped_path():
            return self._path
        try:
            return begin_own()
        except OSError as error:
            raise StartError(
                f"A configuration of your own cannot be made: {error}.",
                remedy="Copy the shipped config.yaml to a place of yours, and name it by --config.",
            ) from error

    async def _get(self) -> SettingsAnswer:
        """Get every setting with its value, its limits and what it does."""
        path = self._path
        settings = await asyncio.to_thread(self._written)
        return SettingsAnswer(file="" if path is None else str(path), settings=rows(settings))

    def _written(self) -> Settings:
        """Return what the file holds: some of it may count from the next start.

        What counts now stands in where there is no file by now, or one with mistakes.
        """
        if self._path is None or not self._path.is_file():
            return self.settings
        try:
            return load(self._path)
        except ConfigError:
            return self.settings

    async def _patch(self, body: ChangeBody) -> web.Response:
        """Change settings: they are checked whole, and written into the user's own file."""
        try:
            answer: ChangeAnswer | RefusalAnswer = await self.change(body.changes)
        except ValueError as error:
            raise web.HTTPUnprocessableEntity(text=f"{error}.") from None
        except ConfigError as error:
            refusals = [Refusal(key=p.path, message=p.message) for p in error.problems]
            answer = RefusalAnswer(error="Nothing was changed.", problems=refusals)
            status = web.HTTPUnprocessableEntity.status_code
            return as_json(answer, status=status)
        except StartError as error:
            raise web.HTTPConflict(text=str(error)) from None
        return as_json(answer)


def _followed(name: str, new: _Model, before: _Model) -> _Model:
    """Return the `new` section of this name, with what only a start looks at as it was `before`."""
    for key in LATER:
        section, *path = key.split(".")
        if section == name:
            new = _put_back(new, before, path)
    return new


def _put_back(new: _Model, before: _Model, path: Sequence[str]) -> _Model:
    name, *below = path
    value = getattr(before, name)
    if below:
        value = _put_back(getattr(new, name), value, below)
    return new.model_copy(update={name: value})
