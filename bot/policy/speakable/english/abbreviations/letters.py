"""Class letter: single letters that are keys, spelled words or names, and no slang."""

import re

from bot.policy.speakable.reading import Line

_PRESSED = frozenset(
    {
        "press", "pressed", "pressing", "presses", "hit", "hold", "holding", "spam", "spamming",
        "click", "clicking", "tap", "mash", "flash", "ult", "key", "button", "letter", "bind",
        "bound", "ctrl", "control", "alt", "shift", "cmd", "command", "letters", "keybind", "my",
        "his", "her", "their", "your", "the", "q", "w", "e",
    }
)  # fmt: skip
"""Words before a letter that is a key or a spell."""
_PRESSED_ALONE = frozenset(
    {"press", "pressed", "pressing", "presses", "key", "button", "letter", "ctrl", "alt", "wii"}
)
"""Those of them that stand before no person: "hit u" is you."""
_SUBJECTS = frozenset(
    {
        "u", "you", "we", "they", "these", "those", "there", "things", "ppl", "people", "guys",
        "ya", "yall", "y'all", "how", "mods",
    }
)  # fmt: skip
"""Words before "r" as "are" at the end of a sentence."""
_ARE_AFTER = frozenset({"the", "so", "not", "too", "such", "only", "really", "very", "a", "an"})
"""Words behind "r" as "are", also behind "your" for "you"."""
_SPELLED = re.compile(r"(?:(?<![^\s\"'(])[A-Za-z] ){3,12}[A-Za-z](?![^\W_])")
_WORDS = frozenset("uraikyn")
"""Letters that are words in chat."""
_LEAST_OTHERS = 2
_LONGEST_SPELLED = 24
_SINGLE = re.compile(r"(?<![^\s])[A-Za-z] $")


def is_letter(line: Line, at: int, key: str) -> bool:
    """Tell whether r, u or k is a letter here: press r, flash r, l u c k, wii u."""
    before = line.before(at)
    following = line.after(at + 1).lower()
    if key == "r" and before in ("your", "their") and following in _ARE_AFTER:
        return False
    if before in (_PRESSED_ALONE if key == "u" else _PRESSED):
        return True
    if key == "k" and len(before) == 1 and before.isalpha() and before not in _WORDS:  # "f**k"
        return True
    if key == "r" and before and not following and not _are_several(before):
        return True
    return _is_spelled(line, at)


def _are_several(word: str) -> bool:
    """Tell whether "are" may stand behind a word: a pronoun, or a plural."""
    return word in _SUBJECTS or (word.endswith("s") and word[-2:-1] not in "sui" and len(word) > 3)


def _is_spelled(line: Line, at: int) -> bool:
    """Tell whether the letter is one of a word that is spelled: c r i n g e."""
    text = line.text
    start = at
    while start > 1 and at - start < _LONGEST_SPELLED and _SINGLE.search(text, start - 2, start):
        start -= 2
    match = _SPELLED.match(text, start)
    if match is None:
        return False
    spelled = match[0].lower().split()
    others = sum(letter not in _WORDS for letter in spelled)
    return others >= _LEAST_OTHERS or (others > 0 and spelled[0] not in _WORDS)
