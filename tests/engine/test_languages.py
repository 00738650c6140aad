"""An utterance is spoken by an engine that speaks its language: real ones, hibari and espeak."""

from contextlib import aclosing

import pytest

from bot.config.sections.engine import EngineSettings
from bot.engine.narrator import Narrator
from bot.errors import UtteranceError
from bot.messages import SpeechRequest
from bot.wiring import engines
from tests.engine.guests import espeak_program

pytestmark = pytest.mark.parts


async def speakers(narrator: Narrator, text: str, language: str) -> set[str]:
    request = SpeechRequest(id="1", text=text, voice="heart", language=language)
    async with aclosing(narrator.synthesize(request)) as chunks:
        return {chunk.engine async for chunk in chunks}


@pytest.mark.timeout(170)
async def test_each_language_has_an_engine_that_speaks_it() -> None:
    espeak_program()
    narrator = engines.create(EngineSettings(engines=("hibari", "espeak"), patience_s=120))
    try:
        await narrator.warm_up()
        for supervisor in narrator._engine.supervisors:
            await supervisor.warm_up()
        assert narrator.languages is not None
        assert {"en", "ja", "es"} <= narrator.languages
        assert await speakers(narrator, "Hello there.", "") == {"hibari"}
        assert await speakers(narrator, "Hello there.", "en") == {"hibari"}
        assert await speakers(narrator, "Buenas noches a todos.", "es") == {"espeak"}
        assert await speakers(narrator, "こんにちは。", "ja") == {"espeak"}
        with pytest.raises(UtteranceError, match="No engine speaks"):
            await speakers(narrator, "hello", "xx")
    finally:
        await narrator.close()


def test_what_is_known_before_an_engine_is_warm() -> None:
    def of(*names: str) -> frozenset[str] | None:
        return engines.languages(EngineSettings.model_validate({"engines": names}))

    assert of("f5", "hibari") == frozenset({"en"})
    assert of("hibari", "espeak") is None
    assert of("tone") is None
