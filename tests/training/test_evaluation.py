"""The judges: what they count as mistakes, and what they measure of sounds that are known."""

import math

import numpy as np
import pytest
import torch

from bot.engine.f5.mel import log_mel
from bot.messages import Samples
from training.evaluation.copying import griffin_lim, stft_distance
from training.evaluation.mistakes import Mistakes, compare, total
from training.evaluation.pitch import mean_pitch_hz
from training.evaluation.report import SPEECH, table
from training.evaluation.speech import Reference, judge, speech_s, summarize
from training.evaluation.wording import words

pytestmark = pytest.mark.parts

RATE_HZ = 24_000


def buzz(pitch_hz: float, seconds: float = 1.0) -> Samples:
    time_s = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    wave = sum(np.sin(2 * np.pi * k * pitch_hz * time_s) / k for k in range(1, 9))
    return np.asarray(wave * 0.2, np.float32)


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("It costs nineteen dollars and fifty cents.", "it costs $19.50"),
        ("One hundred and twelve kills", "112 kills"),
        ("two thousand hours", "2,000 hours"),
        ("See you at eight thirty tonight", "See you at 8:30 tonight."),
        ("See you at eight thirty tonight", "See you at 8.30 tonight."),
        ("It happened in nineteen ninety eight.", "It happened in 1998."),
        ("ninety nine percent luck", "99% luck"),
        ("seven to four", "7-4"),
        ("the third one", "The 3rd one"),
        ("I am sure that you cannot lose", "I'm sure that you can't lose"),
        ("It is what it is", "It\u2019s what it is"),
        ("okay, Sarah and Steven", "OK Sara and Stephen"),
        ("half price", "half-price"),
        ("audio books for the playlist", "audiobooks for the play list"),
        ("gg everyone", "G.G. everyone"),
    ],
)
def test_another_spelling_is_no_mistake(said: str, heard: str) -> None:
    assert compare(said, heard).error_rate == 0


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        ("the cat sat on a mat", Mistakes(6, 1, 0, 0, 0)),
        ("the cat on the mat", Mistakes(6, 0, 1, 0, 0)),
        ("the cat cat sat on the mat", Mistakes(6, 0, 0, 1, 1)),
        ("the big cat sat on the mat", Mistakes(6, 0, 0, 1, 0)),
        ("", Mistakes(6, 0, 6, 0, 0)),
        ("...", Mistakes(6, 0, 6, 0, 0)),
    ],
)
def test_mistakes_are_told_apart(heard: str, expected: Mistakes) -> None:
    assert compare("The cat sat on the mat.", heard) == expected


def test_mistakes_add_up_by_words() -> None:
    both = total([compare("a b c d e f g h i", "a b c d e f g h i"), compare("yes", "guess")])
    assert both.error_rate == pytest.approx(0.1)
    assert both.is_complete


def test_words_of_nothing() -> None:
    assert words("?!") == []


@pytest.mark.parametrize("pitch_hz", [70.0, 123.4, 210.0, 430.0])
def test_pitch_is_found_and_silence_has_none(pitch_hz: float) -> None:
    assert mean_pitch_hz(buzz(pitch_hz), RATE_HZ) == pytest.approx(pitch_hz, rel=0.005)
    noise = np.random.default_rng(1).standard_normal(RATE_HZ).astype(np.float32)
    assert math.isnan(mean_pitch_hz(noise, RATE_HZ))
    assert math.isnan(mean_pitch_hz(np.zeros(RATE_HZ, np.float32), RATE_HZ))
    assert math.isnan(mean_pitch_hz(noise[:100], RATE_HZ))


def test_a_glide_counts_by_its_middle() -> None:
    pitch_hz = np.geomspace(100, 400, 2 * RATE_HZ)
    wave = np.sin(2 * np.pi * np.cumsum(pitch_hz) / RATE_HZ).astype(np.float32)
    assert mean_pitch_hz(wave, RATE_HZ) == pytest.approx(200, rel=0.03)


def test_silence_at_the_ends_is_not_speech() -> None:
    padded = np.concatenate(
        [np.zeros(5000, np.float32), buzz(100, 0.5), np.zeros(9000, np.float32)]
    )
    assert speech_s(padded) == pytest.approx(0.5, abs=0.01)


def test_copies_are_ranked_by_how_near_they_are() -> None:
    truth = torch.from_numpy(buzz(180))
    rebuilt = griffin_lim(truth)
    assert abs(len(rebuilt) - len(truth)) <= 256
    # Its phases are invented, its mel is that of the recording.
    frames = min(len(rebuilt), len(truth)) // 256 - 4
    difference = log_mel(rebuilt)[4:frames] - log_mel(truth)[4:frames]
    assert difference.abs().mean() < 0.5
    noise = torch.from_numpy(np.random.default_rng(1).standard_normal(RATE_HZ).astype(np.float32))
    assert stft_distance(truth, truth) == 0
    assert 0 < stft_distance(truth, rebuilt) < stft_distance(truth, 0.1 * noise)


def test_a_system_is_summed_up() -> None:
    """Two voices; one is followed, the other one speaks with the wrong pitch and too long."""
    pitches_hz = {"high": 220.0, "low": 110.0}

    def system(text: str, voice: str) -> Samples:
        return buzz(220.0, 0.1 * len(text.split()) * (1 if voice == "high" else 2))

    def describe(samples: Samples, rate_hz: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        is_high = mean_pitch_hz(samples, rate_hz) > 160
        return np.array([is_high, not is_high], np.float32)

    references = {
        name: Reference(describe(buzz(pitch_hz), RATE_HZ), pitch_hz)
        for name, pitch_hz in pitches_hz.items()
    }
    said: list[str] = []

    def speak(text: str, voice: str) -> Samples:
        said.append(text)
        return system(text, voice)

    results = judge(
        speak,
        sorted(pitches_hz),
        lambda text, _: system(text, "high"),
        lambda *_: said[-1],
        describe,
        is_quick=True,
        rate=lambda *_: 4.0,
    )
    figures = summarize(results, references)
    assert figures["mos"] == 4.0
    assert (figures["sentences_chat"], figures["sentences_short"]) == (20, 6)
    assert figures["wer_chat"] == figures["dropped"] == 0
    assert figures["complete"] == 1
    assert figures["followed"] == 0.5
    assert figures["pitch_high"] == pytest.approx(0, abs=0.01)
    assert figures["pitch_worst"] == pytest.approx(1.0, abs=0.02)
    assert figures["length_most"] == pytest.approx(2, abs=0.1)
    assert figures["length_outliers"] == len(results) // 2
    row = table({"tone": figures}, SPEECH).splitlines()[-1]
    assert row.startswith("| tone | 0.0 % |")
    assert "| 50.0 % | +100" in row
