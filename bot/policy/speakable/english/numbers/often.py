"""Class often: how many times something was, as in "died 5x already" and "3x champ"."""

import re

from bot.policy.speakable.english.numbers import numerals
from bot.policy.speakable.reading import Line, Reading, Rule

_COUNT = re.compile(r"([0-9]{1,3})[xX](?![^\W_])")
_BEHIND = re.compile(
    r" (?:in a row|already|today|yesterday|tonight|so far|this (?:game|match|stream|week|month|year"
    r"|season|run|morning)|last (?:game|match|stream|week|month|year|season|night)|straight|before"
    r"|since|now)(?![^\W_])(?! (?:more|faster|better|slower))",
    re.IGNORECASE,
)
"""When or how something was several times."""
_WINNER = re.compile(
    r" (?:world |defending |back to back |nba |regional |major )?(?:champs?|champions?|mvps?"
    r"|winners?|finalists?|all[- ]stars?|medalists?|offenders?|loser)(?![^\W_])",
    re.IGNORECASE,
)
"""Who was something several times."""
_OBJECTS = frozenset({"it", "that", "this", "him", "her", "them", "me", "us", "u", "you", "same"})
"""Words that a verb may end with before how often it was done."""
_LAST = re.compile(r"[.,!?]* *$")


def often(line: Line, at: int) -> Reading | None:
    """Read "nerfed 3x in a row", "watched it 10x" and "3x champ"."""
    match = _COUNT.match(line.text, at)
    if match is None:
        return None
    number, end = numerals.count(match[1]), match.end()
    if _WINNER.match(line.text, end):
        return Reading(end, f"{number} time", "often")
    is_last = line.before(at) in _OBJECTS and _LAST.match(line.text, end) is not None
    if not is_last and _BEHIND.match(line.text, end) is None:
        return None
    return Reading(end, f"{number} {'time' if match[1] == '1' else 'times'}", "often")


RULES = (Rule(often, digits=True, followed="xX"),)
