"""A real daemon with an archive."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from bot.archive import Entry, default_folder
from bot.archive.folder import Folder
from bot.config import loads
from tests.test_daemon import DEADLINE_S
from tests.test_restart import CONFIG, running

pytestmark = pytest.mark.parts


async def kept(condition: Callable[[list[Entry]], bool]) -> list[Entry]:
    async with asyncio.timeout(DEADLINE_S):
        while not condition(entries := list(Folder(default_folder()).entries())):
            await asyncio.sleep(0.005)
    return entries


async def test_what_was_heard_is_kept_and_what_was_skipped_ends_where_it_was_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    settings = loads(CONFIG % (tmp_path / "speech.wav") + "archive: {enabled: true}\n")
    async with running(settings, tmp_path / "events.jsonl") as viewer:
        whole = await viewer.post("Hello  2 you")
        spoken = await viewer.until(whole, "spoken")
        cut = await viewer.post("a message that takes its time " * 8)
        await viewer.until(cut, "started")
        await viewer.order("!tts skip")
        dropped = await viewer.until(cut, "dropped")
        entries = {each.id: each for each in await kept(lambda found: len(found) == 2)}

    assert entries[whole].written == "Hello  2 you"
    assert entries[whole].outcome == "spoken"
    assert entries[whole].duration_s == pytest.approx(spoken["audio_s"], abs=0.001)
    assert entries[cut].outcome == dropped["reason"] == "skipped"
    samples, rate = soundfile.read(Folder(default_folder()).sound(entries[cut]))
    assert len(samples) / rate == pytest.approx(entries[cut].duration_s, abs=0.01)
    assert np.abs(samples).max() > 0.01


async def test_nothing_is_kept_unless_that_is_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    async with running(loads(CONFIG % (tmp_path / "speech.wav")), tmp_path / "e.jsonl") as viewer:
        await viewer.until(await viewer.post("hello"), "spoken")

    assert not default_folder().exists()


@pytest.mark.parametrize("purge", [{"delete": "m1"}, {"clear": True}])
async def test_what_the_platform_takes_back_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, purge: dict[str, Any]
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    settings = loads(CONFIG % (tmp_path / "speech.wav") + "archive: {enabled: true}\n")
    async with running(settings, tmp_path / "events.jsonl") as viewer:
        await viewer.post("a message that takes its time " * 8, id="m1")
        await viewer.until("m1", "started")
        await viewer.send(purge)
        await viewer.until("m1", "dropped")
        await viewer.post("the next", id="m2")
        entries = await kept(bool)

    assert [each.id for each in entries] == ["m2"]
