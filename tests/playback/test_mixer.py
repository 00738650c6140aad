from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import Samples
from bot.playback.mixer import Mixer, Report
from bot.playback.protocol import Finished

RATE_HZ = 1000
FADE_S = 0.005  # five frames


def ones(frames: int) -> Samples:
    return np.ones(frames, np.float32)


def mixer(reports: list[Report] | None = None) -> Mixer:
    made = Mixer(RATE_HZ, fade_s=FADE_S, report=(reports if reports is not None else []).append)
    made.set_gain(1.0)
    return made


def read(source: Mixer, frames: int) -> Samples:
    out = np.full(frames, np.nan, np.float32)
    source.read_into(out)
    return out


def test_there_is_silence_without_speech() -> None:
    assert not np.any(read(mixer(), 10))


def test_speech_fades_in_and_out() -> None:
    source = mixer()
    source.begin(1)
    source.append(ones(20), RATE_HZ)
    source.finish()
    fade = [0.2, 0.4, 0.6, 0.8, 1.0]
    expected = [*fade, *[1.0] * 9, *fade[::-1], 0.0, 0.0, 0.0]
    assert read(source, 22)[:20] == pytest.approx(np.array([*expected, 0.0, 0.0])[:20], abs=1e-6)


@given(
    pieces=st.lists(st.integers(1, 50), min_size=1, max_size=20),
    blocks=st.lists(st.integers(1, 40), min_size=1, max_size=20),
)
def test_nothing_is_lost_whatever_the_blocks(pieces: list[int], blocks: list[int]) -> None:
    total = sum(pieces)
    speech = np.random.default_rng(0).uniform(-1, 1, total).astype(np.float32)
    source, whole = mixer(), mixer()
    for one, parts in ((source, pieces), (whole, [total])):
        one.begin(1)
        for part, end in zip(parts, np.cumsum(parts), strict=True):
            one.append(speech[end - part : end], RATE_HZ)
        one.finish()
    got: list[Samples] = []
    while not source.is_silent:
        got.extend(read(source, block) for block in blocks)
    assert np.concatenate(got)[:total] == pytest.approx(read(whole, total), abs=1e-5)


def test_each_play_reports_its_end_once() -> None:
    reports: list[Report] = []
    source = mixer(reports)
    for play in (1, 2):
        source.begin(play)
        source.append(ones(30), RATE_HZ)
        source.finish()
    while not source.is_silent:
        read(source, 7)
    ends = [report for report in reports if isinstance(report, Finished)]
    assert ends == [Finished(1), Finished(2)]


def test_a_play_without_speech_finishes() -> None:
    reports: list[Report] = []
    source = mixer(reports)
    source.begin(1)
    source.finish()
    read(source, 1)
    assert reports == [Finished(1)]


def test_a_cut_fades_and_is_reported_no_more() -> None:
    reports: list[Report] = []
    source = mixer(reports)
    source.begin(1)
    source.append(ones(100), RATE_HZ)
    read(source, 10)
    source.cut()
    assert read(source, 10) == pytest.approx([0.8, 0.6, 0.4, 0.2, *[0.0] * 6], abs=1e-6)
    assert source.is_silent
    assert Finished(1) not in reports


def test_speech_right_after_a_cut_starts_from_silence() -> None:
    source = mixer()
    source.begin(1)
    source.append(ones(100), RATE_HZ)
    before = read(source, 10)
    source.cut()
    source.begin(2)
    source.append(ones(50), RATE_HZ)
    source.finish()
    signal = np.concatenate([before, read(source, 60)])
    assert np.max(np.abs(np.diff(signal, prepend=0.0, append=0.0))) < 0.21
    assert np.sum(signal[10:] > 0) > 45


def test_a_cut_before_the_first_sample_is_silent() -> None:
    source = mixer()
    source.begin(1)
    source.append(ones(100), RATE_HZ)
    source.cut()
    assert not np.any(read(source, 20))


def test_an_engine_that_falls_behind_leaves_a_gap_without_a_click() -> None:
    source = mixer()
    source.begin(1)
    source.append(ones(20), RATE_HZ)
    first = read(source, 40)
    source.append(ones(20), RATE_HZ)
    source.finish()
    signal = np.concatenate([first, read(source, 40)])
    assert not np.any(signal[20:40])
    assert np.max(np.abs(np.diff(signal, prepend=0.0))) < 0.21
    assert np.max(signal[40:]) == pytest.approx(1.0)


def test_late_pieces_of_a_lost_play_are_ignored() -> None:
    source = mixer()
    source.append(ones(20), RATE_HZ)
    source.finish()
    assert not np.any(read(source, 20))


def test_gain_changes_without_a_step() -> None:
    source = mixer()
    source.begin(1)
    source.append(ones(200), RATE_HZ)
    read(source, 20)
    source.set_gain(0.5)
    changed = read(source, 20)
    assert changed[-1] == pytest.approx(0.5)
    assert np.max(np.abs(np.diff(changed, prepend=1.0))) < 0.05


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 50.0, -50.0, 3e38])
def test_the_signal_is_always_finite_and_within_full_scale(value: float) -> None:
    for rate_hz in (RATE_HZ, 700):
        source = mixer()
        source.begin(1)
        source.append(np.full(100, value, np.float32), rate_hz)
        source.append(ones(100), rate_hz)
        source.finish()
        signal = read(source, 400)
        assert np.all(np.abs(signal) <= 1.0)
        assert np.any(signal > 0.5)
