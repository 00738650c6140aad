"""Reading of English text: the phonemes of each sentence, and which written word each belongs to.

The phonemes are those of misaki (as in Kokoro), one character each, from the dictionary and rules
that come with the package `hibari-tts`. Its rules rewrite numbers, dates and units first, so
"$5" is one written word and two spoken ones.
"""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import cache
from itertools import accumulate, chain
from typing import TYPE_CHECKING, NamedTuple

from bot.engine.word_times import written_words
from bot.errors import UtteranceError, raised

if TYPE_CHECKING:
    from hibari.g2p import G2P

_LONG_NUMBER = re.compile(r"\d[\d,]{14,}")
"""Numbers without a name in the dictionary, which fails on some of them."""


class Sentence(NamedTuple):
    """A sentence as it is said."""

    phonemes: str
    """With punctuation, and spaces between the words."""
    owners: Sequence[int]
    """For each of them, the number of its word in the text, as `written_words` counts."""


@cache
def _g2p(*, british: bool) -> "G2P":
    """Return the dictionary; about half a second and 60 MB, paid once."""
    from hibari.g2p import G2P  # noqa: PLC0415 - only models of phonemes need it

    return G2P(british=british)


def spelled(text: str) -> str:
    """Return `text` with endless numbers digit by digit."""
    return _LONG_NUMBER.sub(lambda number: " ".join(number[0].replace(",", "")), text)


def phonemize(text: str, *, british: bool = False) -> Sequence[str]:
    """Return the phonemes of each sentence of `text`, without those that hold nothing to say."""
    return [sentence.phonemes for sentence in read(text, british=british)]


def read(text: str, *, british: bool = False) -> Sequence[Sentence]:
    """Return the sentences of `text`, without those that hold nothing to say.

    Raises:
        UtteranceError: the dictionary fails on this text.
    """
    from hibari import Hibari  # noqa: PLC0415 - only models of phonemes need it

    sentences: list[Sentence] = []
    first_word = 0
    for written in Hibari.split_sentences(text):
        try:
            sentence = _read_sentence(written, first_word, _g2p(british=british))
        except Exception as error:  # a third party's rules: whatever they raise costs one utterance
            raise UtteranceError(
                f"The English dictionary fails on this text: {raised(error)}"
            ) from error
        if any(map(str.isalpha, sentence.phonemes)):
            sentences.append(sentence)
        first_word += len(written_words(written))
    return sentences


def _read_sentence(text: str, first_word: int, g2p: "G2P") -> Sentence:
    from hibari.g2p import normalize  # noqa: PLC0415 - only models of phonemes need it

    normal = normalize(spelled(text))
    words = _owners(text, normal)
    phonemes: list[str] = []
    owners: list[int] = []
    end = 0
    for token in g2p.phonemize_tokens(g2p.tokenize(normal)):
        start = normal.find(token.text, end)
        # A token may be rewritten, such as a link; the next one is found again.
        start, end = (end, end) if start < 0 else (start, start + len(token.text))
        said = (token.phonemes or g2p.unk) + (" " if token.whitespace else "")
        phonemes.append(said)
        owners += [first_word + words[_word_at(normal, start)]] * len(said)
    whole = "".join(phonemes)
    begin = len(whole) - len(whole.lstrip())
    stripped = whole.strip()
    return Sentence(stripped, owners[begin : begin + len(stripped)])


def _word_at(text: str, index: int) -> int:
    """Return the number of the word, between spaces, that holds the character at `index`."""
    return max(len(text[: index + 1].split()) - 1, 0)


def _owners(text: str, normal: str) -> Sequence[int]:
    """Return, for each word of the normalised text, the number of the written one; one at least."""
    from hibari.g2p import normalize  # noqa: PLC0415 - only models of phonemes need it

    written, spoken = written_words(text), normal.split()
    if written == spoken or not written:
        return range(max(len(spoken), 1))
    alone = [normalize(spelled(word)).split() for word in written]
    if list(chain.from_iterable(alone)) == spoken:
        return [number for number, words in enumerate(alone) for _ in words] or [0]
    owners: list[int] = []
    for _, a, b, c, d in SequenceMatcher(None, written, spoken, autojunk=False).get_opcodes():
        owners += _shared(alone, range(a, b), spoken[c:d])
    return owners or [0]


def _shared(alone: Sequence[Sequence[str]], numbers: range, spoken: Sequence[str]) -> list[int]:
    """Return the owner of each spoken word where `numbers` of the written ones were rewritten.

    They are shared out by length; what was inserted belongs to the word before it.
    """
    if not numbers:
        return [max(numbers.start - 1, 0)] * len(spoken)
    ends = list(accumulate(max(len("".join(alone[number])), 1) for number in numbers))
    total = sum(map(len, spoken))
    owners = []
    for word, end in zip(spoken, accumulate(map(len, spoken)), strict=True):
        middle = (end - len(word) / 2) / total * ends[-1]
        place = next(n for n, limit in enumerate(ends) if middle <= limit)
        owners.append(numbers[place])
    return owners
