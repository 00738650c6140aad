"""Sentences for the teacher: prose, chat, short messages, names and single words, without end.

Prose is the collection of Debian's package `fortunes`; the rest is put together from the words
below and from hibari's dictionary. Nothing of `training/data/heldout` is among it.
"""

import gzip
import json
import re
from collections.abc import Sequence
from pathlib import Path

import hibari
import numpy as np
import yaml

from training import heldout

FORTUNES = Path("/usr/share/games/fortunes")
_LETTERS = (12, 170)
_PLAIN = re.compile(r"[A-Za-z0-9 ,.;:!?'()-]+")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")

_CHAT = Path(__file__).parent / "data" / "chat.yaml"
_KEY = re.compile(r"\{(\w+)\}")
_FORMS = (
    "{prose}",
    "{chat}",
    "{short}",
    "{name} says: {chat}",
    "{word}",
    "{word} {word}",
    "{word} {word} {word} {word} {word} {word}",
    "{name}, {number} {word}",
)
_SHARES = (0.42, 0.2, 0.12, 0.1, 0.03, 0.03, 0.06, 0.04)
_ENDS = (".", ".", "!", "", "", "?", "...")
"""Ends of sentences as people type them: mostly with one, sometimes without."""


class Sentences:
    """An endless choice of sentences."""

    def __init__(self, prose: Sequence[str]) -> None:
        """Take prose, sentence by sentence."""
        self._lists: dict[str, Sequence[str]] = yaml.safe_load(_CHAT.read_text(encoding="utf-8"))
        with gzip.open(_dictionary(), "rt", encoding="utf-8") as file:
            words = [word for word in json.load(file) if word.isascii() and word.isalpha()]
        self._lists["word"] = [word for word in words if word.islower()]
        self._lists["proper"] = [word for word in words if word.istitle()]
        self._lists["prose"] = prose or ["{chat}"]

    def choose(self, random: np.random.Generator) -> str:
        """Return a sentence."""
        while True:
            sentence = self._fill(str(random.choice(_FORMS, p=_SHARES)), random)
            if not sentence.endswith((".", "?", "!")):
                sentence += str(random.choice(_ENDS))
            if not heldout.holds(sentence):
                return sentence

    def _fill(self, form: str, random: np.random.Generator) -> str:
        """Return the form with every `{key}` replaced by a random member of that list."""

        def pick(key: re.Match[str]) -> str:
            choices = self._lists[key[1]]
            return self._fill(choices[int(random.integers(len(choices)))], random)

        return _KEY.sub(pick, form).strip()


def _dictionary() -> Path:
    return Path(hibari.__file__).parent / "assets" / "lexicon_us_gold.json.gz"


def read_fortunes(folder: Path = FORTUNES) -> list[str]:
    """Return the sentences of Debian's package `fortunes` that can be read aloud as they are."""
    found: dict[str, None] = {}
    for path in sorted(folder.glob("*")):
        if path.suffix or "art" in path.name:
            continue
        for fortune in path.read_text(encoding="utf-8", errors="ignore").split("\n%"):
            for sentence in _SENTENCE_END.split(re.sub(r"\s+", " ", fortune)):
                plain = sentence.strip(' "-%')
                if _LETTERS[0] <= len(plain) <= _LETTERS[1] and _PLAIN.fullmatch(plain):
                    found[plain] = None
    return list(found)
