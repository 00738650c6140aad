"""Introduction: the chatter's name before the text, as it can be spoken."""

import re
from collections.abc import Mapping
from functools import lru_cache

from bot.config.policy import NameSettings
from bot.messages import Chatter
from bot.policy.cleaning import clean, is_pronounceable, plain
from bot.policy.draft import Draft
from bot.policy.languages import Spoken, speakable_name
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

    def __init__(
        self,
        settings: NameSettings,
        *,
        own: str = "en",
        spoken: Spoken = lambda: None,
        nicknames: Mapping[str, str] | None = None,
    ) -> None:
        """Take what names are said with.

        Args:
            settings: Templates and limits.
            own: The channel's own language.
            spoken: Returns the languages that the engines speak.
            nicknames: Names that chatters are called by, by their ids; may change.
        """
        self._nicknames = {} if nicknames is None else nicknames
        self._is_said = settings.say
        self._template = settings.template
        self._max_characters = settings.max_characters
        self._anonymous = settings.anonymous
        self._templates = settings.templates
        self._own = own
        self._spoken = spoken
        self._spoken_name = lru_cache(maxsize=1024)(self._as_spoken)

    @property
    def anonymous(self) -> str:
        """The prefix for a chatter whose name must not be spoken."""
        return self._filled(self._anonymous) if self._is_said else ""

    def __call__(self, draft: Draft) -> Draft:
        """Return `draft` with its prefix."""
        if not self._is_said:
            return draft
        name = self.spoken_name(draft.message.chatter)
        return draft.with_prefix(self._filled(name, draft.language))

    def spoken_name(self, chatter: Chatter) -> str:
        """Return the chatter's name as it is spoken: the login where no voice can say the name."""
        if nickname := self._nicknames.get(chatter.id):
            return self._spoken_name(nickname)
        name = speakable_name(chatter.name, chatter.login, own=self._own, spoken=self._spoken())
        return self._spoken_name(name)

    def _as_spoken(self, name: str) -> str:
        name = _MARKUP.sub(" ", clean(name[:_LONGEST_NAME]))
        name = _REPEATED.sub(r"\1\1", _LONG_DIGITS.sub(" ", name))
        words = [
            w.lower() if w.isupper() and len(w) > _LONGEST_CAPITALS else w
            for w in plain(name).split()
        ]
        name = cut(" ".join(words), self._max_characters, self._max_characters)
        return name if is_pronounceable(name) else self._anonymous

    def _filled(self, name: str, language: str = "") -> str:
        spoken = self._spoken()
        is_spoken = bool(language) and (spoken is None or language in spoken)
        template = self._templates.get(language, self._template) if is_spoken else self._template
        prefix = template.format(name=name)
        space = " " if prefix[-1:].isspace() else ""
        return plain(clean(prefix)) + space
