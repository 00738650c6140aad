"""What is heard: blocked words in other spellings, alone and in two pieces."""

from collections.abc import Iterable

from bot.policy.words.lexicon import is_english
from bot.policy.words.sounds import Sounds, alike, readings, signature

_ENDINGS = ("s", "z", "zz", "es", "ez", "ed", "er", "ers", "ing", "ings", "y", "ish", "'s")
_FRENCH = ("aux", "eux", "oix")
"""Ends whose x is silent: choix."""
_LEAST_SOUNDS = 3


class Heard:
    """Blocked words by their sounds."""

    def __init__(self, words: Iterable[str]) -> None:
        """Take words in small letters, without spaces."""
        self._by_consonants: dict[str, list[Sounds]] = {}
        words = list(words)
        self._signatures = frozenset(map(signature, words))
        for word in words:
            for sounds in readings(word):
                if len(sounds.consonants) + len(sounds.vowels) >= _LEAST_SOUNDS:
                    self._by_consonants.setdefault(sounds.consonants, []).append(sounds)

    def is_blocked(self, word: str) -> bool:
        """Tell whether a listener would hear a blocked word in `word`, in small letters.

        A word of English sounds like itself.
        """
        if is_english(word):
            return False
        if self._sounds_blocked(word):
            return True
        stems = {word.removesuffix(ending) for ending in _ENDINGS if word.endswith(ending)}
        if word.endswith("x") and not word.endswith(_FRENCH):  # ks: the plural of a word in ck
            stems.add(f"{word.rstrip('x')}ck")
        return any(
            self._sounds_blocked(stem)
            for stem in stems
            if len(stem) > _LEAST_SOUNDS - 1 and not is_english(stem)
        )

    def _sounds_blocked(self, word: str) -> bool:
        return signature(word) in self._signatures and any(
            alike(sounds, blocked)
            for sounds in readings(word)
            for blocked in self._by_consonants.get(sounds.consonants, ())
        )
