"""Presence: speech waits while nobody moderates, or while the stream is offline."""

import asyncio
from collections.abc import Callable
from typing import NoReturn

from bot.backlog import Backlog, Hold
from bot.config.chat.moderation import AwaySettings
from bot.messages import Answer, Chatter
from bot.runtime.clock import now

_LOOK_S = 1.0
"""How often it is looked: no timer goes off while a machine sleeps."""
_S_PER_MIN = 60.0


class Presence:
    """Watch over who moderates one channel."""

    def __init__(
        self,
        settings: AwaySettings,
        backlog: Backlog,
        tell: Callable[[Answer], None],
        *,
        clock: Callable[[], float] = now,
    ) -> None:
        """Hold `backlog` as the settings say; `tell` lets chat know, once each time."""
        self._backlog = backlog
        self._tell = tell
        self._clock = clock
        self._seen_at = clock()
        self._away_s, self._holds_offline = 0.0, False
        self.follow(settings)

    def follow(self, settings: AwaySettings) -> None:
        """Do as `settings` say from now on."""
        self._away_s = settings.after_min * _S_PER_MIN
        self._holds_offline = settings.offline
        if not self._away_s:
            self._set(Hold.AWAY, "", is_held=False)
        if not self._holds_offline:
            self._set(Hold.OFFLINE, "", is_held=False)

    def see(self, chatter: Chatter | None) -> None:
        """Note a message or command; one without a chatter came from a place that is trusted."""
        if chatter is None or chatter.has_rank("moderator"):
            self._seen_at = self._clock()
            self._set(Hold.AWAY, "", is_held=False)

    def set_live(self, *, is_live: bool) -> None:
        """Note whether the stream is live."""
        self._set(Hold.OFFLINE, "offline", is_held=self._holds_offline and not is_live)

    async def run(self) -> NoReturn:
        """Look whether somebody is there, until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_S)
            self.look()

    def look(self) -> None:
        """Hold speech if nobody has been there for too long."""
        if self._away_s and self._clock() - self._seen_at >= self._away_s:
            self._set(Hold.AWAY, "away", is_held=True)

    def _set(self, hold: Hold, name: str, *, is_held: bool) -> None:
        if (hold in self._backlog.holds) == is_held:
            return
        if is_held:
            self._backlog.pause(hold)
            self._tell(Answer.of(name))
        else:
            self._backlog.resume(hold)
            if not self._backlog.is_paused:
                self._tell(Answer.of("back"))
