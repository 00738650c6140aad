"""Sentences that the evaluation speaks and the training never hears."""

import re
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "data" / "heldout"
LISTS = ("chat", "short", "names")
ASIDE = "aside"
"""List that is spoken once for each new model, at the end (`training.judge`)."""


@cache
def sentences(name: str) -> tuple[str, ...]:
    """Return a list: `chat` (4-25 words), `short` (1-3), `names` (numbers, too), or `ASIDE`."""
    lines = (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if line)


def normalize(sentence: str) -> str:
    """Return letters and single spaces alone, in lower case, to compare sentences with."""
    return " ".join(re.findall(r"[a-z']+", sentence.lower()))


@cache
def normalized() -> frozenset[str]:
    """Return all of them as `normalize` does, those after "NAME says:" also without it."""
    every = [sentence for name in (*LISTS, ASIDE) for sentence in sentences(name)]
    every += [said for sentence in every if (said := sentence.partition(" says: ")[2])]
    return frozenset(normalize(sentence) for sentence in every)


def holds(sentence: str) -> bool:
    """Return whether `sentence` is one of them, whatever its case and punctuation."""
    return normalize(sentence) in normalized()
