"""What a hundred voices cost: at a start, and when one of them speaks for the first time.

Run from the repository: `python -m tests.bench.voices [--random SHAPE] [--device cuda] [--save
NAME]`. The model has random weights and the voices are noise, which changes no duration; the engine
runs in this process, so that nothing but itself is measured.
"""

import argparse
import asyncio
import shutil
import tempfile
import time
import wave
from pathlib import Path
from typing import Any

import numpy as np

from bot.engine.contract import speak_one
from bot.engine.f5.engine import F5Engine
from bot.engine.f5.mel import SAMPLE_RATE_HZ
from bot.engine.f5.voice.library import VoiceLibrary
from bot.engine.f5.voice.loudness import levelled
from bot.engine.f5.voice.reference import ReferenceCache
from bot.messages import Samples, SpeechRequest
from tests.bench.f5 import checkpoints
from tests.bench.report import environment, save, spread_ms

_VOICES = 100
_COMPARED = 24
"""Fewer than the engine keeps in memory, so that the second time finds every one there."""
_TEXT = "what a play, that was so close"
_LEVELLED_S = 3
_ROUNDS = 50


def write_voices(folder: Path) -> list[str]:
    """Copy the only voice of `folder` with other noise; return the names of all."""
    rng = np.random.default_rng(1)
    names = [checkpoints.VOICE]
    for number in range(1, _VOICES):
        names.append(f"noise{number}")
        copy = Path(shutil.copytree(folder / checkpoints.VOICE, folder / names[-1]))
        samples = rng.standard_normal(round(checkpoints.REFERENCE_S * SAMPLE_RATE_HZ)) * 0.1
        with wave.open(str(copy / "reference.wav"), "wb") as file:
            file.setparams((1, 2, SAMPLE_RATE_HZ, 0, "NONE", ""))
            file.writeframes((samples * 32767).clip(-32768, 32767).astype("<i2").tobytes())
    return names


async def spoken_s(engine: F5Engine, voice: str) -> tuple[float, Samples]:
    """Return how long a message of one piece took, and its speech."""
    request = SpeechRequest(id=voice, text=_TEXT, voice=voice)
    begun = time.perf_counter()
    chunk = await speak_one(engine, request)
    return time.perf_counter() - begun, chunk.samples


async def first_uses(engine: F5Engine, names: list[str]) -> dict[str, Any]:
    """Compare the first message of voices that are on disk alone with their second."""
    cold_s, warm_s = [], []
    await spoken_s(engine, names[0])
    for name in names[1 : _COMPARED + 1]:
        cold_s.append((await spoken_s(engine, name))[0])
        warm_s.append((await spoken_s(engine, name))[0])
    more_s = [cold - warm for cold, warm in zip(cold_s, warm_s, strict=True)]
    return {
        "cold": spread_ms(cold_s),
        "warm": spread_ms(warm_s),
        "cold_less_warm": spread_ms(more_s),
    }


def levelling(speech: Samples) -> dict[str, float]:
    """Measure what it takes to bring speech of a few seconds to the common loudness."""
    samples = np.resize(speech, _LEVELLED_S * SAMPLE_RATE_HZ)
    levelled(samples)
    took_s = []
    for _ in range(_ROUNDS):
        begun = time.perf_counter()
        levelled(samples)
        took_s.append(time.perf_counter() - begun)
    return spread_ms(took_s)


async def measure(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Return what the voices cost."""
    checkpoints.write(folder, checkpoints.shape_named(options.random))
    names = write_voices(folder / "voices")
    each_ms = []
    for _ in range(2):  # prepared at first, read from the cache then
        voices = VoiceLibrary([folder / "voices"], ReferenceCache(folder / "cache" / "voices"))
        begun = time.perf_counter()
        voices.refresh(at_once=True)
        each_ms.append(round((time.perf_counter() - begun) / len(voices.frames) * 1000, 2))
    engine = F5Engine(
        model=str(folder / "model"),
        vocoder=str(folder / "vocoder"),
        voices=str(folder / "voices"),
        cache=str(folder / "cache"),
        device=options.device,
    )
    await engine.warm_up()
    try:
        first = await first_uses(engine, names)
        _, speech = await spoken_s(engine, names[0])
    finally:
        await engine.close()
    return {
        "voices": len(names),
        "prepared_ms_each": each_ms[0],
        "read_from_the_cache_ms_each": each_ms[1],
        "first_use": first,
        "levelling_of_3_s": levelling(speech),
    }


def main() -> None:
    """Measure, print and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--random", default="small", help="shape of the model: F5TTS_v1_Base")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--save", default="", help="name of the result; none is only printed")
    options = parser.parse_args()
    result: dict[str, Any] = environment("torch", "numpy")
    if options.device.startswith("cuda"):
        import torch  # noqa: PLC0415 - other devices have no name

        result["gpu"] = torch.cuda.get_device_name()
    with tempfile.TemporaryDirectory() as name:
        result |= asyncio.run(measure(Path(name), options))
    save(options.save, result)


if __name__ == "__main__":
    main()
