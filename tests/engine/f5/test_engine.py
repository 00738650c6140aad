"""The engine speaks from folders on disk, and survives what chat sends."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bot.engine.contract import speak_one
from bot.engine.f5.engine import F5Engine
from bot.engine.f5.mel import log_mel
from bot.engine.f5.model import int8
from bot.errors import StartError, UtteranceError
from bot.messages import SpeechRequest
from bot.runtime.concurrency.waiting import cancel

pytestmark = pytest.mark.parts

ALIKE = 0.1
"""Relative distance of log-mel spectrograms."""
needs_int8 = pytest.mark.skipif(not int8.works(), reason="this CPU or torch has no 8-bit products")


@pytest.fixture
async def engine(folders: dict[str, Any]) -> AsyncIterator[F5Engine]:
    engine = F5Engine(**folders, nfe=5, device="cpu")
    await engine.warm_up()
    yield engine
    await engine.close()


def request(text: str, voice: str = "nature", request_id: str = "m1") -> SpeechRequest:
    return SpeechRequest(id=request_id, text=text, voice=voice)


async def speak(engine: F5Engine, text: str) -> np.ndarray[Any, Any]:
    chunk = await speak_one(engine, request(text))
    assert chunk.sample_rate_hz == 24_000
    return chunk.samples


async def until_it_computes(engine: F5Engine) -> None:
    at = engine.progress.at
    while engine.progress.at == at:
        await asyncio.sleep(0.001)


async def test_speech_has_the_length_that_upstream_gives_it(folders: dict[str, Any]) -> None:
    engine = F5Engine(**folders, nfe=5, device="cpu", durations="upstream")
    samples = await speak(engine, "Hello there, chat.")
    await engine.close()
    # 2.05 s of reference for the 22 bytes of its prompt; one frame less, since ends are centred
    frames = int(2.05 * 24_000) // 256
    assert len(samples) == int(frames / 22 * 18) * 256 - 256
    assert np.isfinite(samples).all()
    assert samples.dtype == np.float32


async def test_the_same_request_sounds_the_same_after_a_restart(
    engine: F5Engine, folders: dict[str, Any]
) -> None:
    first = await speak(engine, "Hello there, chat.")
    again = F5Engine(**folders, nfe=5, device="cpu")
    second = await speak(again, "Hello there, chat.")
    await again.close()
    np.testing.assert_allclose(second, first, atol=1e-6)


@pytest.mark.parametrize(
    ("precision", "hardware"),
    [
        ("float32", "CPU, float32"),
        ("bfloat16", "CPU, bfloat16"),
        pytest.param("int8", "CPU, 8 bits", marks=needs_int8),
    ],
)
async def test_it_speaks_alike_in_every_precision_of_a_cpu(
    folders: dict[str, Any], precision: str, hardware: str
) -> None:
    mels = []
    for each in ("float32", precision):
        engine = F5Engine(**folders, nfe=5, device="cpu", precision=each)
        mels.append(log_mel(torch.from_numpy(await speak(engine, "Hello there, chat."))))
        await engine.close()

    assert engine.hardware == hardware
    assert float((mels[1] - mels[0]).norm() / mels[0].norm()) < ALIKE


async def test_a_precision_that_is_not_there_is_refused(folders: dict[str, Any]) -> None:
    engine = F5Engine(**folders, device="cpu", precision="float16")
    with pytest.raises(StartError, match="precision 'float16' on this CPU"):
        await engine.warm_up()
    await engine.close()


async def test_a_request_may_ask_for_more_evaluations(engine: F5Engine) -> None:
    asked = SpeechRequest(id="m1", text="Hello there, chat.", voice="nature", nfe=7)
    chunk = await speak_one(engine, asked)

    assert chunk.nfe == 7
    assert not np.allclose(chunk.samples, await speak(engine, "Hello there, chat."))


@pytest.mark.parametrize("text", [" ", "\n", "😀😀", "你好", "\u200b\u202e"])
async def test_what_cannot_be_said_costs_one_utterance(engine: F5Engine, text: str) -> None:
    with pytest.raises(UtteranceError):
        await speak(engine, text)
    assert len(await speak(engine, "Hello there, chat."))


@pytest.mark.parametrize(
    "text",
    ["a", "Ok.", "x" * 300, "a\x00b😀", "<b>'; DROP--", "a\ud800b", "Hi all. " * 12 + "😀" * 99],
)
async def test_odd_text_is_spoken(engine: F5Engine, text: str) -> None:
    assert np.isfinite(await speak(engine, text)).all()


@pytest.mark.parametrize("voice", ["nobody", "../../etc", "", "<script>"])
async def test_an_unknown_voice_is_named_with_the_known_ones(engine: F5Engine, voice: str) -> None:
    with pytest.raises(UtteranceError, match="nature"):
        await speak_one(engine, request("Hello", voice))


async def test_cancelling_stops_a_long_text(engine: F5Engine) -> None:
    speaking = asyncio.create_task(speak(engine, "A sentence of some length, again. " * 300))
    await until_it_computes(engine)
    await cancel(speaking)
    assert len(await speak(engine, "Hello there, chat."))
    assert speaking.cancelled()


async def test_a_text_longer_than_a_piece_is_spoken_whole(engine: F5Engine) -> None:
    text = "One, two and three. "
    samples = await speak(engine, text * 20)
    assert len(engine._prepare(request(text * 20)).items) > 1
    assert len(samples) > 15 * len(await speak(engine, text))


async def test_samples_that_are_not_finite_never_leave(folders: dict[str, Any]) -> None:
    engine = F5Engine(**folders, nfe=5, cfg_strength=1e38, device="cpu")
    with pytest.raises(UtteranceError, match="not finite"):
        await speak(engine, "Hello there, chat.")
    await engine.close()


@pytest.mark.parametrize(
    ("missing", "complaint"),
    [
        ("model/model.safetensors", "0 checkpoints"),
        ("model/vocab.txt", "vocab.txt"),
        ("vocoder/pytorch_model.bin", "pytorch_model.bin"),
        ("vocoder/config.yaml", "config.yaml"),
        ("voices/nature/reference.wav", "no usable voice"),
    ],
)
async def test_what_is_missing_is_named_at_the_start(
    folders: dict[str, Any], missing: str, complaint: str
) -> None:
    (Path(folders["model"]).parent / missing).unlink()
    engine = F5Engine(**folders, device="cpu")
    with pytest.raises(StartError, match=complaint) as caught:
        await engine.warm_up()
    assert caught.value.remedy
    await engine.close()


async def test_a_vocabulary_of_another_model_is_refused(folders: dict[str, Any]) -> None:
    path = Path(folders["model"]) / "vocab.txt"
    path.write_text(path.read_text() + "more\n")
    engine = F5Engine(**folders, device="cpu")
    with pytest.raises(StartError, match=r"80 tokens.* has 81"):
        await engine.warm_up()
    await engine.close()


@pytest.mark.parametrize("device", ["cuda", "tpu", "mps", "nonsense"])
async def test_a_device_that_is_not_there_is_refused(folders: dict[str, Any], device: str) -> None:
    if device == "cuda" and torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    engine = F5Engine(**folders, device=device)
    with pytest.raises(StartError):
        await engine.warm_up()
    await engine.close()


async def test_closing_the_engine_ends_pending_requests(folders: dict[str, Any]) -> None:
    engine = F5Engine(**folders, nfe=5, device="cpu")
    await engine.warm_up()
    long = [request("One, two and three. " * 200)]
    pending = [asyncio.create_task(engine.speak(long)) for _ in range(3)]
    await until_it_computes(engine)
    await engine.close()
    results = [*await asyncio.gather(*pending), await engine.speak(long)]
    await engine.close()
    assert all(isinstance(result, UtteranceError) for [result] in results)


async def test_requests_at_the_same_time_do_not_mix(engine: F5Engine) -> None:
    texts = ["Hello there, chat.", "Something else than that.", "One, two and three."]
    together = await asyncio.gather(*(speak(engine, text) for text in texts))
    for text, samples in zip(texts, together, strict=True):
        np.testing.assert_allclose(samples, await speak(engine, text), atol=1e-6)
