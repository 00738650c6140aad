"""Kokoro-82M on onnxruntime: light voices of others, on our own phonemes of English (Apache-2.0).

The package kokoro-onnx is not used: it takes its phonemes from espeak-ng through packages under the
GPL. hibari's dictionary speaks the same alphabet, in American and British English.

Source: hexgrad's Kokoro-82M, its config.json and pipeline.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import onnxruntime

from bot.engine.english import phonemize
from bot.engine.guests.guest import WARM_UP, Guest
from bot.engine.joining import trim
from bot.errors import StartError, UtteranceError, raised
from bot.hardware import host
from bot.messages import AudioChunk, Samples

SAMPLE_RATE_HZ = 24_000
_MOST_TOKENS = 510
"""Limit of one run: the model's context, less the two ends."""
_STYLE_WIDTH = 256
_LEAD_S, _TAIL_S = 0.01, 0.2
"""Silence kept around each sentence, which makes a pause."""
_MOST_THREADS = 4
_REMEDY = "Fetch both files as docs/engines.md tells, or set `model` and `voices_file`."
_RUNS: Mapping[int, str] = {
    1: ";:,.!?",
    9: '—…"()“” \u0303ʣʥʦʨᵝꭧAI',
    31: "O",
    33: "Q",
    35: "ST",
    39: "W",
    41: "Yᵊabcdef",
    50: "hijklmnopqrstuvwxyzɑɐɒæ",
    75: "βɔɕç",
    80: "ɖðʤə",
    85: "ɚɛɜ",
    90: "ɟ",
    92: "ɡ",
    99: "ɥ",
    101: "ɨɪʝ",
    110: "ɯɰŋɳɲɴø",
    118: "ɸθœ",
    123: "ɹ",
    125: "ɾɻ",
    128: "ʁɽʂʃʈʧ",
    135: "ʊʋ",
    138: "ʌɣɤ",
    142: "χʎ",
    147: "ʒʔ",
    156: "ˈˌː",
    162: "ʰ",
    164: "ʲ",
    169: "↓",
    171: "→↗↘",
    177: "ᵻ",
}
"""The model's symbols: the number of the first one of each run, and the run."""
_IDS = {symbol: first + n for first, run in _RUNS.items() for n, symbol in enumerate(run)}
_T = TypeVar("_T")


class KokoroEngine(Guest):
    """Runs the model sentence by sentence; cancelling stops after the one under way."""

    name = "kokoro"
    languages = ("en",)
    licence = "Apache-2.0"

    def __init__(
        self,
        *,
        model: str,
        voices_file: str,
        speed: float = 1.0,
        voice: str = "af_heart",
        voices: Mapping[str, str] | None = None,
        threads: int | None = None,
    ) -> None:
        """Take the files and the voices.

        Args:
            model: The network, `.onnx`, in any precision.
            voices_file: Styles by the name of their voice, a zip of numpy arrays `[510, 1, 256]`.
            speed: Factor on the speaking rate.
            voice: Name of the voice that speaks; b at its start is British English.
            voices: Others of its voices, by ours.
            threads: Number of threads; None is one for each processor, at most 4.
        """
        super().__init__(speed=speed, voice=voice, voices=voices)
        self._model = Path(model).expanduser()
        self._voices_file = Path(voices_file).expanduser()
        self._threads = threads
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="kokoro")
        self._session: Any = None
        self._inputs: dict[str, np.dtype[Any]] = {}
        """Types of the network's inputs by their names, which differ between exports."""
        self._styles: dict[str, Samples] = {}

    async def warm_up(self) -> None:
        """Load the model, the voices and the dictionary, and speak a sentence."""
        await self._in_thread(self._load)
        unknown = [voice for voice in self.named_voices if voice not in self._styles]
        if unknown:
            raise StartError(
                f"{self._voices_file} holds no voice {unknown[0]}.",
                remedy=f"It holds {', '.join(self.voices)}; set `voice` or `voices`.",
            )
        try:
            await self.say(WARM_UP, self._voice)
        except UtteranceError as error:
            raise StartError(error.message, remedy=_REMEDY) from error

    def _load(self) -> None:
        if self._session is not None:
            return
        for path in (self._model, self._voices_file):
            if not path.is_file():
                raise StartError(f"Kokoro's file {path} is not there.", remedy=_REMEDY)
        threads = self._threads or min(host.own_cores(), _MOST_THREADS)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Threads that spin take the cores from a game, and from each other.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            with np.load(self._voices_file, allow_pickle=False) as held:
                styles = {name: np.asarray(held[name], np.float32) for name in held.files}
            self._styles = {n: s.reshape(-1, _STYLE_WIDTH) for n, s in styles.items() if s.size}
            session = onnxruntime.InferenceSession(
                str(self._model), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # whatever onnxruntime and numpy raise for a damaged file
            raise StartError(f"Kokoro cannot be loaded: {error}.", remedy=_REMEDY) from error
        types = {"tensor(int64)": np.int64, "tensor(int32)": np.int32}
        self._inputs = {
            each.name: np.dtype(types.get(each.type, np.float32)) for each in session.get_inputs()
        }
        self.voices = tuple(sorted(self._styles))
        self.hardware = f"CPU, {threads} thread{'s' if threads > 1 else ''}"
        self._session = session

    async def say(self, text: str, voice: str) -> AudioChunk:
        """Return the speech of `text`, in English."""
        sentences = await self._in_thread(partial(self._sentences, text, voice))
        spoken = [await self._in_thread(partial(self._run, tokens, voice)) for tokens in sentences]
        if not spoken:
            raise UtteranceError(
                "kokoro found nothing that it can pronounce; it reads English only."
            )
        return AudioChunk(samples=np.concatenate(spoken), sample_rate_hz=SAMPLE_RATE_HZ)

    def _sentences(self, text: str, voice: str) -> list[list[int]]:
        sentences = phonemize(text, british=voice.startswith("b"))
        return [tokens for sentence in sentences for tokens in _runs_of(sentence)]

    def _run(self, tokens: list[int], voice: str) -> Samples:
        styles = self._styles[voice]
        style = styles[min(len(tokens), len(styles)) - 1]
        values: dict[str, object] = {
            "style": style[None],
            "speed": [self._speed],
        }
        ids = [[0, *tokens, 0]]
        given = {
            name: np.asarray(values.get(name, ids), kind) for name, kind in self._inputs.items()
        }
        self.progress.begin(len(tokens))
        try:
            waveform = self._session.run(None, given)[0]
        except Exception as error:  # a model of others: whatever it raises costs one utterance
            raise UtteranceError(f"kokoro failed on this text: {raised(error)}") from error
        finally:
            self.progress.step()
        samples = np.asarray(waveform, np.float32).ravel()
        return trim(samples, SAMPLE_RATE_HZ, lead_s=_LEAD_S, tail_s=_TAIL_S)

    async def _in_thread(self, call: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)

    async def close(self) -> None:
        """Let the sentence under way finish and end the thread."""
        self._thread.shutdown(wait=False, cancel_futures=True)


def _runs_of(phonemes: str) -> Iterator[list[int]]:
    """Yield the tokens of a sentence, in runs that fit the model, cut between words."""
    space = _IDS[" "]
    tokens = [_IDS[symbol] for symbol in phonemes if symbol in _IDS]
    while len(tokens) > _MOST_TOKENS:
        cut = next((at for at in range(_MOST_TOKENS, 0, -1) if tokens[at] == space), _MOST_TOKENS)
        yield tokens[:cut]
        tokens = tokens[cut:]
    if tokens:
        yield tokens
