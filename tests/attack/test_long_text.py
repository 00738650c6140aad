"""Text longer than the model is spoken whole, also where no policy stands in front."""

import asyncio

import pytest

from bot.engine.english import phonemize
from bot.engine.f5.engine import F5Engine
from bot.engine.f5.text.duration import MAX_FRAMES
from bot.errors import UtteranceError
from bot.messages import AudioChunk, SpeechRequest
from tests.engine.f5.conftest import bundled_engine

pytestmark = [pytest.mark.parts, pytest.mark.timeout(170)]

NUMBERS = "1234567 " * 8
TEXTS = [
    NUMBERS * 3,
    "9876543210123 " * 12,
    "$1,234,567.89 " * 20,
    "WWW " * 40,
    "x" * 400,
    "1" * 400,
    "1,234," * 40 + "567",
    "%&@#$ " * 30 + "end",
    "12:59:59, 31/12/1999; " * 12,
]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> F5Engine:
    engine = bundled_engine(tmp_path_factory.mktemp("engine"))
    asyncio.run(engine.warm_up())
    return engine


def request(text: str) -> SpeechRequest:
    return SpeechRequest(id="x", text=text, voice="heart", nfe=5)


def letters(phonemes: str) -> int:
    return sum(map(str.isalpha, phonemes))


@pytest.mark.parametrize("text", TEXTS)
def test_every_word_has_its_frames(engine: F5Engine, text: str) -> None:
    prepared = engine._prepare(request(text))

    said = "".join(word.phonemes for words in prepared.words for word in words)
    assert all(item.frames <= MAX_FRAMES for item in prepared.items)
    assert letters(said) >= 0.9 * letters("".join(phonemize(text)))


@pytest.mark.long
async def test_long_numbers_are_heard(engine: F5Engine) -> None:
    (chunk,) = await engine.speak([request(NUMBERS)])

    assert isinstance(chunk, AudioChunk)
    assert len(chunk.words) == len(NUMBERS.split())
    assert chunk.words[-1].end_s <= chunk.duration_s
    # Seven digits as a number are some twenty syllables; what was lost was spoken in no time.
    assert all(word.end_s - word.start_s > 1.0 for word in chunk.words)


def test_a_text_that_the_dictionary_fails_on_costs_itself_alone(
    monkeypatch: pytest.MonkeyPatch, engine: F5Engine
) -> None:
    def fail(text: str) -> str:
        raise IndexError(text)

    monkeypatch.setattr("hibari.g2p.normalize", fail)  # which texts it fails on is not ours to say
    assert isinstance(engine._try_prepare(request("never read before")), UtteranceError)
