"""Voices of an engine: watched folders, prepared once, and kept in memory as used.

A few numbers are kept of every voice; the mel spectrograms, a quarter of a megabyte each, of those
that spoke last. Others come from the cache on disk in a few milliseconds.
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from bot.engine.f5.voice.folder import Voice, load_voice
from bot.engine.f5.voice.reference import ReferenceCache
from bot.errors import StartError, UtteranceError
from bot.voices.folder import Signature, find, is_name, read_signature

log = logging.getLogger(__name__)

_POLL_S = 2.0
"""Time between looks; a folder that is being copied is read once it looked the same twice."""


class _Entry(NamedTuple):
    """A usable voice."""

    folder: Path
    signature: Signature
    frames: int
    """Length of the reference."""
    digest: str
    """Key of the reference in the cache."""
    gain: float
    speed: float


class VoiceLibrary:
    """Voices by name; `refresh` and `get` may be called from different threads."""

    def __init__(
        self,
        roots: Sequence[Path],
        cache: ReferenceCache,
        *,
        allow_unlicensed: bool = False,
        place: Callable[[Voice], Voice] = lambda voice: voice,
        capacity: int = 32,
    ) -> None:
        """Look into `roots`, where a later one's voices win.

        Args:
            roots: Folders with a folder for each voice.
            cache: Cache of prepared references.
            allow_unlicensed: Take those without consent and licence too.
            place: Moves a voice to the device; called by `get` alone.
            capacity: Number of voices that stay in memory.
        """
        self._roots = tuple(roots)
        self._cache = cache
        self._allow_unlicensed = allow_unlicensed
        self._place = place
        self._capacity = capacity
        self._lock = threading.Lock()
        self._known: Mapping[str, _Entry] = {}
        """Usable voices; never changed but replaced, since other threads iterate over it."""
        self._loaded: OrderedDict[str, tuple[Signature, Voice]] = OrderedDict()
        self._refused: dict[str, Signature] = {}
        self._seen: dict[str, Signature] = {}

    @property
    def frames(self) -> Mapping[str, int]:
        """Length of each voice's reference, by name."""
        return {name: known.frames for name, known in self._known.items()}

    def get(self, name: str) -> Voice:
        """Return the voice, read from the cache if it has not spoken lately.

        Raises:
            UtteranceError: there is none of this name, or it cannot be read any more.
        """
        known = self._known.get(name) or self._look_for(name)
        if known is None:
            shown = name if is_name(name) else "of this name"
            choice = ", ".join(self._known)
            raise UtteranceError(f"There is no voice {shown}.", remedy=f"Choose from {choice}.")
        with self._lock:
            signature, voice = self._loaded.get(name, ((), None))
            if voice is not None and signature == known.signature:
                self._loaded.move_to_end(name)
                return voice
        voice = self._place(self._recall(known))
        self._keep(name, known.signature, voice)
        return voice

    def _look_for(self, name: str) -> _Entry | None:
        """Return a voice that came since the latest look, as those of a pool's streamers do."""
        if is_name(name) and any((root / name).is_dir() for root in self._roots):
            self.refresh(at_once=True)
        return self._known.get(name)

    def refresh(self, *, at_once: bool = False) -> None:
        """Take voices that were added, changed or removed; a broken change leaves the old voice.

        Folders that are being copied are left until they have come to rest, unless `at_once`.
        """
        folders = find(self._roots)
        signatures = {name: read_signature(folder) for name, folder in folders.items()}
        for name in self._known.keys() - folders.keys():
            log.info("voice removed", extra={"voice": name})
            self._forget(name)
        for name, folder in folders.items():
            signature, known = signatures[name], self._known.get(name)
            is_new = known is None or known.signature != signature or known.folder != folder
            is_at_rest = at_once or self._seen.get(name) == signature
            if is_new and is_at_rest and self._refused.get(name) != signature:
                self._take(name, folder, signature, is_start=at_once)
        self._seen = signatures

    def watch(self, closed: threading.Event) -> None:
        """Refresh again and again in a thread of its own, until `closed`."""

        def run() -> None:
            while not closed.wait(_POLL_S):
                self._refresh_safely()

        threading.Thread(target=run, name="voices", daemon=True).start()

    def _refresh_safely(self) -> None:
        try:
            self.refresh()
        except Exception:
            # A folder may change in any way at any time; the next look may do better.
            log.exception("folders of voices not read")

    def _take(self, name: str, folder: Path, signature: Signature, *, is_start: bool) -> None:
        begun = time.monotonic()
        try:
            voice = self._load(folder)
        except StartError as error:
            self._refused[name] = signature
            stays = "; the one before it stays" if name in self._known else ""
            about = {"voice": name, "reason": f"{error}{stays}"}
            log.warning("voice cannot be used", extra=about)
            return
        except Exception:
            # A mistake of ours: the files of one voice must not keep the others from speaking.
            self._refused[name] = signature
            log.exception("voice not read", extra={"voice": name})
            return
        self._refused.pop(name, None)
        reference = voice.reference
        known = _Entry(
            folder, signature, reference.frames, reference.digest, voice.gain, voice.speed
        )
        self._known = {**self._known, name: known}
        if not is_start:
            took_s = round(time.monotonic() - begun, 3)
            log.info("voice is ready", extra={"voice": name, "took_s": took_s})

    def _recall(self, known: _Entry) -> Voice:
        # Not from the folder, in which something broken may have come since.
        reference = self._cache.recall(known.digest)
        if reference is not None:
            return Voice(reference, known.gain, known.speed)
        try:
            return self._load(known.folder)
        except StartError as error:
            raise UtteranceError(error.message, remedy=error.remedy) from error

    def _load(self, folder: Path) -> Voice:
        return load_voice(folder, self._cache, allow_unlicensed=self._allow_unlicensed)

    def _keep(self, name: str, signature: Signature, voice: Voice) -> None:
        with self._lock:
            self._loaded[name] = (signature, voice)
            self._loaded.move_to_end(name)
            while len(self._loaded) > self._capacity:
                self._loaded.popitem(last=False)

    def _forget(self, name: str) -> None:
        self._known = {other: known for other, known in self._known.items() if other != name}
        with self._lock:
            self._loaded.pop(name, None)
