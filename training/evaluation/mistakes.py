"""Words that were heard against those that were to be said."""

from collections.abc import Iterable
from typing import NamedTuple

import jiwer

from training.evaluation.wording import align_compounds, words


class Mistakes(NamedTuple):
    """Mistakes in one sentence or in many."""

    words: int
    """to be said"""
    substitutions: int
    dropped: int
    inserted: int
    doubled: int
    """of those inserted: equal to the word before or behind"""

    @property
    def error_rate(self) -> float:
        """Return the word error rate."""
        return (self.substitutions + self.dropped + self.inserted) / max(self.words, 1)

    @property
    def is_complete(self) -> bool:
        """Return whether no word was dropped or doubled."""
        return self.dropped == self.doubled == 0


def compare(said: str, heard: str) -> Mistakes:
    """Return the mistakes of one sentence."""
    reference, hypothesis = align_compounds(words(said), words(heard))
    if not hypothesis:
        return Mistakes(len(reference), 0, len(reference), 0, 0)
    output = jiwer.process_words([" ".join(reference)], [" ".join(hypothesis)])
    doubled = sum(
        _is_doubled(hypothesis, place)
        for chunk in output.alignments[0]
        if chunk.type == "insert"
        for place in range(chunk.hyp_start_idx, chunk.hyp_end_idx)
    )
    return Mistakes(
        len(reference), output.substitutions, output.deletions, output.insertions, doubled
    )


def _is_doubled(heard: list[str], place: int) -> bool:
    neighbours = heard[max(place - 1, 0) : place] + heard[place + 1 : place + 2]
    return heard[place] in neighbours


def total(mistakes: Iterable[Mistakes]) -> Mistakes:
    """Return the sum."""
    return Mistakes(*(sum(column) for column in zip(*mistakes, strict=True)))
