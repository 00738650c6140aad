"""The corpus of disguised words keeps its rules, and the matcher its recall; figures: the bench."""

import hashlib
from collections import Counter
from collections.abc import Sequence

import pytest

from tests.bench import blocked

EVASIONS_STOPPED = {"seen": 0.99, "unseen": 0.98}
"""Least share of evasions that are stopped, by half; raise it with the matcher."""
INNOCENTS_STOPPED = {"seen": 0.0, "unseen": 0.003}
"""Largest share of innocent lines that are stopped, by half; lower it with the matcher."""
ADVERSARY_STOPPED = 0.9
TROLLS_STOPPED = 0.94
TROLLS_FALSE_ALARMS = 10
"""Innocent lines that are stopped at most; nearly all of these hold a word, or sound like one."""
STOPPED_BY_KIND = {
    "addresses": 1.0,
    "case": 1.0,
    "full-width": 1.0,
    "invisible": 1.0,
    "leet": 0.96,
    "markdown": 1.0,
    "marks": 1.0,
    "mathematical": 1.0,
    "mentions": 0.95,
    "other languages": 1.0,
    "separators": 1.0,
    "small capitals": 0.95,
    "spelled": 0.9,
}
"""Least share of these evasions, of both halves."""


@pytest.fixture(scope="module")
def lines() -> list[blocked.Line]:
    """Return the corpus, read by the policy."""
    return list(blocked.read())


def _stopped(lines: Sequence[blocked.Line]) -> float:
    return sum(line.is_stopped for line in lines) / len(lines)


def test_corpus_is_large_in_every_kind(lines: list[blocked.Line]) -> None:
    evasions = Counter(line.kind for line in lines if line.is_evasion)
    assert min(evasions.values()) >= 40, evasions
    assert sum(evasions.values()) >= 1_400
    assert len(lines) - sum(evasions.values()) >= 1_200


def test_no_line_stands_twice(lines: list[blocked.Line]) -> None:
    counts = Counter((line.text, line.name) for line in lines)
    assert [line for line, count in counts.items() if count > 1] == []


def test_lines_stand_in_the_half_that_their_hash_gives(lines: list[blocked.Line]) -> None:
    for line in lines:
        byte = hashlib.sha256(f"{line.text}\t{line.name}".encode()).digest()[0]
        assert line.half == blocked.HALVES[byte % 2]


def test_evasions_mean_a_blocked_word(lines: list[blocked.Line]) -> None:
    assert {line.word for line in lines if line.is_evasion} == set(blocked.entries("words.txt"))


@pytest.mark.parametrize("half", blocked.HALVES)
def test_evasions_are_stopped(lines: list[blocked.Line], half: str) -> None:
    evasions = [line for line in lines if line.is_evasion and line.half == half]
    assert _stopped(evasions) >= EVASIONS_STOPPED[half]


@pytest.mark.parametrize("half", blocked.HALVES)
def test_innocent_lines_are_not_stopped(lines: list[blocked.Line], half: str) -> None:
    innocents = [line for line in lines if not line.is_evasion and line.half == half]
    assert _stopped(innocents) <= INNOCENTS_STOPPED[half]


@pytest.mark.parametrize("kind", STOPPED_BY_KIND)
def test_kind_is_stopped(lines: list[blocked.Line], kind: str) -> None:
    evasions = [line for line in lines if line.is_evasion and line.kind == kind]
    assert _stopped(evasions) >= STOPPED_BY_KIND[kind]


def test_an_adversary_gets_little_through() -> None:
    lines = list(blocked.read([blocked.ADVERSARY]))
    evasions = [line for line in lines if line.is_evasion]
    assert (len(evasions), len(lines)) == (200, 260)
    assert _stopped(evasions) >= ADVERSARY_STOPPED
    assert sum(not line.is_right for line in lines if not line.is_evasion) <= 1


def test_trolls_get_little_through() -> None:
    lines = list(blocked.read([blocked.TROLLS]))
    evasions = [line for line in lines if line.is_evasion]
    assert (len(evasions), len(lines)) == (431, 1126)
    assert _stopped(evasions) >= TROLLS_STOPPED
    wrong = [line.text for line in lines if not line.is_evasion and line.is_stopped]
    assert len(wrong) <= TROLLS_FALSE_ALARMS, wrong
