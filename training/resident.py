"""Recordings on the device, whole: random segments are gathered there, without the host.

A thread reads shards as they appear; the training loop takes them in between two steps. The
tensors keep their addresses, so CUDA graphs see what was added.
"""

import logging
import queue
import threading
import time
from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile

import numpy as np
import torch
from torch import Tensor

from training.shards import HOP_SAMPLES, SAMPLE_RATE_HZ, Recordings, read_shard, shards
from training.spectra import BANDS, FFT_SAMPLES

_LOG = logging.getLogger(__name__)
_POLL_S = 2.0
_FIRST_BLOCK = 8
_BLOCK = 64
"""Shards that are handed over together; few at first, so that training begins."""
_FULL_SCALE = 32768.0
_EDGE_FRAMES = FFT_SAMPLES // 2 // HOP_SAMPLES
"""Frames at the ends of a cut whose windows reach beyond it."""


def context_samples(frames: int) -> int:
    """Return how many samples the windows of so many mel frames reach over."""
    return (frames + 2 * _EDGE_FRAMES - 1) * HOP_SAMPLES


class ShardReader:
    """Reads the shards of a folder in the background, once each, until it is closed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._queue: queue.Queue[Recordings] = queue.Queue(maxsize=4)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"reader of {folder}", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        known: frozenset[str] = frozenset()
        most = _FIRST_BLOCK
        while not self._closing.is_set():
            paths = shards(self._folder, known)[:most]
            known |= {path.name for path in paths}
            read = [recordings for path in paths if (recordings := self._read(path))]
            if read:
                self._put(_join(read))
                most = _BLOCK
            else:
                self._closing.wait(_POLL_S)

    def _read(self, path: Path) -> Recordings | None:
        if self._closing.is_set():
            return None
        try:
            return read_shard(path)
        except (OSError, ValueError, KeyError, BadZipFile) as error:
            _LOG.warning("A shard is left out: %s: %s.", path, error)
            return None

    def _put(self, recordings: Recordings) -> None:
        while not self._closing.is_set():
            try:
                self._queue.put(recordings, timeout=0.2)
            except queue.Full:
                continue
            return

    def take(self) -> Recordings | None:
        """Return what was read and not yet taken, if anything."""
        try:
            return self._queue.get_nowait()
        except queue.Empty:
            return None

    def close(self) -> None:
        """End the thread."""
        self._closing.set()
        self._thread.join()


def _join(read: list[Recordings]) -> Recordings:
    mels = [recordings.mel for recordings in read if recordings.mel is not None]
    wave = np.concatenate([recordings.wave for recordings in read])
    return Recordings(wave, np.concatenate(mels) if len(mels) == len(read) else None)


class Segments(NamedTuple):
    """A batch cut out of the recordings."""

    wave: Tensor
    """`[B, (T - 1) * 256]` float32: what the vocoder should make of a mel of T frames"""
    context: Tensor
    """`[B, (T + 3) * 256]`: the same with all that the windows of the T frames reach"""
    mel: Tensor | None
    """`[B, 100, T]` float32: what the acoustic model predicts for it"""


class Resident:
    """All recordings of a folder as one int16 tensor, with their predicted mels if it has such."""

    def __init__(
        self, folder: Path, hours: float, device: torch.device, *, is_predicted: bool
    ) -> None:
        self._folder = folder
        frames = int(hours * 3600 * SAMPLE_RATE_HZ) // HOP_SAMPLES
        self._wave = torch.zeros(frames * HOP_SAMPLES, dtype=torch.int16, device=device)
        self._mel = (
            torch.zeros(frames, BANDS, dtype=torch.float16, device=device) if is_predicted else None
        )
        self._samples = 0
        # For the device, where random numbers become places.
        self._length = torch.zeros((), dtype=torch.float64, device=device)
        self._is_full = False
        self._reader = ShardReader(folder)

    @property
    def hours(self) -> float:
        """Hours of speech that are there now."""
        return self._samples / SAMPLE_RATE_HZ / 3600

    def grow(self) -> bool:
        """Take in the shards that were read; return whether there were any."""
        has_grown = False
        while (recordings := self._reader.take()) is not None:
            self._append(recordings)
            has_grown = True
        return has_grown

    def _append(self, recordings: Recordings) -> None:
        room = len(self._wave) - self._samples
        taken = min(len(recordings.wave), room) // HOP_SAMPLES * HOP_SAMPLES
        if taken < len(recordings.wave) - HOP_SAMPLES and not self._is_full:
            self._is_full = True
            _LOG.warning(
                "%.1f hours of %s fill the memory set aside; the rest is not used. "
                "Give a larger --hours.",
                (self._samples + taken) / SAMPLE_RATE_HZ / 3600,
                self._folder,
            )
        start, end = self._samples, self._samples + taken
        self._wave[start:end] = torch.from_numpy(recordings.wave[:taken]).to(self._wave.device)
        if self._mel is not None:
            if recordings.mel is None:
                raise ValueError(f"{self._folder} has a shard without predicted mels")
            frames = slice(start // HOP_SAMPLES, end // HOP_SAMPLES)
            mel = torch.from_numpy(recordings.mel[: taken // HOP_SAMPLES])
            self._mel[frames] = mel.to(self._mel.device)
        self._samples = end
        self._length.fill_(float(end))

    def wait(self, frames: int, limit_s: float) -> None:
        """Return when segments of `frames` can be cut.

        Raises:
            FileNotFoundError: no shard has appeared in time.
        """
        deadline = time.monotonic() + limit_s
        while self._samples < 2 * (frames + 2 * _EDGE_FRAMES) * HOP_SAMPLES:
            if not self.grow():
                if time.monotonic() > deadline:
                    raise FileNotFoundError(
                        f"{self._folder} holds no shards; make some with "
                        "`python -m training.corpus`"
                    )
                time.sleep(0.05)

    def cut(self, batch: int, frames: int) -> Segments:
        """Return random segments of `frames` mel frames; they may span two clips."""
        device = self._wave.device
        reach = context_samples(frames)
        places = torch.rand(batch, 1, dtype=torch.float64, device=device)
        mel = None
        if self._mel is None:
            start = (places * (self._length - reach)).long()  # [B, 1]
        else:
            first = (places * ((self._length - reach) / HOP_SAMPLES)).long()
            start = first * HOP_SAMPLES
            rows = first + _EDGE_FRAMES + torch.arange(frames, device=device)  # [B, T]
            mel = self._mel[rows].float().mT.contiguous()
        samples = start + torch.arange(reach, device=device)
        context = self._wave[samples].float() / _FULL_SCALE
        edge = _EDGE_FRAMES * HOP_SAMPLES
        return Segments(wave=context[:, edge:-edge], context=context, mel=mel)

    def close(self) -> None:
        """Stop reading."""
        self._reader.close()
