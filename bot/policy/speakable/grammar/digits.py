"""Rules at numbers, sorted by the character behind the first digits, so that few are asked."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from bot.policy.speakable.reading import Line, Read, Reading, Rule, longest

LETTER = "a"
"""Stands for any letter in `DigitRule.behind`."""
_DIGITS = re.compile(r"[0-9]++")


class DigitRule(NamedTuple):
    """A rule that is asked where a number begins."""

    read: Read
    behind: str = ""
    """Characters of which one follows its first digits; empty for whatever there is."""


Rules = tuple[DigitRule | Rule, ...]


def sorted_rules(rules: Sequence[DigitRule | Rule]) -> tuple[Rule, ...]:
    """Return `rules` with those at numbers as one; of equally long readings the first counts."""
    at_digits = [rule for rule in rules if isinstance(rule, DigitRule)]
    others = [rule for rule in rules if isinstance(rule, Rule)]
    return (Rule(_reader(at_digits), digits=True), *others)


def _reader(rules: Sequence[DigitRule]) -> Callable[[Line, int], Reading | None]:
    known = {sign for rule in rules for sign in rule.behind}
    always = [rule.read for rule in rules if not rule.behind]
    by_sign = {sign: _asked(rules, sign) for sign in known}
    letter = by_sign.get(LETTER, always)

    def read(line: Line, at: int) -> Reading | None:
        match = _DIGITS.match(line.text, at)
        following = line.text[match.end() : match.end() + 1] if match else ""
        reads = letter if following.isalpha() else by_sign.get(following, always)
        return longest(reads, line, at)

    return read


def _asked(rules: Iterable[DigitRule], sign: str) -> list[Read]:
    return [rule.read for rule in rules if not rule.behind or sign in rule.behind]
