"""References of the judge: bundled voices, and recordings of people out of packages."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
import yaml

from bot.messages import AudioChunk, Samples
from bot.voices.wav import encode, parse

SAMPLE_RATE_HZ = 24_000
DEVELOPMENT, ASIDE = "development", "aside"
_LISTS = Path(__file__).parents[1] / "data" / "references.yaml"
_RMS = 0.1
_SILENCE_S = 0.1


class Person(NamedTuple):
    """A reference."""

    samples: Samples
    """24 kHz, mono"""
    transcript: str


def read_people(name: str, packages: Path, bundled: Path) -> dict[str, Person]:
    """Return the references of a list; to those of development belong the bundled voices.

    Raises:
        FileNotFoundError: a recording is not there.
    """
    people = {}
    if name == DEVELOPMENT:
        for path in sorted(bundled.glob("*/reference.wav")):
            sound = parse(path.read_bytes(), str(path))
            transcript = path.with_name("transcript.txt").read_text(encoding="utf-8").strip()
            people[path.parent.name] = Person(sound.samples, transcript)
    lists: Mapping[str, Mapping[str, Mapping[str, str]]] = yaml.safe_load(
        _LISTS.read_text(encoding="utf-8")
    )
    for person, entry in lists[name].items():
        samples = _read(packages / entry["file"])
        people[person] = Person(samples, entry["transcript"])
    return people


def _read(path: Path) -> Samples:
    """Return a recording as loud as the bundled voices, with silence behind it."""
    if not path.is_file():
        raise FileNotFoundError(f"{path} is not there; see training/README.md, Judging")
    kind = "g722" if path.suffix == ".g722" else None
    resampler = av.AudioResampler("flt", "mono", SAMPLE_RATE_HZ)
    with av.open(str(path), format=kind) as container:
        parts = [
            part.to_ndarray()[0]
            for frame in container.decode(audio=0)
            for part in resampler.resample(frame)
        ]
    samples = np.concatenate(parts).astype(np.float32)
    samples *= _RMS / max(float(np.sqrt(np.mean(samples**2))), 1e-5)
    samples = np.clip(samples, -0.99, 0.99)
    return np.pad(samples, (0, int(_SILENCE_S * SAMPLE_RATE_HZ)))


def write_voices(people: Mapping[str, Person], folder: Path) -> None:
    """Write a folder of voices as the engine reads it; spaces in names become hyphens."""
    for name, person in people.items():
        voice = folder / voice_name(name)
        shutil.rmtree(voice, ignore_errors=True)
        voice.mkdir(parents=True)
        sound = AudioChunk(samples=person.samples, sample_rate_hz=SAMPLE_RATE_HZ)
        (voice / "reference.wav").write_bytes(encode(sound))
        (voice / "transcript.txt").write_text(person.transcript + "\n", encoding="utf-8")
        about = "language: en\nlicence: for judging only\nconsent: not asked\n"
        (voice / "voice.yaml").write_text(about, encoding="utf-8")


def voice_name(name: str) -> str:
    """Return the voice that speaks with the reference called `name`."""
    return name.replace(",", "").replace(" ", "-")
