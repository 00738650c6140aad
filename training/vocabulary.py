"""The symbols of the bundled checkpoint: line by line its `vocab.txt`.

First the space, which is also what is unknown, then the pause, then hibari's phonemes, which the
teacher has, too.
"""

import json
from pathlib import Path

import hibari

from bot.engine.f5.text.phonemes import PAUSE


def _phonemes() -> list[str]:
    path = Path(hibari.__file__).parent / "assets" / "vocab.json"
    numbers: dict[str, int] = json.loads(path.read_text(encoding="utf-8"))
    return sorted(numbers, key=numbers.__getitem__)


SYMBOLS: tuple[str, ...] = (" ", PAUSE, *(symbol for symbol in _phonemes() if symbol != " "))
