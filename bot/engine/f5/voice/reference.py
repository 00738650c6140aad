"""Reference of a voice: recording and transcript, prepared for the model.

Preparation is upstream's (`preprocess_ref_audio_text`, `infer_batch_process`): quiet ends off,
50 ms of silence behind, loudness raised to an RMS of 0.1, 24 kHz, log-mel. A recording over 12 s is
refused, where upstream cuts it and keeps the whole transcript, which makes the speech too fast.
Results are kept on disk under the hash of content and settings.
"""

import hashlib
import logging
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from bot.engine.f5.mel import HOP_SAMPLES, SAMPLE_RATE_HZ, log_mel
from bot.engine.f5.voice.resample import is_common, resample
from bot.errors import StartError
from bot.messages import AudioChunk, Samples
from bot.runtime.folders import write_whole
from bot.voices.wav import parse

log = logging.getLogger(__name__)

TARGET_RMS = 0.1
MIN_DURATION_S = 1.0
MAX_DURATION_S = 12.0
_EDGE_DBFS = -42.0
_EDGE_WINDOW_S = 0.010
_TAIL_S = 0.050
_MAX_PEAK = 10.0
"""Limit on floating-point samples: far beyond full scale are integers written as such."""
_MAX_BYTES_PER_S = 60.0
"""Limit on transcripts: one that is denser belongs to another recording."""
_VERSION = 1
"""Version of the preparation; part of the hash."""


class Reference(NamedTuple):
    """A prepared recording."""

    mel: Tensor
    """Log-mel, `[samples // 256 + 1, 100]` float32 on the CPU."""
    transcript: str
    """Transcript, with the sentence end that separates it from the text to speak."""
    samples: int
    """Length of the prepared recording at 24 kHz."""
    rms: float
    """Loudness of the recording before it was raised."""
    digest: str = ""
    """Hash of recording, transcript and settings; empty outside a cache."""

    @property
    def prompt(self) -> str:
        """Text in front of the text to speak.

        Upstream separates with two spaces, except behind a character of several bytes.
        """
        return self.transcript + (" " if len(self.transcript[-1].encode()) == 1 else "")

    @property
    def frames(self) -> int:
        """Length as upstream counts it: the speech begins at this frame."""
        return self.samples // HOP_SAMPLES

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.samples / SAMPLE_RATE_HZ

    @property
    def output_gain(self) -> float:
        """Factor that takes the raised loudness back."""
        return self.rms / TARGET_RMS if self.rms < TARGET_RMS else 1.0


def prepare(recording: bytes, transcript: str, what: str) -> Reference:
    """Return the reference of a WAV file and its transcript; `what` names it in errors.

    Raises:
        StartError: the recording or the transcript cannot serve as a reference.
    """
    sound = parse(recording, what)
    if not np.isfinite(sound.samples).all():
        raise _refusal(what, "holds samples that are not finite")
    again = "Export it again as WAV, 16 bit, 44100 or 48000 Hz."
    if not is_common(sound.sample_rate_hz, SAMPLE_RATE_HZ):
        raise _refusal(what, f"has the odd rate of {sound.sample_rate_hz} Hz", again)
    if (peak := float(np.abs(sound.samples).max(initial=0.0))) > _MAX_PEAK:
        raise _refusal(what, f"is up to {peak:.3g} times as loud as full scale", again)
    wave = _trim(sound, what)
    rms = float(np.sqrt(np.mean(np.square(wave, dtype=np.float64))))
    if rms < TARGET_RMS:
        wave = wave * np.float32(TARGET_RMS / rms)
    samples = resample(torch.from_numpy(wave), sound.sample_rate_hz, SAMPLE_RATE_HZ)
    duration_s = len(samples) / SAMPLE_RATE_HZ
    ended = _end_sentence(transcript, what)
    if len(ended.encode()) > _MAX_BYTES_PER_S * duration_s:
        raise _refusal(
            what,
            f"lasts {duration_s:.1f} s, too short for a transcript of {len(transcript)} characters",
            "Write down exactly what is said in the recording, and nothing else.",
        )
    return Reference(log_mel(samples), ended, len(samples), rms)


def _trim(sound: AudioChunk, what: str) -> Samples:
    """Return the recording without its quiet ends, with 50 ms of silence behind."""
    wave, rate_hz = sound.samples, sound.sample_rate_hz
    start = _quiet_samples(wave, rate_hz)
    if start >= len(wave):
        raise _refusal(what, "is silent")
    wave = wave[start : len(wave) - _quiet_samples(wave[::-1], rate_hz)]
    duration_s = len(wave) / rate_hz
    if not MIN_DURATION_S <= duration_s <= MAX_DURATION_S:
        raise _refusal(
            what,
            f"has {duration_s:.1f} s of speech; {MIN_DURATION_S:.0f} to {MAX_DURATION_S:.0f} s "
            "are needed",
            "Cut it to 3 to 10 s, and its transcript to the words that remain.",
        )
    return np.concatenate([wave, np.zeros(round(_TAIL_S * rate_hz), np.float32)])


def _quiet_samples(wave: Samples, rate_hz: int) -> int:
    """Return how many samples pass before the first 10 ms that are loud.

    As pydub's `detect_leading_silence`, loudness by RMS.
    """
    window = max(round(_EDGE_WINDOW_S * rate_hz), 1)
    padded = np.pad(wave, (0, -len(wave) % window)).reshape(-1, window).astype(np.float64)
    loud = np.flatnonzero(np.sqrt(np.mean(padded**2, axis=1)) >= 10 ** (_EDGE_DBFS / 20))
    return int(loud[0]) * window if len(loud) else len(wave)


def _end_sentence(transcript: str, what: str) -> str:
    """Return the transcript with a full stop and a space, unless it ends a sentence in Chinese."""
    text = transcript.strip()
    if not text:
        raise _refusal(what, "has no transcript", "Write down what is said in the recording.")
    if text.endswith("。"):
        return text
    return text + (" " if text.endswith(".") else ". ")


class ReferenceCache:
    """Prepared references by content, on disk if there is a folder."""

    def __init__(self, folder: Path | None = None, capacity: int = 500) -> None:
        """Keep at most `capacity` files in `folder`: those that were made last."""
        self._folder = folder
        self._capacity = capacity

    def get(self, recording: bytes, transcript: str, what: str) -> Reference:
        """Return the reference, prepared now unless it is cached; see `prepare`."""
        digest = hashlib.sha256(f"{_VERSION}\0{transcript}\0".encode() + recording).hexdigest()
        voice = self._read(digest)
        if voice is None:
            voice = prepare(recording, transcript, what)._replace(digest=digest)
            self._write(digest, voice)
        return voice

    def recall(self, digest: str) -> Reference | None:
        """Return the reference that `get` returned with this digest, if it is still there."""
        return self._read(digest)

    def _read(self, digest: str) -> Reference | None:
        from safetensors import SafetensorError, safe_open  # noqa: PLC0415 - only with a folder

        if self._folder is None:
            return None
        path = self._folder / f"{digest}.safetensors"
        try:
            with safe_open(path, framework="pt") as file:
                about = file.metadata()
                return Reference(
                    file.get_tensor("mel"),
                    about["transcript"],
                    int(about["samples"]),
                    float(about["rms"]),
                    digest,
                )
        except FileNotFoundError:
            return None
        except (SafetensorError, OSError, KeyError, ValueError, TypeError) as error:
            # A cache may be damaged at any time: the reference is prepared again.
            about = {"path": str(path), "error": str(error)}
            log.warning("A cached reference voice is unreadable", extra=about)
            return None

    def _write(self, digest: str, voice: Reference) -> None:
        from safetensors.torch import save  # noqa: PLC0415 - only with a folder

        if self._folder is None:
            return
        about = {"samples": str(voice.samples), "rms": repr(voice.rms)}
        data = save({"mel": voice.mel}, {"transcript": voice.transcript, **about})
        path = self._folder / f"{digest}.safetensors"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            write_whole(path, data)
            files = sorted(
                self._folder.glob("*.safetensors"), key=lambda file: file.stat().st_mtime
            )
            for old in files[: -self._capacity]:
                old.unlink(missing_ok=True)
        except OSError as error:  # a full or read-only disk costs time, not the voice
            failed = {"path": str(path), "error": str(error)}
            log.warning("A reference voice could not be cached", extra=failed)


def _refusal(what: str, problem: str, remedy: str = "") -> StartError:
    return StartError(
        f"The recording {what} {problem}.",
        remedy=remedy or "Record 3 to 10 s of clear speech, with a little silence at the end.",
    )
