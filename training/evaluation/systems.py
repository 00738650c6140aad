"""Systems under evaluation: text and the name of a voice to speech."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import hibari
import numpy as np

from bot.engine.contract import speak_one
from bot.engine.f5.engine import F5Engine
from bot.messages import Samples, SpeechRequest

SAMPLE_RATE_HZ = 24_000
Synthesizer: TypeAlias = Callable[[str, str], Samples]
"""Text and voice to mono float32 at 24 kHz, `[n]`."""


def hibari_tts() -> Synthesizer:
    """Return hibari-tts, which has one voice."""
    model = hibari.Hibari()

    def speak(text: str, _voice: str) -> Samples:
        samples: Samples = np.asarray(model(text), np.float32)
        return samples

    return speak


def engine(
    model: Path, vocoder: Path, voices: Path, cache: Path, *, nfe: int, precision: str
) -> Synthesizer:
    """Return our F5 engine on the CPU with the models in two folders, in a precision of its own.

    Raises:
        StartError: a folder does not hold what it should.
    """
    f5 = F5Engine(
        model=str(model),
        vocoder=str(vocoder),
        voices=str(voices),
        cache=str(cache),
        nfe=nfe,
        device="cpu",
        precision=precision,
    )

    asyncio.run(f5.warm_up())

    def speak(text: str, voice: str) -> Samples:
        # The identifier is the seed.
        request = SpeechRequest(id=f"{voice}: {text}", text=text, voice=voice)
        return asyncio.run(speak_one(f5, request)).samples

    return speak
