"""Mel spectrograms as the acoustic model makes them, beside the sound that they stand for.

    python -m training.predict CORPUS ACOUSTIC/state.pt OUT --rows 1536

A vocoder that has seen true spectrograms alone buzzes on predicted ones. To get pairs that agree in
pitch and time, sampling starts from the true spectrogram under a good deal of noise and is finished
by the model. `NNNNN.npz` holds `mel` float16 and `wave` int16 of many rows, with their ends.
"""

import argparse
from pathlib import Path

import numpy as np
import torch

from bot.engine.f5.mel import HOP_SAMPLES, log_mel
from bot.engine.f5.model.sampler import Sampling, schedule
from training import acoustic, flow, shards
from training.dit import DiT
from training.pool import Pool, Rows
from training.throats import Throats

_FRAMES, _BATCH = 768, 64
_REFERENCE_FRAMES = 281
_START_STEPS = (4, 5, 5, 6)
"""Steps of the seven that are skipped: 8, 29 and 62 % of the way to speech."""


def finish(model: DiT, rows: Rows, start: int, random: torch.Generator) -> torch.Tensor:
    """Return the spectrogram behind the reference, `[B, T - 281, 100]`, sampled from `start` on."""
    device = rows.mel.device
    times = schedule(Sampling()).to(device)
    reference = rows.mel.clone()
    reference[:, _REFERENCE_FRAMES:] = 0
    noise = torch.randn(rows.mel.shape, generator=random, device=device)
    state = torch.lerp(noise, rows.mel, times[start])
    with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
        state = flow.solve(model, state, reference, rows.tokens, times[start:])
    return state[:, _REFERENCE_FRAMES:]


def _elsewhere(rows: Rows, throats: Throats) -> Rows:
    """Return the rows as other throats would say them."""
    assert rows.wave is not None
    wave = throats(rows.wave.float() / 32767)
    mel = torch.stack([log_mel(each)[:_FRAMES] for each in wave])
    return rows._replace(mel=mel, wave=(wave * 32767).to(torch.int16))


def main() -> None:
    """Predict, for `python -m training.predict`."""
    parser = argparse.ArgumentParser(prog="training.predict", description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("state", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--rows", type=int, default=1536)
    parser.add_argument("--shards", type=int, default=400)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--width", type=int, default=acoustic.SHAPE["width"])
    parser.add_argument("--depth", type=int, default=acoustic.SHAPE["depth"])
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    random = torch.Generator(device).manual_seed(options.seed)
    state = torch.load(options.state, map_location=device, weights_only=True)
    shape = {**acoustic.SHAPE, "width": options.width, "depth": options.depth}
    model = acoustic.build(shape, state["average"], device)
    pool = Pool(options.corpus, device, options.shards, with_waves=True)
    pool.grow(options.shards)
    batch = min(_BATCH, options.rows)
    throats = Throats(_FRAMES * HOP_SAMPLES).to(device)
    for number in range(-(-options.rows // batch)):
        rows = _elsewhere(pool.draw(batch, _FRAMES, random), throats)
        start = _START_STEPS[number % len(_START_STEPS)]
        with torch.inference_mode():
            mel = finish(model, rows, start, random).half().cpu().numpy()
        assert rows.wave is not None
        wave = rows.wave[:, _REFERENCE_FRAMES * HOP_SAMPLES :].cpu().numpy()
        ends = np.arange(1, batch + 1)
        arrays = {
            "mel": mel.reshape(-1, mel.shape[-1]),
            "mel_ends": ends * mel.shape[1],
            "wave": wave.reshape(-1),
            "wave_ends": ends * wave.shape[1],
        }
        shards.write_shard(options.out / f"{number:05}.npz", arrays)
    print(f"predicted {options.rows} rows from {len(pool)} shards")


if __name__ == "__main__":
    main()
