"""Recorder: keeps speech that was heard, in a thread; a slow or full disk holds up nothing."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from threading import Lock

import structlog

from bot.archive import Entry, Heard
from bot.archive.encoding import encode, require_codec
from bot.archive.folder import Folder, sound_name
from bot.config.sections.archive import ArchiveSettings
from bot.messages import ChatMessage, Purge
from bot.outcomes import DropReason
from bot.runtime.clock import now, unix
from bot.runtime.concurrency.background import Background

log = structlog.get_logger(__name__)

_WAITING_S = 300.0
"""Speech that may wait for the disk, in seconds: 30 MB."""
_MESSAGES = 2000
"""Messages whose text is remembered until they are spoken."""
_PURGES = 1000
"""Purges that are remembered for speech that has not ended."""
_ON_SCREEN_S = 3_600.0
"""Age of what a chat may still show when it is cleared."""
_PRUNE_S = 600.0
"""How often it is looked for what is too old."""
_PURGED = frozenset({DropReason.DELETED, DropReason.TIMED_OUT})
"""Ends of speech that was taken back: it is not kept."""


class Recorder(AbstractContextManager["Recorder"]):
    """Archive of a daemon; its methods are called on the event loop and never wait."""

    def __init__(self, settings: ArchiveSettings, path: Path) -> None:
        """Begin to keep speech in the folder `path`.

        Raises:
            StartError: what encodes sound is not installed.
        """
        require_codec()
        self._settings = settings
        self._folder = Folder(path)
        self._texts: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._purges: deque[tuple[float, Purge]] = deque(maxlen=_PURGES)
        self._lock = Lock()
        self._waiting_s = 0.0
        self._bytes = 0
        self._pruned_at = 0.0
        self._failure = ""
        self._dropped = self._failed = 0
        self._background = Background("archive")
        self._background.post(partial(self._try, self._begin))

    @property
    def lost(self) -> int:
        """Utterances that were heard and not kept."""
        return self._dropped + self._failed

    def note(self, message: ChatMessage) -> None:
        """Remember what was written until it is spoken."""
        self._texts[message.channel, message.id] = message.text
        if len(self._texts) > _MESSAGES:
            self._texts.popitem(last=False)

    def keep(self, heard: Heard) -> None:
        """Keep what was heard; what does not fit is dropped and counted."""
        utterance = heard.utterance
        written = self._texts.get((utterance.channel, utterance.repeats or utterance.id), "")
        if heard.outcome in _PURGED or heard.heard_s <= 0 or self._is_taken_back(heard):
            return
        with self._lock:
            has_room = self._waiting_s + heard.heard_s <= _WAITING_S
        work = partial(self._write, heard, written, unix(heard.started_at))
        if has_room and self._background.post(work):
            with self._lock:
                self._waiting_s += heard.heard_s
            return
        if not self._dropped:
            log.warning("archive too slow for all speech", remedy="Use a faster disk.")
        self._dropped += 1

    def purge(self, purge: Purge) -> None:
        """Delete what was taken back; of a chat that was cleared, what was said lately."""
        self._purges.append((now(), purge))
        is_cleared = purge.message_id is None and purge.chatter_id is None
        since = unix(now()) - _ON_SCREEN_S if is_cleared else 0.0

        def matches(entry: Entry) -> bool:
            ids = (entry.id, entry.repeats)
            is_meant = _takes_back(purge, entry.channel, entry.chatter_id, ids)
            return is_meant and entry.at >= since

        self._background.post(partial(self._try, partial(self._folder.remove, matches)))

    def close(self) -> None:
        """Write what still waits, as far as that takes no more than a moment."""
        if not self._background.close():
            log.warning("speech not archived", count=self._background.waiting)

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def _is_taken_back(self, heard: Heard) -> bool:
        """Tell whether it was taken back while it was heard, whatever ended it."""
        utterance = heard.utterance
        ids = (utterance.id, utterance.repeats)
        return any(
            _takes_back(purge, utterance.channel, utterance.chatter.id, ids)
            for at, purge in self._purges
            if at >= heard.started_at
        )

    async def run(self) -> None:
        """Delete what is too old, also while nothing is said, until cancelled."""
        while True:
            await asyncio.sleep(_PRUNE_S)
            self._background.post(partial(self._try, self._prune))

    def _begin(self) -> None:
        self._folder.clean()
        self._prune()

    def _write(self, heard: Heard, written: str, at: float) -> None:
        utterance, suffix = heard.utterance, self._settings.format
        entry = Entry(
            id=utterance.id,
            repeats=utterance.repeats,
            channel=utterance.channel,
            chatter_id=utterance.chatter.id,
            chatter=utterance.chatter.name,
            login=utterance.chatter.login,
            at=at,
            written=written,
            spoken=heard.text,
            voice=utterance.voice,
            outcome=heard.outcome,
            duration_s=round(heard.heard_s, 3),
            sound=sound_name(utterance.channel, utterance.id, at, suffix),
        )

        def add() -> None:
            sound = encode(heard.chunks, heard.heard_s, suffix)
            self._bytes += self._folder.add(entry, sound)
            is_due = now() - self._pruned_at > _PRUNE_S
            if is_due or self._bytes > self._settings.megabytes * 1_000_000:
                self._prune()

        if not self._try(add):
            self._failed += 1
        with self._lock:
            self._waiting_s -= heard.heard_s

    def _prune(self) -> None:
        self._pruned_at = now()
        self._bytes = self._folder.prune(
            at=unix(self._pruned_at),
            days=self._settings.days,
            max_bytes=self._settings.megabytes * 1_000_000,
        )

    def _try(self, work: Callable[[], object]) -> bool:
        """Do `work`; log why it failed once until it works again."""
        try:
            work()
        except Exception as error:  # noqa: BLE001 - the thread must live, whatever a codec raises
            reason = getattr(error, "strerror", None) or str(error)
            if reason != self._failure:
                log.warning("archive not written", reason=reason)
            self._failure = reason
            return False
        self._failure = ""
        return True


def _takes_back(purge: Purge, channel: str, chatter_id: str, ids: tuple[str, str]) -> bool:
    return (
        purge.channel == channel
        and purge.message_id in (None, *ids)
        and purge.chatter_id in (None, chatter_id)
    )
