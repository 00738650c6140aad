"""Phonemes of English text, from the dictionary and rules of the package `hibari-tts`.

They are those of misaki, which Kokoro was trained on, one character each.
"""

from collections.abc import Callable, Sequence
from functools import cache


@cache
def _hibari(*, british: bool) -> tuple[Callable[[str], list[str]], Callable[[str], str]]:
    """Return the splitter and the dictionary; about half a second and 60 MB, paid once."""
    from hibari import Hibari  # noqa: PLC0415 - only models of phonemes need it
    from hibari.g2p import G2P  # noqa: PLC0415

    return Hibari.split_sentences, G2P(british=british)


def phonemize(text: str, *, british: bool = False) -> Sequence[str]:
    """Return the phonemes of each sentence of `text`, without those that hold nothing to say."""
    split_sentences, to_phonemes = _hibari(british=british)
    spoken = (to_phonemes(sentence) for sentence in split_sentences(text))
    return [phonemes for phonemes in spoken if any(map(str.isalpha, phonemes))]
