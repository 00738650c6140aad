"""Text longer than the model is spoken whole, also where no policy stands in front."""

from pathlib import Path

import pytest

from bot.engine.english import phonemize
from bot.engine.f5.batching import Prepared
from bot.messages import SpeechRequest
from tests.engine.f5.conftest import bundled_engine

pytestmark = pytest.mark.parts

_MAX_FRAMES = 2812


@pytest.fixture(scope="module")
def prepare(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]  # noqa: ANN201
    engine = bundled_engine(Path(tmp_path_factory.mktemp("engine")))
    engine._load()

    def _prepare(text: str) -> tuple[Prepared, str]:
        voice = next(iter(engine._voices.frames))
        prepared = engine._prepare(SpeechRequest(id="x", text=text, voice=voice))
        return prepared, voice

    return _prepare


@pytest.mark.parametrize(
    "text",
    [
        "1234567 " * 20,
        "9876543210123 " * 12,
        "$1,234,567.89 " * 20,
        "WWW " * 40,
        "x" * 400,
        "1" * 400,
        "1,234," * 40 + "567",
        "%&@#$ " * 30 + "end",
        "12:59:59, 31/12/1999; " * 12,
    ],
)
def test_every_word_is_heard(prepare, text: str) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    prepared, _ = prepare(text)

    said = "".join(word.phonemes for words in prepared.words for word in words)
    assert len(prepared.items) >= 1
    assert all(item.frames < _MAX_FRAMES for item in prepared.items)
    whole = sum(map(str.isalpha, "".join(phonemize(text))))
    assert len(said) >= 0.9 * whole
