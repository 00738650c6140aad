"""Japanese in kana, for what knows no kanji: readings of SudachiPy (Apache-2.0).

Source: Takaoka et al., "Sudachi: a Japanese Tokenizer for Business", 2018.
"""

import re
from functools import cache
from importlib.util import find_spec
from typing import Any

_PARTICLE = "助詞"
_AS_SAID = {"は": "ワ", "へ": "エ", "を": "オ"}
"""Particles that are not said as they are written."""
_GREETINGS = {"こんにちは": "コンニチワ", "こんばんは": "コンバンワ"}
"""Words with such a particle in them."""
_KANJI = re.compile(r"[\u3005-\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


def can_read() -> bool:
    """Tell whether the dictionary is installed."""
    return all(map(find_spec, ("sudachipy", "sudachidict_small")))


def in_kana(text: str) -> str:
    """Return `text` with kana for its kanji, a space behind each phrase.

    Other writing stays, and kanji that the dictionary does not know.
    """
    said: list[str] = []
    was_particle = False
    for morpheme in _tokenizer().tokenize(text):
        surface = morpheme.surface()
        is_particle = morpheme.part_of_speech()[0] == _PARTICLE
        if was_particle and not is_particle and said[-1] != " ":
            said.append(" ")
        if is_particle:
            kana = _AS_SAID.get(surface, surface)
        elif _KANJI.search(surface):
            kana = morpheme.reading_form() or surface
        else:
            kana = _GREETINGS.get(surface, surface)
        said.append(kana)
        was_particle = is_particle
    return "".join(said)


@cache
def _tokenizer() -> Any:  # noqa: ANN401 - it ships no types
    """Return the tokenizer: 30 ms and 50 MB, once somebody writes Japanese."""
    from sudachipy import Dictionary, SplitMode  # noqa: PLC0415 - see above

    return Dictionary(dict="small").tokenizer(mode=SplitMode.C)
