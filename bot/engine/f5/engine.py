"""F5-TTS engine: text and a cloned voice in, audio out."""

import asyncio
import logging
import threading
import time
import zlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import torch

from bot.engine.contract import Engine
from bot.engine.f5 import batching
from bot.engine.f5.abandonment import Abandonment
from bot.engine.f5.batching import Prepared, Run, SpeechRunner
from bot.engine.f5.model.layout import GAP_FRAMES
from bot.engine.f5.model.sampler import PRUNED_STEPS, Sampling
from bot.engine.f5.text.front_end import FrontEnd
from bot.engine.f5.text.vocabulary import Vocabulary
from bot.engine.f5.threads import Threads
from bot.engine.f5.voice.folder import Voice
from bot.engine.f5.voice.library import VoiceLibrary
from bot.engine.f5.voice.reference import ReferenceCache
from bot.engine.f5.weights.catalogue import licence_of
from bot.engine.f5.weights.loading import candidates, choose_device, describe, load_runner
from bot.engine.f5.weights.measured import Measured
from bot.engine.f5.weights.model_folder import guidance, load_front_end
from bot.engine.process.progress import Progress
from bot.errors import StartError, UtteranceError
from bot.hardware import host
from bot.messages import AudioChunk, Samples, SpeechRequest

log = logging.getLogger(__name__)

_WARM_UP_TEXT = "Hello there, this is a test."


class F5Engine(Engine):
    """F5-TTS with the voices of a folder, on a GPU or on the CPU."""

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
        precision: str = "auto",
        compile: str = "graphs",  # noqa: A002 - the setting's name
        shipped_voices: str = "",
        allow_unlicensed: bool = False,
        gpu_model: str = "",
        gpu_vocoder: str = "",
        durations: str = "paced",
        nfe_choices: Sequence[int] = (),
        batch_frames: int | None = None,
        threads: int | None = None,
        languages: Sequence[str] = (),
    ) -> None:
        """Take the folders and how to sample; nothing is loaded yet.

        Args:
            model: Folder of the model.
            vocoder: Folder of the vocoder.
            voices: Folder of voices, one folder each.
            cache: Folder for prepared voices.
            nfe: Number of function evaluations; 5, 6, 7, 10, 12, 16 and 32 are upstream's.
            cfg_strength: Strength of classifier-free guidance; None is the model's own.
            speed: Factor on the speaking rate.
            device: "auto", "cpu", "cuda" or "cuda:1".
            precision: "auto" or a key of `loading.PRECISIONS`.
            compile: "graphs" or "torch", as `load_runner` takes it.
            shipped_voices: Another folder of voices; those in `voices` win over it.
            allow_unlicensed: Use voices without consent or licence too.
            gpu_model: Folder of the model to use on a GPU instead.
            gpu_vocoder: Folder of its vocoder.
            durations: Estimate for models without durations: "paced" or "upstream".
            nfe_choices: Values of `nfe` that requests will have, the most frequent first.
            batch_frames: Limit on a batch; None batches on GPUs alone, which gain from it.
            threads: Threads on the CPU; None is as many as have a core to themselves.
            languages: What the model speaks; empty is what its kind does.
        """
        self._model_folder = Path(model)
        self._vocoder_folder = Path(vocoder)
        self._voices_folders = [Path(folder) for folder in (shipped_voices, voices) if folder]
        self._on_gpu = (Path(gpu_model), Path(gpu_vocoder)) if gpu_model else None
        self._cache_folder = Path(cache)
        self._cfg_strength = cfg_strength
        self._sampling = Sampling(steps=nfe)
        self._nfe_choices = tuple(dict.fromkeys((*nfe_choices, nfe)))
        self._durations = durations
        self.languages = tuple(languages)
        self._speed = speed
        self._device_name = device
        self._precision = precision
        self._compile_by = compile
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="f5")
        # torch.compile makes code for one number of threads.
        self._threads = Threads(threads or (host.own_cores() if compile == "torch" else None))
        self._voices = VoiceLibrary(
            self._voices_folders,
            ReferenceCache(self._cache_folder / "voices"),
            allow_unlicensed=allow_unlicensed,
            place=self._place,
        )
        self._device: torch.device | None = None
        self._runner: SpeechRunner | None = None
        self.budget_tokens = batch_frames or 0
        """Most frames of a batch; 0 on a CPU, which gains nothing from batches."""
        self._chooses_budget = batch_frames is None
        self._front_end: FrontEnd | None = None
        self._closed = threading.Event()
        self._abandonment = Abandonment()
        self.progress: Progress = Progress()
        """Progress of the computation: steps are blocks of the model on a CPU, runs on a GPU."""

    async def warm_up(self) -> None:
        """Load the model and every voice, and record the lengths that chat has.

        Raises:
            StartError: a file is missing or does not fit, or there is no voice.
        """
        await asyncio.get_running_loop().run_in_executor(self._thread, self._load)

    def _load(self) -> None:
        if self._runner is not None:
            return
        device = choose_device(self._device_name)
        if self._on_gpu and device.type == "cuda":
            self._model_folder, self._vocoder_folder = self._on_gpu
        if device.type == "cpu":
            self._threads.start(min(torch.get_num_threads(), host.own_cores()))
        dtypes = self._candidates(device)
        measured = Measured(self._cache_folder, self._model_folder, dtypes)
        dtype = measured.fastest or dtypes[0]
        begun = time.monotonic()
        runner, vocabulary = self._make_runner(device, dtype)
        self._front_end = load_front_end(self._model_folder, vocabulary, self._durations)
        self.longest_piece = round(self._front_end.longest_piece * self._speed)
        given = self._cfg_strength
        strength = guidance(self._model_folder) if given is None else given
        self._sampling = self._sampling._replace(cfg_strength=strength)
        self._device = device
        self._load_voices()
        if len(dtypes) > 1 and measured.fastest is None:
            self._threads.use(1)
            make = partial(self._make_runner, device)
            runner, dtype = measured.measure(runner, make, self._speak_once)
        if device.type == "cuda" and self._chooses_budget:
            self.budget_tokens = batching.GPU_BATCH_FRAMES
        lengths = list(self._voices.frames.values())
        loaded = time.monotonic()
        samplings = [self._sampling._replace(steps=nfe) for nfe in self._nfe_choices]
        runner.warm_up(batching.usual_lengths(lengths), samplings)
        self._threads.prepare(partial(self._speak_once, runner))
        self._runner = runner
        self.hardware = describe(device, dtype)
        # A GPU has recorded these alone; a CPU prepares nothing.
        prepared = self._nfe_choices if device.type == "cuda" else PRUNED_STEPS
        self.nfe_choices = tuple(dict.fromkeys((self._sampling.steps, *prepared)))
        self.languages = self.languages or self._front_end.languages
        self.voices = tuple(sorted(self._voices.frames))
        self.licence = licence_of(self._model_folder)
        log.info(
            "engine is warm",
            extra={
                "engine": self.name,
                "device": str(device),
                "hardware": self.hardware,
                "voices": len(lengths),
                "load_s": round(loaded - begun, 2),
                "record_s": round(time.monotonic() - loaded, 2),
            },
        )

    def _candidates(self, device: torch.device) -> Sequence[torch.dtype]:
        return candidates(device, self._model_folder, self._precision, self._compile_by)

    def _speak_once(self, runner: SpeechRunner) -> float:
        """Pay for what the front end and, on a CPU, the libraries load and allocate once.

        Returns the CPU time of this thread, in seconds.
        """
        begun_s = time.thread_time()
        voice, nfe = next(iter(self._voices.frames)), min(self._nfe_choices)
        request = SpeechRequest(id="", text=_WARM_UP_TEXT, voice=voice, nfe=nfe)
        for run in batching.runs([self._try_prepare(request)], budget_frames=0):
            self.progress.begin(run.work)
            runner.run(run.items, run.sampling)
            self.progress.step()
        return time.thread_time() - begun_s

    def _make_runner(
        self, device: torch.device, dtype: torch.dtype
    ) -> tuple[SpeechRunner, Vocabulary]:
        return load_runner(
            self._model_folder,
            self._vocoder_folder,
            device,
            dtype,
            on_demand=False,
            on_step=self._step,
            compile_by=self._compile_by,
        )

    def _step(self) -> None:
        self.progress.step()
        self._threads.step()
        self._abandonment.check()

    def _load_voices(self) -> None:
        self._voices.refresh(at_once=True)
        if not self._voices.frames:
            raise StartError(
                f"There is no usable voice in {self._voices_folders[-1]}.",
                remedy="Add one: ishowtts voice add NAME FILE",
            )
        self._voices.watch(self._closed)

    def _place(self, voice: Voice) -> Voice:
        """Return the voice on the device; runs in the engine's own thread."""
        mel = voice.reference.mel.to(self._device)
        return voice._replace(reference=voice.reference._replace(mel=mel))

    def tokens(self, request: SpeechRequest) -> int:
        """Return the frames of `request`, roughly, the reference included."""
        reference_frames = self._voices.frames.get(request.voice, 0)
        return batching.rough_frames(request.text) + reference_frames + GAP_FRAMES

    async def speak(
        self, requests: Sequence[SpeechRequest]
    ) -> Sequence[AudioChunk | UtteranceError]:
        """Return the speech of each request, or its error; a CPU's run ends soon if cancelled."""
        if self._closed.is_set():
            return [UtteranceError("The engine was closed.") for _ in requests]
        in_thread = asyncio.get_running_loop().run_in_executor
        await in_thread(self._thread, self._load)
        assert self._front_end is not None
        prepared = [await in_thread(self._thread, self._try_prepare, each) for each in requests]
        waves: list[list[Samples | UtteranceError]] = [[] for _ in requests]
        for run in batching.runs(prepared, self.budget_tokens):
            if self._closed.is_set():
                return [UtteranceError("The engine was closed.") for _ in requests]
            if all(batching.has_error(waves[place.request]) for place in run.places):
                continue  # what is left of them is of no use
            results = await self._abandonment.run(self._thread, self._speak, run)
            for place, wave in zip(run.places, results, strict=True):
                waves[place.request].append(wave)
        return [
            batching.chunk(each, of_each, overlap=self._front_end.overlaps)
            for each, of_each in zip(prepared, waves, strict=True)
        ]

    def _speak(self, run: Run) -> list[Samples | UtteranceError]:
        assert self._runner is not None
        self.progress.begin(run.work)
        self._threads.begin()
        results = batching.speak_run(self._runner, run)
        self.progress.step()
        return results

    def _prepare(self, request: SpeechRequest) -> Prepared:
        assert self._front_end is not None
        voice = self._voices.get(request.voice)
        text = request.text.encode(errors="ignore").decode()  # half a surrogate pair has no bytes
        speed = self._speed * voice.speed * request.speed
        pieces = self._front_end.split(text, voice.reference, speed)
        if not pieces:
            raise UtteranceError(self._front_end.nothing_to_say)
        seed = zlib.crc32(request.id.encode(errors="replace"))
        prompts = [self._front_end.prompt(piece, voice.reference, speed) for piece in pieces]
        return Prepared(
            items=[batching.make_item(prompt, voice, seed) for prompt in prompts],
            sampling=self._sampling._replace(steps=request.nfe or self._sampling.steps),
            gain=voice.gain,
            text=text,
            words=[prompt.words for prompt in prompts],
        )

    def _try_prepare(self, request: SpeechRequest) -> Prepared | UtteranceError:
        try:
            return self._prepare(request)
        except UtteranceError as error:
            return error

    async def close(self) -> None:
        """Let the run under way finish, free the model and end the thread."""
        if not self._closed.is_set():
            self._closed.set()
            self._thread.submit(setattr, self, "_runner", None)
            self._thread.shutdown(wait=False)
