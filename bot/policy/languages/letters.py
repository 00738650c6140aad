"""Letters that a voice does not read: left out, or written in Latin ones."""

import re
from collections.abc import Callable

from bot.policy.languages.scripts import HAN, LATIN, PHONETIC, runs
from bot.policy.words.skeleton import look_alike
from bot.runtime.text import japanese

_ALPHABETS = frozenset({PHONETIC, "CYRILLIC", "GREEK", "COPTIC", "ARMENIAN", "CHEROKEE", "LISU"})
"""Scripts with letters that look like Latin ones."""
_LATIN = frozenset({LATIN})
_NEXT_SYLLABLE = re.compile(r"(?<=[a-z])(?=[A-Z])")


def readable(text: str, scripts: frozenset[str]) -> str:
    """Return `text` with a space for each run of letters of other scripts than `scripts`.

    Letters that disguise a Latin word are those that they look like.
    """
    return _rewritten(text, scripts, lambda _script, _run: " ")


def transliterated(text: str, language: str = "") -> str:
    """Return `text` in Latin letters; kanji are read if `language` is ja and a reader installed."""
    if text.isascii():
        return text
    if language == "ja" and japanese.can_read():
        text = japanese.in_kana(text)
    return _rewritten(text, _LATIN, _romanized)


def _rewritten(text: str, scripts: frozenset[str], rewrite: Callable[[str, str], str]) -> str:
    parts = [*runs(text, scripts)]
    written: list[str] = []
    for index, (script, run) in enumerate(parts):
        if not script:
            written.append(run)
            continue
        before = parts[index - 1][1][-1:] if index else ""
        behind = parts[index + 1][1][:1] if index + 1 < len(parts) else ""
        is_disguise = script == PHONETIC or _is_latin(before) or _is_latin(behind)
        written.append((_disguised(script, run) if is_disguise else "") or rewrite(script, run))
    return "".join(written)


def _disguised(script: str, run: str) -> str:
    """Return the Latin letters that all of `run` look like, else nothing."""
    if script not in _ALPHABETS:
        return ""
    alike = [look_alike(letter) for letter in run]
    return "".join(alike) if all(alike) else ""


def _is_latin(character: str) -> bool:
    return character.isascii() and character.isalpha()


def _romanized(script: str, run: str) -> str:
    from anyascii import anyascii  # noqa: PLC0415 - its tables load when they are needed

    said = anyascii(run)
    if script in _ALPHABETS:
        return said
    # anyascii begins each character of Han and Hangul with a capital.
    spaced = _NEXT_SYLLABLE.sub(" ", said) if script == HAN else said
    return f" {spaced.lower()} "
