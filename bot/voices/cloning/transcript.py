"""Transcript of a reference, written by faster-whisper where that is installed."""

from importlib import import_module
from importlib.util import find_spec

import numpy as np
import soxr

from bot.errors import StartError
from bot.messages import AudioChunk
from bot.voices.cloning.activity import RATE_HZ

MODEL = "small"
"""Whisper model, fetched at the first use (480 MB); smaller ones make mistakes in names."""


def is_installed() -> bool:
    """Tell whether `write_down` can work."""
    return find_spec("faster_whisper") is not None


def write_down(audio: AudioChunk, model: str = MODEL) -> tuple[str, str]:
    """Return what is said in the reference, as Whisper hears it, and the language (ISO 639-1).

    Raises:
        StartError: the model cannot be loaded, or it hears nothing.
    """
    faster_whisper = import_module("faster_whisper")  # optional, and it takes seconds

    try:
        whisper = faster_whisper.WhisperModel(model, device="cpu", compute_type="int8")
    except Exception as error:
        # Of whichever library fetches and loads it.
        raise StartError(
            f"The Whisper model {model} cannot be loaded: {error}.",
            remedy="Give the words with --transcript, or another model (or its folder) with"
            " --whisper.",
        ) from error
    wave = soxr.resample(audio.samples, audio.sample_rate_hz, RATE_HZ).astype(np.float32)
    segments, about = whisper.transcribe(wave, beam_size=5, condition_on_previous_text=False)
    text = " ".join(segment.text.strip() for segment in segments).strip()
    if not text:
        raise StartError(
            "Whisper hears no words in the recording.",
            remedy="Give them with --transcript, or record again.",
        )
    return text, about.language
