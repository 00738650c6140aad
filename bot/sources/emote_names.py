"""Names of the emotes that BetterTTV, FrankerFaceZ and 7TV add to Twitch, which does not mark them.

https://betterttv.com/developers/api, https://api.frankerfacez.com/docs/ and https://7tv.io/docs.
Each service has emotes for everybody and for one channel. They are fetched while chat goes on, and
cached on disk, so that a start without network knows them too.
"""

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import aiohttp
import structlog
from msgspec import structs
from platformdirs import user_cache_path

from bot.config.sections.sources import EmoteService
from bot.messages import ChatMessage
from bot.runtime.files.folders import read_bounded, write_whole
from bot.sources.sanitize import valid_ranges

log = structlog.get_logger(__name__)

_FRESH_S: Final = 24 * 3600.0
_ASK_AGAIN_S: Final = 3600.0
_TIMEOUT: Final = aiohttp.ClientTimeout(total=20)
_MAX_BYTES: Final = 8 * 1024 * 1024
_MAX_NAMES: Final = 20_000
_MAX_NAME_LENGTH: Final = 100
_WORD = re.compile(r"\S+")
_AROUND = "([{)]}\"'*~.,!?;:"
_NO_ORDINARY_WORD = re.compile(r"\w*[a-z]\w*[A-Z]\w*")
"""catJAM, but neither no nor WAIT, of which with punctuation at it the word is meant."""


class _Service(NamedTuple):
    """Address of a service, its two lists, and the names in its answer."""

    url: str
    everybody: str
    channel: str
    names: Callable[[Any], Iterator[object]]


def _bttv(answer: Any) -> Iterator[object]:  # noqa: ANN401 - JSON of others
    if isinstance(answer, list):
        lists = [answer]
    else:
        lists = [answer.get("channelEmotes", []), answer.get("sharedEmotes", [])]
    return (emote["code"] for emotes in lists for emote in emotes)


def _ffz(answer: Any) -> Iterator[object]:  # noqa: ANN401 - JSON of others
    return (emote["name"] for group in answer["sets"].values() for emote in group["emoticons"])


def _seven_tv(answer: Any) -> Iterator[object]:  # noqa: ANN401 - JSON of others
    group = answer.get("emote_set", answer) or {}
    return (emote["name"] for emote in group.get("emotes") or [])


_SERVICES: Final[Mapping[EmoteService, _Service]] = {
    "bttv": _Service(
        "https://api.betterttv.net", "/3/cached/emotes/global", "/3/cached/users/twitch/{}", _bttv
    ),
    "ffz": _Service("https://api.frankerfacez.com", "/v1/set/global", "/v1/room/id/{}", _ffz),
    "7tv": _Service("https://7tv.io", "/v3/emote-sets/global", "/v3/users/twitch/{}", _seven_tv),
}


class EmoteNames:
    """Emote names of one channel; none until they are known."""

    def __init__(
        self,
        services: Iterable[EmoteService],
        *,
        folder: Path | None = None,
        urls: Mapping[EmoteService, str] | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Ask `services`, each at its own address unless `urls` names another."""
        self._services = tuple(services)
        self._folder = folder or user_cache_path("ishowtts") / "emotes"
        self._urls = urls or {}
        self._sleep = sleep
        self._names: dict[str, frozenset[str]] = {}

    def marked(self, message: ChatMessage) -> ChatMessage:
        """Return `message` with these emotes added to those that the platform marked."""
        spans = self.ranges(message.text)
        if not spans:
            return message
        emotes = valid_ranges([*message.emotes, *spans], len(message.text))
        return structs.replace(message, emotes=emotes)

    def ranges(self, text: str) -> list[tuple[int, int]]:
        """Return the half-open ranges, in code points, where a name stands as a word."""
        ranges: list[tuple[int, int]] = []
        for word in _WORD.finditer(text):
            bare = word[0].strip(_AROUND)
            if self._is_known(word[0]):
                ranges.append(word.span())
            elif self._is_known(bare) and _NO_ORDINARY_WORD.fullmatch(bare):
                start = word.start() + word[0].index(bare)
                ranges.append((start, start + len(bare)))
        return ranges

    def _is_known(self, name: str) -> bool:
        return any(name in names for names in self._names.values())

    async def keep_fresh(self, channel_id: str) -> None:
        """Keep the names of this channel up to date until cancelled; offline, from the disk."""
        parts = [
            (service, path)
            for service in self._services
            for path in (
                _SERVICES[service].everybody,
                _SERVICES[service].channel.format(channel_id),
            )
        ]
        while parts:
            all_fresh = True
            async with aiohttp.ClientSession(timeout=_TIMEOUT) as http:
                for service, path in parts:
                    all_fresh &= await self._update(service, path, http)
            await self._sleep(_FRESH_S if all_fresh else _ASK_AGAIN_S)

    async def _update(self, service: EmoteService, path: str, http: aiohttp.ClientSession) -> bool:
        """Bring one list up to date; tell whether it is."""
        file = self._folder / f"{service}{path.replace('/', '-')}.json"
        names, age_s = await asyncio.to_thread(_read, file)
        if names is not None:
            self._names[file.name] = names
            if age_s < _FRESH_S / 2:
                return True
        try:
            names = await self._fetch(service, path, http)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.debug("emotes not fetched", service=service, reason=type(error).__name__)
            return False
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            log.warning("emote list malformed", service=service, reason=type(error).__name__)
            return False
        self._names[file.name] = names
        try:
            await asyncio.to_thread(_write, file, names)
        except OSError as error:
            log.warning("emotes not cached", file=str(file), reason=error.strerror)
        return True

    async def _fetch(
        self, service: EmoteService, path: str, http: aiohttp.ClientSession
    ) -> frozenset[str]:
        url = self._urls.get(service, _SERVICES[service].url) + path
        async with http.get(url, headers={"User-Agent": "ishowtts"}) as answer:
            if answer.status == 404:  # noqa: PLR2004 - a channel that has none
                return frozenset()
            answer.raise_for_status()
            body = bytearray()
            async for chunk in answer.content.iter_any():
                body += chunk
                if len(body) > _MAX_BYTES:
                    raise ValueError("too long")
        return _valid(_SERVICES[service].names(json.loads(body)))


def _valid(names: Iterable[object]) -> frozenset[str]:
    """Return those of `names` that can stand in chat as one word, `_MAX_NAMES` at most."""
    kept: set[str] = set()
    for name in names:
        is_word = isinstance(name, str) and 0 < len(name) <= _MAX_NAME_LENGTH
        if is_word and _WORD.fullmatch(str(name)):
            kept.add(str(name))
        if len(kept) >= _MAX_NAMES:
            break
    return frozenset(kept)


def _read(file: Path) -> tuple[frozenset[str] | None, float]:
    """Return the names in `file` and their age in seconds, or None."""
    try:
        age_s = abs(time.time() - file.stat().st_mtime)  # written by a clock that was ahead: old
        return _valid(json.loads(read_bounded(file, _MAX_BYTES))), age_s
    except (OSError, ValueError, TypeError, RecursionError):
        return None, 0.0


def _write(file: Path, names: frozenset[str]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file, json.dumps(sorted(names)).encode())
