"""Blocked words: removed from a message, or a reason to reject it."""

from collections.abc import Callable

from bot.config.policy import WordSettings
from bot.messages import Rejection, RejectReason
from bot.policy.draft import Draft, Span, without
from bot.policy.words.blocklist import Blocklist

_MAX_ROUNDS = 8
"""Limit of removals, each of which can join another word; deeper nesting is deliberate."""


class Words:
    """Filter: checks prefix and body as they would be spoken, together and the body alone.

    The body alone too, because the prefix is left out while the same chatter goes on speaking.
    """

    def __init__(
        self, settings: WordSettings, *, anonymous: Callable[[Draft], str] = lambda _: ""
    ) -> None:
        """Take the lists, and what returns the prefix for a chatter whose name is blocked."""
        self._drop = Blocklist(settings.drop, settings.drop_patterns)
        self._strip = Blocklist(settings.strip, settings.strip_patterns)
        self._anonymous = anonymous

    def __call__(self, draft: Draft) -> Draft | Rejection:
        """Return `draft` without blocked words, or a rejection if one forbids the message."""
        if not (self._drop or self._strip):
            return draft
        prefix, body = draft.prefix, draft.text
        for _ in range(_MAX_ROUNDS):
            if forbidden := _find(self._drop, prefix, body):
                start, end = (place + len(prefix) for place in forbidden[0])
                return Rejection(reason=RejectReason.BLOCKED, detail=(prefix + body)[start:end])
            spans = _find(self._strip, prefix, body)
            if not spans:
                return draft.with_text(body).with_prefix(prefix)
            if spans[0][0] < 0:
                anonymous = self._anonymous(draft)
                prefix = anonymous if prefix != anonymous else ""
            else:
                body = " ".join(without(body, spans).split())
        return Rejection(reason=RejectReason.BLOCKED, detail="blocked words inside each other")


def _find(blocklist: Blocklist, prefix: str, body: str) -> list[Span]:
    """Return the blocked spans, counted from the start of `body`: negative in the prefix."""
    if not blocklist:
        return []
    # A space separates words as the start of a text does.
    spans = blocklist.find(body, patterns_only=prefix.endswith(" "))
    if prefix:
        spans += [
            (start - len(prefix), end - len(prefix)) for start, end in blocklist.find(prefix + body)
        ]
    return sorted(spans)
