"""Decoding of recordings, in a process of its own with limits: a file may be a bomb.

A FLAC of 250 KB can hold seven gigabytes of samples, a playlist can name thousands of files, and a
decoder can have a hole. So what is claimed is looked at first, and what decodes has little memory,
little time, and ends with whoever started it.
"""

import json
import math
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile

from bot.errors import StartError
from bot.runtime.processes import child
from bot.voices.wav import mono, parse

MAX_S = 600.0
"""Longest recording in seconds: more than enough to choose from, and it fits into memory."""
_MOST_BYTES = 512 << 20
_MOST_CHANNELS = 16
_MOST_RATE_HZ = 384_000
_MOST_SAMPLES = int(2 * MAX_S * 48_000)
"""Samples of all channels: ten minutes in stereo."""
_BLOCK = 1 << 18
_UNKNOWN = (1 << 63) - 1
"""Frames that libsndfile claims of a FLAC file that was written into a pipe."""
_MEMORY_BYTES = 2 << 30
_PROCESSOR_S = 60
_DEADLINE_S = 120.0
_FFMPEG_RATE_HZ = 48_000
_NEAR_PEAK = 0.995
_MODULE = "bot.voices.cloning.decoding"
_FORMATS = (
    "aac", "ac3", "aiff", "amr", "ape", "asf", "au", "avi", "caf", "flac", "matroska,webm",
    "mov,mp4,m4a,3gp,3g2,mj2", "mp3", "ogg", "tta", "w64", "wav", "wv",
)  # fmt: skip
"""What ffmpeg may read: no playlists, no lists of files, nothing from the network."""


class _Sound(soundfile.SoundFile):  # type: ignore[misc]  # it ships no types
    """A file that is read from its start to its end, without a look back.

    After each block soundfile seeks to where it is: in an MP3 that is a guess, and at the end of a
    FLAC file of unknown length it fails.
    """

    def seekable(self) -> bool:
        """Return False."""
        return False


def decode(path: Path) -> tuple[npt.NDArray[np.float32], int, npt.NDArray[np.bool_]]:
    """Return mono samples `[n]`, their rate in Hz, and where they clip `[n]`.

    Raises:
        StartError: it cannot be decoded within the limits.
    """
    command = child.module_command(_MODULE, str(path.absolute()))
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and the path is one argument
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_DEADLINE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _refusal(path, f"took longer than {_DEADLINE_S:.0f} s to decode") from None
    head, _, body = done.stdout.partition(b"\n")
    try:
        about: dict[str, Any] = json.loads(head)
    except ValueError:
        raise _refusal(path, "cannot be decoded: the decoder gave up") from None
    if problem := about.get("problem"):
        raise StartError(str(problem), remedy=str(about.get("remedy", "")))
    count = int(about["samples"])
    samples = np.frombuffer(body, np.float32, count).copy()
    clips = np.unpackbits(np.frombuffer(body, np.uint8, offset=4 * count), count=count)
    return samples, int(about["rate_hz"]), clips.astype(np.bool_)


def main(name: str) -> None:
    """Decode in the child process: a line of JSON, the samples, and a bit for each that clips."""
    path = Path(name)
    child.end_with_parent()
    _limit()
    output = child.claim_stdout(others=2)
    try:
        channels, rate_hz = _read(path)
        samples = mono(channels)
        magnitude = np.abs(channels).max(axis=1, initial=0.0)
        clips = magnitude >= _NEAR_PEAK * max(float(magnitude.max(initial=0.0)), 1e-9)
    except StartError as error:
        about = {"problem": error.message, "remedy": error.remedy}
        output.write(json.dumps(about).encode() + b"\n")
    except MemoryError:
        refused = _refusal(path, "needs more memory than a recording may")
        about = {"problem": refused.message, "remedy": refused.remedy}
        output.write(json.dumps(about).encode() + b"\n")
    else:
        head = {"samples": len(samples), "rate_hz": rate_hz}
        output.write(json.dumps(head).encode() + b"\n")
        output.write(np.ascontiguousarray(samples, np.float32).tobytes())
        output.write(np.packbits(clips).tobytes())
    output.flush()


def _limit() -> None:
    """Bound memory and processor time, for ffmpeg too."""
    if sys.platform == "win32":
        return  # it has no such limits
    import resource  # noqa: PLC0415 - see above

    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_PROCESSOR_S, _PROCESSOR_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _read(path: Path) -> tuple[npt.NDArray[np.float32], int]:
    """Return the channels `[n, channels]` and their rate: by libsndfile, else by ffmpeg."""
    if path.stat().st_size > _MOST_BYTES:
        raise _refusal(path, f"has more than {_MOST_BYTES >> 20} MiB")
    try:
        # Not by its name: the end ".raw" would ask for a rate.
        with path.open("rb") as file, _Sound(file) as sound:
            frames = sound.frames if sound.frames != _UNKNOWN else 0
            _verify(path, frames, sound.channels, sound.samplerate)
            if sound.frames or sound.format not in ("WAV", "WAVEX"):
                return _blocks(path, sound), sound.samplerate
        piped = parse(path.read_bytes(), path.name)  # with no length in its head
        _verify(path, len(piped.samples), 1, piped.sample_rate_hz)
        return piped.samples.reshape(-1, 1), piped.sample_rate_hz
    except soundfile.SoundFileError as error:
        return _convert(path, str(error))


def _verify(path: Path, frames: int, channels: int, rate_hz: int) -> None:
    """Make sure that what the header claims can be decoded.

    Raises:
        StartError: it cannot.
    """
    if not 0 < channels <= _MOST_CHANNELS or not 0 < rate_hz <= _MOST_RATE_HZ:
        raise _refusal(path, f"claims {channels} channels at {rate_hz} Hz")
    if frames / rate_hz > MAX_S:
        raise _too_long(path, frames / rate_hz)
    if frames * channels > _MOST_SAMPLES:
        raise _refusal(path, f"claims {frames} samples in {channels} channels")


def _blocks(path: Path, sound: soundfile.SoundFile) -> npt.NDArray[np.float32]:
    """Return what is there, whatever the header claims, as far as it is bounded."""
    blocks: list[npt.NDArray[np.float32]] = []
    most, count = min(_MOST_SAMPLES // sound.channels, round(MAX_S * sound.samplerate)), 0
    # Not by its own `blocks`, which yields sound again where less is there than is claimed.
    while not blocks or len(blocks[-1]) == _BLOCK:
        blocks.append(sound.read(_BLOCK, dtype="float32", always_2d=True))
        count += len(blocks[-1])
        if count > most:
            raise _too_long(path, math.inf)
    return np.concatenate(blocks)


def _convert(path: Path, complaint: str) -> tuple[npt.NDArray[np.float32], int]:
    program = shutil.which("ffmpeg")
    if program is None:
        raise StartError(
            f"{path} is of a kind that needs ffmpeg ({complaint}).",
            remedy="Install it, with: sudo apt install ffmpeg; or export the recording as WAV,"
            " FLAC, OGG or MP3.",
        )
    # `file:` keeps a name from being taken for an address or an option.
    command = [program, "-v", "error", "-nostdin", "-threads", "1"]
    command += ["-protocol_whitelist", "file,pipe", "-format_whitelist", ",".join(_FORMATS)]
    command += ["-i", f"file:{path}", "-vn", "-sn", "-dn", "-t", str(MAX_S + 1)]
    command += ["-ac", "1", "-ar", str(_FFMPEG_RATE_HZ), "-f", "f32le", "pipe:1"]
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and the path is one argument
            command,
            capture_output=True,
            timeout=_DEADLINE_S,
            check=False,
            preexec_fn=child.ending_with_parent(),
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _refusal(path, f"cannot be read by ffmpeg: {error}") from error
    if done.returncode or not done.stdout:
        reason = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["no sound"]
        raise _refusal(path, f"cannot be read by ffmpeg: {reason[0]}")
    samples = np.frombuffer(done.stdout, np.float32, len(done.stdout) // 4)
    if len(samples) > MAX_S * _FFMPEG_RATE_HZ:
        raise _too_long(path, math.inf)
    return samples.reshape(-1, 1), _FFMPEG_RATE_HZ


def _too_long(path: Path, duration_s: float) -> StartError:
    lasts = "" if math.isinf(duration_s) else f" {duration_s / 60:.0f} minutes,"
    return StartError(
        f"The recording {path.name} lasts{lasts} more than {MAX_S / 60:.0f} minutes.",
        remedy="Cut out a minute in which one person speaks.",
    )


def _refusal(path: Path, problem: str) -> StartError:
    return StartError(
        f"The recording {path.name} {problem}.", remedy="Export it as WAV, 16 bit, mono."
    )


if __name__ == "__main__":
    main(sys.argv[1])
