"""Introduction: the chatter's name before the text, as it can be spoken."""

import re
from collections.abc import Mapping
from functools import lru_cache

from msgspec.structs import replace

from bot.config.chat.policy import NameSettings
from bot.messages import Chatter
from bot.policy.cleaning import clean, is_pronounceable, plain
from bot.policy.draft import Draft
from bot.policy.languages import Names
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
        names: Names = Names(),  # noqa: B008 - it is immutable
        own: str = "en",
        nicknames: Mapping[str, str] | None = None,
    ) -> None:
        """Take what names are said with.

        Args:
            settings: Templates and limits.
            names: Returns names in letters that a voice reads.
            own: The channel's own language.
            nicknames: Names that chatters are called by, by their ids; may change.
        """
        self._nicknames = {} if nicknames is None else nicknames
        self._is_said = settings.say
        self._own = own
        self._templates = dict(settings.templates)
        if settings.template is not None:
            self._templates[own] = settings.template
        self._max_characters = settings.max_characters
        self._anonymous = settings.anonymous
        self._names = names
        self._spoken_name = lru_cache(maxsize=1024)(self._as_spoken)

    def __call__(self, draft: Draft) -> Draft:
        """Return `draft` with its prefix."""
        if not self._is_said:
            return draft
        language = self._language(draft)
        name = self.spoken_name(draft.message.chatter, draft.language)
        return replace(draft, prefix=self._filled(name, language), prefix_language=language)

    def without_name(self, draft: Draft) -> str:
        """Return the prefix for a chatter whose name must not be spoken."""
        return self._filled(self._anonymous, self._language(draft)) if self._is_said else ""

    def _language(self, draft: Draft) -> str:
        return self._names.introducing(draft.language, self._templates.__contains__)

    def spoken_name(self, chatter: Chatter, language: str = "") -> str:
        """Return the chatter's name as a voice of `language` can say it."""
        if nickname := self._nicknames.get(chatter.id):
            chatter = replace(chatter, name=nickname)
        return self._spoken_name(self._names(chatter, language))

    def _as_spoken(self, name: str) -> str:
        name = _MARKUP.sub(" ", clean(name[:_LONGEST_NAME]))
        name = _REPEATED.sub(r"\1\1", _LONG_DIGITS.sub(" ", name))
        words = [
            w.lower() if w.isupper() and len(w) > _LONGEST_CAPITALS else w
            for w in plain(name).split()
        ]
        name = cut(" ".join(words), self._max_characters, self._max_characters)
        return name if is_pronounceable(name) else self._anonymous

    def _filled(self, name: str, language: str) -> str:
        template = self._templates.get(language, "{name}: ")
        prefix = template.format(name=name)
        space = " " if prefix[-1:].isspace() else ""
        return plain(clean(prefix)) + space
