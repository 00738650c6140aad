"""Workloads: texts that are spoken to measure, by the length of their speech."""

import math
from typing import NamedTuple

_SENTENCE = "The quick brown fox jumps over the lazy dog while the chat is watching the stream."
_LETTERS_PER_S = 14
"""Of English, roughly."""
_QUICK_S = (1.0, 3.0, 5.0)
_FULL_S = (*_QUICK_S, 10.0, 28.0)
_QUICK_BEGIN_S = 35.0


class Workload(NamedTuple):
    """Utterances that are asked for at once."""

    name: str
    lengths_s: tuple[float, ...]
    """Nominal length of the speech of each."""

    @property
    def texts(self) -> tuple[str, ...]:
        """Return what is spoken."""
        return tuple(_text(length_s) for length_s in self.lengths_s)


class Plan(NamedTuple):
    """What a run measures."""

    mode: str
    workloads: tuple[Workload, ...]
    budget_s: float
    """Of each workload; it is repeated a few times even if it takes longer."""
    begin_s: float = math.inf
    """Seconds after the start from which no further workload is begun."""
    cold_start: bool = False
    """Whether the engine is also started with empty caches."""


def single(length_s: float) -> Workload:
    """Return one utterance."""
    return Workload(f"{length_s:g} s", (length_s,))


def batch(count: int, length_s: float) -> Workload:
    """Return `count` utterances of the same length."""
    return Workload(f"{count} x {length_s:g} s", (length_s,) * count)


def quick() -> Plan:
    """Return what takes about a minute."""
    workloads = (*map(single, _QUICK_S), batch(4, 3.0))
    return Plan("quick", workloads, budget_s=4.0, begin_s=_QUICK_BEGIN_S)


def full() -> Plan:
    """Return all lengths and batches, and a cold start: some minutes."""
    workloads = (*map(single, _FULL_S), batch(4, 3.0), batch(16, 3.0))
    return Plan("full", workloads, budget_s=8.0, cold_start=True)


def _text(length_s: float) -> str:
    """Return whole words of about that length."""
    letters = max(round(length_s * _LETTERS_PER_S), 1)
    sentences = f"{_SENTENCE} " * math.ceil(letters / len(_SENTENCE))
    end = sentences.find(" ", letters - 1)
    return sentences[:end].rstrip(".") + "."
