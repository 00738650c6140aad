"""Catalogue of the sounds that messages may hold, decoded at the start and when they change."""

import asyncio
from collections.abc import Collection, Iterator
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
import structlog

from bot.errors import StartError
from bot.messages import AudioChunk, Samples
from bot.runtime.files.folders import read_bounded
from bot.runtime.installed import install_command
from bot.voices.wav import mono, parse

log = structlog.get_logger(__name__)

_POLL_S = 3.0
_MOST_SOUNDS = 200
_MOST_BYTES = 16 << 20
"""Size of a file."""
_MOST_S = 300.0
"""Length of all sounds together: 58 MB at 48 kHz."""
_MOST_CHANNELS = 16
_RATES_HZ = range(8_000, 192_001)
_ENDINGS = frozenset({".flac", ".mp3", ".ogg", ".wav"})
_LONGEST_NAME = 64

_LEVEL_DB = -20.0
"""Level of the voices, which are at -20 LUFS; sounds are measured without weighting."""
_PEAK = 10 ** (-1.5 / 20)
_BLOCK_S = 0.05
_GATE = 10 ** (-20 / 10)
"""Power of a block, as a share of the loudest one, below which it counts as silence."""
_FADE_S = 0.005
_CUT_FADE_S = 0.2
"""Fade of a sound that is cut, in seconds."""


class _Decoded(NamedTuple):
    signature: tuple[int, int]
    """Time of change in nanoseconds, and size."""
    audio: AudioChunk | None
    """None if it cannot be played."""


class SoundCatalog(Collection[str]):
    """Names of the sounds, which are those of their files; `get` returns one."""

    def __init__(self, folder: Path, *, max_s: float, gain_db: float = 0.0) -> None:
        """Look nothing up yet: `refresh` does it once, `run` again and again."""
        self._folder = folder
        self._max_s = max_s
        self._gain_db = gain_db
        self._files: dict[Path, _Decoded] = {}
        self._sounds: dict[str, AudioChunk] = {}
        self._is_crowded = False

    def __contains__(self, name: object) -> bool:
        """Tell whether there is this sound."""
        return name in self._sounds

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names, in their order."""
        return iter(self._sounds)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._sounds)

    def get(self, name: str) -> AudioChunk | None:
        """Return a sound at the level of the voices; None if it is gone."""
        return self._sounds.get(name)

    def refresh(self) -> None:
        """Decode what is new or changed. Blocks for some milliseconds a file."""
        before, files = self._files, dict[Path, _Decoded]()
        sounds: dict[str, AudioChunk] = {}
        left_s, is_crowded = _MOST_S, False
        for path in self._found():
            try:
                stat = path.stat()
            except OSError:
                continue  # gone meanwhile
            signature = stat.st_mtime_ns, stat.st_size
            decoded = before.get(path)
            if decoded is None or decoded.signature != signature:
                decoded = _Decoded(signature, self._decode(path))
            files[path] = decoded
            if decoded.audio is None or path.stem in sounds:
                continue
            if decoded.audio.duration_s > left_s or len(sounds) >= _MOST_SOUNDS:
                is_crowded = True
                continue
            left_s -= decoded.audio.duration_s
            sounds[path.stem] = decoded.audio
        if is_crowded and not self._is_crowded:
            log.warning("too many sounds", most=_MOST_SOUNDS, most_s=_MOST_S, used=len(sounds))
        self._files, self._sounds, self._is_crowded = files, sounds, is_crowded

    async def run(self) -> None:
        """Look for changes every few seconds until cancelled."""
        while True:
            await asyncio.sleep(_POLL_S)
            await asyncio.to_thread(self.refresh)

    def _found(self) -> list[Path]:
        try:
            paths = sorted(self._folder.iterdir())
        except OSError:
            return []  # most have none; a disk that is away comes back
        fitting = [path for path in paths if path.suffix.lower() in _ENDINGS and _is_name(path)]
        return fitting[: 2 * _MOST_SOUNDS]

    def _decode(self, path: Path) -> AudioChunk | None:
        try:
            audio = self._read(path)
            samples = self._fitted(path, audio)
        except (StartError, OSError, MemoryError, RuntimeError, ValueError) as error:
            log.warning("sound left out", path=str(path), reason=str(error))
            return None
        return AudioChunk(samples=samples, sample_rate_hz=audio.sample_rate_hz)

    def _read(self, path: Path) -> AudioChunk:
        """Return as much of a file as is played, and a little more to tell that there is more."""
        data = read_bounded(path, _MOST_BYTES)
        try:
            import soundfile  # noqa: PLC0415 - it comes with the extra `voices`
        except ImportError:
            if path.suffix.lower() == ".wav":
                audio = parse(data, path.name)
                _check(audio.sample_rate_hz, 1)
                return audio
            raise StartError(f"all but WAV needs: {install_command('voices')}") from None
        with soundfile.SoundFile(BytesIO(data)) as sound:
            _check(sound.samplerate, sound.channels)
            most = round((self._max_s + 1) * sound.samplerate)
            channels = sound.read(most, dtype="float32", always_2d=True)
            return AudioChunk(samples=mono(channels), sample_rate_hz=sound.samplerate)

    def _fitted(self, path: Path, audio: AudioChunk) -> Samples:
        rate_hz = audio.sample_rate_hz
        samples = np.nan_to_num(audio.samples, nan=0.0, posinf=0.0, neginf=0.0)
        longest = max(1, round(self._max_s * rate_hz))
        is_cut = len(samples) > longest
        if is_cut:
            log.warning("sound is played in part", path=str(path), max_s=self._max_s)
            samples = samples[:longest]
        if not np.any(samples):
            raise StartError("it is silent")
        samples = samples * np.float32(self._gain(samples, rate_hz))
        _fade(
            samples, round(_FADE_S * rate_hz), round((_CUT_FADE_S if is_cut else _FADE_S) * rate_hz)
        )
        return samples

    def _gain(self, samples: Samples, rate_hz: int) -> float:
        """Return what brings a sound to its level, its peaks below full scale."""
        block = max(1, min(round(_BLOCK_S * rate_hz), len(samples)))
        whole = len(samples) // block * block
        powers = np.square(samples[:whole].reshape(-1, block), dtype=np.float64).mean(axis=1)
        power = powers[powers >= _GATE * powers.max()].mean()
        wanted = 10 ** ((_LEVEL_DB + self._gain_db) / 20) / max(float(np.sqrt(power)), 1e-9)
        return min(wanted, _PEAK / float(np.abs(samples).max()))


def _check(rate_hz: int, channels: int) -> None:
    if not 0 < channels <= _MOST_CHANNELS or rate_hz not in _RATES_HZ:
        raise StartError(f"it has {channels} channels at {rate_hz} Hz")


def _is_name(path: Path) -> bool:
    stem = path.stem
    is_plain = (
        stem.isascii() and stem[:1].isalnum() and stem.replace("-", "").replace("_", "").isalnum()
    )
    return is_plain and len(stem) <= _LONGEST_NAME


def _fade(samples: Samples, begin: int, end: int) -> None:
    begin, end = min(begin, len(samples)), min(end, len(samples))
    samples[:begin] *= np.linspace(0, 1, begin, dtype=np.float32)
    if end:
        samples[-end:] *= np.linspace(1, 0, end, dtype=np.float32)
