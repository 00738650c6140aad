"""Chatters of one channel: who wrote lately, and what is set for whom."""

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from typing import NamedTuple, TypeAlias

from bot.messages import Chatter
from bot.policy.words.skeleton import seen
from bot.runtime.recent import Recent
from bot.runtime.text.cleaning import clean, name_key

Remembered: TypeAlias = Callable[[str], MutableMapping[str, str]]
"""Returns what is remembered of a kind, by a chatter's id or another key; changed in place."""

_SEEN = 5_000
"""Chatters that are known by their names, those who wrote last."""
_ID, _NAME = "id:", "name:"
_YES = "yes"


class _Known(NamedTuple):
    chatter: Chatter
    keys: frozenset[str]
    """Names as they are compared."""
    looks: frozenset[str]
    """What the names look like, where that differs."""

    def looks_like(self, look: str) -> bool:
        """Tell whether a name looks so."""
        return bool(look) and (look in self.looks or look in self.keys)


class Chatters:
    """Directory of a channel's chatters.

    Whoever wrote is known by the platform's id, whatever the name looks like. Somebody who has not
    written yet is known by name.
    """

    def __init__(self, remembered: Remembered = lambda _: {}, *, muted: Iterable[str] = ()) -> None:
        """Take what is remembered, and the names that the configuration mutes."""
        self._unmuted: set[str] = set()
        """Names that the configuration mutes, and a command does not."""
        self.follow(muted=muted)
        self._seen: Recent[str, _Known] = Recent(_SEEN)
        self._muted = remembered("mute")
        self._opted_out = remembered("optout")
        self._regulars = remembered("regular")
        self._names = remembered("name")
        self.nicknames: Mapping[str, str] = (nicknames := remembered("nick"))
        """Names by which chatters are introduced, by their ids."""
        self._nicknames = nicknames

    def follow(self, *, muted: Iterable[str]) -> None:
        """Let the configuration mute these names from now on."""
        listed = set(map(name_key, muted))
        self._unmuted &= listed
        self._listed = listed - self._unmuted

    def see(self, chatter: Chatter) -> None:
        """Note that `chatter` wrote."""
        keys = chatter.keys
        looks = frozenset(_look(key) for key in keys if not key.isascii())
        self._seen[chatter.id] = _Known(chatter, keys, looks - {""})

    def latest(self) -> Iterator[Chatter]:
        """Iterate over those who wrote lately, the latest first."""
        return (known.chatter for known in reversed(self._seen.values()))

    def called(self, name: str) -> list[Chatter]:
        """Return those whom somebody who types `name` means.

        These are all with this name or login; if there are none, those who are introduced by it;
        else those whose names look like it.
        """
        key = name_key(name)
        found = [known.chatter for known in self._seen.values() if key in known.keys]
        return found or self._nicknamed(key) or self._alike(key)

    def is_of_another(self, name: str, people: Iterable[Chatter]) -> bool:
        """Tell whether somebody besides `people` has this name, or one that looks like it.

        Nicknames count, and what is remembered of those who have not written since the start. A
        name of `people` themselves is theirs, whoever took it for a nickname.
        """
        people = list(people)
        key = name_key(name)
        if any(key in chatter.keys for chatter in people):
            return False
        look = _look(key)
        owners = {
            known.chatter.id
            for known in self._seen.values()
            if key in known.keys or known.looks_like(look)
        }
        for remembered in (self.nicknames, self._names):
            owners |= {owner for owner, given in remembered.items() if name_key(given) == key}
        return bool(owners - {chatter.id for chatter in people})

    def _nicknamed(self, key: str) -> list[Chatter]:
        ids = [identifier for identifier, nick in self.nicknames.items() if name_key(nick) == key]
        return [self._seen[identifier].chatter for identifier in ids if identifier in self._seen]

    def _alike(self, key: str) -> list[Chatter]:
        look = _look(key)
        return [known.chatter for known in self._seen.values() if known.looks_like(look)]

    def name_of(self, chatter: Chatter) -> str:
        """Return the name by which `chatter` is introduced, as it is written."""
        return self.nicknames.get(chatter.id) or chatter.name

    def note(self, chatter: Chatter) -> None:
        """Remember the name of `chatter`, for whom something is set."""
        name = clean(chatter.login or chatter.name)
        if self._names.get(chatter.id) != name:
            self._names[chatter.id] = name

    def is_muted(self, chatter: Chatter) -> bool:
        """Tell whether nothing of `chatter` is read."""
        return (
            _ID + chatter.id in self._muted
            or any(_NAME + key in self._muted for key in chatter.keys)
            or not self._listed.isdisjoint(chatter.keys)
        )

    def is_name_muted(self, name: str) -> bool:
        """Tell whether nobody of this name is read, whoever that will be."""
        key = name_key(name)
        return _NAME + key in self._muted or key in self._listed

    def mute(self, chatter: Chatter) -> None:
        """Read nothing of `chatter`, under any name."""
        self.note(chatter)
        self._muted[_ID + chatter.id] = clean(chatter.name)

    def mute_name(self, name: str) -> None:
        """Read nothing of whoever comes with this name."""
        self._muted[_NAME + name_key(name)] = clean(name)

    def unmute(self, name: str) -> bool:
        """Read those called `name` again; tell whether one of them was muted."""
        people = self.called(name)
        keys = {name_key(name)}.union(*(chatter.keys for chatter in people))
        gone = {_ID + chatter.id for chatter in people} | {_NAME + key for key in keys}
        # Somebody who has not written since the start is known by the name at that time.
        gone |= {place for place, muted in self._muted.items() if name_key(muted) in keys}
        gone |= {_ID + chatter for chatter, known in self._names.items() if name_key(known) in keys}
        gone &= self._muted.keys()
        was_muted = bool(gone) or not self._listed.isdisjoint(keys)
        for place in gone:
            del self._muted[place]
        self._unmuted |= self._listed & keys
        self._listed -= keys
        return was_muted

    def has_opted_out(self, chatter: Chatter) -> bool:
        """Tell whether `chatter` does not want to be read."""
        return chatter.id in self._opted_out

    def opt(self, chatter: Chatter, *, out: bool) -> None:
        """Note whether `chatter` does not want to be read."""
        self.note(chatter)
        _set(self._opted_out, chatter.id, _YES if out else "")

    def is_regular(self, chatter: Chatter) -> bool:
        """Tell whether a moderator counts `chatter` among the regulars."""
        return chatter.id in self._regulars

    def set_regular(self, chatter: Chatter, *, to: bool) -> None:
        """Count `chatter` among the regulars, or no more."""
        self.note(chatter)
        _set(self._regulars, chatter.id, clean(chatter.name) if to else "")

    def call(self, chatter: Chatter, nickname: str) -> None:
        """Introduce `chatter` as `nickname`; by the own name if that is empty."""
        self.note(chatter)
        _set(self._nicknames, chatter.id, nickname)


def _set(values: MutableMapping[str, str], key: str, value: str) -> None:
    """Set `value`, or forget the key if it is empty."""
    if value:
        values[key] = value
    else:
        values.pop(key, None)


def _look(key: str) -> str:
    """Return what a name looks like; nothing for one of symbols, which all look like marks."""
    look = "".join(seen(key).text.decode().split())
    return look if any(map(str.isalnum, look)) else ""
