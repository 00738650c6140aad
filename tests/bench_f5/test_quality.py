"""The page: what it says, what it refers to, and whether its pictures are pictures."""

import re
import struct
import wave
import zlib
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import torch

from bot.config.sections.engine import F5Settings
from bot.engine.f5.voice.folder import load_voice
from bot.engine.f5.voice.reference import ReferenceCache
from bot.errors import StartError, UtteranceError
from tests.bench.f5.checkpoints import VOICE
from tests.bench.f5.model_under_test import prepared
from tests.bench.f5.quality.__main__ import quality
from tests.bench.f5.quality.page import About, write
from tests.bench.f5.quality.picture import spectrogram_png
from tests.bench.f5.quality.renditions import (
    NFES,
    Spoken,
    log_spectral_distance_db,
    mel_distance,
    speak,
)

pytestmark = pytest.mark.parts

TEXTS = ("Hi, <b>chat</b>!",)
PRECISIONS = (torch.bfloat16, torch.float32)


@pytest.fixture(scope="module")
def spoken() -> list[Spoken]:
    with prepared(F5Settings(), "tiny", "cpu") as made:
        voice = load_voice(made.voices / VOICE, ReferenceCache())
        return list(speak(made, voice, TEXTS, PRECISIONS))


@pytest.fixture(scope="module")
def page(spoken: list[Spoken], tmp_path_factory: pytest.TempPathFactory) -> Path:
    about = About("a & b", "nature", is_random=True, facts=("today",))
    return write(tmp_path_factory.mktemp("quality"), about, spoken)


@pytest.mark.long
def test_every_way_is_spoken_and_compared_with_the_best(spoken: list[Spoken]) -> None:
    for each in spoken:
        ways = {(r.dtype, r.nfe): r for r in each.renditions}
        best = ways["float32", 32]

        assert set(ways) == {(t, nfe) for t in ("bfloat16", "float32") for nfe in NFES}
        assert (best.mel_distance, best.log_spectral_distance_db) == (0, 0)
        assert 0 < ways["bfloat16", 32].mel_distance < ways["bfloat16", 5].mel_distance
        assert ways["float32", 16].mel_distance < ways["float32", 5].mel_distance
        assert all(len(r.wave) == len(best.wave) for r in each.renditions)


class References(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.sources: list[str] = []
        self.unlabelled: list[str] = []

    def handle_starttag(self, _: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if source := attributes.get("src"):
            self.sources.append(source)
            if not (attributes.get("alt") or attributes.get("aria-label")):
                self.unlabelled.append(source)


@pytest.mark.long
def test_the_page_refers_to_files_that_are_there_and_names_each(page: Path) -> None:
    parser = References()
    parser.feed(page.read_text(encoding="utf-8"))
    count = len(TEXTS) * len(PRECISIONS) * len(NFES)

    assert len(set(parser.sources)) == 2 * count
    assert all((page.parent / source).is_file() for source in parser.sources)
    assert parser.unlabelled == []


@pytest.mark.long
def test_what_people_wrote_is_no_markup(page: Path) -> None:
    text = page.read_text(encoding="utf-8")

    assert "Hi, &lt;b&gt;chat&lt;/b&gt;!" in text
    assert "<title>a &amp; b, voice nature" in text
    assert "Random weights." in text


@pytest.mark.long
def test_the_sounds_are_what_was_spoken(page: Path, spoken: list[Spoken]) -> None:
    with wave.open(str(page.parent / "sounds" / "text1-float32-nfe07.wav")) as file:
        assert file.getframerate() == 24_000
        assert file.getnframes() == len(spoken[0].renditions[0].wave)


def test_a_picture_shows_low_frequencies_below_and_loud_ones_light() -> None:
    mel = np.zeros((3, 2), np.float32)
    mel[2, 0] = 9  # the last frame, the lowest band
    data = spectrogram_png(mel, floor=0, top=9, scale=1)
    kinds = re.findall(rb"IHDR|PLTE|IDAT|IEND", data)
    start = data.index(b"IDAT")
    [length] = struct.unpack(">I", data[start - 4 : start])
    body = data[start : start + 4 + length]
    [checksum] = struct.unpack(">I", data[start + 4 + length : start + 8 + length])

    assert kinds == [b"IHDR", b"PLTE", b"IDAT", b"IEND"]
    assert struct.unpack(">II", data[16:24]) == (3, 2)
    assert zlib.crc32(body) == checksum
    assert zlib.decompress(body[4:]) == b"\0" + bytes([0, 0, 0]) + b"\0" + bytes([0, 0, 255])


def test_distances_are_what_their_names_say() -> None:
    noise = np.random.default_rng(0).standard_normal(24_000).astype(np.float32)

    assert log_spectral_distance_db(noise * np.float32(10), noise) == pytest.approx(20, abs=1e-3)
    assert log_spectral_distance_db(noise, noise) == 0
    assert mel_distance(torch.tensor([3.0, 5.0]), torch.tensor([3.0, 4.0])) == pytest.approx(0.2)


def test_what_cannot_be_spoken_or_found_is_named(tmp_path: Path) -> None:
    settings = F5Settings(voices=tmp_path)
    with pytest.raises(UtteranceError, match="holds no character"):
        quality(settings, tmp_path / "page", texts=["🎉🎉"], random="tiny", device="cpu")
    with pytest.raises(StartError, match="no voice 'ghost'"):
        quality(settings, tmp_path / "page", voice="ghost", random="tiny", device="cpu")
