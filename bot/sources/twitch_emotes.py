"""Where emotes and cheermotes stand in Twitch's chat, which counts in several ways.

The tag `emotes` should count code points. Twitch also counts UTF-16 units or bytes behind emoji and
accented letters, or with the frame of /me (https://github.com/twitchdev/issues/issues/104 and 175).
An emote is always one word of ASCII, so a range that is none means a word nearby.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate, combinations
from typing import Final, NamedTuple

from bot.messages import Picture

Span = tuple[int, int]
"""Half-open range of code points."""

CHEERMOTES: Final = frozenset(
    (
        *("cheer", "doodlecheer", "biblethump", "cheerwhal", "corgo", "scoops", "uni", "showlove"),
        *("party", "seemsgood", "pride", "kappa", "frankerz", "heyguys", "dansgame", "elegiggle"),
        *("trihard", "kreygasm", "4head", "swiftrage", "notlikethis", "failfish", "vohiyo"),
        *("pjsalt", "mrdestructoid", "bday", "ripcheer", "shamrock", "bitboss", "streamlabs"),
        *("muxy", "holidaycheer", "goal", "anon", "charity"),
    )
)
"""Prefixes of the cheermotes that every channel has or had, in lower case."""
_MAX_PICTURES = 20
_EMOTE_ID = re.compile(r"[A-Za-z0-9_]{1,64}")
_MAX_RANGES = 500
"""Limit of ranges in a message; Twitch's have 500 characters, so 250 emotes."""
_FAR = sorted(range(-100, 101), key=abs)
"""Offsets, in code points, at which a word that is known to be the emote is looked for."""
_NEAR = _FAR[:9]
"""Those at which any word of its length is taken."""
_FRAMES = (0, len("ACTION "), len("\x01ACTION "))
"""Characters before the text that may have been counted."""
_WORD = re.compile(r"\S+")
_ALONE = re.compile(r"(?<!\w)\S+(?!\w)")
_RANGE = re.compile(r"([0-9]{1,6})-([0-9]{1,6})")
_CHEERMOTE = re.compile(r"(?<!\S)([A-Za-z0-9]{0,30}?[A-Za-z])([1-9][0-9]{0,6})(?!\S)")
_MOST_KNOWN, _MOST_UNKNOWN = 5, 20
"""Limits of the prefixes in a message of which combinations are tried."""


class _Range(NamedTuple):
    emote: str
    start: int
    end: int


def emote_ranges(tag: str, text: str) -> list[Span]:
    """Return where the emotes of `tag` stand in `text`; one that fits no word is left out.

    Twitch writes `25:0-4,12-16/1902:6-10`, with inclusive ends.
    """
    ranges = [
        _Range(emote, int(bounds[1]), int(bounds[2]) + 1)
        for emote, _, parts in (emote.partition(":") for emote in tag.split("/"))
        for part in parts.split(",")
        if (bounds := _RANGE.fullmatch(part))
    ][:_MAX_RANGES]
    if not ranges:
        return []
    words = {m.start(): m.end() for m in _WORD.finditer(text) if m[0].isascii()}
    spans = [(it.start, it.end) for it in ranges]
    if _are_right(spans, ranges, words, text):
        return spans
    for points in _counts(text):
        spans = [(points.get(it.start, -1), points.get(it.end, -1)) for it in ranges]
        if _are_right(spans, ranges, words, text):
            return spans
    return list(_one_by_one(ranges, words, text))


def picture(emote_id: str, name: str) -> Picture | None:
    """Return the picture of an emote; None for an id of another form.

    Source: https://dev.twitch.tv/docs/chat/send-receive-messages/#getting-the-emote-image.
    """
    if not _EMOTE_ID.fullmatch(emote_id):
        return None
    host = "https://static-cdn.jtvnw.net/emoticons/v2"
    return Picture(name=name, address=f"{host}/{emote_id}/default/dark/2.0")


def pictures(tag: str, text: str) -> tuple[Picture, ...]:
    """Return the emotes of `tag`, as in `emote_ranges`, as pictures; each once."""
    found: dict[str, Picture | None] = {}
    for emote in tag.split("/")[:_MAX_PICTURES]:
        emote_id, _, parts = emote.partition(":")
        spans = emote_ranges(f"{emote_id}:{parts.partition(',')[0]}", text)
        if spans:
            found.setdefault(emote_id, picture(emote_id, text[slice(*spans[0])]))
    return tuple(each for each in found.values() if each is not None)


def cheermotes(text: str, bits: float) -> list[Span]:
    """Return where the cheermotes of a cheer of so many `bits` stand in `text`.

    Channels have cheermotes of their own, and some words look like one (RE4, GTA5): those count
    whose numbers add up to `bits`. Where none do, all with a prefix that every channel has.
    """
    found: dict[str, list[re.Match[str]]] = {}
    for match in _CHEERMOTE.finditer(text):
        found.setdefault(match[1].lower(), []).append(match)
    sums = {prefix: sum(int(match[2]) for match in found[prefix]) for prefix in found}
    known = [prefix for prefix in found if prefix in CHEERMOTES]
    unknown = [prefix for prefix in found if prefix not in CHEERMOTES]
    guesses = _guesses(known[:_MOST_KNOWN], unknown[:_MOST_UNKNOWN])
    right = (guess for guess in guesses if sum(sums[prefix] for prefix in guess) == bits)
    return [match.span() for prefix in next(right, known) for match in found[prefix]]


def _guesses(known: Sequence[str], unknown: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield which prefixes may be cheermotes, the likeliest first: at most one of `unknown`."""
    for size in range(len(known), -1, -1):
        for some in combinations(known, size):
            if some:
                yield some
            yield from ((*some, other) for other in unknown)


def _counts(text: str) -> Iterator[dict[int, int]]:
    """Yield the code point of each position, by what Twitch may have counted."""
    sizes = [[1] * len(text)]
    if not text.isascii():
        sizes.append([1 + (c > "\uffff") for c in text])
        sizes.append([len(c.encode(errors="surrogatepass")) for c in text])
    for first in _FRAMES:
        for units in sizes:
            yield {at: point for point, at in enumerate(accumulate(units, initial=first))}


def _are_right(
    spans: Sequence[Span], ranges: Sequence[_Range], words: dict[int, int], text: str
) -> bool:
    """Tell whether all `spans` are words, and each emote has one name."""
    if any(words.get(start) != end for start, end in spans):
        return False
    names = {(it.emote, text[start:end]) for it, (start, end) in zip(ranges, spans, strict=True)}
    return len(names) == len({emote for emote, _ in names})


def _one_by_one(ranges: Sequence[_Range], words: dict[int, int], text: str) -> Iterator[Span]:
    """Yield the word that each range means: its own, one of its emote's name, the nearest."""
    right = {it for it in ranges if words.get(it.start) == it.end}
    names = {it.emote: text[it.start : it.end] for it in right}
    free = dict(words)
    for it in right:
        free.pop(it.start, None)
        yield it.start, it.end
    for it in ranges:
        if it in right:
            continue
        name = names.get(it.emote)
        for start in (it.start + offset for offset in (_FAR if name else _NEAR)):
            end = free.get(start, start)
            if text[start:end] == name if name else end - start == it.end - it.start:
                yield start, free.pop(start)
                break
        else:
            if it.end <= len(text) and _ALONE.fullmatch(text, it.start, it.end):
                yield it.start, it.end
