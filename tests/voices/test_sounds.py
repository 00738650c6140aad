"""Sounds of a folder: at the level of the voices, whatever lies there."""

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
from structlog.testing import capture_logs

from bot.messages import Samples
from bot.voices.sounds import SoundCatalog

RATE_HZ = 24_000


def tone(seconds: float, peak: float = 0.5) -> Samples:
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return (peak * np.sin(2 * np.pi * 1000 * t)).astype(np.float32)


def catalogue(folder: Path, max_s: float = 5.0) -> SoundCatalog:
    sounds = SoundCatalog(folder, max_s=max_s)
    sounds.refresh()
    return sounds


@pytest.mark.parametrize("ending", ["wav", "flac", "ogg", "mp3"])
def test_each_form_of_file_is_a_sound(tmp_path: Path, ending: str) -> None:
    soundfile.write(tmp_path / f"horn.{ending}", tone(0.5), RATE_HZ)
    sounds = catalogue(tmp_path)

    assert list(sounds) == ["horn"]
    audio = sounds.get("horn")
    assert audio is not None
    assert audio.duration_s == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("peak", [0.001, 0.05, 1.0])
def test_soft_and_loud_ones_are_as_loud_as_the_voices(tmp_path: Path, peak: float) -> None:
    soundfile.write(tmp_path / "horn.wav", tone(1.0, peak), RATE_HZ, subtype="FLOAT")
    audio = catalogue(tmp_path).get("horn")
    assert audio is not None

    level_db = 10 * np.log10(np.mean(np.square(audio.samples)))
    assert level_db == pytest.approx(-20, abs=0.5)
    assert np.abs(audio.samples).max() < 1


def test_a_click_does_not_clip(tmp_path: Path) -> None:
    samples = np.zeros(RATE_HZ, np.float32)
    samples[:: RATE_HZ // 20] = 0.9
    soundfile.write(tmp_path / "click.wav", samples, RATE_HZ)
    audio = catalogue(tmp_path).get("click")
    assert audio is not None
    assert np.abs(audio.samples).max() <= 0.9


def test_a_long_one_is_cut_softly_and_told(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "long.wav", tone(4.0), RATE_HZ)
    with capture_logs() as logs:
        audio = catalogue(tmp_path, max_s=1.0).get("long")
    assert audio is not None
    assert audio.duration_s == pytest.approx(1.0)
    assert abs(float(audio.samples[-1])) < 0.01
    assert [entry["event"] for entry in logs] == ["sound is played in part"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("broken.wav", b"RIFF...."),
        ("empty.wav", b""),
        ("text.mp3", b"hello" * 100),
        ("huge.wav", b"\0" * (17 << 20)),
    ],
)
def test_what_is_no_sound_is_left_out_and_told(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    soundfile.write(tmp_path / "silent.wav", np.zeros(RATE_HZ, np.float32), RATE_HZ)
    soundfile.write(tmp_path / "horn.wav", tone(0.5), RATE_HZ)
    with capture_logs() as logs:
        assert list(catalogue(tmp_path)) == ["horn"]
    assert [entry["event"] for entry in logs] == ["sound left out"] * 2


def test_what_is_no_file_holds_nothing_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    (tmp_path / "folder.wav").mkdir()
    (tmp_path / "gone.wav").symlink_to(tmp_path / "nowhere")
    assert list(catalogue(tmp_path)) == []
    assert list(catalogue(tmp_path / "none")) == []


def test_changes_are_seen(tmp_path: Path) -> None:
    sounds = catalogue(tmp_path)
    soundfile.write(tmp_path / "horn.wav", tone(0.5), RATE_HZ)
    sounds.refresh()
    assert "horn" in sounds
    soundfile.write(tmp_path / "horn.wav", tone(1.0), RATE_HZ)
    sounds.refresh()
    audio = sounds.get("horn")
    assert audio is not None
    assert audio.duration_s == pytest.approx(1.0)
    (tmp_path / "horn.wav").unlink()
    sounds.refresh()
    assert "horn" not in sounds


def test_names_are_those_that_a_tag_can_have(tmp_path: Path) -> None:
    for name in ("horn.wav", "air-horn_2.wav", ".hidden.wav", "two words.wav", "é.wav", "x.txt"):
        path = tmp_path / name
        soundfile.write(path, tone(0.1), RATE_HZ, format="WAV")
    assert sorted(catalogue(tmp_path)) == ["air-horn_2", "horn"]
