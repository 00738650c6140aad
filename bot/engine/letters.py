"""How long writing takes to say, in letters: by script, with the pauses of punctuation."""

import unicodedata

_SCRIPT_LETTERS = (("CJK UNIFIED", 3.0), ("HANGUL", 2.5), ("HIRAGANA", 2.0), ("KATAKANA", 2.0))
"""Duration of a character by its script, in letters; one for all other scripts."""
_DIGIT_LETTERS = 4.0
_SHORT_PAUSE_LETTERS, _LONG_PAUSE_LETTERS = 3.0, 5.0
"""Durations of pauses in letters: about a fifth and a third of a second."""
_SHORT_PAUSES, _LONG_PAUSES = frozenset(",;:，；：、"), frozenset(".!?…。！？")


def letters(text: str) -> float:
    """Return the duration of `text` with its pauses and spaces, in letters."""
    return sum(map(letters_of, text.strip()))


def letters_of(character: str) -> float:
    """Return the duration of a character, in letters."""
    if pause := pause_letters(character):
        return pause
    if character.isdecimal():
        return _DIGIT_LETTERS
    if unicodedata.combining(character):
        return 0.0
    name = unicodedata.name(character, "")
    return next((count for script, count in _SCRIPT_LETTERS if name.startswith(script)), 1.0)


def pause_letters(character: str) -> float:
    """Return the duration of the pause that a character stands for, in letters; 0 for no pause."""
    if character in _LONG_PAUSES:
        return _LONG_PAUSE_LETTERS
    return _SHORT_PAUSE_LETTERS if character in _SHORT_PAUSES else 0.0
