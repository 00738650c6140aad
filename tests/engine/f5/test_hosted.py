"""F5-TTS in a process of its own: the same sound, and its log lines in the daemon's log."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from bot.engine.contract import speak_one
from bot.engine.f5.engine import F5Engine
from bot.engine.f5.weights.installed import choose
from bot.engine.process.client import EngineLostError
from bot.engine.process.supervisor import Supervisor
from bot.errors import StartError
from bot.messages import Samples, SpeechRequest
from bot.runtime.files.folders import resource
from tests.interpreters import python_3_10

pytestmark = pytest.mark.parts

REQUEST = SpeechRequest(id="m1", text="Hello there, chat.", voice="nature", nfe=6)


async def sound(engine: Supervisor | F5Engine, request: SpeechRequest = REQUEST) -> Samples:
    if isinstance(engine, F5Engine):
        chunk = await speak_one(engine, request)
    else:
        chunk = await engine.speak(request)
    assert chunk.nfe == 6
    return chunk.samples


async def test_speech_is_the_same_in_a_process_of_its_own(folders: dict[str, Any]) -> None:
    options = {**folders, "nfe": 5, "device": "cpu", "precision": "float32"}
    here, there = F5Engine(**options), Supervisor("f5", lambda: options)
    with capture_logs() as logs:
        try:
            await there.warm_up()
            np.testing.assert_allclose(await sound(there), await sound(here), atol=1e-5)
        finally:
            await there.close()
            await here.close()

    [warm] = [entry for entry in logs if entry["event"] == "engine is warm"]
    assert warm["log_level"] == "info"
    assert (warm["engine"], warm["device"], warm["voices"]) == ("f5", "cpu", 1)
    assert warm["hardware"] == there.hardware == here.hardware == "CPU, float32"


def cached_in(folders: dict[str, Any]) -> list[Path]:
    return list(Path(folders["cache"]).rglob("*.safetensors"))


_SMALL_DISK = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Files of the process cannot grow, as on a full disk."""


async def test_a_full_disk_costs_the_cache_and_not_the_voice(folders: dict[str, Any]) -> None:
    options = {**folders, "nfe": 5, "device": "cpu"}
    usual = Supervisor("f5", lambda: options)
    command = (sys.executable, "-c", _SMALL_DISK, *usual._command)
    supervisor = Supervisor("f5", lambda: options, command=command)
    with capture_logs() as logs:
        try:
            await supervisor.warm_up()
            assert len(await sound(supervisor))
        finally:
            await supervisor.close()

    assert any(entry["event"] == "reference voice not cached" for entry in logs)
    assert cached_in(folders) == []


@pytest.mark.parametrize("damage", [b"garbage", None])
async def test_a_cache_that_was_damaged_while_it_spoke_costs_no_voice_when_it_is_back(
    folders: dict[str, Any], damage: bytes | None
) -> None:
    supervisor = Supervisor("f5", lambda: {**folders, "nfe": 5, "device": "cpu"})
    try:
        await supervisor.warm_up()
        first = await sound(supervisor)
        [cached] = cached_in(folders)
        whole = cached.read_bytes()
        speaking = asyncio.ensure_future(supervisor.speak(REQUEST))
        await asyncio.sleep(0)  # it is asked
        cached.write_bytes(whole[: len(whole) // 2] if damage is None else damage)
        assert supervisor.pid is not None
        os.kill(supervisor.pid, signal.SIGKILL)
        with pytest.raises(EngineLostError):
            await speaking
        await supervisor.warm_up()
        np.testing.assert_allclose(await sound(supervisor), first, atol=1e-6)
    finally:
        await supervisor.close()

    assert len(cached.read_bytes()) == len(whole)


async def test_what_is_missing_is_told_with_its_remedy(folders: dict[str, Any]) -> None:
    supervisor = Supervisor("f5", lambda: {**folders, "voices": "nowhere"})
    with pytest.raises(StartError, match="no usable voice in nowhere"):
        await supervisor.warm_up()
    await supervisor.close()


_OF_THE_ENGINE = ("hibari", "msgspec", "numpy", "pypinyin", "safetensors", "structlog", "torch")


async def test_the_bundled_model_sounds_the_same_under_python_3_10(tmp_path: Path) -> None:
    python = python_3_10(*_OF_THE_ENGINE)
    if python is None:
        pytest.skip("needs Python 3.10 with torch, as of make setup ENGINE_PYTHON=python3.10")
    bundled, _ = choose("bundled", "bundled")
    options: dict[str, Any] = {
        "model": str(bundled.model),
        "vocoder": str(bundled.vocoder),
        "device": "cpu",
        "precision": "float32",
    }
    options |= {"voices": str(resource("voices")), "cache": str(tmp_path)}
    here, there = F5Engine(**options), Supervisor("f5", lambda: options, python=python)
    request = replace(REQUEST, voice="heart")
    try:
        await there.warm_up()
        wave, expected = await sound(there, request), await sound(here, request)
    finally:
        await there.close()
        await here.close()

    assert np.linalg.norm(wave - expected) / np.linalg.norm(expected) < 1e-3
