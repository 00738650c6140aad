"""Announcements: events beside chat, in words: "viewer one raids with 42 viewers"."""

import hashlib
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from functools import cache

from msgspec.structs import replace

from bot.config.chat.events import EventSettings, Templates
from bot.messages import ChatMessage, Chatter, Event, EventKind
from bot.policy.cleaning import clean, plain
from bot.policy.draft import Draft
from bot.policy.languages.scripts import LATIN, main_script
from bot.policy.translations import ANNOUNCEMENTS
from bot.runtime.text.cleaning import name_key

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
        words = one if number == "1" else more
        space = " " if main_script(words) == LATIN else ""  # 百人 is one word
        return f"{number}{space}{words}".rstrip()


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

    def __init__(self, told: Templates) -> None:
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
        own: str,
        introducing: Callable[[str, Callable[[str], bool]], str],
        spoken_name: Callable[[Chatter, str], str],
        anonymous: str,
        say: Callable[[str, str], str],
        mark: Callable[[str], str],
    ) -> None:
        """Tell events by their templates.

        Args:
            settings: Templates.
            own: The channel's own language.
            introducing: Returns the language for a text of a language, of those that are there.
            spoken_name: Returns a chatter's name as it is spoken in a language.
            anonymous: Stand-in for a name.
            say: Returns money and other amounts in the words of a language.
            mark: Returns the decimal mark of a language, which `say` expects.
        """
        self._settings = settings
        self._own = own
        self._introducing = introducing
        self._say = say
        self._mark = mark
        self._templates = cache(self._templates_of)
        self._ours = self._templates(own)
        self._least = settings.minimum
        self._spoken_name = spoken_name
        self._anonymous = anonymous

    def _templates_of(self, language: str) -> Mapping[EventKind, "_Templates"]:
        """Return the templates of each event that is announced."""
        return {kind: _Templates(told) for kind, told in self._told(language)}

    def _told(self, language: str) -> Iterator[tuple[EventKind, Templates]]:
        settings = self._settings
        theirs = settings.templates.get(language, {})
        shipped = ANNOUNCEMENTS.get(language, {})
        for kind in EventKind:
            ours: Templates | None = getattr(settings, kind.value)
            english: Templates | None = type(settings).model_fields[kind.value].default
            usual = shipped.get(kind) or (english if language == "en" else None)
            if language == self._own:
                usual = ours if ours != english else usual or ours
            if ours is not None and (told := theirs.get(kind) or usual):
                yield kind, told

    def is_announced(self, message: ChatMessage) -> bool:
        """Tell whether the message's event is announced."""
        event = message.event
        return (
            event is not None
            and event.kind in self._ours
            and (not event.amount or event.amount >= self._least.get(event.kind, 0))
        )

    def without_name(self, draft: Draft) -> str:
        """Return the prefix for a chatter whose name must not be spoken; empty without event."""
        if draft.message.event is None or not self.is_announced(draft.message):
            return ""
        event = draft.message.event
        return self._filled(draft.message, self._anonymous, self._language(event, draft.language))

    def __call__(self, draft: Draft) -> Draft:
        """Return `draft` with the announcement as its prefix, if there is one."""
        message = draft.message
        if message.event is None or not self.is_announced(message):
            return draft
        is_nobody = name_key(message.chatter.login or message.chatter.name) in _NOBODY
        spoken = self._spoken_name(message.chatter, draft.language)
        name = self._anonymous if is_nobody else spoken
        language = self._language(message.event, draft.language)
        said = self._filled(message, name, language)
        return replace(draft, prefix=said, prefix_language=language)

    def _language(self, event: Event, language: str) -> str:
        return self._introducing(language, lambda each: event.kind in self._templates(each))

    def _filled(self, message: ChatMessage, name: str, language: str) -> str:
        event = message.event
        assert event is not None
        templates = self._templates(language)[event.kind]
        template = templates.choose(message.id, has_amount=bool(event.amount))
        amount = _Amount(event, lambda text: self._say(text, language), self._mark(language))
        said = template.format(name=name, amount=amount)
        return f"{plain(clean(said))} "
