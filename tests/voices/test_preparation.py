"""What becomes of a recording, and what is refused with which reason."""

from pathlib import Path

import numpy as np
import pyloudnorm
import pytest
import soundfile
import soxr
from scipy.signal import butter, sosfilt

from bot.errors import StartError
from bot.messages import Samples
from bot.voices.cloning import recording
from bot.voices.cloning.preparation import Prepared, prepare
from bot.voices.judgement import written
from tests.voices.conftest import RATE_HZ, Save, below, hiss, music

pytestmark = pytest.mark.parts


def telephone(speech: Samples) -> Samples:
    band = butter(4, (300.0, 3400.0), "bandpass", fs=RATE_HZ, output="sos")
    narrow: Samples = sosfilt(band, speech).astype(np.float32)
    return narrow


def prepared(path: Path) -> Prepared:
    return prepare(path, keep_whole=False)


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.mp3"])
def test_the_best_part_is_cut_and_brought_to_one_level(
    speech: Samples, save: Save, name: str
) -> None:
    made = prepared(save(speech * 0.2, name))
    assert 3.0 <= made.audio.duration_s <= 10.5
    loudness = pyloudnorm.Meter(made.audio.sample_rate_hz).integrated_loudness(
        made.audio.samples.astype(np.float64)
    )
    assert loudness == pytest.approx(-20, abs=0.3)
    assert not np.any(made.audio.samples[-round(0.25 * made.audio.sample_rate_hz) :])
    # Nothing is cut in the middle of a sound: what lies just outside the part is silence.
    start, end = (
        round(s * RATE_HZ) for s in (made.excerpt.start_s - 0.15, made.excerpt.end_s + 0.15)
    )
    edges = np.concatenate([speech[start : start + 1200], speech[end - 1200 : end]])
    assert np.abs(edges).max() < 0.02


@pytest.mark.parametrize("rate_hz", [16_000, 44_100, 96_000])
def test_any_good_rate_will_do(speech: Samples, save: Save, rate_hz: int) -> None:
    made = prepared(save(soxr.resample(speech, RATE_HZ, rate_hz), rate_hz=rate_hz))
    assert made.audio.sample_rate_hz == min(rate_hz, 48_000)


def test_of_channels_that_cancel_each_other_one_is_taken(speech: Samples, save: Save) -> None:
    made = prepared(save(np.stack([speech, -speech * 0.9], axis=1)))
    assert made.measures.speech_s > 5


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda s: below(s, hiss(len(s)), 12), "noisy: the background is 1[123] dB"),
        (telephone, "as through a telephone: below 300 Hz"),
        (lambda s: below(s, music(len(s)), 15), "music or a hum"),
        (lambda s: s * 6, "is clipped"),
        (lambda s: np.clip(s * 6, -1, 1) * 0.3, "is clipped"),
        (lambda s: music(len(s)) * 0.1, "sounds like music"),
        (lambda s: hiss(len(s)) * 0.05, "0.0 s of speech"),
        (lambda s: s * 0, "0.0 s of speech"),
        (lambda s: s[: RATE_HZ * 2], "of speech, 2 s are needed"),
    ],
)
def test_what_would_spoil_the_voice_is_refused(
    speech: Samples, save: Save, spoil: object, reason: str
) -> None:
    assert callable(spoil)
    path = save(spoil(speech))
    with pytest.raises(StartError, match=reason) as caught:
        prepared(path)
    assert caught.value.remedy


@pytest.mark.parametrize(
    "background", [lambda n: hiss(n) * 1.0, lambda n: music(n) * 1.0], ids=["hiss", "music"]
)
def test_a_faint_background_is_bearable(speech: Samples, save: Save, background: object) -> None:
    assert callable(background)
    made = prepared(save(below(speech, background(len(speech)), 35)))
    assert made.measures.above_background_db == pytest.approx(35, abs=4)


def test_with_a_transcript_of_all_of_it_all_of_it_is_taken(speech: Samples, save: Save) -> None:
    short = speech[: RATE_HZ * 6]
    made = prepare(save(short), keep_whole=True)
    assert made.excerpt.duration_s > 4
    with pytest.raises(StartError, match="more than 10"):
        prepare(save(np.concatenate([speech, speech])), keep_whole=True)


def test_what_is_no_sound_is_refused(tmp_path: Path, save: Save, speech: Samples) -> None:
    with pytest.raises(StartError, match="There is no file"):
        recording.read(tmp_path / "missing.wav")
    with pytest.raises(StartError, match="as a telephone has"):
        recording.read(save(soxr.resample(speech, RATE_HZ, 8_000), rate_hz=8_000))
    (tmp_path / "text.wav").write_text("no sound at all")
    with pytest.raises(StartError, match="ffmpeg"):
        recording.read(tmp_path / "text.wav")
    with pytest.raises(StartError, match="lasts 11 minutes"):
        recording.read(save(np.zeros(16_000 * 660, np.float32), "long.flac", rate_hz=16_000))


@pytest.mark.parametrize("level", [0.001, 0.01, 0.1])
def test_a_quiet_recording_is_none_the_worse(speech: Samples, save: Save, level: float) -> None:
    made = prepared(save(speech * level))
    assert 2.5 < made.excerpt.duration_s < 10
    assert made.measures.above_background_db > 20


def test_how_loud_it_was_is_known_below_what_counts_as_silence(
    speech: Samples, tmp_path: Path
) -> None:
    loudness = {}
    for level in (1.0, 1e-4):
        soundfile.write(tmp_path / "a.wav", speech * level, RATE_HZ, subtype="FLOAT")
        made = prepared(tmp_path / "a.wav")
        loudness[level] = made.loudness_lufs
        assert np.abs(made.audio.samples).max() > 0.1
    assert loudness[1e-4] == pytest.approx(loudness[1.0] - 80, abs=0.1)


@pytest.mark.parametrize("count", [1, 2, RATE_HZ // 2])
def test_what_is_too_short_for_a_voice_is_refused(save: Save, count: int) -> None:
    with pytest.raises(StartError, match="too short for a voice"):
        prepared(save(np.full(count, 0.5, np.float32)))


def test_a_person_on_the_telephone_is_a_person(speech: Samples, save: Save) -> None:
    narrow = soxr.resample(soxr.resample(speech, RATE_HZ, 8_000), 8_000, 16_000)
    made = prepared(save(np.round(narrow * 8_000) / 8_000, "narrow.wav", rate_hz=16_000))
    assert made.measures.above_background_db > 20


@pytest.mark.parametrize(
    ("text", "is_good"),
    [
        ("Hello everyone,\n  and welcome back.", True),
        ("Hi", False),
        ("word " * 100, False),
        ("...", False),
    ],
)
def test_a_transcript_fits_the_time_it_takes(text: str, *, is_good: bool) -> None:
    if is_good:
        assert written(text, 4.0) == "Hello everyone, and welcome back."
    else:
        with pytest.raises(StartError, match="do not belong together"):
            written(text, 4.0)
