"""Limits: how often one chatter is read."""

from collections.abc import MutableMapping
from datetime import datetime

from bot.config.chat.limits import LimitSettings
from bot.messages import ChatMessage, Chatter, Rejection, RejectReason
from bot.policy.chatters import Remembered
from bot.policy.draft import is_paid
from bot.runtime.clock import unix
from bot.runtime.recent import Recent

_CHATTERS = 5_000
_ALL = "*"
"""Key of the limit for everybody."""
NO_LIMIT = "off"
"""Limit of whom there is none for."""


class Limits:
    """Counts what is read of each chatter."""

    def __init__(self, settings: LimitSettings, remembered: Remembered = lambda _: {}) -> None:
        """Take the settings, and what is remembered of limits and of today."""
        self.follow(settings)
        self._set: MutableMapping[str, str] = remembered("limit")
        self._today: MutableMapping[str, str] = remembered("daily")
        self._read_at: Recent[str, float] = Recent(_CHATTERS)
        self._day = ""

    def follow(self, settings: LimitSettings) -> None:
        """Do as `settings` say from now on."""
        self._cooldown_s = settings.cooldown_s
        self._a_day = settings.a_day
        self._exempt = settings.exempt

    def check(self, message: ChatMessage) -> Rejection | None:
        """Return why `message` is not accepted, if it is not."""
        chatter = message.chatter
        if not _is_limited(message):
            return None
        is_exempt = chatter.has_rank(self._exempt)
        if self._cooldown_s and not is_exempt:
            waited_s = message.received_at - self._read_at.get(chatter.id, -self._cooldown_s)
            if waited_s < self._cooldown_s:
                left_s = self._cooldown_s - waited_s
                return Rejection(reason=RejectReason.COOLDOWN, detail=f"{left_s:.0f} s are left")
        limit = self._limit(chatter, is_exempt=is_exempt)
        if limit is not None and self._read_today(message) >= limit:
            return Rejection(reason=RejectReason.DAILY_LIMIT, detail=f"{limit} a day")
        return None

    def count(self, message: ChatMessage) -> None:
        """Count `message`, which was accepted."""
        chatter = message.chatter
        if not _is_limited(message):
            return
        if self._limit(chatter, is_exempt=chatter.has_rank(self._exempt)) is not None:
            count = self._read_today(message) + 1
            self._today[chatter.id] = f"{self._day} {count}"
        if self._cooldown_s:
            self._read_at[chatter.id] = message.received_at

    def of(self, chatter: Chatter | None) -> str:
        """Return the limit that a moderator set for `chatter`, or for all; empty if none did."""
        return self._set.get(chatter.id if chatter else _ALL, "")

    def set(self, chatter: Chatter | None, limit: str) -> None:
        """Limit `chatter`, or all: a number of messages a day, `off`, or nothing to forget it."""
        key = chatter.id if chatter else _ALL
        if limit:
            self._set[key] = limit
        else:
            self._set.pop(key, None)

    def _limit(self, chatter: Chatter, *, is_exempt: bool) -> int | None:
        """Return the most messages a day; None without a limit."""
        own = self._set.get(chatter.id, "")
        limit = own or ("" if is_exempt else self._set.get(_ALL, "") or str(self._a_day or ""))
        return int(limit) if limit.isdecimal() else None

    def _read_today(self, message: ChatMessage) -> int:
        """Return how many messages of its chatter were read on the day of `message`."""
        day = datetime.fromtimestamp(unix(message.received_at)).astimezone().date().isoformat()
        if day != self._day:
            self._day = day
            past = [key for key, value in self._today.items() if not value.startswith(f"{day} ")]
            for key in past:
                del self._today[key]
        value = self._today.get(message.chatter.id, "").rpartition(" ")[2]
        return int(value) if value.isdecimal() else 0


def _is_limited(message: ChatMessage) -> bool:
    return not is_paid(message) and (message.event is None or bool(message.text))
