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
from bot.engine.f5.voice.resample import resample
from bot.runtime.files.folders import write_whole
from bot.voices.judgement import judged, sentence

log = logging.getLogger(__name__)

TARGET_RMS = 0.1
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
    wave, rate_hz = judged(recording, what)
    rms = float(np.sqrt(np.mean(np.square(wave, dtype=np.float64))))
    if rms < TARGET_RMS:
        wave = wave * np.float32(TARGET_RMS / rms)
    samples = resample(torch.from_numpy(wave), rate_hz, SAMPLE_RATE_HZ)
    duration_s = len(samples) / SAMPLE_RATE_HZ
    ended = sentence(transcript, duration_s, what)
    return Reference(log_mel(samples), ended, len(samples), rms)


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
        if not path.is_file():
            return None
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
        except (SafetensorError, OSError, KeyError, ValueError, TypeError) as error:
            # A cache may be damaged at any time: the reference is prepared again.
            about = {"path": str(path), "reason": str(error)}
            log.warning("cached reference voice is unreadable", extra=about)
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
            failed = {"path": str(path), "reason": str(error)}
            log.warning("reference voice not cached", extra=failed)
