"""Blocked words: removed from a message, or a reason to reject it."""

import asyncio
from collections.abc import Callable, Iterable
from functools import lru_cache
from threading import Lock

import re2
import structlog

from bot.config.chat.words import WordSettings, checked_word
from bot.messages import Chatter, Rejection, RejectReason
from bot.policy.cleaning import clean
from bot.policy.draft import Draft, Span, without
from bot.policy.words.allowed import Allowed
from bot.policy.words.disguises import has_pictured_letters, in_letters
from bot.policy.words.fragments import Fragments
from bot.policy.words.lexicon import english
from bot.policy.words.lists import Entries, Lists, default_entries
from bot.policy.words.matcher import Matcher

log = structlog.get_logger(__name__)

_MAX_ROUNDS = 8
"""Limit of removals, each of which can join another word; deeper nesting is deliberate."""
_MAX_WRITTEN = 3_000
"""Characters of a message that are looked at as they were written."""
_LONGEST_FRAGMENT = 400
_INNOCENTS = (
    "Niger", "Nigerien", "Negar", "Nagar", "Nigar", "Bina", "Cheikh", "Cheick", "Kaique", "Caïques",
)  # fmt: skip
"""Names that sound like a word of the list that comes with the program."""
_MAX_TERMS = 2_000


class Words:
    """Filter: checks prefix and body as they would be spoken, together and the body alone.

    The body alone too, because the prefix is left out while the same chatter goes on speaking.
    """

    def __init__(
        self,
        settings: WordSettings,
        *,
        terms: Iterable[str] = (),
        anonymous: Callable[[Draft], str] = lambda _: "",
        name_of: Callable[[Chatter], str] = lambda chatter: chatter.name,
        say: Callable[[str], str] = str,
    ) -> None:
        """Take the lists, and what is said for a chatter whose name is blocked.

        Args:
            settings: Words, and files of words.
            terms: Words that the platform blocks in the channel.
            anonymous: Returns the prefix for such a chatter.
            name_of: Returns the name by which a chatter is introduced, as it is written.
            say: Returns how something is said: what is allowed is allowed in both forms.
        """
        self._settings = settings
        self._lists = Lists(settings.lists)
        self.terms = tuple(terms)
        """Words that the platform blocks in the channel."""
        self._anonymous = anonymous
        self._name_of = name_of
        self._say = say
        self._building = Lock()
        self._build()

    def block(self, terms: Iterable[str]) -> None:
        """Reject messages with these words too: those that the platform blocks in the channel."""
        terms = tuple(dict.fromkeys(filter(str.strip, terms)))[:_MAX_TERMS]
        if terms != self.terms:
            self.terms = terms
            self._build()

    async def look(self) -> None:
        """Read files again if they changed."""
        if not self._settings.lists:
            return
        if await asyncio.to_thread(self._lists.look):
            await asyncio.to_thread(self._build)

    def _build(self) -> None:
        """Make the matchers, which may take a second; whoever comes later knows more."""
        with self._building:
            self._make()

    def _make(self) -> None:
        settings, lists = self._settings, self._lists
        innocents = _INNOCENTS if settings.default_list else ()
        allowed = Allowed((*settings.allow, *map(self._say, settings.allow), *innocents))
        strip, drop, mute = (lists.of(severity) for severity in ("strip", "drop", "mute"))
        default = default_entries() if settings.default_list else ()
        strip_words = (*settings.strip, *strip.words)
        mute_words = (*settings.mute, *mute.words)
        terms = _entries(self.terms)
        drop_words = (*settings.drop, *drop.words, *terms.words, *default, *mute_words)
        drop_patterns = (
            *settings.drop_patterns, *drop.patterns, *terms.patterns, *mute.patterns,
        )  # fmt: skip
        self._strip = Matcher(
            strip_words, (*settings.strip_patterns, *strip.patterns), allowed=allowed
        )
        self._mute = Matcher(mute_words, mute.patterns, allowed=allowed)
        self._drop = Matcher(drop_words, drop_patterns, allowed=allowed)
        if self._drop or self._strip:
            english()  # loaded now: it takes half a second
        self._is_name_blocked = lru_cache(maxsize=4_096)(self._in_name)

    def __call__(self, draft: Draft) -> Draft | Rejection:
        """Return `draft` without blocked words, or a rejection if one forbids the message."""
        if not (self._drop or self._strip):
            return draft
        prefix, body = draft.prefix, draft.text
        for _ in range(_MAX_ROUNDS):
            if forbidden := _find(self._drop, prefix, body):
                start, end = (place + len(prefix) for place in forbidden[0])
                return self._rejection((prefix + body)[start:end], prefix + body)
            spans = _find(self._strip, prefix, body)
            if not spans:
                return draft.with_text(body).with_prefix(prefix)
            if spans[0][0] < 0:
                prefix = self._without_name(draft, prefix)
            else:
                body = " ".join(without(body, spans).split())
        return Rejection(reason=RejectReason.BLOCKED, detail="blocked words inside each other")

    def as_written(self, draft: Draft) -> Draft | Rejection:
        """Filter: as a call, and looks at what earlier filters have left out or made plain.

        These are pictures of letters, and the chatter's name.
        """
        if not (self._drop or self._strip):
            return draft
        written = draft.message.text[:_MAX_WRITTEN]
        if self._drop and has_pictured_letters(written):
            read = clean(in_letters(written))
            if spans := self._drop.find(read):
                return self._rejection(read[slice(*spans[0])], read)
        if draft.prefix and self._is_name_blocked(name := self._name_of(draft.message.chatter)):
            if self._drop.find(_readable(name)):
                return self._rejection(name, _readable(name))
            draft = draft.with_prefix(self._without_name(draft, draft.prefix))
        return self(draft)

    def spans(self, text: str) -> list[Span]:
        """Return where words that forbid their message, or are left out, are in `text`."""
        return [span for matcher in (self._drop, self._strip) for span in _find(matcher, "", text)]

    def over_messages(self) -> "OverMessages":
        """Return a filter for words that one chatter spreads over several messages."""
        return OverMessages(self)

    def is_dropped(self, word: str) -> bool:
        """Tell whether `word` forbids its message."""
        return bool(self._drop) and self._drop.is_word(word)

    def is_phrase_dropped(self, before: str, behind: str) -> bool:
        """Tell whether two words of English forbid their messages together."""
        return bool(self._drop) and self._drop.is_form((before + behind).lower())

    def _in_name(self, name: str) -> bool:
        read = _readable(name)
        return bool(self._drop.find(read) if self._drop else ()) or bool(
            self._strip.find(read) if self._strip else ()
        )

    def _without_name(self, draft: Draft, prefix: str) -> str:
        anonymous = self._anonymous(draft)
        return anonymous if prefix != anonymous else ""

    def _rejection(self, detail: str, text: str) -> Rejection:
        mutes = bool(self._mute) and bool(self._mute.find(text))
        return Rejection(reason=RejectReason.BLOCKED, detail=detail, mutes=mutes)


class OverMessages:
    """Filter with a memory of the latest messages, unlike the others."""

    def __init__(self, words: Words) -> None:
        self._fragments = Fragments(words.is_dropped, words.is_phrase_dropped)

    def __call__(self, draft: Draft) -> Draft | Rejection:
        """Return `draft`, or a rejection if it completes a word that earlier messages began."""
        text = draft.text or clean(in_letters(draft.message.text[:_LONGEST_FRAGMENT]))
        if self._fragments.complete(draft.message, text):
            return Rejection(reason=RejectReason.BLOCKED, detail="a word over several messages")
        return draft


def _entries(terms: Iterable[str]) -> Entries:
    """Return what the platform blocks: words, and as they stand those that are not only letters."""
    words, patterns, empty = list[str](), list[str](), 0
    for term in map(clean, terms):
        try:
            words.append(checked_word(term))
        except ValueError:
            pattern = _literal(term)
            patterns += [pattern] if pattern else []
            empty += not pattern
    if empty:
        log.warning("blocked terms of the platform that hold nothing to look for", count=empty)
    return Entries(tuple(words), tuple(patterns))


def _literal(term: str) -> str:
    """Return the regular expression for `term` as it stands; empty if that would be anything.

    A letter or digit at its end is that of a word, but for * behind it: `:3` is not in 12:30. That
    holds for those of ASCII, the only ones between which RE2 sees borders of words.
    """
    written = term.strip("* ")
    if not written:
        return ""
    first = r"\b" if _is_plain(written[0]) and term[0] != "*" else ""
    last = r"\b" if _is_plain(written[-1]) and term[-1] != "*" else ""
    return f"{first}{re2.escape(written)}{last}"


def _is_plain(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _readable(name: str) -> str:
    return clean(in_letters(name[:200]))


def _find(matcher: Matcher, prefix: str, body: str) -> list[Span]:
    """Return the blocked spans, counted from the start of `body`: negative in the prefix."""
    if not matcher:
        return []
    # A space separates words as the start of a text does.
    spans = list(matcher.find(body, patterns_only=prefix.endswith(" ")))
    if prefix:
        spans += [
            (start - len(prefix), end - len(prefix)) for start, end in matcher.find(prefix + body)
        ]
    return sorted(spans)
