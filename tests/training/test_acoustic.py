"""The acoustic model's trainer: its data, its network and a few of its steps."""

import argparse
import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch
from safetensors.torch import load_file

from bot.engine.f5.text.phonemes import PAUSE
from bot.engine.f5.text.timing import fit, load_timing, spread
from bot.engine.f5.weights.model_folder import load_front_end, load_model
from bot.engine.upstream.importing import import_upstream
from training import acoustic, corpus, durations, export, flow, predict, shards
from training.corpus import Clip
from training.dit import DiT
from training.kokoro import SAMPLE_RATE_HZ, UNIT_SAMPLES
from training.pool import Pool
from training.vocabulary import SYMBOLS

pytestmark = pytest.mark.parts

CPU = torch.device("cpu")


LINES = ["nuθiŋ iz æz it wuz.", "hud ivniŋ ɛvribudi!"]


class Line:
    """Sentences whose letters are phonemes."""

    def choose(self, random: np.random.Generator) -> str:
        return LINES[int(random.integers(len(LINES)))]


def shard(number: int) -> dict[str, npt.NDArray[np.generic]]:
    """Return a shard of a speaker who hums: each vowel is 100 ms of a tone, all else a pause."""
    random = np.random.default_rng((3, number))
    pitch_hz = random.uniform(100, 250)

    def say(phonemes: str) -> Clip:
        spelling = PAUSE + phonemes + PAUSE
        units = np.full(len(spelling), 4, np.int64)
        ends = np.cumsum(units) * UNIT_SAMPLES
        tone = np.sin(2 * np.pi * pitch_hz / SAMPLE_RATE_HZ * np.arange(ends[-1]))
        loud = np.repeat([symbol in "æɛiu" for symbol in spelling], units * UNIT_SAMPLES)
        wave = (tone * np.where(loud, 0.3, 0.001)).astype(np.float32)
        return corpus.make_clip(wave, spelling, ends, units.astype(np.float32), random)

    return corpus.make_shard(say, lambda line: [line], Line(), random)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("corpus")
    shards.write_shard(made / "00000.npz", shard(0))
    return made


def options(out: Path, **changes: object) -> argparse.Namespace:
    chosen = {
        "seed": 1, "width": 64, "depth": 1, "compile": False, "distil_from": 0.5, "rows": 1,
        "rate": 1e-3, "minutes": 1.0, "out": out,
    }  # fmt: skip
    return argparse.Namespace(**{**chosen, **changes})


def test_every_frame_has_the_symbol_that_sounds_in_it(folder: Path) -> None:
    with np.load(folder / "00000.npz") as arrays:
        wave, tokens = arrays["wave"].astype(np.float32), arrays["tokens"]
        assert len(wave) == 256 * len(tokens)
        assert len(wave) >= shards.SHARD_S * 24_000
        assert (arrays["units"] >= 0).all()
    loudness = np.sqrt((wave.reshape(-1, 256) ** 2).mean(axis=1))
    vowels = np.isin(tokens, [SYMBOLS.index(symbol) for symbol in "æɛiu"])
    pauses = tokens == SYMBOLS.index(PAUSE)
    assert np.median(loudness[vowels]) > 20 * np.median(loudness[pauses])


@pytest.mark.long
def test_two_processes_train_one_model(folder: Path, tmp_path: Path) -> None:
    command = [
        sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2",
        "-m", "training.acoustic", str(folder), str(tmp_path), "--minutes", "0.001", "--rows", "1",
        "--width", "64", "--depth", "1", "--first-shards", "1", "--shards", "1", "--no-compile",
    ]  # fmt: skip
    finished = subprocess.run(command, check=False, timeout=300, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
    state = torch.load(tmp_path / "state.pt", weights_only=True)
    # They look at the clock together.
    assert state["steps"] % acoustic.LOOK_EVERY_STEPS == 0
    assert all(tensor.isfinite().all() for tensor in state["model"].values())


@pytest.mark.parametrize("no_text", [False, True])
def test_the_network_is_upstreams(no_text: bool) -> None:  # noqa: FBT001 - a parameter
    torch.manual_seed(0)
    ours = DiT(30, width=128, depth=2, text_width=64, text_depth=2)
    for parameter in ours.parameters():
        parameter.data += 0.05 * torch.randn_like(parameter)
    theirs = import_upstream().DiT(
        dim=128, depth=2, heads=2, ff_mult=2, mel_dim=100, text_num_embeds=30, text_dim=64,
        conv_layers=2, text_embedding_average_upsampling=True,
    ).eval()  # fmt: skip
    assert theirs.load_state_dict(ours.state_dict(), strict=False).missing_keys == [
        "rotary_embed.inv_freq"
    ]
    x, reference = torch.randn(2, 2, 50, 100)
    tokens, time = torch.randint(0, 30, (2, 50)), torch.full((2,), 0.4)
    with torch.inference_mode():
        got = ours(x, reference, tokens, time, torch.tensor([no_text] * 2))
        expected = theirs(x, reference, tokens, time, drop_text=no_text)
    torch.testing.assert_close(got, expected, rtol=1e-4, atol=1e-4)


def test_with_more_minutes_training_goes_on_before_it_distils_again(
    folder: Path, tmp_path: Path
) -> None:
    pool = Pool(folder, CPU, 1)
    pool.wait_for(1)
    trainer = acoustic.Trainer(options(tmp_path), CPU)
    trainer._begin_distilling()
    assert trainer.teacher is not None
    trainer._step(pool, 0.6)
    trainer.seconds = 60.0
    trainer.save()

    longer = acoustic.Trainer(options(tmp_path, minutes=4.0), CPU)
    longer.load(tmp_path / "state.pt")
    assert longer.teacher is None
    for name, tensor in trainer.teacher.state_dict().items():
        torch.testing.assert_close(longer.model.state_dict()[name], tensor)
        torch.testing.assert_close(longer.average.state_dict()[name], tensor)
    longer._step(pool, longer.seconds / 240)
    assert longer.steps == trainer.steps + 1


@pytest.mark.long
def test_training_learns_goes_on_and_can_be_exported(folder: Path, tmp_path: Path) -> None:
    pool = Pool(folder, CPU, 1)
    pool.wait_for(1)
    trainer = acoustic.Trainer(options(tmp_path), CPU)
    before = [flow.loss(trainer.model, question(pool)).item() for _ in range(3)]
    for _ in range(12):
        trainer._step(pool, 0.1)
    after = [flow.loss(trainer.model, question(pool)).item() for _ in range(3)]
    assert np.mean(after) < np.mean(before)
    trainer._begin_distilling()
    trainer._step(pool, 0.6)
    trainer.seconds = 36.0
    trainer.save()

    resumed = acoustic.Trainer(options(tmp_path), CPU)
    resumed.load(tmp_path / "state.pt")
    assert resumed.steps == trainer.steps
    assert resumed.teacher is not None
    for name, tensor in trainer.model.state_dict().items():
        torch.testing.assert_close(resumed.model.state_dict()[name], tensor)

    shape = {**acoustic.SHAPE, "width": 64, "depth": 1}
    random = torch.Generator().manual_seed(1)
    state = torch.load(tmp_path / "state.pt", weights_only=True)
    model = acoustic.build(shape, state["average"], CPU)
    rows = Pool(folder, CPU, 1, with_waves=True)
    rows.grow(1)
    with torch.inference_mode():
        mel = predict.finish(model, rows.draw(1, 400, random), 6, random)
    assert mel.isfinite().all()

    timing = durations.DurationModel()
    export.write(state["average"], timing.state_dict(), tmp_path / "model")
    _, vocabulary = load_model(tmp_path / "model", CPU, torch.float32)
    assert tuple(vocabulary) == SYMBOLS
    load_front_end(tmp_path / "model", vocabulary)
    names = load_file(tmp_path / "model" / "model.safetensors")
    assert names["ema_model.transformer.rotary_embed.inv_freq"].dtype is torch.float32
    load_timing(timing.state_dict())


def question(pool: Pool) -> flow.Question:
    random = torch.Generator().manual_seed(7)
    return flow.ask(pool.draw(2, 300, random), random, drop=False)


def test_durations_fill_the_frames_without_drifting() -> None:
    assert spread([1, 2, 3], [1.5, 1.5, 0.1]) == [1, 1, 2, 3]
    assert len(spread([1] * 100, [1.5] * 100)) == 150
    assert fit([1, 2, 3], [1.0, 2.0, 1.0], 8) == [1, 1, 2, 2, 2, 2, 3, 3]
    assert len(fit([1, 2, 3], [1.0, 2.0, 1.0], 2)) == 2
