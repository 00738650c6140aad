import numpy as np
import pytest

from bot.playback.resample import Resampler


@pytest.mark.parametrize("in_hz", [16_000, 22_050, 24_000, 48_000])
@pytest.mark.parametrize("out_hz", [44_100, 48_000])
def test_length_and_tone_survive(in_hz: int, out_hz: int) -> None:
    wave = np.sin(2 * np.pi * 440 * np.arange(in_hz) / in_hz).astype(np.float32)
    resampler = Resampler(out_hz)
    pieces = [resampler.convert(piece, in_hz) for piece in np.array_split(wave, 7)]
    got = np.concatenate([*pieces, resampler.flush()])
    expected = np.sin(2 * np.pi * 440 * np.arange(out_hz) / out_hz)
    assert len(got) == pytest.approx(out_hz, abs=1)
    assert got[1000:40_000] == pytest.approx(expected[1000:40_000], abs=0.01)


def test_the_rate_may_change_in_the_middle() -> None:
    resampler = Resampler(48_000)
    pieces = [
        resampler.convert(np.zeros(in_hz, np.float32), in_hz)
        for in_hz in (24_000, 22_050, 48_000, 24_000)
    ]
    assert sum(map(len, pieces)) + len(resampler.flush()) == pytest.approx(4 * 48_000, abs=3)


def test_flush_leaves_nothing_for_the_next_utterance() -> None:
    resampler = Resampler(48_000)
    resampler.convert(np.ones(24_000, np.float32), 24_000)
    resampler.flush()
    assert not np.any(resampler.convert(np.zeros(24_000, np.float32), 24_000))
