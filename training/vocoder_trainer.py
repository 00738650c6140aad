"""The loop of vocoder training: schedule, checkpoints, log."""

import logging
import math
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from training.discriminators import Discriminators
from training.replay import Replay
from training.resident import Resident
from training.vocoder_step import LOSSES, Cutting, Step
from training.vocos import Size, Vocos, save_vocoder

_LOG = logging.getLogger(__name__)
_LEAST_RATE = 0.02
_RAMP_STEPS = 200
_RECONSTRUCTION_RATE = 2.0
"""Factor on the learning rate before the discriminators join in."""
_EMA = 0.999
_GROW_EVERY = 20
"""steps"""
_MAX_AHEAD = 8
"""Steps that the host may be ahead of the device: with more, times are not measured right."""
_MAX_SETBACKS = 3


@dataclass(frozen=True)
class Run:
    """Options of a training run."""

    corpus: Path
    out: Path
    predicted: Path | None = None
    minutes: float = 6.0
    max_steps: int | None = None
    rate: float = 5e-4
    alone_share: float = 0.12
    """of the time, before the discriminators join in"""
    hours: float = 25.0
    """of the corpus that memory is set aside for"""
    seed: int = 1
    checkpoint_every_s: float = 60.0
    log_every_s: float = 10.0
    wait_s: float = 600.0
    """for the first shard"""
    device: str = "cuda"
    is_recorded: bool = True
    """as CUDA graphs, on a GPU"""


class Trainer:
    """A run of training, from its first step or from a checkpoint."""

    def __init__(
        self, run: Run, size: Size, cutting: Cutting, period_channels: Sequence[int]
    ) -> None:
        self._run = run
        self._device = torch.device(run.device)
        self._is_gpu = self._device.type == "cuda"
        torch.manual_seed(run.seed)
        torch.set_float32_matmul_precision("high")
        torch.backends.cudnn.benchmark = True
        generator = Vocos(size).to(self._device)
        discriminators = Discriminators(period_channels).to(self._device)
        self._averaged = Vocos(size).to(self._device).requires_grad_(requires_grad=False)
        self._averaged.load_state_dict(generator.state_dict())
        self._recordings = Resident(run.corpus, run.hours, self._device, is_predicted=False)
        self._predicted = (
            Resident(run.predicted, run.hours, self._device, is_predicted=True)
            if run.predicted
            else None
        )
        self._frames = cutting.frames
        self._step = Step(generator, discriminators, self._recordings, self._predicted, cutting)
        self._steps = 0
        self._adversarial_steps = 0
        self._elapsed_s = 0.0
        self._setbacks = 0
        self._is_ending = False
        self._renew_replays()

    def _renew_replays(self) -> None:
        is_wanted = self._is_gpu and self._run.is_recorded
        self._reconstruct = Replay(self._step.reconstruct, is_wanted=is_wanted)
        self._compete = Replay(self._step.compete, is_wanted=is_wanted)

    def end(self) -> None:
        """Stop after the present step and write a checkpoint."""
        self._is_ending = True

    def load(self, path: Path, *, goes_on: bool) -> None:
        """Take the state in `path`; with `goes_on` the schedule, too, continues there."""
        state: dict[str, Any] = torch.load(path, map_location=self._device, weights_only=True)
        step = self._step
        step.generator.load_state_dict(state["generator"])
        step.discriminators.load_state_dict(state["discriminators"])
        self._averaged.load_state_dict(state["averaged"])
        for optimizer, key in self._optimizers():
            rates = [group["lr"] for group in optimizer.param_groups]
            optimizer.load_state_dict(state[key])
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = rate  # a tensor on this device, or a number
        self._adversarial_steps = state["adversarial_steps"]
        if goes_on:
            self._steps = state["steps"]
            self._elapsed_s = state["elapsed_s"]
            torch.manual_seed(self._run.seed + self._steps)
        self._renew_replays()

    def begin_with(self, folder: Path) -> None:
        """Take the vocoder in `folder`; its judges are new."""
        state = load_file(folder / "model.safetensors", device=str(self._device))
        for vocoder in (self._step.generator, self._averaged):
            vocoder.load_state_dict(state, strict=False)

    def _optimizers(self) -> tuple[tuple[torch.optim.Optimizer, str], ...]:
        return (
            (self._step.generator_optimizer, "generator_optimizer"),
            (self._step.discriminator_optimizer, "discriminator_optimizer"),
        )

    def _save(self) -> None:
        self._run.out.mkdir(parents=True, exist_ok=True)
        state = {
            "generator": self._step.generator.state_dict(),
            "discriminators": self._step.discriminators.state_dict(),
            "averaged": self._averaged.state_dict(),
            **{key: optimizer.state_dict() for optimizer, key in self._optimizers()},
            "steps": self._steps,
            "adversarial_steps": self._adversarial_steps,
            "elapsed_s": self._elapsed_s,
        }
        temporary = self.checkpoint.with_suffix(".part")
        torch.save(state, temporary)
        temporary.replace(self.checkpoint)
        save_vocoder(self._averaged, self._run.out / "vocoder")

    @property
    def checkpoint(self) -> Path:
        """File of the training state."""
        return self._run.out / "checkpoint.pt"

    def train(self) -> None:
        """Train until the time is over, the steps are done or `end` was called."""
        try:
            for resident in self._residents():
                resident.wait(self._frames, self._run.wait_s)
            self._loop()
        finally:
            for resident in self._residents():
                resident.close()

    def _residents(self) -> list[Resident]:
        return [r for r in (self._recordings, self._predicted) if r is not None]

    def _loop(self) -> None:
        run = self._run
        pending: deque[torch.cuda.Event] = deque()
        logged_steps = self._steps
        before = logged = saved = time.monotonic()
        while not self._is_over():
            self._one_step()
            if self._is_gpu:
                pending.append(torch.cuda.Event())
                pending[-1].record()
                if len(pending) > _MAX_AHEAD:
                    pending.popleft().synchronize()
            if self._steps % _GROW_EVERY == 0:
                for resident in self._residents():
                    resident.grow()
            now = time.monotonic()
            self._elapsed_s += now - before
            before = now
            if now - logged >= run.log_every_s:
                if not self._log((self._steps - logged_steps) / (now - logged)):
                    self._set_back()
                elif now - saved >= run.checkpoint_every_s:
                    self._save()
                    saved = time.monotonic()
                logged, logged_steps = now, self._steps
        if self._steps > logged_steps and not self._log(
            (self._steps - logged_steps) / (time.monotonic() - logged)
        ):
            raise _not_finite()
        self._save()

    def _is_over(self) -> bool:
        run = self._run
        is_done = run.max_steps is not None and self._steps >= run.max_steps
        return self._is_ending or is_done or self._elapsed_s >= run.minutes * 60

    def _one_step(self) -> None:
        run = self._run
        progress = self._progress()
        rate = run.rate * max(_LEAST_RATE, 0.5 * (1 + math.cos(math.pi * progress)))
        ramp = min(1.0, (self._steps + 1) / _RAMP_STEPS)
        if progress < run.alone_share:
            self._step.set_rates(_RECONSTRUCTION_RATE * ramp * rate, 0.0)
            self._reconstruct()
        else:
            # Its optimizer starts without any idea of the gradients' size.
            ramp_of_judges = min(1.0, (self._adversarial_steps + 1) / _RAMP_STEPS)
            self._step.set_rates(ramp * rate, ramp_of_judges * rate)
            self._compete()
            self._adversarial_steps += 1
        self._steps += 1
        decay = min(_EMA, self._steps / (self._steps + 10))
        with torch.no_grad():
            torch._foreach_lerp_(  # one launch for all
                list(self._averaged.parameters()),
                list(self._step.generator.parameters()),
                1 - decay,
            )

    def _progress(self) -> float:
        run = self._run
        by_time = self._elapsed_s / (run.minutes * 60)
        by_steps = self._steps / run.max_steps if run.max_steps else 0.0
        return min(1.0, max(by_time, by_steps))

    def _log(self, steps_per_s: float) -> bool:
        """Write a line; return whether all losses are finite."""
        *sums, steps = self._step.sums.tolist()  # waits for the device
        self._step.sums.zero_()
        means = [value / max(steps, 1.0) for value in sums]
        hours = " + ".join(f"{resident.hours:.2f}" for resident in self._residents())
        _LOG.info(
            "%d steps, %.0f s, %.1f steps/s, %s h: %s",
            self._steps,
            self._elapsed_s,
            steps_per_s,
            hours,
            ", ".join(f"{name} {mean:.4f}" for name, mean in zip(LOSSES, means, strict=True)),
        )
        return all(math.isfinite(mean) for mean in means)

    def _set_back(self) -> None:
        """Go back to the last checkpoint after losses that are no numbers.

        Raises:
            ArithmeticError: it happened too often, or before the first checkpoint.
        """
        self._setbacks += 1
        if self._setbacks > _MAX_SETBACKS or not self.checkpoint.is_file():
            raise _not_finite()
        _LOG.warning("The losses are not finite: going back to the last checkpoint.")
        elapsed_s, steps = self._elapsed_s, self._steps
        self.load(self.checkpoint, goes_on=True)
        self._elapsed_s = elapsed_s  # the time is spent
        torch.manual_seed(self._run.seed + steps)  # other segments than those that led here


def _not_finite() -> ArithmeticError:
    return ArithmeticError(
        "The losses are not finite; train again with a smaller --rate or another --seed."
    )
