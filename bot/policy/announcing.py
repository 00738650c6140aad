"""Announcements: events beside chat, in words: "viewer one raids with 42 viewers"."""

from collections.abc import Callable

from bot.config.events import EventSettings
from bot.messages import ChatMessage, Event, EventKind, name_key
from bot.policy.cleaning import clean, plain
from bot.policy.draft import Draft

_NOBODY = frozenset({"ananonymousgifter", "ananonymouscheerer"})
"""Logins that Twitch gives for chatters who do not want to be named."""


class _Amount(float):
    """Number that a template can format with its unit: `{amount:viewer|viewers}`."""

    def __format__(self, units: str) -> str:
        number = f"{float(self):.2f}".rstrip("0").rstrip(".")
        one, _, more = units.partition("|")
        unit = one if number == "1" else more
        return f"{number} {unit}".rstrip()


class Announcements:
    """Filter: puts the announcement of an event into the draft's prefix."""

    def __init__(
        self, settings: EventSettings, *, spoken_name: Callable[[str], str], anonymous: str
    ) -> None:
        """Take the templates, what makes a name speakable, and the stand-in for a name."""
        templates = {kind: getattr(settings, kind.value) for kind in EventKind}
        self._templates: dict[EventKind, str] = {k: t for k, t in templates.items() if t}
        self._least = {
            EventKind.CHEER: settings.minimum_bits,
            EventKind.RAID: settings.minimum_viewers,
        }
        self._spoken_name = spoken_name
        self._anonymous = anonymous

    def is_announced(self, message: ChatMessage) -> bool:
        """Tell whether the message's event is announced."""
        event = message.event
        return (
            event is not None
            and event.kind in self._templates
            and event.amount >= self._least.get(event.kind, 0)
        )

    def without_name(self, message: ChatMessage) -> str | None:
        """Return the prefix for a chatter whose name must not be spoken; None without event."""
        if message.event is None or not self.is_announced(message):
            return None
        return self._filled(message.event, self._anonymous)

    def __call__(self, draft: Draft) -> Draft:
        """Return `draft` with the announcement as its prefix, if there is one."""
        message = draft.message
        if message.event is None or not self.is_announced(message):
            return draft
        is_nobody = name_key(message.chatter.login or message.chatter.name) in _NOBODY
        name = self._anonymous if is_nobody else self._spoken_name(message.chatter.name)
        return Draft(message, draft.text, self._filled(message.event, name))

    def _filled(self, event: Event, name: str) -> str:
        said = self._templates[event.kind].format(name=name, amount=_Amount(event.amount))
        return f"{plain(clean(said))} "
