"""Recordings of strangers: bombs, playlists, lies in headers; what decodes has limits."""

import shutil
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bot.errors import StartError
from bot.messages import Samples
from bot.voices.cloning import decoding, recording
from bot.voices.wav import parse
from tests.long import first_ones

Save = Callable[..., Path]
_MOST_RESIDENT_BYTES = 1 << 30


def flac(path: Path, seconds: float, channels: int = 1, rate_hz: int = 16_000) -> Path:
    """Write silence, which takes nearly no room."""
    with soundfile.SoundFile(path, "w", rate_hz, channels, format="FLAC") as file:
        block = np.zeros((rate_hz, channels), np.float32)
        for _ in range(round(seconds)):
            file.write(block)
    return path


def claims(path: Path, samples: int) -> Path:
    """Write another number of samples into the head of a FLAC file; 0 is "unknown"."""
    data = bytearray(path.read_bytes())
    # STREAMINFO: 4 bytes of magic, 4 of block header, 10 in, then 28 bits and 36 of samples.
    packed = int.from_bytes(data[18:26], "big") >> 36 << 36 | samples
    data[18:26] = packed.to_bytes(8, "big")
    path.write_bytes(bytes(data))
    return path


def wav(path: Path, channels: int, rate_hz: int, body: bytes = b"\0" * 64_000) -> Path:
    head = struct.pack("<HHIIHH", 1, channels % 65_536, rate_hz, 0, 2, 16)
    data = b"WAVEfmt " + struct.pack("<I", len(head)) + head + b"data"
    data += struct.pack("<I", len(body)) + body
    path.write_bytes(b"RIFF" + struct.pack("<I", len(data)) + data)
    return path


def descendants(pid: int) -> list[int]:
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [each for child in map(int, listed.split()) for each in (child, *descendants(child))]


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


BOMBS: dict[str, Callable[[Path], Path]] = {
    "an hour in a small file": lambda path: flac(path / "a.flac", 3_600),
    "eight channels": lambda path: flac(path / "a.flac", 400, 8, 48_000),
    "a head that lies up": lambda path: claims(flac(path / "a.flac", 5), 2**36 - 1),
    "a head that knows nothing": lambda path: claims(flac(path / "a.flac", 1_300), 0),
    "65,535 channels": lambda path: wav(path / "a.wav", 65_535, 48_000),
    "no channels": lambda path: wav(path / "a.wav", 0, 48_000),
    "no rate": lambda path: wav(path / "a.wav", 1, 0),
    "a rate of four gigahertz": lambda path: wav(path / "a.wav", 1, 2**32 - 1),
}
TEXTS = {
    "x.raw": b"\1\2" * 50_000,
    "x.wav": b"RIFF\xff\xff\xff\xffWAVE",
    "list.ffconcat": b"ffconcat version 1.0\n" + b"file a.wav\n" * 3_000,
    "list.wav": b"ffconcat version 1.0\nfile /etc/passwd\n",
    "list.m3u8": b"#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:9/a.ts\n",
    "x.sdp": b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=audio 9 RTP/AVP 0\n",
    "x.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "empty.flac": b"fLaC",
    "-i.mp3": b"ID3" + b"\xff" * 4_000,
}


@pytest.mark.parametrize("name", first_ones(BOMBS))
def test_a_bomb_is_refused_and_takes_little_memory(name: str, tmp_path: Path) -> None:
    path = BOMBS[name](tmp_path)
    code = (
        "import sys, resource; from pathlib import Path\n"
        "from bot.errors import StartError; from bot.voices.cloning import recording\n"
        "try: recording.read(Path(sys.argv[1])); print('read')\n"
        "except StartError as error: print(error)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    said, resident = done.stdout.rsplit("\n", 2)[:2]
    assert said != "read"
    assert path.name in said
    assert int(resident) < _MOST_RESIDENT_BYTES


@pytest.mark.parametrize("name", TEXTS)
def test_what_is_no_recording_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(TEXTS[name])
    with pytest.raises(StartError) as caught:
        recording.read(path)
    assert caught.value.remedy
    assert "passwd" not in str(caught.value)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_samples_that_are_no_numbers_are_refused(value: float, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, np.full(32_000, value, np.float32), 16_000, subtype="FLOAT")
    with pytest.raises(StartError, match="no sound"):
        recording.read(path)


def test_other_kinds_go_through_ffmpeg(tmp_path: Path) -> None:
    if shutil.which("ffmpeg") is None:
        pytest.skip("needs the Debian package ffmpeg")
    wave = np.sin(np.arange(48_000) / 20).astype(np.float32) * 0.5
    soundfile.write(tmp_path / "a.wav", wave, 48_000)
    strange = tmp_path / "-i evil;.m4a"
    command = ["ffmpeg", "-v", "error", "-i", str(tmp_path / "a.wav"), f"file:{strange}"]
    subprocess.run(command, check=True, timeout=120)
    read = recording.read(strange)
    assert read.sample_rate_hz == 48_000
    assert abs(len(read.samples) - len(wave)) < 4_800
    assert 0.3 < float(np.abs(read.samples).max()) < 1.0


def test_the_decoder_ends_with_whoever_started_it(tmp_path: Path) -> None:
    program = tmp_path / "bin" / "ffmpeg"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nexec sleep 1000\n")
    program.chmod(0o755)
    strange = tmp_path / "a.m4a"
    strange.write_bytes(b"of a kind that libsndfile does not know")
    code = (
        "import sys; from pathlib import Path; from bot.voices.cloning import decoding\n"
        "decoding.decode(Path(sys.argv[1]))"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", code, str(strange)],
        env={"PATH": f"{program.parent}:/usr/bin:/bin", "PYTHONPATH": str(Path.cwd())},
    )
    try:
        deadline = time.monotonic() + 120
        family: list[int] = []
        while len(family) < 2 and time.monotonic() < deadline:
            family = descendants(starter.pid)
        assert len(family) == 2
    finally:
        starter.kill()
        starter.wait()
    while any(map(is_running, family)) and time.monotonic() < deadline:
        pass
    assert not any(map(is_running, family))


@pytest.mark.parametrize("sizes", [(0xFFFFFFFF, 0xFFFFFFFF), (0, 0)])
def test_a_wav_file_from_a_pipe_is_read_to_its_end(sizes: tuple[int, int], tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", 1, 16_000, body=b"\1\0" * 16_000)
    data = bytearray(path.read_bytes())
    at = data.find(b"data")
    data[4:8], data[at + 4 : at + 8] = (size.to_bytes(4, "little") for size in sizes)
    assert parse(bytes(data), "it").duration_s == 1.0
    path.write_bytes(bytes(data))
    assert len(decoding.decode(path)[0]) == 16_000
    with pytest.raises(StartError, match="truncated"):
        parse(wav(tmp_path / "b.wav", 1, 16_000).read_bytes()[:-2], "it")


def test_a_wav_file_that_is_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    data = wav(tmp_path / "a.wav", 1, 16_000).read_bytes()
    for length in (*range(60), len(data) - 1):
        with pytest.raises(StartError):
            parse(data[:length], "it")


def test_of_a_file_that_is_cut_off_nothing_is_heard_twice(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    hiss = np.random.default_rng(0).standard_normal(40 * 16_000).astype(np.float32) / 10
    soundfile.write(path, hiss, 16_000)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])  # its head still tells of all

    assert 19 < len(decoding.decode(path)[0]) / 16_000 < 21


@pytest.mark.parametrize("seconds", [5, 16, 17])
def test_a_flac_file_from_a_pipe_is_read_to_its_end(seconds: int, tmp_path: Path) -> None:
    path = claims(flac(tmp_path / "a.flac", seconds), 0)

    assert len(decoding.decode(path)[0]) == seconds * 16_000


def test_channels_of_opposite_phase_are_no_silence() -> None:
    wave: Samples = np.sin(np.arange(16_000) / 20).astype(np.float32) * 0.5
    both = np.stack([wave, -wave], axis=1)
    body = (both * 32_000).astype("<i2").tobytes()
    path_data = b"WAVEfmt " + struct.pack("<I", 16) + struct.pack("<HHIIHH", 1, 2, 16_000, 0, 4, 16)
    path_data += b"data" + struct.pack("<I", len(body)) + body
    sound = parse(b"RIFF" + struct.pack("<I", len(path_data)) + path_data, "it")
    assert float(np.abs(sound.samples).max()) > 0.4
