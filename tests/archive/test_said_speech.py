"""The archive on real files: kept, bounded, purged, forgotten, and whole after a kill."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from structlog.testing import capture_logs

from bot.archive import Entry, Heard
from bot.archive.folder import Folder
from bot.archive.recorder import Recorder
from bot.config.sections.archive import ArchiveSettings
from bot.messages import AudioChunk, ChatMessage, Chatter, Lane, Purge, Utterance
from bot.runtime.clock import now
from tests.archived import entry

DAY_S = 86_400.0


def heard(
    identifier: str = "m1", *, by: str = "c1", outcome: str = "spoken", rate: int = 24_000
) -> Heard:
    chatter = Chatter(id=by, name=f"Name {by}")
    utterance = Utterance(
        id=identifier, channel="main", chatter=chatter, prefix="", body="hello", voice="heart",
        lane=Lane.REST, received_at=now(),
    )  # fmt: skip
    chunk = AudioChunk(samples=np.sin(np.arange(rate, dtype=np.float32) / 20), sample_rate_hz=rate)
    return Heard(
        utterance, text="hello", chunks=(chunk,), outcome=outcome, started_at=now(), heard_s=0.5
    )


def recorded(path: Path, *speech: Heard, settings: ArchiveSettings | None = None) -> list[Entry]:
    with Recorder(settings or ArchiveSettings(enabled=True), path) as recorder:
        for each in speech:
            recorder.keep(each)
    return list(Folder(path).entries())


@pytest.mark.parametrize("form", ["flac", "opus"])
@pytest.mark.parametrize("rate", [24_000, 22_050])
def test_what_was_heard_is_kept_as_long_as_it_was_heard(
    tmp_path: Path, form: str, rate: int
) -> None:
    settings = ArchiveSettings.model_validate({"enabled": True, "format": form})
    (kept,) = recorded(tmp_path, heard(rate=rate), settings=settings)

    samples, hertz = soundfile.read(Folder(tmp_path).sound(kept))
    assert len(samples) / hertz == pytest.approx(0.5, abs=0.01)
    assert np.abs(samples).max() > 0.5
    assert (kept.id, kept.spoken, kept.voice, kept.outcome) == ("m1", "hello", "heart", "spoken")


def test_what_was_written_stands_beside_what_was_spoken(tmp_path: Path) -> None:
    speech = heard()
    with Recorder(ArchiveSettings(enabled=True), tmp_path) as recorder:
        recorder.note(
            ChatMessage(
                id="m1", source="test", channel="main", chatter=speech.utterance.chatter,
                text="H3LLO", received_at=now(),
            )
        )  # fmt: skip
        recorder.keep(speech)

    assert [each.written for each in Folder(tmp_path).entries()] == ["H3LLO"]


@pytest.mark.parametrize("outcome", ["deleted", "timed_out"])
def test_what_is_taken_back_while_it_is_heard_is_not_kept(tmp_path: Path, outcome: str) -> None:
    kept = recorded(tmp_path, heard("m1", outcome=outcome), heard("m2", outcome="skipped"))

    assert [each.id for each in kept] == ["m2"]


@pytest.mark.parametrize(
    ("purge", "left"),
    [
        (Purge(channel="main", message_id="m1"), {"m2", "m3"}),
        (Purge(channel="main", chatter_id="c2"), {"m1"}),
        (Purge(channel="main"), set()),
        (Purge(channel="other"), {"m1", "m2", "m3"}),
    ],
)
def test_what_is_purged_is_deleted(tmp_path: Path, purge: Purge, left: set[str]) -> None:
    with Recorder(ArchiveSettings(enabled=True), tmp_path) as recorder:
        for each in (heard("m1"), heard("m2", by="c2"), heard("m3", by="c2")):
            recorder.keep(each)
        recorder.purge(purge)

    assert {each.id for each in Folder(tmp_path).entries()} == left
    assert len(list(tmp_path.iterdir())) == 2 * len(left)


def test_a_chatter_is_forgotten_under_former_names_too(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    for each in (
        entry("m1", 1, name="Before"), entry("m2", 2, name="After"), entry("m3", 3, by="c2"),
    ):  # fmt: skip
        folder.add(each, b"sound")

    assert folder.forget("@after") == 2
    assert [each.id for each in folder.entries()] == ["m3"]


def test_days_and_bytes_bound_it(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    sizes = [folder.add(entry(f"m{day}", day * DAY_S), bytes(1000)) for day in range(10)]

    folder.prune(at=9 * DAY_S, days=5, max_bytes=10**9)
    assert [each.id for each in folder.entries()] == [f"m{day}" for day in range(4, 10)]
    left = folder.prune(at=9 * DAY_S, days=5, max_bytes=2 * sizes[-1])
    assert [each.id for each in folder.entries()] == ["m8", "m9"]
    assert left == sizes[8] + sizes[9]


def test_a_clock_that_is_set_back_deletes_nothing(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.add(entry("m1", 100 * DAY_S), b"sound")
    folder.prune(at=1 * DAY_S, days=5, max_bytes=10**9)

    assert [each.id for each in folder.entries()] == ["m1"]


def test_a_full_disk_is_one_warning_and_every_loss_counts(tmp_path: Path) -> None:
    place = tmp_path / "archive"
    place.write_bytes(b"")  # no folder can be made here, whoever runs this
    with capture_logs() as lines, Recorder(ArchiveSettings(enabled=True), place) as recorder:
        for number in range(5):
            recorder.keep(heard(f"m{number}"))

    assert recorder.lost == 5
    assert [line["event"] for line in lines] == ["archive not written"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_write_that_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    each = entry("m1", 1)
    (tmp_path / f"{each.sound}.part").symlink_to("/dev/full")

    with pytest.raises(OSError, match="No space"):
        Folder(tmp_path).add(each, b"sound")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_leads_elsewhere_is_not_shown(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.add(entry("m1", 1), b"sound")
    (path,) = tmp_path.glob("*.json")
    path.write_bytes(path.read_bytes().replace(b'"sound":"', b'"sound":"../'))
    (tmp_path / "torn.json").write_bytes(b'{"id":')

    assert all(folder.sound(each).parent == tmp_path for each in folder.entries())
    assert not any(each.id == "torn" for each in folder.entries())


_WRITER = """
import sys
from pathlib import Path
from bot.archive.folder import Folder
from tests.archived import entry
folder = Folder(Path(sys.argv[1]))
print("ready", flush=True)
for number in range(1_000_000):
    folder.add(entry(f"m{number}", number), b"s" * 500_000)
    print(number, flush=True)
"""


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
@pytest.mark.parametrize("after", range(3))
def test_a_kill_leaves_whole_entries_and_the_next_start_cleans(tmp_path: Path, after: int) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    lines: Iterator[str] = iter(writer.stdout)
    assert next(lines) == "ready\n"
    for _ in range(after):
        next(lines)
    # Killed once a file is begun that is not told yet, wherever in it that is.
    writer.send_signal(signal.SIGKILL)
    told = after + sum(1 for _ in lines)
    writer.wait()
    writer.stdout.close()
    (tmp_path / "x.flac.part").write_bytes(b"half")
    (tmp_path / "y.flac").write_bytes(b"sound without JSON")

    folder = Folder(tmp_path)
    shown = list(folder.entries())
    assert len(shown) >= told
    assert all(folder.sound(each).stat().st_size == 500_000 for each in shown)
    folder.clean()
    assert len(list(tmp_path.iterdir())) == 2 * len(shown)
