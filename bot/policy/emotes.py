"""Emotes: pictures that are written as words, marked by the platform or known by name."""

import re

from bot.config.policy import EmoteSettings
from bot.messages import EventKind
from bot.policy.draft import Draft, disjoint, without

# A cheer's text carries its bits as words such as Cheer100; channels have cheermotes of their own.
_CHEERMOTE = re.compile(r"(?<!\S)[A-Za-z][A-Za-z0-9]{0,30}?[1-9][0-9]{0,6}(?!\S)")


class Emotes:
    """Filter: removes emotes from the raw text, which the platform's ranges refer to."""

    def __init__(self, settings: EmoteSettings) -> None:
        self._action = settings.action
        self._names = frozenset(settings.names)
        longest_first = sorted(settings.names, key=len, reverse=True)
        self._named = re.compile(rf"(?<!\S)(?:{'|'.join(map(re.escape, longest_first))})(?!\S)")

    def __call__(self, draft: Draft) -> Draft:
        """Return `draft` without emotes, or with the first one alone."""
        if self._action == "off":
            return draft
        message, text = draft.message, draft.text
        spans = list(message.emotes)
        if not self._names.isdisjoint(text.split()):
            spans += (match.span() for match in self._named.finditer(text))
        if spans and self._action == "first":
            spans = list(disjoint(spans, len(text)))[1:]
        if message.event is not None and message.event.kind is EventKind.CHEER:
            spans += (match.span() for match in _CHEERMOTE.finditer(text))
        return draft.with_text(without(text, spans)) if spans else draft
