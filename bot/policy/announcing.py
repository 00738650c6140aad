"""Announcements: events beside chat, in words: "viewer one raids with 42 viewers"."""

import hashlib
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Sequence

from bot.config.events import EventSettings, WeightedTemplate
from bot.messages import ChatMessage, Chatter, Event, EventKind
from bot.policy.cleaning import clean, plain
from bot.policy.draft import Draft
from bot.runtime.cleaning import name_key

_NOBODY = frozenset({"ananonymousgifter", "ananonymouscheerer"})
"""Logins that Twitch gives for chatters who do not want to be named."""


_MONEY_DECIMALS = 2
_WHOLE_MONEY = frozenset({"¥", "JPY", "₩", "KRW", "₫", "VND", "CLP", "HUF", "ISK"})
"""Money without a hundredth part."""
_CHOICE = re.compile(
    r"\[(?P<told>(?:[^\[\]{}|]|\{[^{}]*\}|\{\{|\}\})*)(?:\|(?P<untold>[^\[\]]*))?\]"
)
_AMOUNT = re.compile(r" ?\{amount[^{}]*\}")
_SIGNS = frozenset(
    unicodedata.lookup(f"{name} SIGN") for name in ("DOLLAR", "EURO", "POUND", "YEN")
) | frozenset(map(chr, range(0x20A0, 0x20C1)))


class _Amount:
    """Amount that a template can format with words for its unit: `{amount:viewer|viewers}`."""

    def __init__(self, event: Event, say: Callable[[str], str], mark: str) -> None:
        self._event = event
        self._say = say
        self._mark = mark

    def __format__(self, units: str) -> str:
        amount, unit = self._event.amount, self._event.unit
        one, _, more = units.partition("|")
        if unit and unit.casefold() not in (one.casefold(), more.casefold()):
            return self._say(_with_unit(amount, unit).replace(".", self._mark))
        number = _number(amount)
        return f"{number} {one if number == '1' else more}".rstrip()


def _with_unit(amount: float, unit: str) -> str:
    """Return an amount as it is written: "$5.50", "5.50 EUR", "1 Star"."""
    is_sign = unit[-1:] in _SIGNS
    is_money = is_sign or (len(unit) == 3 and unit.isupper())  # noqa: PLR2004 - ISO 4217
    number = _number(amount)
    if is_money and "." in number and unit not in _WHOLE_MONEY:
        number = f"{amount:.{_MONEY_DECIMALS}f}"
    if is_sign:
        return f"{unit}{number}"
    if number == "1" and not is_money and unit[-1:] == "s":
        unit = unit[:-1]
    return f"{number} {unit}"


def _number(amount: float) -> str:
    return f"{amount:.{_MONEY_DECIMALS}f}".rstrip("0").rstrip(".")


def _chosen(template: str, *, has_amount: bool) -> str:
    """Return the template without its brackets, for an event with or without an amount."""
    if has_amount:
        return _CHOICE.sub(lambda match: match["told"], template)
    return _AMOUNT.sub("", _CHOICE.sub(_untold, template))


def _untold(choice: re.Match[str]) -> str:
    """Return what is left of brackets without an amount; with none in them they are no choice."""
    is_choice = "{amount" in choice["told"] or choice["untold"] is not None
    return choice["untold"] or "" if is_choice else choice["told"]


class _Templates:
    """Templates of one event, with their weights."""

    def __init__(self, told: str | Sequence[str | WeightedTemplate]) -> None:
        entries = (told,) if isinstance(told, str) else told
        self._forms: list[tuple[str, str]] = []
        self._ends: list[int] = []
        for entry in entries:
            text, weight = (entry, 1) if isinstance(entry, str) else (entry.text, entry.weight)
            self._forms.append((_chosen(text, has_amount=True), _chosen(text, has_amount=False)))
            self._ends.append(weight + (self._ends[-1] if self._ends else 0))

    def choose(self, identifier: str, *, has_amount: bool) -> str:
        """Return the template of a message: the same one after a restart, so by its id."""
        index = 0
        if len(self._ends) > 1:
            digest = hashlib.sha256(identifier.encode(errors="replace")).digest()
            index = bisect_right(self._ends, int.from_bytes(digest[:8], "big") % self._ends[-1])
        return self._forms[index][0 if has_amount else 1]


class Announcements:
    """Filter: puts the announcement of an event into the draft's prefix."""

    def __init__(
        self,
        settings: EventSettings,
        *,
        spoken_name: Callable[[Chatter], str],
        anonymous: str,
        say: Callable[[str], str] = str,
        mark: str = ".",
    ) -> None:
        """Tell events by their templates.

        Args:
            settings: Templates.
            spoken_name: Returns a chatter's name as it is spoken.
            anonymous: Stand-in for a name.
            say: Returns money and other amounts in words.
            mark: Decimal mark that `say` expects.
        """
        self._say = say
        self._mark = mark
        templates = {kind: getattr(settings, kind.value) for kind in EventKind}
        self._templates = {kind: _Templates(told) for kind, told in templates.items() if told}
        self._least = settings.minimum
        self._spoken_name = spoken_name
        self._anonymous = anonymous

    def is_announced(self, message: ChatMessage) -> bool:
        """Tell whether the message's event is announced."""
        event = message.event
        return (
            event is not None
            and event.kind in self._templates
            and (not event.amount or event.amount >= self._least.get(event.kind, 0))
        )

    def without_name(self, message: ChatMessage) -> str | None:
        """Return the prefix for a chatter whose name must not be spoken; None without event."""
        if message.event is None or not self.is_announced(message):
            return None
        return self._filled(message.id, message.event, self._anonymous)

    def __call__(self, draft: Draft) -> Draft:
        """Return `draft` with the announcement as its prefix, if there is one."""
        message = draft.message
        if message.event is None or not self.is_announced(message):
            return draft
        is_nobody = name_key(message.chatter.login or message.chatter.name) in _NOBODY
        name = self._anonymous if is_nobody else self._spoken_name(message.chatter)
        return draft.with_prefix(self._filled(message.id, message.event, name))

    def _filled(self, identifier: str, event: Event, name: str) -> str:
        template = self._templates[event.kind].choose(identifier, has_amount=bool(event.amount))
        said = template.format(name=name, amount=_Amount(event, self._say, self._mark))
        return f"{plain(clean(said))} "
