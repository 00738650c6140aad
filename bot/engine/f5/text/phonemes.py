"""English text to phonemes: the front end of checkpoints that were trained on them.

The phonemes are those of misaki (as in Kokoro), one character each, from the dictionary and rules
that come with the package `hibari-tts`. A sentence begins and ends with a pause.
"""

from collections.abc import Callable, Sequence
from functools import cache

PAUSE = "_"


@cache
def _hibari() -> tuple[Callable[[str], list[str]], Callable[[str], str]]:
    """Return the splitter and the dictionary; about half a second and 60 MB, paid once."""
    from hibari import Hibari  # noqa: PLC0415 - only checkpoints of phonemes need it
    from hibari.g2p import G2P  # noqa: PLC0415

    return Hibari.split_sentences, G2P()


def phonemize(text: str) -> Sequence[str]:
    """Return the phonemes of each sentence of `text`, without those that hold nothing to say."""
    split_sentences, to_phonemes = _hibari()
    spoken = (to_phonemes(sentence) for sentence in split_sentences(text))
    return [phonemes for phonemes in spoken if any(map(str.isalpha, phonemes))]
