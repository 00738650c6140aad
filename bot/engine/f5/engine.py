"""The F5-TTS engine: text and a cloned voice in, audio out, piece by piece."""

import asyncio
import re
import threading
import time
import zlib
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
import structlog
import torch

from bot.engine.f5.crossfade import CrossFade
from bot.engine.f5.duration import MAX_FRAMES
from bot.engine.f5.folder import (
    Voice,
    guidance,
    load_front_end,
    load_model,
    load_vocoder,
    load_voice,
)
from bot.engine.f5.front_end import FrontEnd
from bot.engine.f5.layout import Item
from bot.engine.f5.mel import SAMPLE_RATE_HZ
from bot.engine.f5.reference import ReferenceCache
from bot.engine.f5.runner import Runner
from bot.engine.f5.sampler import Sampling
from bot.engine.f5.text import Vocabulary
from bot.errors import StartError, UtteranceError
from bot.messages import AudioChunk, Samples, SpeechRequest

log = structlog.get_logger(__name__)

_T = TypeVar("_T")
_VOICE_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MIN_SPEECH_FRAMES, _MAX_SPEECH_FRAMES = 64, 560
"""Speech of 0.7 to 6 s, what most of chat takes, is made ready at the start."""


class Speaks(Protocol):
    """What the engine needs of a runner."""

    def run(self, items: Sequence[Item], sampling: Sampling) -> list[Samples]:
        """Return the speech of each item, 24 kHz."""

    def warm_up(self, lengths: Sequence[int], sampling: Sampling) -> None:
        """Prepare for single items of these lengths, in frames."""


class F5Engine:
    """Speaks with the voices of a folder, on a GPU or on the processor."""

    name = "f5"

    def __init__(
        self,
        *,
        model: str = "models/f5",
        vocoder: str = "models/vocos",
        voices: str = "voices",
        cache: str = "cache/f5",
        nfe: int = 7,
        cfg_strength: float | None = None,
        speed: float = 1.0,
        device: str = "auto",
        shipped_voices: str = "",
        gpu_model: str = "",
        gpu_vocoder: str = "",
    ) -> None:
        """Take the folders of model, vocoder, voices and cache, and how to sample.

        `nfe` is the number of function evaluations (5, 6, 7, 10, 12, 16 or 32 are upstream's),
        `cfg_strength` that of the guidance, None for what the model is meant for, and `device`
        "auto", "cpu", "cuda" or "cuda:1". `shipped_voices` is a further folder, whose voices give
        way to those of the same name; `gpu_model` and `gpu_vocoder` are taken on a GPU instead.
        """
        self._model_folder = Path(model)
        self._vocoder_folder = Path(vocoder)
        self._voices_folders = [Path(folder) for folder in (shipped_voices, voices) if folder]
        self._on_gpu = (Path(gpu_model), Path(gpu_vocoder)) if gpu_model else None
        self._cache_folder = Path(cache)
        self._cfg_strength = cfg_strength
        self._sampling = Sampling(steps=nfe)
        self._speed = speed
        self._device_name = device
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="f5")
        self._references = ReferenceCache(self._cache_folder / "voices")
        self._voices: dict[str, Voice] = {}
        self._runner: Speaks | None = None
        self._front_end: FrontEnd | None = None
        self._closed = threading.Event()

    async def warm_up(self) -> None:
        """Load the model and every voice, and record the lengths that chat has.

        Raises:
            StartError: a file is missing or does not fit, or there is no voice.
        """
        await self._in_thread(self._load)

    def _load(self) -> None:
        if self._runner is not None:
            return
        device = choose_device(self._device_name)
        dtype = choose_dtype(device)
        if self._on_gpu and device.type == "cuda":
            self._model_folder, self._vocoder_folder = self._on_gpu
        begun = time.monotonic()
        runner, vocabulary = self._make_runner(device, dtype)
        self._front_end = load_front_end(self._model_folder, vocabulary)
        strength = self._cfg_strength
        if strength is None:
            strength = guidance(self._model_folder)
        self._sampling = self._sampling._replace(cfg_strength=strength)
        self._load_voices(device)
        lengths = [voice.reference.frames for voice in self._voices.values()]
        loaded = time.monotonic()
        shortest, longest = min(lengths) + _MIN_SPEECH_FRAMES, max(lengths) + _MAX_SPEECH_FRAMES
        runner.warm_up(range(shortest, min(longest, MAX_FRAMES)), self._sampling)
        self._runner = runner
        log.info(
            "The engine is warm",
            engine=self.name,
            device=str(device),
            dtype=str(dtype),
            voices=len(lengths),
            load_s=round(loaded - begun, 2),
            record_s=round(time.monotonic() - loaded, 2),
        )

    def _make_runner(self, device: torch.device, dtype: torch.dtype) -> tuple[Speaks, Vocabulary]:
        return load_runner(self._model_folder, self._vocoder_folder, device, dtype)

    def _load_voices(self, device: torch.device) -> None:
        # Later ones of the same name win.
        by_name = {path.name: path for root in self._voices_folders for path in root.glob("*/")}
        for folder in map(by_name.__getitem__, sorted(by_name)):
            try:
                voice = load_voice(folder, self._references)
            except StartError as error:  # noqa: PERF203 - one bad voice must not cost the others
                log.warning("A voice cannot be used", voice=folder.name, error=str(error))
            else:
                reference = voice.reference._replace(mel=voice.reference.mel.to(device))
                self._voices[folder.name] = voice._replace(reference=reference)
        if not self._voices:
            raise StartError(
                f"There is no usable voice in {self._voices_folders[-1]}.",
                remedy="Make a folder there with reference.wav and transcript.txt.",
            )

    async def synthesize(self, request: SpeechRequest) -> AsyncGenerator[AudioChunk, None]:
        """Yield the speech, one chunk a piece of upstream's chunking, cross-faded as upstream does.

        Raises:
            UtteranceError: the voice is unknown, or the text holds nothing that can be said.
        """
        if self._closed.is_set():
            return
        await self._in_thread(self._load)
        voice = self._voice(request.voice)
        if self._closed.is_set():
            return
        items = await self._in_thread(partial(self._items, request, voice))
        assert self._front_end is not None
        sampling = self._sampling
        if request.nfe:
            sampling = sampling._replace(steps=request.nfe)
        fade = CrossFade() if self._front_end.overlaps else None
        for item in items:
            if self._closed.is_set():
                return
            wave = await self._in_thread(partial(self._speak, item, voice, sampling))
            chunks = [wave]
            if fade:
                chunks = [fade.add(wave), fade.finish() if item is items[-1] else wave[:0]]
            for chunk in chunks:
                if chunk.size:
                    yield AudioChunk(
                        samples=chunk, sample_rate_hz=SAMPLE_RATE_HZ, nfe=sampling.steps
                    )

    def _voice(self, name: str) -> Voice:
        if name not in self._voices:
            known = ", ".join(self._voices)
            shown = name if _VOICE_NAME.fullmatch(name) else "of this name"
            raise UtteranceError(f"There is no voice {shown}.", remedy=f"Choose from {known}.")
        return self._voices[name]

    def _items(self, request: SpeechRequest, voice: Voice) -> list[Item]:
        assert self._front_end is not None
        text = request.text.encode(errors="ignore").decode()  # half a surrogate pair has no bytes
        speed = self._speed * voice.speed
        pieces = self._front_end.split(text, voice.reference, speed)
        if not pieces:
            raise UtteranceError(self._front_end.nothing_to_say)
        seed = zlib.crc32(request.id.encode(errors="replace"))
        return [make_item(piece, voice, self._front_end, seed, speed) for piece in pieces]

    def _speak(self, item: Item, voice: Voice, sampling: Sampling) -> Samples:
        assert self._runner is not None
        [wave] = self._runner.run([item], sampling)
        if not np.isfinite(wave).all():
            raise UtteranceError(
                "F5-TTS produced samples that are not finite.",
                remedy="If it happens again, run the model in float32 or choose another one.",
            )
        return wave * np.float32(voice.reference.output_gain * voice.gain)

    async def _in_thread(self, call: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)

    async def close(self) -> None:
        """Let the piece under way finish, free the model and end the thread."""
        if not self._closed.is_set():
            self._closed.set()
            self._thread.submit(self._release)
            self._thread.shutdown(wait=False)

    def _release(self) -> None:
        self._runner = None


def make_item(piece: str, voice: Voice, front_end: FrontEnd, seed: int, speed: float = 1.0) -> Item:
    """Return what the runner needs to speak `piece`; `speed` has the voice's own in it."""
    tokens, frames = front_end.prompt(piece, voice.reference, speed)
    return Item(
        reference_mel=voice.reference.mel,
        tokens=tokens,
        frames=frames,
        decode_from=voice.reference.frames,
        seed=seed,
    )


def load_runner(
    model: Path, vocoder: Path, device: torch.device, dtype: torch.dtype
) -> tuple[Runner, Vocabulary]:
    """Return what runs the model and the vocoder in these folders, and the model's vocabulary.

    Raises:
        StartError: a file is missing or does not fit.
    """
    acoustic, vocabulary = load_model(model, device, dtype)
    # Our kernels are made for half precision.
    kernels = (
        device.type == "cuda" and dtype is not torch.float32 and find_spec("triton") is not None
    )
    return Runner(
        acoustic, load_vocoder(vocoder, device, dtype), device, kernels=kernels
    ), vocabulary


def choose_device(name: str) -> torch.device:
    """Return the device "auto", "cpu", "cuda" or "cuda:1".

    Raises:
        StartError: it is not there.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise StartError(
            f"There is no device {name!r}.", remedy="Use auto, cpu or cuda."
        ) from error
    if device.type not in ("cpu", "cuda"):
        raise StartError(f"F5-TTS does not run on {name!r}.", remedy="Use auto, cpu or cuda.")
    if device.type == "cuda" and not torch.cuda.is_available():
        raise StartError(
            "torch finds no CUDA GPU.", remedy="Install the driver, or set the device to cpu."
        )
    return device


def choose_dtype(device: torch.device) -> torch.dtype:
    """Return half precision where the hardware computes in it: upstream's choice on GPUs."""
    if device.type == "cuda":
        return torch.float16
    # Private, so absent in some versions; without it the safe choice is float32.
    has_bf16 = getattr(torch.cpu, "_is_avx512_bf16_supported", bool)
    return torch.bfloat16 if has_bf16() else torch.float32
