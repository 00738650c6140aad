"""Length: a long message is cut at a word, not refused."""

from bot.config.chat.policy import LengthSettings
from bot.messages import Rejection, RejectReason
from bot.policy.draft import Draft, Filter

_MAX_ROUNDS = 8


class Length:
    """Filter: keeps the start of a long message."""

    def __init__(self, settings: LengthSettings) -> None:
        self._max_characters = settings.max_characters
        self._max_words = settings.max_words

    def __call__(self, draft: Draft) -> Draft:
        """Return `draft`, cut if it is too long."""
        return draft.with_text(cut(draft.text, self._max_characters, self._max_words))


def cut(text: str, max_characters: int, max_words: int) -> str:
    """Return the start of `text` up to the last word that fits; a single giant word is cut."""
    if len(text) > max_characters:
        end = text.rfind(" ", 0, max_characters + 1)
        text = text[: end if end > 0 else max_characters].rstrip()
    if text.count(" ") >= max_words:
        text = " ".join(text.split()[:max_words])
    return text


def fitting(words: Filter, length: Length) -> Filter:
    """Return a filter that applies `words` and `length` until neither changes anything.

    A removed word may leave two words where one was, so the text may be too long again; and a cut
    may end in a blocked word.
    """

    def settle(draft: Draft) -> Draft | Rejection:
        for _ in range(_MAX_ROUNDS):
            result = words(draft)
            if isinstance(result, Rejection):
                return result
            draft = length(result)
            if draft is result:
                return result
        return Rejection(reason=RejectReason.BLOCKED)

    return settle
