"""The same folders, the same request: upstream's engine and ours say the same."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.engine.contract import Engine, speak_one
from bot.engine.f5.engine import F5Engine
from bot.engine.upstream.engine import UpstreamEngine
from bot.errors import StartError
from bot.messages import Samples, SpeechRequest

pytestmark = pytest.mark.parts

TEXT = "One, two and three, then more of it. " * 6


async def speak(engine: Engine) -> Samples:
    request = SpeechRequest(id="m1", text=TEXT, voice="nature")
    chunk = await speak_one(engine, request)
    await engine.close()
    return chunk.samples


async def test_both_engines_say_the_same(folders: dict[str, Any]) -> None:
    expected = await speak(UpstreamEngine(**folders, device="cpu"))
    result = await speak(F5Engine(**folders, device="cpu", precision="float32"))
    assert result.shape == expected.shape
    assert np.linalg.norm(result - expected) <= 1e-4 * np.linalg.norm(expected)


async def test_upstream_refuses_what_does_not_fit(folders: dict[str, Any]) -> None:
    (Path(folders["vocoder"]) / "config.yaml").write_text("backbone: {}\n")
    engine = UpstreamEngine(**folders, device="cpu")
    with pytest.raises(StartError, match="f5-tts cannot load"):
        await engine.warm_up()
    await engine.close()
