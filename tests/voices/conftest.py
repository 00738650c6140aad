"""Made-up recordings: the light voice reads, and what spoils recordings is added to it."""

from collections.abc import Callable
from pathlib import Path

import hibari
import numpy as np
import pytest
import soundfile

from bot.messages import Samples

RATE_HZ = 24_000
TEXT = (
    "Hello everyone, and welcome back to the stream. Today we are going to finish the castle."
    " Let me know in the chat what you would try first."
)
Save = Callable[..., Path]


@pytest.fixture(scope="session")
def speech() -> Samples:
    """About 12 s of clean speech, with pauses between its sentences and at its ends."""
    pause = np.zeros(round(0.4 * RATE_HZ), np.float32)
    sentences = [np.asarray(part, np.float32) for part in hibari.Hibari().stream(TEXT)]
    samples = np.concatenate([pause, *(x for part in sentences for x in (part, pause))])
    scaled: Samples = (samples * (0.5 / np.abs(samples).max())).astype(np.float32)
    return scaled


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def write(samples: Samples, name: str = "recording.wav", rate_hz: int = RATE_HZ) -> Path:
        path = tmp_path / name
        soundfile.write(path, np.clip(samples, -1, 1), rate_hz)
        return path

    return write


def below(speech: Samples, background: Samples, level_db: float) -> Samples:
    """Return speech before a background that is `level_db` fainter."""
    spoken = speech[np.abs(speech) > 0.01]
    wanted = np.sqrt(np.mean(spoken**2)) * 10 ** (-level_db / 20)
    mixed: Samples = speech + background * (wanted / np.sqrt(np.mean(background**2)))
    return mixed


def hiss(count: int) -> Samples:
    return np.random.default_rng(0).standard_normal(count).astype(np.float32)


def music(count: int) -> Samples:
    """Chords, one a second, and a drum."""
    samples = np.zeros(count)
    chords = ((220.0, 277.2, 329.6), (196.0, 246.9, 293.7), (174.6, 220.0, 261.6))
    for number, start in enumerate(range(0, count, RATE_HZ)):
        time_s = np.arange(min(RATE_HZ, count - start)) / RATE_HZ
        for pitch_hz in chords[number % 3]:
            for partial in range(1, 6):
                tone = np.sin(2 * np.pi * pitch_hz * partial * time_s) / partial
                samples[start : start + RATE_HZ] += tone * np.exp(-time_s)
        drum = np.random.default_rng(number).standard_normal(len(time_s))
        samples[start : start + RATE_HZ] += 2 * drum * np.exp(-time_s * 60)
    return samples.astype(np.float32)
