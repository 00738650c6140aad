"""The same texts with the same noise, at every number of function evaluations and precision."""

import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bot.engine.f5.batching import make_item
from bot.engine.f5.mel import FFT_SAMPLES, HOP_SAMPLES, SAMPLE_RATE_HZ
from bot.engine.f5.model.layout import Item
from bot.engine.f5.model.runner import Runner
from bot.engine.f5.model.sampler import Sampling
from bot.engine.f5.voice.folder import Voice
from bot.engine.f5.weights.loading import load_runner
from bot.engine.f5.weights.model_folder import guidance, load_front_end
from bot.errors import UtteranceError
from bot.messages import Samples
from tests.bench.f5.model_under_test import ModelUnderTest

NFES = (5, 6, 7, 10, 16, 32)
"""Upstream's schedules; the last one is what the others are compared with."""
_SEED = 0
_FLOOR = 1e-5
"""Of magnitudes, -100 dB: below it nothing is heard."""


class Rendition(NamedTuple):
    """One text, spoken in one way."""

    nfe: int
    dtype: str
    wave: Samples
    mel: NDArray[np.float32]
    """Log-mel of the speech, `[T, 100]`."""
    mel_distance: float
    """To NFE 32 in float32, relative L2."""
    log_spectral_distance_db: float
    """To the same."""
    rtf: float
    """Seconds of synthesis for a second of speech."""

    @property
    def duration_s(self) -> float:
        """Return the length of the speech."""
        return len(self.wave) / SAMPLE_RATE_HZ


class Spoken(NamedTuple):
    """A text and its renditions, by precision, then by number of function evaluations."""

    text: str
    renditions: tuple[Rendition, ...]


def dtypes(tested: ModelUnderTest) -> tuple[torch.dtype, ...]:
    """Return the precisions that this device computes in; float32 the last."""
    half = () if tested.dtype is torch.float32 else (tested.dtype,)
    return (*half, torch.float32)


def speak(
    tested: ModelUnderTest, voice: Voice, texts: Sequence[str], precisions: Sequence[torch.dtype]
) -> Iterator[Spoken]:
    """Yield each text with its renditions.

    Raises:
        UtteranceError: the model knows no character of a text.
    """
    reference = voice.reference._replace(mel=voice.reference.mel.to(tested.device))
    voice = voice._replace(reference=reference)
    loaded = {
        dtype: load_runner(tested.model, tested.vocoder, tested.device, dtype)
        for dtype in dict.fromkeys((*precisions, torch.float32))
    }
    front_end = load_front_end(tested.model, loaded[torch.float32][1])
    strength = guidance(tested.model)
    for text in texts:
        if not front_end.split(text, voice.reference, voice.speed):
            raise UtteranceError(f"{text!r}: {front_end.nothing_to_say}")
        prompt = front_end.prompt(text, voice.reference, voice.speed)
        item = make_item(prompt, voice, _SEED)
        raw = {
            (dtype, nfe): _render(loaded[dtype][0], voice, item, Sampling(nfe, strength))
            for dtype in loaded
            for nfe in NFES
        }
        best = raw[torch.float32, NFES[-1]]
        yield Spoken(
            text,
            tuple(
                _compare(raw[dtype, nfe], best, nfe, dtype) for dtype in precisions for nfe in NFES
            ),
        )


class _Raw(NamedTuple):
    wave: Samples
    mel: Tensor
    took_s: float


def _render(runner: Runner, voice: Voice, item: Item, sampling: Sampling) -> _Raw:
    if item.reference_mel.is_cuda:
        runner.compute([item], sampling)  # records the graph
    start = time.perf_counter()
    batch = runner.compute([item], sampling)
    took_s = time.perf_counter() - start
    begin, end = batch.layout.spans[0]
    mel = batch.mel[begin + item.decode_from : end].float().cpu().clone()
    gain = np.float32(voice.reference.output_gain * voice.gain)
    return _Raw(batch.waves[0] * gain, mel, took_s)


def _compare(raw: _Raw, best: _Raw, nfe: int, dtype: torch.dtype) -> Rendition:
    return Rendition(
        nfe=nfe,
        dtype=str(dtype).removeprefix("torch."),
        wave=raw.wave,
        mel=raw.mel.numpy(),
        mel_distance=mel_distance(raw.mel, best.mel),
        log_spectral_distance_db=log_spectral_distance_db(raw.wave, best.wave),
        rtf=raw.took_s / (len(raw.wave) / SAMPLE_RATE_HZ),
    )


def mel_distance(mel: Tensor, reference: Tensor) -> float:
    """Return the relative L2 distance of log-mels, both `[T, 100]`."""
    return float((mel - reference).norm() / reference.norm())


def log_spectral_distance_db(wave: Samples, reference: Samples) -> float:
    """Return the log-spectral distance in dB of two waves of one length.

    The root mean square over frequencies of the difference of the levels, averaged over frames
    (Gray and Markel, "Distance measures for speech processing", 1976).
    """
    difference = _levels_db(wave) - _levels_db(reference)  # [513, T]
    return float(difference.square().mean(dim=0).sqrt().mean())


def _levels_db(wave: Samples) -> Tensor:
    spectrum = torch.stft(
        torch.from_numpy(np.ascontiguousarray(wave)),
        FFT_SAMPLES,
        HOP_SAMPLES,
        window=torch.hann_window(FFT_SAMPLES),
        return_complex=True,
    )
    return 20 * spectrum.abs().clamp(min=_FLOOR).log10()
