"""The catalogue follows the folders."""

import asyncio
import shutil
from pathlib import Path

import pytest

from bot.voices.catalogue import VoiceCatalog

ABOUT = "consent: noise\nlicence: CC0-1.0\n"


def write(root: Path, name: str, about: str = ABOUT) -> Path:
    folder = root / name
    folder.mkdir(parents=True)
    (folder / "reference.wav").write_bytes(b"")
    (folder / "transcript.txt").write_text("")
    (folder / "voice.yaml").write_text(about)
    return folder


def test_it_lists_what_may_speak(tmp_path: Path) -> None:
    write(tmp_path, "good")
    write(tmp_path, "unlicensed", about="gain: 1")
    write(tmp_path, "impossible", about=f"{ABOUT}since: !!timestamp 2026-02-30\n")
    write(tmp_path, "incomplete").joinpath("reference.wav").unlink()
    write(tmp_path, ".hidden")
    assert set(VoiceCatalog([tmp_path], allow_unlicensed=False)) == {"good"}
    assert set(VoiceCatalog([tmp_path], allow_unlicensed=True)) == {"good", "unlicensed"}


async def test_it_follows_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.voices.catalogue._POLL_S", 0.01)
    first = write(tmp_path, "first")
    catalog = VoiceCatalog([tmp_path, tmp_path / "missing"], allow_unlicensed=False)
    running = asyncio.create_task(catalog.run())
    write(tmp_path, "second")
    (first / "voice.yaml").write_text("licence: CC0-1.0")
    async with asyncio.timeout(10):
        while set(catalog) != {"second"}:
            await asyncio.sleep(0.01)
        shutil.rmtree(tmp_path / "second")
        while catalog:
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.wait([running])
