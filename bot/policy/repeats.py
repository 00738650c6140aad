"""Repetitions: letters, marks, words and phrases that follow themselves."""

import re
from operator import eq

from bot.config.chat.policy import RepeatSettings
from bot.policy.draft import Draft

_LONGEST_PHRASE_WORDS = 8
# Not $ and @, which stand for letters, and not +: C++ is a name; nor ** before a digit, a power.
_MARKS = re.compile(r"(?!(?<=[0-9A-Za-z)])\*\*[0-9])([!?,;:'\"~*_=#&%<>(){}\[\]|^/\\-])\1+")
_DOTS = re.compile(r"\.{4,}")
_MARK_PAIRS = re.compile(r"([!?]{2})\1+")


class Repeats:
    """Filter: shortens repetitions."""

    def __init__(self, settings: RepeatSettings) -> None:
        self._max_words = settings.max_words
        most = settings.max_letters
        # Not digits: 1000000 is a number.
        self._letters = re.compile(rf"([^\W\d_])\1{{{most},}}", re.IGNORECASE)
        # Tells in a fraction of the time that there is nothing to do.
        self._repeated = re.compile(r"(.)" + r"\1" * most)
        self._most_letters = r"\1" * most

    def __call__(self, draft: Draft) -> Draft:
        """Return `draft` with short repetitions."""
        text = draft.text
        if self._repeated.search(text.lower()) is not None:
            text = self._letters.sub(self._most_letters, text)
        text = _MARKS.sub(r"\1", text)
        if "?!" in text or "!?" in text:
            text = _MARK_PAIRS.sub(r"\1", text)
        if "...." in text:
            text = _DOTS.sub("...", text)
        return draft.with_text(self._shorten_phrases(text))

    def _shorten_phrases(self, text: str) -> str:
        keys = [word.strip(".,!?") or word for word in text.casefold().split()]
        if len(set(keys)) == len(keys):
            return text
        words = text.split()
        for length in range(1, min(_LONGEST_PHRASE_WORDS, len(keys) // 2) + 1):
            if sum(map(eq, keys, keys[length:])) >= length * self._max_words:
                kept = _kept(keys, length, self._max_words)
                words = [words[index] for index in kept]
                keys = [keys[index] for index in kept]
        return " ".join(words)


def _kept(keys: list[str], length: int, most: int) -> list[int]:
    """Return the indices that stay when phrases of `length` words stand `most` times at most."""
    kept: list[int] = []
    index = 0
    while index < len(keys):
        end = index + length
        while end < len(keys) and keys[end] == keys[end - length]:
            end += 1
        times = (end - index) // length
        if times > most:
            kept += range(index, index + most * length)
            index += times * length
        else:
            kept.append(index)
            index += 1
    return kept
