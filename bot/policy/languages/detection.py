"""Detection of the language of a text, among those of its script that a channel has.

The model is that of py3langid (Lui and Baldwin, "langid.py: An Off-the-shelf Language
Identification Tool", 2012). Chat is short, so what the chatter wrote before counts as well.
"""

import math
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from bot.runtime.recent import Recent

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_CHATTERS = 5_000
"""Chatters whose language is remembered."""
_USUAL_PRIOR = 0.7
"""Probability of the usual language before anything was read."""
_MEMORY = 0.4
"""Weight of what a chatter wrote before, from one message to the next. With less of it, a word
alone is misread ("hola"); with more, who changes language: tests/bench/languages.py."""
_CERTAIN = 0.995
_SHORT_LETTERS = 8
"""A text of so many letters counts in full; a shorter one in proportion."""


class Detector:
    """Finds the language of each message."""

    def __init__(self, languages: Sequence[str]) -> None:
        """Tell these ISO 639-1 codes apart, of which the first is the usual one."""
        self.languages = tuple(languages)
        rest = (1 - _USUAL_PRIOR) / max(len(languages) - 1, 1)
        self._prior = {each: math.log(rest) for each in languages}
        self._prior[languages[0]] = math.log(_USUAL_PRIOR)
        self._by_chatter: Recent[str, dict[str, float]] = Recent(_CHATTERS)

    def load(self) -> None:
        """Load the model, so that the first message does not wait for it."""
        _identifier(self.languages).rank("hello")

    def __call__(self, text: str, chatter_id: str) -> str:
        """Return the most likely language of `text`, which this chatter wrote."""
        before = self._by_chatter.get(chatter_id, self._prior)
        letters = sum(map(str.isalpha, text))
        weight = min(letters / _SHORT_LETTERS, 1.0)
        found = dict(_identifier(self.languages).rank(text.lower()))
        scores = {
            each: before[each] + weight * math.log(max(found.get(each, 0.0), 1 - _CERTAIN))
            for each in self.languages
        }
        total = math.log(sum(math.exp(score) for score in scores.values()))
        self._by_chatter[chatter_id] = {
            each: _MEMORY * (score - total) + (1 - _MEMORY) * self._prior[each]
            for each, score in scores.items()
        }
        return max(scores, key=lambda each: scores[each])


@cache
def _identifier(languages: tuple[str, ...]) -> "LanguageIdentifier":
    """Return the model for these languages; half a second and 100 MB, paid once."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 - see above

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(languages))
    return identifier
