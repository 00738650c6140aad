"""F5-TTS in a process of its own: the same sound, and its log lines in the daemon's log."""

from typing import Any

import numpy as np
import pytest
from structlog.testing import capture_logs

from bot.engine.f5.engine import F5Engine
from bot.engine.host import Host
from bot.errors import StartError
from bot.messages import Samples, SpeechRequest

REQUEST = SpeechRequest(id="m1", text="Hello there, chat.", voice="nature", nfe=6)


async def sound(engine: Host | F5Engine) -> Samples:
    chunks = [chunk async for chunk in engine.synthesize(REQUEST)]
    assert {chunk.nfe for chunk in chunks} == {6}
    return np.concatenate([chunk.samples for chunk in chunks])


async def test_speech_is_the_same_in_a_process_of_its_own(folders: dict[str, Any]) -> None:
    options = {**folders, "nfe": 5, "device": "cpu"}
    here, there = F5Engine(**options), Host("f5", lambda: options)
    with capture_logs() as logs:
        try:
            await there.warm_up()
            np.testing.assert_allclose(await sound(there), await sound(here), atol=1e-5)
        finally:
            await there.close()
            await here.close()

    [warm] = [entry for entry in logs if entry["event"] == "The engine is warm"]
    assert warm["log_level"] == "info"
    assert (warm["engine"], warm["device"], warm["voices"]) == ("f5", "cpu", 1)


async def test_what_is_missing_is_told_with_its_remedy(folders: dict[str, Any]) -> None:
    host = Host("f5", lambda: {**folders, "voices": "nowhere"})
    with pytest.raises(StartError, match="no usable voice in nowhere"):
        await host.warm_up()
    await host.close()
