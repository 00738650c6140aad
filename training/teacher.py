"""The teacher: hibari-tts (Apache-2.0), with the timing of its phonemes and with other speakers.

hibari's network gives, for every 12.5 ms, a harmonic envelope, a noise envelope, a free part and
the fundamental frequency, and its `dsp.synth` makes sound of them. Between the two, `Speaker` is
applied.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from hibari import Hibari, dsp

from bot.engine.f5.text.phonemes import PAUSE
from training.speakers import Speaker

SAMPLE_RATE_HZ = 24_000
UNIT_SAMPLES = 600
"""Durations are whole multiples of 25 ms."""
_VOICED_HZ = 40.0
_LOWEST_HZ, _HIGHEST_HZ = 55.0, 600.0
_BENDS_HZ = (300.0, 1000.0, 2500.0, 5000.0, 12_000.0)
"""Where `Speaker.bends` apply."""
_NEPER_PER_DB = np.log(10) / 20
_DURATIONS = "/Clip_output_0"
_UNROUNDED_DURATIONS = "/Sub_output_0"
"""Values inside the network of hibari-tts 0.2: units of a symbol, and the same before speed and
rounding."""

Wave = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float32]


class Sentence(NamedTuple):
    """One spoken sentence."""

    wave: Wave
    """24 kHz, `[sum(units) * 600]`."""
    symbols: str
    """Phonemes, between two pauses."""
    units: npt.NDArray[np.int64]
    """Duration of each symbol, in 25 ms."""
    natural_units: Floats
    """The same at speed 1 and before rounding."""


class _Outputs(NamedTuple):
    """Output of the network, a column every 12.5 ms: logarithms `[601, F]`, phases alike."""

    harmonic: Floats
    phase: Floats
    noise: Floats
    free: Floats
    free_phase: Floats
    f0_hz: Floats
    """`[F]`, 0 where nothing is voiced."""


class Teacher:
    """SpeechRunner on one core, about a hundred times faster than real time."""

    def __init__(self) -> None:
        self._hibari = Hibari()
        model = onnx.load(self._hibari.model_path)
        for name in (_DURATIONS, _UNROUNDED_DURATIONS):
            model.graph.output.append(
                onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None)
            )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._network = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )

    def phonemize(self, text: str) -> Sequence[str]:
        """Return the phonemes of each sentence of `text`."""
        sentences: list[str] = self._hibari.phonemize(text)
        known = self._hibari.vocab
        return ["".join(symbol for symbol in s if symbol in known) for s in sentences]

    def say(
        self, phonemes: str, speaker: Speaker, random: np.random.Generator, haste: float = 1.0
    ) -> Sentence:
        """Return the phonemes of one sentence, spoken; `haste` is a further factor of the speed."""
        ids = np.array([self._hibari.ids(phonemes)])
        speed = np.array([speaker.speed * haste], np.float32)
        outputs: list[Any] = self._network.run(None, {"ids": ids, "speed": speed})
        network = _Outputs(*(value[0] for value in outputs[:6]))
        wave = _synthesize(speaker, network, random)
        units = outputs[6].reshape(-1).astype(np.int64)
        natural = outputs[7].reshape(-1).astype(np.float32)
        return Sentence(wave, PAUSE + phonemes + PAUSE, units, natural)


def _synthesize(speaker: Speaker, network: _Outputs, random: np.random.Generator) -> Wave:
    """Return the sound of the network's outputs as another speaker."""
    f0_hz = network.f0_hz.copy()
    voiced = f0_hz > _VOICED_HZ
    if voiced.any():
        mean = np.exp(np.log(f0_hz[voiced]).mean())
        moved = mean * speaker.pitch * (f0_hz[voiced] / mean) ** speaker.liveliness
        moved = moved * np.exp(speaker.roughness * random.standard_normal(len(moved)))
        f0_hz[voiced] = np.clip(moved, _LOWEST_HZ, _HIGHEST_HZ)
    bins = len(network.harmonic)
    tilt = (np.linspace(-0.5, 0.5, bins) * speaker.tilt_db * _NEPER_PER_DB)[:, None]
    breath = speaker.breath_db * _NEPER_PER_DB
    places_hz = np.linspace(0, SAMPLE_RATE_HZ / 2, bins)
    bends = np.exp(np.interp(places_hz, _BENDS_HZ, speaker.bends))
    source = np.clip(np.arange(bins) / (speaker.formants * bends), 0, bins - 1)
    nearest = np.round(source).astype(np.int64)  # phases cannot be interpolated
    wave: Wave = dsp.synth(
        (_interpolate(network.harmonic, source) + tilt).astype(np.float32),
        network.phase[nearest],
        (_interpolate(network.noise, source) + tilt + breath).astype(np.float32),
        (_interpolate(network.free, source) + tilt).astype(np.float32),
        network.free_phase[nearest],
        f0_hz,
        random,
    )
    return wave


def _interpolate(envelope: Floats, source: npt.NDArray[np.float64]) -> Floats:
    below = np.floor(source).astype(np.int64)
    above = np.minimum(below + 1, len(envelope) - 1)
    share = (source - below)[:, None].astype(np.float32)
    mixed: Floats = envelope[below] * (1 - share) + envelope[above] * share
    return mixed
