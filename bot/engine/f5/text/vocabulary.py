"""Token ids of text, exactly as the checkpoints were trained (`f5_tts.model.utils`, f5-tts 1.1.22).

Latin text becomes characters, Chinese becomes pinyin syllables with tone digits. A vocabulary is a
file with one token a line; unknown characters become token 0, which is the space.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from bot.errors import StartError
from bot.runtime.files.folders import read_bounded

Vocabulary: TypeAlias = Mapping[str, int]
"""Token id by character or pinyin syllable."""

UNKNOWN_ID = 0
_MOST_BYTES = 8 << 20
_REPLACEMENTS = str.maketrans({";": ",", "“": '"', "”": '"', "‘": "'", "’": "'"})
_NO_SPACE_AFTER = frozenset(" :'\"")


def load_vocabulary(path: Path) -> Vocabulary:
    """Return the tokens of a `vocab.txt`; the line number, from 0, is the id.

    Raises:
        StartError: the file cannot be read, or its first token is not the space.
    """
    try:
        lines = read_bounded(path, _MOST_BYTES).decode().split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise StartError(
            f"The vocabulary {path} cannot be read: {error}.",
            remedy="Put the vocab.txt that belongs to the checkpoint there.",
        ) from error
    if lines[-1] == "":  # the file ends with a line break
        lines.pop()
    if not lines or lines[0] != " ":
        raise StartError(
            f"The vocabulary {path} does not begin with the space.",
            remedy="Put the unchanged vocab.txt that belongs to the checkpoint there.",
        )
    return {token: index for index, token in enumerate(lines)}


def to_ids(text: str, vocabulary: Vocabulary) -> list[int]:
    """Return the token ids of `text`."""
    return [vocabulary.get(token, UNKNOWN_ID) for token in tokenize(text)]


def tokenize(text: str) -> list[str]:
    """Return characters and pinyin syllables; same as upstream's `convert_char_to_pinyin`."""
    import rjieba  # noqa: PLC0415 - loads a dictionary: paid by the first text, not by every start

    tokens: list[str] = []
    for word in rjieba.cut(text.translate(_REPLACEMENTS)):
        byte_count = len(word.encode())
        if byte_count == len(word):
            if tokens and byte_count > 1 and tokens[-1] not in _NO_SPACE_AFTER:
                tokens.append(" ")
            tokens.extend(word)
        elif byte_count == 3 * len(word):
            for character, syllable in zip(word, _pinyin(word), strict=True):
                if _is_chinese(character):
                    tokens.append(" ")
                tokens.append(syllable)
        else:
            for character in word:
                if _is_chinese(character):
                    tokens.append(" ")
                    tokens.extend(_pinyin(character))
                else:
                    tokens.append(character)
    return tokens


def _is_chinese(character: str) -> bool:
    return "\u3100" <= character <= "\u9fff"


def _pinyin(word: str) -> Sequence[str]:
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415 - only Chinese text pays for it

    syllables = lazy_pinyin(word, style=Style.TONE3, tone_sandhi=True)
    # pypinyin returns a run of characters that it does not know as one item; upstream raises there.
    return syllables if len(syllables) == len(word) else list(word)
