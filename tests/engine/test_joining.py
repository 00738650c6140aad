import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.engine.joining import fit_piece, trim
from bot.messages import AudioChunk, Samples

RATE_HZ = 24_000


def padded(speech_s: float, before_s: float, after_s: float) -> Samples:
    t = np.arange(round(speech_s * RATE_HZ)) / RATE_HZ
    silence = [np.zeros(round(s * RATE_HZ)) for s in (before_s, after_s)]
    speech = 0.5 * np.cos(2 * np.pi * 200 * t)  # begins and ends abruptly
    return np.concatenate([silence[0], speech, silence[1]]).astype(np.float32)


def fitted(
    samples: Samples, *, is_first: bool = False, is_last: bool = False, pause_s: float = 0.0
) -> Samples:
    chunk = AudioChunk(samples=samples, sample_rate_hz=RATE_HZ)
    piece = fit_piece(chunk, is_first=is_first, is_last=is_last, pause_s=pause_s)
    return samples[:0] if piece is None else piece.samples


def silence_between(first: Samples, second: Samples) -> float:
    wave = np.concatenate([first, second])
    loud = np.flatnonzero(np.abs(wave) > 0.05)
    return float(np.diff(loud).max()) / RATE_HZ


@given(*[st.sampled_from([0.0, 0.005, 0.02, 0.2, 0.5])] * 4)
def test_the_silence_at_a_join_is_as_long_as_wanted_whatever_the_engine_gave(
    a: float, b: float, c: float, d: float
) -> None:
    first = fitted(padded(0.3, a, b), is_first=True, pause_s=0.3)
    second = fitted(padded(0.3, c, d), is_last=True)

    assert silence_between(first, second) == pytest.approx(0.3, abs=0.035)


@pytest.mark.parametrize("pause_s", [0.0, 0.03, 0.3])
def test_a_join_has_no_click(pause_s: float) -> None:
    parts = [
        fitted(padded(0.3, 0, 0), is_first=number == 0, pause_s=pause_s) for number in range(3)
    ]
    steps = np.abs(np.diff(np.concatenate(parts)))

    assert steps.max() < 0.05  # those of the sine itself are 0.026


def test_no_speech_is_cut_off() -> None:
    speech = padded(0.3, 0.1, 0.1)
    kept = fitted(speech, pause_s=0.12)

    assert np.sum(np.abs(kept) > 0.05) == pytest.approx(np.sum(np.abs(speech) > 0.05), rel=0.01)


def test_what_cannot_be_heard_is_empty() -> None:
    assert not fitted(np.zeros(2_400, np.float32), is_first=True, pause_s=0.1).size


def test_only_the_edges_are_cut_and_a_margin_is_kept() -> None:
    speech = np.zeros(1000, np.float32)
    speech[300:400] = 0.5
    speech[500:600] = -0.5

    trimmed = trim(speech, 1000, lead_s=0.02, tail_s=0.1)

    assert np.array_equal(trimmed, speech[280:700])


def test_a_margin_that_is_not_there_is_not_invented() -> None:
    speech = np.full(10, 0.5, np.float32)

    assert trim(speech, 1000, lead_s=1, tail_s=1).size == 10


def test_silence_becomes_nothing() -> None:
    assert trim(np.full(100, 1e-5, np.float32), 1000, lead_s=1, tail_s=1).size == 0
    assert trim(np.zeros(0, np.float32), 1000, lead_s=1, tail_s=1).size == 0
