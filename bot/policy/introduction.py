"""Introduction: the chatter's name before the text, as it can be spoken."""

import re
from functools import lru_cache

from bot.config.policy import NameSettings
from bot.policy.cleaning import clean, is_pronounceable, plain
from bot.policy.draft import Draft
from bot.policy.length import cut

_LONGEST_NAME = 200
"""Characters of a name that are read; the rest is dropped."""
_MARKUP = re.compile(r"<[^<>]{0,100}>|[_.,!?;:\"]")
_LONG_DIGITS = re.compile(r"[0-9]{3,}")
_LONGEST_CAPITALS = 4
"""Letters; a longer word in capitals would be spelled letter by letter."""
_REPEATED = re.compile(r"([^\W\d_])\1{2,}", re.IGNORECASE)


class Introduction:
    """Filter: puts the chatter's name into the draft's prefix."""

    def __init__(self, settings: NameSettings) -> None:
        self._is_said = settings.say
        self._template = settings.template
        self._max_characters = settings.max_characters
        self._anonymous = settings.anonymous
        self.spoken_name = lru_cache(maxsize=1024)(self._spoken_name)
        """Returns a name as it is spoken."""

    @property
    def anonymous(self) -> str:
        """The prefix for a chatter whose name must not be spoken."""
        return self._filled(self._anonymous) if self._is_said else ""

    def __call__(self, draft: Draft) -> Draft:
        """Return `draft` with its prefix."""
        if not self._is_said:
            return draft
        name = self.spoken_name(draft.message.chatter.name)
        return Draft(draft.message, draft.text, self._filled(name))

    def _spoken_name(self, name: str) -> str:
        name = _MARKUP.sub(" ", clean(name[:_LONGEST_NAME]))
        name = _REPEATED.sub(r"\1\1", _LONG_DIGITS.sub(" ", name))
        words = [
            w.lower() if w.isupper() and len(w) > _LONGEST_CAPITALS else w
            for w in plain(name).split()
        ]
        name = cut(" ".join(words), self._max_characters, self._max_characters)
        return name if is_pronounceable(name) else self._anonymous

    def _filled(self, name: str) -> str:
        prefix = self._template.format(name=name)
        space = " " if prefix[-1:].isspace() else ""
        return plain(clean(prefix)) + space
