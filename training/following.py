"""Follows the voice of the reference: the last training of an acoustic model that speaks already.

    python -m training.following CORPUS OUT --shipped MODEL --encoder RESEMBLYZER/pretrained.pt

Flow matching asks for one step from a true spectrogram under noise; in use the model goes seven
steps from its own. Here it goes them, and what comes out is to have the voice of the reference
(`speakers`), and over time the mean and the spread of each band of what the teacher said, for
single steps lead to the mean of what could be said, which is duller. Gradients flow through the
last steps alone (arXiv 2309.17400). What it knows it keeps: at true spectrograms under noise it is
held to what it said before. `OUT/state.pt` is for `training.export`; copies of it are kept on the
way, for the more it learns to please the encoder, the less its words and its sound may be worth.
"""

import argparse
import copy
import time
from pathlib import Path
from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn

from bot.engine.f5.model.sampler import Sampling, schedule
from training import acoustic, flow
from training.dit import DiT
from training.flow import behind_reference
from training.pool import Pool, Rows
from training.speakers import WINDOW_FRAMES, SpeakerEncoder
from training.throats import color, degrade, stretch

_COLORED, _STRETCHED = 0.5, 0.4
"""Shares of the rows, more than in flow matching: voices that nobody has are learned, too."""
_WINDOWS = 3
_MOMENTS, _KEEPING = 0.25, 1.0
"""Weights of the bands' mean and spread, and of what is known, against that of the voice."""
_AVERAGE, _WARM_UP_STEPS, _CLIP = 0.97, 10, 1.0
_REPORT_EVERY_STEPS = 10


class Drawing(Protocol):
    """Where rows come from, such as a pool."""

    def draw(self, rows: int, frames: int, random: torch.Generator) -> Rows:
        """Return `rows` pieces of `frames` frames."""


class Followed(NamedTuple):
    """How well a batch was followed, scalars."""

    loss: Tensor
    likeness: Tensor
    """Cosine of the vectors of what is said and of the speaker."""


def follow(
    model: DiT, encoder: SpeakerEncoder, rows: Rows, random: torch.Generator, graded_steps: int
) -> Followed:
    """Return how far what the model says behind the beginning of `rows` is from their speakers."""
    batch, frames, _ = rows.mel.shape
    device = rows.mel.device
    mel = color(stretch(rows.mel, random, _STRETCHED), random, _COLORED)
    share = torch.rand(batch, generator=random, device=device)
    masked = behind_reference(0.2 + 0.3 * share, rows.tokens)
    reference = degrade(mel, random).masked_fill(masked[:, :, None], 0)
    state = torch.randn(mel.shape, generator=random, device=device)
    times = schedule(Sampling()).to(device)
    begins = len(times) - 1 - graded_steps
    with torch.no_grad():
        state = flow.solve(model, state, reference, rows.tokens, times[: begins + 1])
    said = flow.solve(model, state, reference, rows.tokens, times[begins:])
    places = torch.rand(batch, _WINDOWS, generator=random, device=device)
    with torch.autocast(device.type, enabled=False):
        powers = encoder.powers(torch.where(masked[:, :, None], said, mel))
        last = powers.shape[1] - WINDOW_FRAMES
        first = (~masked).sum(dim=1) * powers.shape[1] // frames + 1
        # The windows of what is said end where the row ends, at the latest.
        starts = last - (places * (last - first).clamp(min=0)[:, None]).long()
        with torch.no_grad():
            everywhere = torch.linspace(0, last, _WINDOWS + 1, device=device).long()
            own = encoder(encoder.powers(mel), everywhere.expand(batch, -1))
        likeness = (encoder(powers, starts) * own).sum(dim=-1).mean()
        apart = (_moments(said, masked) - _moments(mel, masked)).abs().mean()
    return Followed(1 - likeness + _MOMENTS * apart, likeness.detach())


def _moments(mel: Tensor, masked: Tensor) -> Tensor:
    """Return mean and standard deviation over the masked frames, `[B, 2, bands]`."""
    weights = masked[:, :, None] / masked.sum(dim=1)[:, None, None]
    mean = (mel * weights).sum(dim=1)
    spread = ((mel - mean[:, None]).square() * weights).sum(dim=1)
    return torch.stack([mean, (spread + 1e-3).sqrt()], dim=1)


class Trainer:
    """A model, what it knew before, and its average."""

    def __init__(self, options: argparse.Namespace, device: torch.device) -> None:
        """Read model and encoder; `options` are those of the command line."""
        self._options = options
        self._device = device
        self._random = torch.Generator(device).manual_seed(options.seed)
        self.model = acoustic.shipped(options.shipped, device)
        self._before = copy.deepcopy(self.model).eval().requires_grad_(requires_grad=False)
        self.average = copy.deepcopy(self._before)
        self._encoder = SpeakerEncoder(options.encoder).to(device)
        self._optimizer = torch.optim.AdamW(
            self.model.parameters(), betas=(0.9, 0.98), weight_decay=0.0
        )
        self.steps = self.bad_steps = 0

    def run(self, pool: Drawing) -> None:
        """Train until the time is over."""
        total_s = self._options.minutes * 60
        begun = time.monotonic()
        kept = 0
        sums = torch.zeros(2)
        while (passed_s := time.monotonic() - begun) < total_s:
            sums += self.step(pool, passed_s / total_s)
            if not self.steps % _REPORT_EVERY_STEPS:
                likeness, other = (sums / _REPORT_EVERY_STEPS).tolist()
                sums.zero_()
                print(
                    f"following {passed_s:6.0f} s  step {self.steps}  likeness {likeness:.3f}  "
                    f"otherwise than before {other:.4f}  {self.bad_steps} steps left out",
                    flush=True,
                )
            if passed_s - kept > total_s / self._options.copies:
                kept = int(passed_s)
                self.save(f"state-{self.steps}.pt")
        self.save("state.pt")

    def step(self, pool: Drawing, progress: float) -> Tensor:
        """Learn from one batch; return likeness and distance from what was known, `[2]`."""
        options = self._options
        rate = options.rate * acoustic.decay(progress) * min(1, (self.steps + 1) / _WARM_UP_STEPS)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        half = torch.autocast(
            self._device.type, torch.bfloat16, enabled=self._device.type == "cuda",
            # What is cast where no gradient is wanted must not be used again where one is.
            cache_enabled=False,
        )  # fmt: skip
        drawn = pool.draw(options.rows, options.frames, self._random)
        with half:
            followed = follow(self.model, self._encoder, drawn, self._random, options.graded_steps)
        followed.loss.backward()
        few = pool.draw(max(options.rows // 2, 1), options.frames, self._random)
        question = flow.ask(few, self._random, drop=False)
        with half:
            with torch.no_grad():
                known = self._before(*question[:5])
            other = flow.loss(self.model, question._replace(flow=known))
        (_KEEPING * other).backward()
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), _CLIP)
        self.steps += 1
        if norm.isfinite():
            self._optimizer.step()
            with torch.no_grad():
                torch._foreach_lerp_(
                    list(self.average.parameters()), list(self.model.parameters()),
                    1 - min(_AVERAGE, (1 + self.steps) / (5 + self.steps)),
                )  # fmt: skip
        else:
            self.bad_steps += 1
        self._optimizer.zero_grad()
        return torch.stack([followed.likeness, other.detach()]).cpu()

    def save(self, name: str) -> None:
        """Write the averaged weights."""
        torch.save({"average": self.average.state_dict()}, self._options.out / name)


def main() -> None:
    """Train, for `python -m training.following`."""
    parser = argparse.ArgumentParser(prog="training.following", description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--shipped", type=Path, required=True, help="folder of a model")
    parser.add_argument("--encoder", type=Path, required=True, help="resemblyzer's weights")
    parser.add_argument("--minutes", type=float, default=45.0)
    parser.add_argument("--rows", type=int, default=4, help="more on a GPU")
    parser.add_argument("--frames", type=int, default=336)
    parser.add_argument("--graded-steps", type=int, default=2)
    parser.add_argument("--rate", type=float, default=5e-5)
    parser.add_argument("--shards", type=int, default=5200, help="room for so many")
    parser.add_argument("--copies", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(options.seed)
    acoustic.prepare()
    pool = Pool(options.corpus, device, options.shards)
    pool.grow(options.shards)
    Trainer(options, device).run(pool)


if __name__ == "__main__":
    main()
