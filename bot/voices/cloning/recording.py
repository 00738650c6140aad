"""Recordings: audio files of any format, as mono samples."""

import io
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import soundfile

from bot.errors import StartError
from bot.messages import Samples

MAX_S = 600.0
"""Longest recording in seconds: more than enough to choose from, and it fits into memory."""
_MIN_RATE_HZ = 16_000
_FFMPEG_RATE_HZ = 48_000
_FFMPEG_TIMEOUT_S = 120
_CANCELLED = 0.5
"""Limit of the mean of all channels, as a share of the loudest one: below it they cancel out."""
_NEAR_PEAK = 0.995


class Recording(NamedTuple):
    """A recording, and where it clips."""

    samples: Samples
    """Mono, `[n]`."""
    sample_rate_hz: int
    clips: npt.NDArray[np.bool_]
    """Whether each sample stands at the highest value, in any channel, `[n]`."""


def read(path: Path) -> Recording:
    """Return the recording in `path`: what libsndfile reads, and with ffmpeg anything else.

    Raises:
        StartError: it is not there, cannot be read, or is too long or too coarse for a voice.
    """
    if not path.is_file():
        raise StartError(f"There is no file {path}.", remedy="Give the path of a recording.")
    if not path.stat().st_size:
        raise StartError(f"{path} is empty.", remedy="Export the recording again.")
    try:
        channels, rate_hz = _read(path)
    except soundfile.SoundFileError as error:
        channels, rate_hz = _convert(path, str(error))
    if rate_hz < _MIN_RATE_HZ:
        raise StartError(
            f"{path} has {rate_hz} samples a second, as a telephone has: too few for a voice.",
            remedy=f"Record with {_MIN_RATE_HZ} Hz or more.",
        )
    if not len(channels) or not np.isfinite(channels).all():
        raise StartError(f"{path} holds no sound.", remedy="Record again.")
    magnitude = np.abs(channels)
    peak = max(float(magnitude.max()), 1e-9)
    clips = magnitude.max(axis=1) >= _NEAR_PEAK * peak
    return Recording(_mono(channels), rate_hz, clips)


def _read(source: Path | io.BytesIO) -> tuple[npt.NDArray[np.float32], int]:
    about = soundfile.info(source)
    if about.duration > MAX_S:
        raise StartError(
            f"The recording lasts {about.duration / 60:.0f} minutes, more than {MAX_S / 60:.0f}.",
            remedy="Cut out a minute in which one person speaks.",
        )
    if isinstance(source, io.BytesIO):
        source.seek(0)
    samples, rate_hz = soundfile.read(source, dtype="float32", always_2d=True)
    return samples, rate_hz


def _convert(path: Path, complaint: str) -> tuple[npt.NDArray[np.float32], int]:
    program = shutil.which("ffmpeg")
    if program is None:
        raise StartError(
            f"{path} is of a kind that needs ffmpeg ({complaint}).",
            remedy="Install it, with: sudo apt install ffmpeg; or export the recording as WAV,"
            " FLAC, OGG or MP3.",
        )
    # `file:` keeps a name from being taken for an address or an option.
    command = [program, "-v", "error", "-nostdin", "-i", f"file:{path.absolute()}", "-vn"]
    command += ["-t", str(MAX_S), "-ac", "1", "-ar", str(_FFMPEG_RATE_HZ)]
    command += ["-c:a", "pcm_f32le", "-f", "wav", "pipe:1"]
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and the path is one argument
            command, capture_output=True, timeout=_FFMPEG_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise StartError(f"ffmpeg cannot read {path}: {error}.") from error
    if done.returncode or not done.stdout:
        reason = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["no sound"]
        raise StartError(f"ffmpeg cannot read {path}: {reason[0]}.", remedy="Export it as WAV.")
    try:
        return _read(io.BytesIO(_sized(done.stdout)))
    except soundfile.SoundFileError as error:
        raise StartError(f"ffmpeg cannot read {path}: {error}.") from error


def _sized(wav: bytes) -> bytes:
    """Return what ffmpeg wrote with true lengths: into a pipe it cannot write them."""
    at = wav.find(b"data")
    body = wav[at + 8 :]
    riff = len(wav) - 8
    return b"".join([
        *(wav[:4], riff.to_bytes(4, "little"), wav[8 : at + 4]),
        *(len(body).to_bytes(4, "little"), body),
    ])  # fmt: skip


def _mono(channels: npt.NDArray[np.float32]) -> Samples:
    mean: Samples = channels.mean(axis=1, dtype=np.float32)
    powers = np.square(channels, dtype=np.float64).mean(axis=0)
    loudest = int(powers.argmax())
    if np.square(mean, dtype=np.float64).mean() < _CANCELLED**2 * powers[loudest]:
        return np.ascontiguousarray(channels[:, loudest])
    return mean
