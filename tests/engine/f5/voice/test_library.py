"""Folders of voices that are added, changed, broken and removed while the engine speaks."""

import logging
import os
import shutil
import threading
from pathlib import Path

import pytest
import torch

from bot.engine.f5.voice import library
from bot.engine.f5.voice.folder import Voice, load_voice
from bot.engine.f5.voice.library import VoiceLibrary
from bot.engine.f5.voice.reference import ReferenceCache
from bot.errors import UtteranceError
from tests.conftest import wait_until
from tests.engine.f5.voice.test_reference import recording

ABOUT = "consent: noise\nlicence: CC0-1.0\n"


def write(root: Path, name: str, *, seconds: float = 2.0, about: str = ABOUT) -> Path:
    folder = root / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "reference.wav").write_bytes(recording(seconds))
    (folder / "transcript.txt").write_text("Some call me nature.", encoding="utf-8-sig")
    (folder / "voice.yaml").write_text(about)
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "voices"


@pytest.fixture
def cache(tmp_path: Path) -> ReferenceCache:
    return ReferenceCache(tmp_path / "cache")


def looked(voices: VoiceLibrary) -> VoiceLibrary:
    """Look twice: what looks the same twice is at rest."""
    voices.refresh()
    voices.refresh()
    return voices


def test_a_voice_is_added_changed_and_removed_without_a_restart(
    root: Path, cache: ReferenceCache, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    write(root, "first")
    voices = VoiceLibrary([root], cache)
    voices.refresh(at_once=True)
    assert list(voices.frames) == ["first"]

    write(root, "second", about=ABOUT + "gain: -6\nspeed: 1.2\n")
    assert list(looked(voices).frames) == ["first", "second"]
    assert voices.get("second").speed == 1.2
    assert voices.get("second").gain == pytest.approx(0.5, abs=0.01)

    before = voices.get("first").reference.frames
    write(root, "first", seconds=3.0)
    assert looked(voices).get("first").reference.frames > before

    shutil.rmtree(root / "second")
    looked(voices)
    with pytest.raises(UtteranceError, match="no voice second") as caught:
        voices.get("second")
    assert "first" in caught.value.remedy
    assert [record.message for record in caplog.records] == [
        "voice is ready",
        "voice is ready",
        "voice removed",
    ]


@pytest.mark.parametrize("is_cold", [False, True])
def test_a_broken_folder_is_reported_once_and_the_old_voice_stays(
    root: Path, cache: ReferenceCache, caplog: pytest.LogCaptureFixture, *, is_cold: bool
) -> None:
    folder = write(root, "first")
    voices = VoiceLibrary([root], cache, capacity=1)
    voices.refresh(at_once=True)
    before = voices.get("first")
    (folder / "reference.wav").write_bytes(b"half a f")
    write(root, "second")
    looked(looked(voices))
    if is_cold:
        voices.get("second")
    assert torch.equal(voices.get("first").reference.mel, before.reference.mel)
    [report] = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert "is no WAV file" in str(vars(report)["reason"])
    assert "stays" in str(vars(report)["reason"])

    write(root, "first", seconds=3.0)
    assert looked(voices).get("first").reference.frames != before.reference.frames


@pytest.mark.parametrize(
    ("about", "missing"),
    [
        ("", "no consent"),
        ("licence: CC0-1.0\nconsent: ''\n", "no consent"),
        ("licence: true\nconsent: [x]\n", "no consent"),
        ("- a list\n", "no consent"),
        ("consent: {{{\n", "cannot be read"),
        (ABOUT + "since: !!timestamp 2026-02-30\n", "cannot be read"),
        (ABOUT + "since: !!bool maybe\n", "cannot be read"),
        (ABOUT + f"gain: {'9' * 5_000}\n", "cannot be read"),
        (ABOUT + "gain: !!timestamp soon\n", "cannot be read"),
        (ABOUT + "gain: loud\n", "gives 'loud' as gain"),
        (ABOUT + "speed: 99\n", "gives 99 as speed"),
    ],
)
def test_a_voice_that_does_not_say_what_it_must_is_refused(
    root: Path,
    cache: ReferenceCache,
    caplog: pytest.LogCaptureFixture,
    about: str,
    missing: str,
) -> None:
    write(root, "first", about=about)
    voices = VoiceLibrary([root], cache)
    voices.refresh(at_once=True)
    assert not voices.frames
    assert missing in str(vars(caplog.records[0])["reason"])

    lenient = VoiceLibrary([root], cache, allow_unlicensed=True)
    lenient.refresh(at_once=True)
    assert bool(lenient.frames) == missing.startswith("no ")


@pytest.mark.parametrize("broken", ["reference.wav", "transcript.txt"])
@pytest.mark.parametrize("kind", ["huge", "pipe", "device", "folder"])
def test_what_is_no_file_or_has_no_end_costs_its_voice_alone(
    root: Path, cache: ReferenceCache, caplog: pytest.LogCaptureFixture, broken: str, kind: str
) -> None:
    write(root, "first")
    path = write(root, "second") / broken
    path.unlink()
    if kind == "huge":
        with path.open("wb") as file:
            file.truncate(1 << 30)
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        path.mkdir()
    voices = VoiceLibrary([root], cache)
    voices.refresh(at_once=True)

    assert [*voices.frames] == ["first"]
    assert "second cannot be read" in str(vars(caplog.records[0])["reason"])


def test_a_mistake_in_reading_a_voice_costs_that_voice_alone(
    root: Path,
    cache: ReferenceCache,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def load(folder: Path, cache: ReferenceCache, *, allow_unlicensed: bool) -> Voice:
        if folder.name == "first":
            raise ZeroDivisionError
        return load_voice(folder, cache, allow_unlicensed=allow_unlicensed)

    monkeypatch.setattr(library, "load_voice", load)
    write(root, "first")
    write(root, "second")
    voices = VoiceLibrary([root], cache)
    voices.refresh(at_once=True)
    voices.refresh(at_once=True)

    assert [*voices.frames] == ["second"]
    [report] = [record for record in caplog.records if record.exc_info]
    assert vars(report)["voice"] == "first"


def test_what_is_still_being_copied_is_left_alone(
    root: Path, cache: ReferenceCache, caplog: pytest.LogCaptureFixture
) -> None:
    voices = VoiceLibrary([root], cache)
    voices.refresh(at_once=True)
    folder = write(root, "first")
    whole = (folder / "reference.wav").read_bytes()
    for size in (10, 1_000, len(whole)):
        (folder / "reference.wav").write_bytes(whole[:size])
        voices.refresh()
        assert not voices.frames
    voices.refresh()
    assert list(voices.frames) == ["first"]
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_only_those_who_spoke_last_stay_in_memory(root: Path, cache: ReferenceCache) -> None:
    names = [f"voice{number}" for number in range(5)]
    for number, name in enumerate(names):
        write(root, name, seconds=1.5 + number / 10)
    placed: list[Voice] = []

    def place(voice: Voice) -> Voice:
        placed.append(voice)
        return voice

    voices = VoiceLibrary([root], cache, capacity=2, place=place)
    voices.refresh(at_once=True)
    assert not placed
    for name in names:
        voices.get(name)
    assert len(placed) == 5
    voices.get(names[4])
    voices.get(names[3])
    assert len(placed) == 5
    voices.get(names[0])
    assert len(placed) == 6
    assert len(voices._loaded) == 2


def test_without_a_cache_on_disk_a_cold_voice_is_prepared_again(root: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    write(root, "first")
    voices = VoiceLibrary([root], ReferenceCache(tmp_path / "file" / "cache"))
    voices.refresh(at_once=True)
    assert voices.get("first").reference.frames > 100


def test_the_later_folder_wins_and_strange_names_are_none(
    tmp_path: Path, cache: ReferenceCache
) -> None:
    shipped, own = tmp_path / "shipped", tmp_path / "own"
    write(shipped, "first")
    write(shipped, "second")
    write(own, "first", seconds=3.0)
    for name in (".hidden", "with space", "dots..", "CON", "x" * 65):
        write(own, name)
    (own / "empty").mkdir()
    voices = VoiceLibrary([shipped, own, tmp_path / "missing"], cache)
    voices.refresh(at_once=True)
    assert list(voices.frames) == ["first", "second"]
    assert voices.frames["first"] > voices.frames["second"]


def test_watching_takes_what_is_added(
    root: Path, cache: ReferenceCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.engine.f5.voice.library._POLL_S", 0.02)
    voices, closed = VoiceLibrary([root], cache), threading.Event()
    voices.watch(closed)
    try:
        write(root, "first")
        wait_until(lambda: "first" in voices.frames, "voice")
    finally:
        closed.set()
