"""Step of vocoder training; nothing in it waits for the device."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.discriminators import (
    Discriminators,
    adversarial_loss,
    discriminator_loss,
    feature_loss,
    parts_of,
)
from training.phase import phase_loss
from training.resident import Resident, context_samples
from training.spectra import Spectra, item_distance
from training.throats import Throats
from training.vocos import Vocos

LOSSES = ("mel", "stft", "phase", "adversarial", "features", "discriminator", "gradient")
"""Losses that `Step.sums` adds up."""
_BETAS = (0.8, 0.99)
_MAX_GRADIENT_NORM = 1000.0
_GAIN_DB = (-9.0, 3.0)


@dataclass(frozen=True)
class Weights:
    """Weight of each loss."""

    mel: float = 45.0
    stft: float = 2.0
    phase: float = 0.0
    """4 was tried: the same copies in half the rounds of fitting phases, but worse speech."""
    adversarial: float = 1.0
    features: float = 2.0


@dataclass(frozen=True)
class Cutting:
    """Size of a batch."""

    batch: int = 16
    """segments"""
    frames: int = 64
    """of each segment"""
    predicted_share: float = 0.5
    """of the segments with predicted mels, where there are such"""
    smoothed_share: float = 0.25
    """of true mels that are smoothed somewhat, as an acoustic model's are"""
    near: float = 0.35
    """Predicted mels further than this from the true ones (mean absolute difference of natural
    logarithms) count less in the losses that compare with the recording: the model said the
    same in another way, with another pitch for instance, and is not to be averaged away."""


class Batch(NamedTuple):
    """Input of the vocoder and the wave that it should give."""

    mel: Tensor
    """`[B, 100, T]`"""
    wave: Tensor
    """`[B, (T - 1) * 256]`"""
    weights: Tensor
    """`[B]`: how far the recording is the only right answer"""


class Step(nn.Module):
    """Networks and optimizers, and a step of each phase."""

    def __init__(
        self,
        generator: Vocos,
        discriminators: Discriminators,
        recordings: Resident,
        predicted: Resident | None,
        cutting: Cutting,
    ) -> None:
        super().__init__()
        self.generator = generator
        self.discriminators = discriminators
        self.spectra = Spectra().to(next(generator.parameters()).device)
        self._recordings = recordings
        self._predicted = predicted
        self._cutting = cutting
        self._weights = Weights()
        self._device = next(generator.parameters()).device
        self._throats = Throats(context_samples(cutting.frames)).to(self._device)
        self.generator_optimizer = self._optimizer(generator)
        self.discriminator_optimizer = self._optimizer(discriminators)
        self.sums = torch.zeros(len(LOSSES) + 1, device=self._device)
        """The losses of the steps since they were last read, and the number of steps."""

    def _optimizer(self, module: nn.Module) -> torch.optim.AdamW:
        is_gpu = self._device.type == "cuda"
        # The learning rate is a tensor, which a recorded step reads anew each time.
        return torch.optim.AdamW(
            module.parameters(),
            lr=torch.tensor(0.0, device=self._device) if is_gpu else 0.0,
            betas=_BETAS,
            weight_decay=0.01,
            fused=is_gpu,
            capturable=is_gpu,
        )

    def set_rates(self, generator: float, discriminators: float) -> None:
        """Set the learning rates."""
        for optimizer, rate in (
            (self.generator_optimizer, generator),
            (self.discriminator_optimizer, discriminators),
        ):
            for group in optimizer.param_groups:
                if isinstance(group["lr"], Tensor):
                    group["lr"].fill_(rate)
                else:
                    group["lr"] = rate

    @torch.no_grad()
    def batch(self) -> Batch:
        """Return segments with true and, where there are such, with predicted mels."""
        cutting = self._cutting
        predicted = round(cutting.batch * cutting.predicted_share) if self._predicted else 0
        parts = [self._true(cutting.batch - predicted)] if predicted < cutting.batch else []
        if self._predicted and predicted:
            parts.append(self._imitated(self._predicted, predicted))
        return Batch(*(torch.cat(tensors) for tensors in zip(*parts, strict=True)))

    def _true(self, count: int) -> Batch:
        cut = self._recordings.cut(count, self._cutting.frames)
        low, high = _GAIN_DB
        gain_db = low + (high - low) * torch.rand(count, 1, device=self._device)
        gain = 10 ** (gain_db / 20)
        context = self._throats(cut.context * gain)
        mel = self._mel_of(context)
        smooth = functional.avg_pool2d(
            mel[:, None], 3, stride=1, padding=1, count_include_pad=False
        )[:, 0]
        chance = torch.rand(2, count, 1, 1, device=self._device)
        amount = chance[0] * (chance[1] < self._cutting.smoothed_share)
        ones = torch.ones(count, device=self._device)
        edge = (context.shape[-1] - cut.wave.shape[-1]) // 2
        return Batch(mel + amount * (smooth - mel), context[:, edge:-edge], ones)

    def _imitated(self, source: Resident, count: int) -> Batch:
        cut = source.cut(count, self._cutting.frames)
        assert cut.mel is not None
        distance = item_distance(cut.mel, self._mel_of(cut.context))
        weights = (self._cutting.near / distance.clamp(min=1e-3)).clamp(max=1.0)
        return Batch(cut.mel, cut.wave, weights)

    def _mel_of(self, context: Tensor) -> Tensor:
        """Return the mel of a cut, `[B, 100, T]`, whose windows all lie within `context`."""
        mel: Tensor = self.generator.feature_extractor(context)
        return mel[..., 2:-2]

    def reconstruct(self) -> None:
        """Train the generator to resemble the recordings, without discriminators."""
        self._step(is_adversarial=False)

    def compete(self) -> None:
        """Train the discriminators, then the generator against them."""
        self._step(is_adversarial=True)

    def _step(self, *, is_adversarial: bool) -> None:
        batch = self.batch()
        with torch.no_grad():
            true = self.spectra(batch.wave)
        wave = self.generator(batch.mel)
        made = self.spectra(wave)
        weights = batch.weights
        mel = _mean_distance(
            [(t.log_mel, m.log_mel) for t, m in zip(true, made, strict=True)], weights
        )
        stft = _mean_distance(
            [(t.log_magnitude, m.log_magnitude) for t, m in zip(true, made, strict=True)], weights
        )
        phase = phase_loss(true, made, weights)
        loss = self._weights.mel * mel + self._weights.stft * stft + self._weights.phase * phase
        adversarial = features = judged = torch.zeros((), device=self._device)
        if is_adversarial:
            judged = self._train_discriminators(
                torch.cat([batch.wave, wave.detach()]),
                [torch.cat([t.parts, m.parts.detach()]) for t, m in zip(true, made, strict=True)],
            )
            with self._half():
                # Apart, so that nothing is traced back through the real half.
                with torch.no_grad():
                    real = self.discriminators(batch.wave, parts_of(true))
                generated = self.discriminators(wave, parts_of(made))
            adversarial = adversarial_loss(generated)
            features = feature_loss(real, generated, weights)
            loss = loss + self._weights.adversarial * adversarial
            loss = loss + self._weights.features * features
        self.generator_optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.generator.parameters(), _MAX_GRADIENT_NORM)
        self.generator_optimizer.step()
        values = (mel, stft, phase, adversarial, features, judged, norm, torch.ones_like(norm))
        self.sums += torch.stack([value.detach() for value in values])

    def _train_discriminators(self, waves: Tensor, parts: list[Tensor]) -> Tensor:
        """Do their step and freeze them; return their loss."""
        self.discriminators.requires_grad_(requires_grad=True)
        with self._half():
            maps = self.discriminators(waves, parts)
        loss = discriminator_loss(maps)
        self.discriminator_optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.discriminator_optimizer.step()
        # What follows needs the slope along the wave alone.
        self.discriminators.requires_grad_(requires_grad=False)
        return loss.detach()

    def _half(self) -> torch.autocast:
        # Nothing is cached: a cast weight must not outlive the step that a graph records.
        return torch.autocast(
            self._device.type,
            torch.bfloat16,
            enabled=self._device.type == "cuda",
            cache_enabled=False,
        )


def _mean_distance(pairs: list[tuple[Tensor, Tensor]], weights: Tensor) -> Tensor:
    distances = [item_distance(a, b) for a, b in pairs]  # [B] each
    return (torch.stack(distances).mean(dim=0) * weights).mean()
