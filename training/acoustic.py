"""Trains the acoustic model in a given time: flow matching, then distillation of the guidance.

    python -m training.acoustic CORPUS OUT --minutes 10

The first part of the time is ordinary training. In the rest the averaged weights, frozen, teach a
copy of themselves to give in one evaluation what classifier-free guidance takes two for. Learning
rates follow the time that has passed, so a slower GPU trains less, not longer. `OUT/state.pt` is
written every half minute and at SIGTERM; `--resume` goes on from it. Several GPUs share the rows:

    torchrun --nproc-per-node 2 -m training.acoustic CORPUS OUT --minutes 10
"""

import argparse
import copy
import os
import signal
import time
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, distributed, nn

from training import flow
from training.dit import DiT
from training.pool import Pool
from training.vocabulary import SYMBOLS

SHAPE = {"width": 384, "depth": 9, "text_width": 256, "text_depth": 4}
CFG_STRENGTH, REFERENCE_STRENGTH = 2.0, 0.5
"""Of guidance away from neither text nor reference, and away from no reference."""
EXPORTED = "ema_model.transformer."
"""Before every name, in files for upstream."""
_ROWS = ((1088, 44), (448, 112))
"""Frames and rows of the batches, in turn: long pieces and short ones, behind a reference."""
_DISTILLING_RATE, _WARM_UP_STEPS = 3e-4, 300
_AVERAGE = 0.999
_CLIP = 1.0
_SAVE_EVERY_S, _REPORT_EVERY_S = 30.0, 10.0
LOOK_EVERY_STEPS = 25
"""At the clock and for new shards: all GPUs do so after the same steps."""


class Trainer:
    """Model, averaged model, optimiser and the clock."""

    def __init__(self, options: argparse.Namespace, device: torch.device) -> None:
        """Build everything; `options` are those of the command line."""
        torch.manual_seed(options.seed)
        self._options = options
        self._device = device
        self._rank, self._ranks = 0, 1
        if distributed.is_initialized():
            self._rank, self._ranks = distributed.get_rank(), distributed.get_world_size()
        # Every GPU draws rows of its own; what they learn is the same.
        self._random = torch.Generator(device).manual_seed(options.seed + self._rank)
        shape = {**SHAPE, "width": options.width, "depth": options.depth}
        self.model = DiT(len(SYMBOLS), **shape).to(device)
        self.average = copy.deepcopy(self.model).eval().requires_grad_(requires_grad=False)
        self.teacher: DiT | None = None
        self.steps = 0
        self.seconds = 0.0
        self._optimizer = torch.optim.AdamW(
            self.model.parameters(), betas=(0.9, 0.98), weight_decay=0.01,
            fused=device.type == "cuda",
        )  # fmt: skip
        self._stopped = False
        if options.compile:
            _compile(self.model)

    def run(self, pool: Pool) -> None:
        """Train until the time is over."""
        signal.signal(signal.SIGTERM, self._stop)
        total_s = self._options.minutes * 60
        saved = reported = self.seconds
        losses: list[Tensor] = []
        steps_before = self.steps
        last = time.monotonic()
        while self.seconds < total_s and not self._stopped:
            progress = self.seconds / total_s
            if progress >= self._options.distil_from and self.teacher is None:
                self._begin_distilling()
            losses.append(self._step(pool, progress))
            if self.steps % LOOK_EVERY_STEPS:
                continue
            pool.grow(32)
            self._synchronize()
            now = time.monotonic()
            self.seconds += now - last
            last = now
            self._agree()
            if self.seconds - reported >= _REPORT_EVERY_S and not self._rank:
                rate = (self.steps - steps_before) / (self.seconds - reported)
                mean = torch.stack(losses).nanmean().item()
                print(
                    f"acoustic {self.seconds:6.0f} s  step {self.steps}  loss {mean:.4f}  "
                    f"{rate:.1f} steps/s  {pool.hours:.1f} h"
                    + ("  distilling" if self.teacher else ""),
                    flush=True,
                )
                losses, reported, steps_before = [], self.seconds, self.steps
            if self.seconds - saved >= _SAVE_EVERY_S:
                saved = self.seconds
                self.save()
        self.save()

    def _stop(self, *_: object) -> None:
        self._stopped = True

    def _synchronize(self) -> None:
        """Keep the host from running far ahead, so that times are measured right."""
        if self._device.type == "cuda":
            torch.cuda.synchronize()

    def _agree(self) -> None:
        """Let all GPUs go by the clock of the first one, and stop when that one is to stop."""
        if self._ranks > 1:
            state = torch.tensor(
                [self.seconds, self._stopped], dtype=torch.float64, device=self._device
            )
            distributed.broadcast(state, 0)
            self.seconds, self._stopped = state[0].item(), bool(state[1])

    def _begin_distilling(self) -> None:
        self.model.load_state_dict(self.average.state_dict())
        self.teacher = copy.deepcopy(self.average)
        if self._options.compile:
            _compile(self.teacher)
        self._optimizer.state.clear()
        self._distilling_since = self.steps

    def _step(self, pool: Pool, progress: float) -> Tensor:
        frames, rows = _ROWS[self.steps % len(_ROWS)]
        rows = max(rows * self._options.rows // 64, 1)
        begun = self._options.distil_from
        if self.teacher is None:
            rate = self._options.rate * decay(progress / begun)
            rate *= min(1.0, (self.steps + 1) / _WARM_UP_STEPS)
        else:
            rate = _DISTILLING_RATE * decay((progress - begun) / (1 - begun))
            rate *= min(1.0, (self.steps - self._distilling_since + 1) / 50)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        drawn = pool.draw(rows, frames, self._random)
        question = flow.ask(drawn, self._random, drop=self.teacher is None)
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self._device.type == "cuda"):
            if self.teacher is None:
                loss = flow.loss(self.model, question)
            else:
                loss = flow.guidance_loss(
                    self.model, self.teacher, question, CFG_STRENGTH, REFERENCE_STRENGTH
                )
        loss.backward()
        self._drop_bad()
        self._share()
        nn.utils.clip_grad_norm_(self.model.parameters(), _CLIP, foreach=True)
        self._optimizer.step()
        self._optimizer.zero_grad()
        self.steps += 1
        with torch.no_grad():
            weight = 1 - min(_AVERAGE, (1 + self.steps) / (10 + self.steps))
            torch._foreach_lerp_(
                list(self.average.parameters()), list(self.model.parameters()), weight
            )
        return loss.detach()

    def _drop_bad(self) -> None:
        """Leave out of a step what is not finite: once in some thousand steps a row makes such."""
        for parameter in self.model.parameters():
            if parameter.grad is not None:
                torch.nan_to_num_(parameter.grad, 0.0, 0.0, 0.0)

    def _share(self) -> None:
        """Take the mean of the gradients of all GPUs."""
        if self._ranks == 1:
            return
        gradients = [p.grad for p in self.model.parameters() if p.grad is not None]
        flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
        distributed.all_reduce(flat, distributed.ReduceOp.AVG)
        parts = flat.split([gradient.numel() for gradient in gradients])
        shaped = [part.view_as(g) for part, g in zip(parts, gradients, strict=True)]
        torch._foreach_copy_(gradients, shaped)

    def save(self) -> None:
        """Write everything that is needed to go on, whole or not at all."""
        if self._rank:
            return
        state: dict[str, Any] = {
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "teacher": self.teacher and self.teacher.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "steps": self.steps,
            "seconds": self.seconds,
        }
        partial = self._options.out / "state.part"
        torch.save(state, partial)
        partial.replace(self._options.out / "state.pt")

    def begin_with(self, folder: Path) -> None:
        """Take the weights of a model that is shipped, in `folder`."""
        state = shipped(folder, self._device).state_dict()
        self.model.load_state_dict(state)
        self.average.load_state_dict(state)

    def load(self, path: Path) -> None:
        """Go on from what `save` wrote.

        Where there are more minutes now, so that distilling begins later than it did, ordinary
        training goes on from the teacher: from what it had learned before.
        """
        state = torch.load(path, map_location=self._device, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self.steps, self.seconds = state["steps"], state["seconds"]
        begins_s = self._options.distil_from * self._options.minutes * 60
        if state["teacher"] and self.seconds < begins_s:
            print("acoustic: more minutes than before: distilling begins again later", flush=True)
            self.model.load_state_dict(state["teacher"])
            self.average.load_state_dict(state["teacher"])
            return
        if state["teacher"]:
            self._begin_distilling()
            assert self.teacher is not None
            self.teacher.load_state_dict(state["teacher"])
            self.model.load_state_dict(state["model"])
        self._optimizer.load_state_dict(state["optimizer"])


def decay(progress: float) -> float:
    """Return the factor of the learning rate: warm for a while, then down to 2 % in a cosine."""
    position = min(max((progress - 0.1) / 0.9, 0.0), 1.0)
    return 0.02 + 0.98 * 0.5 * (1 + float(torch.cos(torch.tensor(torch.pi * position))))


def shipped(folder: Path, device: torch.device) -> DiT:
    """Return the model that is shipped in `folder`."""
    weights = load_file(folder / "model.safetensors", device=str(device))
    model = DiT(len(SYMBOLS), **SHAPE).to(device)
    names = dict(model.named_parameters())
    state = {
        name: tensor.float()
        for key, tensor in weights.items()
        if (name := key.removeprefix(EXPORTED)) in names
    }
    model.load_state_dict(state)
    return model


def _compile(model: DiT) -> None:
    """Compile block by block: all have the same code, which is compiled once a length."""
    for block in (*model.transformer_blocks, *model.text_embed.text_blocks):
        block.compile(dynamic=False)


def prepare() -> None:
    """Choose what torch computes with, for all trainers of this network."""
    torch.set_float32_matmul_precision("high")
    # The backward pass of cuDNN's attention in bfloat16 makes NaN now and then, on Hopper more of
    # them the larger the batch is (kyutai-labs/pocket-tts, pull request 264).
    torch.backends.cuda.enable_cudnn_sdp(enabled=False)


def build(shape: dict[str, int], state: dict[str, Tensor], device: torch.device) -> DiT:
    """Return a model with trained weights."""
    model = DiT(len(SYMBOLS), **shape).to(device).eval()
    model.load_state_dict(state)
    return model


def main() -> None:
    """Train, for `python -m training.acoustic`."""
    parser = argparse.ArgumentParser(prog="training.acoustic", description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument("--distil-from", type=float, default=0.78, help="share of the time")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", type=int, default=64, help="less than 64 for smaller batches")
    parser.add_argument("--width", type=int, default=SHAPE["width"])
    parser.add_argument("--depth", type=int, default=SHAPE["depth"])
    parser.add_argument("--shards", type=int, default=5200, help="room for so many")
    parser.add_argument("--first-shards", type=int, default=96, help="begin with so many")
    parser.add_argument("--no-compile", dest="compile", action="store_false")
    parser.add_argument("--rate", type=float, default=1e-3, help="learning rate at its highest")
    parser.add_argument("--shipped", type=Path, help="folder of a model to begin with")
    parser.add_argument("--resume", action="store_true")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if "LOCAL_RANK" in os.environ:  # torchrun says so
        if device.type == "cuda":
            device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
            torch.cuda.set_device(device)
        distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    prepare()
    trainer = Trainer(options, device)
    if options.resume and (options.out / "state.pt").exists():
        trainer.load(options.out / "state.pt")
    elif options.shipped:
        trainer.begin_with(options.shipped)
    pool = Pool(options.corpus, device, options.shards)
    pool.wait_for(options.first_shards)
    trainer.run(pool)
    if distributed.is_initialized():
        distributed.barrier()  # until the first one has written
        distributed.destroy_process_group()


if __name__ == "__main__":
    main()
