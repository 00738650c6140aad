"""Mode: which messages are read (all, commands, mentions), without the words that ask for it."""

import re
from collections.abc import Callable

from bot.config.chat.policy import ModeSettings
from bot.messages import ChatMessage, Rejection, RejectReason
from bot.policy.cleaning import clean
from bot.policy.draft import Draft, is_paid


def without_reply_mention(text: str, reply_to: str | None) -> str:
    """Return clean `text` without the "@name " that chat clients put before a reply.

    Args:
        text: Text from `clean`.
        reply_to: Display name of the chatter who is answered; None where nobody is.
    """
    if reply_to is None or not text.startswith("@"):
        return text
    name = clean(reply_to[: len(text)])
    end = 1 + len(name)
    rest = text[end:].lstrip(",:")
    is_mention = text[1:end].casefold() == name.casefold() and rest[:1] in ("", " ")
    return rest.lstrip(" ") if is_mention else text


def drop_reply_mention(draft: Draft) -> Draft:
    """Filter: cleans the text, and see `without_reply_mention`."""
    return draft.with_text(without_reply_mention(clean(draft.text), draft.message.reply_to))


class Mode:
    """Filter: lets a message through if the mode reads it."""

    def __init__(
        self,
        settings: ModeSettings,
        *,
        trigger: str,
        is_announced: Callable[[ChatMessage], bool] = lambda _: False,
    ) -> None:
        """Let a message whose event is announced through in every mode."""
        self._is_announced = is_announced
        self._read = settings.read
        self._trigger = trigger.casefold()
        self._ignored = re.compile("|".join(map(_ignored, settings.ignored_prefixes)) or "(?!)")
        self._names = frozenset(_bare(name) for name in settings.names)
        names = "|".join(sorted(map(re.escape, self._names), key=len, reverse=True))
        self._mention = re.compile(rf"(?<!\w)@(?:{names})(?!\w)[,:]?", re.IGNORECASE)

    def __call__(self, draft: Draft) -> Draft | Rejection:
        """Return `draft` without trigger or mention, or the reason why it is not read."""
        text = draft.text
        if self._read == "command":
            first, _, rest = text.partition(" ")
            if first.casefold() == self._trigger:
                return draft.with_text(rest)
        is_announced = self._is_announced(draft.message)
        if self._ignored.match(text):
            if is_announced:
                return draft.with_text("")
            return Rejection(reason=RejectReason.COMMAND)
        if self._read == "all" or is_announced or is_paid(draft.message):
            return draft
        if self._read == "mention":
            without, count = self._mention.subn(" ", text)
            if count or _bare(draft.message.reply_to or "") in self._names:
                return draft.with_text(" ".join(without.split()))
        return Rejection(reason=RejectReason.MODE, detail=f"only {self._read}s are read")


def _ignored(prefix: str) -> str:
    """Return what `prefix` is found by; marks alone make a command of a word behind them only."""
    is_word = any(map(str.isalnum, prefix))
    return re.escape(prefix) + ("" if is_word else r"(?=\w)")


def _bare(name: str) -> str:
    return clean(name).removeprefix("@").casefold()
