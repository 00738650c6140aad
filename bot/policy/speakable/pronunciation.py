"""Pronunciation: words that are said otherwise than they are written, as moderators say."""

import re
from collections.abc import Mapping, MutableMapping

from bot.policy.draft import Draft

_MOST = 500
"""Words of moderators; one more replaces none."""


class Pronunciation:
    """Filter: replaces words by what is said for them."""

    def __init__(
        self, configured: Mapping[str, str], added: MutableMapping[str, str] | None = None
    ) -> None:
        """Take the words of the configuration, and those of moderators; changed in place."""
        self._added = {} if added is None else added
        self.follow(configured)

    def follow(self, configured: Mapping[str, str]) -> None:
        """Take the words of the configuration from now on."""
        self._configured = {word.casefold(): said for word, said in configured.items()}
        self._compile()

    def said_for(self, word: str) -> str:
        """Return what moderators let be said for `word`; empty for nothing."""
        return self._added.get(word.casefold(), "")

    def say(self, word: str, said: str) -> bool:
        """Say `said` for `word` from now on; with nothing, as it is configured or written.

        Return whether there was room for it.
        """
        key = word.casefold()
        if not said:
            self._added.pop(key, None)
        elif key in self._added or len(self._added) < _MOST:
            self._added[key] = said
        else:
            return False
        self._compile()
        return True

    def __call__(self, draft: Draft) -> Draft:
        """Return `draft` with what is said for its words."""
        if not self._said:
            return draft
        replaced = self._words.sub(lambda m: self._said.get(m[0].casefold(), m[0]), draft.text)
        return draft.with_text(replaced)

    def _compile(self) -> None:
        self._said = {**self._configured, **self._added}
        longest_first = sorted(self._said, key=len, reverse=True)
        self._words = re.compile(
            rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)", re.IGNORECASE
        )
