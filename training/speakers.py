"""Invented speakers: what makes one sound unlike another, drawn at random or chosen by name.

The teacher predicts a source (fundamental frequency) and filters (spectral envelopes) separately,
so both can be moved: higher or lower, more or less lively, a shorter or longer vocal tract,
brighter or darker, more or less breath, faster or slower. None of them is a person.
"""

from typing import NamedTuple

import numpy as np

_ROUGH = 0.15
"""Share of the speakers whose voice is rough."""


class Speaker(NamedTuple):
    """Changes to the teacher's voice; the defaults leave it as it is."""

    pitch: float = 1.0
    """Factor of the mean fundamental frequency; the teacher's own is about 210 Hz."""
    liveliness: float = 1.0
    """Factor of the excursions around that mean, in the logarithm."""
    formants: float = 1.0
    """Factor of the frequencies of the formants: below 1 is a longer vocal tract."""
    tilt_db: float = 0.0
    """Change of the spectrum from 0 to 12 kHz: positive is brighter."""
    breath_db: float = 0.0
    """Change of the noise in voiced sounds."""
    speed: float = 1.0
    """Speaking rate."""
    bends: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0, 0.0)
    """Further shifts of single formants, in the logarithm, at 0.3, 1, 2.5, 5 and 12 kHz."""
    roughness: float = 0.0
    """Standard deviation of the period from one hundredth of a second to the next, in the
    logarithm."""


NAMED: dict[str, Speaker] = {
    "alto": Speaker(pitch=0.80, liveliness=0.9, formants=0.94, tilt_db=1),
    "baritone": Speaker(pitch=0.56, liveliness=0.9, formants=0.87, tilt_db=3),
    "bass": Speaker(pitch=0.53, liveliness=0.7, formants=0.79, tilt_db=-2, speed=0.95),
    "bright": Speaker(pitch=1.32, liveliness=1.2, formants=1.14, tilt_db=3),
    "calm": Speaker(pitch=0.90, liveliness=0.6, formants=1.03, tilt_db=-4, breath_db=6, speed=0.86),
    "hasty": Speaker(pitch=1.13, liveliness=0.9, formants=1.04, tilt_db=-1, speed=1.2),
    "heart": Speaker(),
    "tenor": Speaker(pitch=0.68, liveliness=1.2, formants=0.95, tilt_db=-1, speed=1.05),
}
"""Those that are shipped as voices."""


def draw(random: np.random.Generator) -> Speaker:
    """Return a speaker at random, with pitch and vocal tract that go together in most of them."""
    pitch = float(np.exp(random.uniform(np.log(0.55), np.log(1.45))))
    tract = pitch**0.25 * np.exp(random.normal(0, 0.06))
    return Speaker(
        pitch=pitch,
        liveliness=float(random.uniform(0.5, 1.5)),
        formants=float(np.clip(tract, 0.78, 1.2)),
        tilt_db=float(random.uniform(-5, 5)),
        breath_db=float(random.uniform(-4, 6)),
        speed=float(np.exp(random.uniform(np.log(0.8), np.log(1.35)))),
        bends=tuple(float(bend) for bend in random.normal(0, 0.05, 5)),
        roughness=float(random.uniform(0, 0.03)) if random.random() < _ROUGH else 0.0,
    )
