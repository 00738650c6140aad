"""The vocoder's trainer: what it cuts, that it learns, stops and goes on, and what loads it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from bot.engine.f5.mel import log_mel
from bot.engine.f5.model.vocos import decode, wave_span
from bot.engine.f5.weights.model_folder import load_vocoder
from bot.engine.upstream.importing import import_upstream
from training.discriminators import Discriminators
from training.resident import Resident
from training.shards import HOP_SAMPLES, SAMPLE_RATE_HZ, write_shard
from training.spectra import LogMel, mel_filters, windows
from training.vocoder_step import LOSSES, Cutting, Step
from training.vocos import Size, Vocos, save_vocoder

pytestmark = pytest.mark.parts

CPU = torch.device("cpu")
ROOT = Path(__file__).parents[2]
TINY = Size(width=32, inner=64, depth=2)
FRAMES = 12
CHANNELS = (4, 4, 8, 8, 8)


def tones(seconds: float, seed: int) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    """Return something voiced: harmonics of a gliding pitch."""
    random = np.random.default_rng(seed)
    time_s = np.arange(int(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    phase = 2 * np.pi * np.cumsum(180 + 60 * np.sin(3 * time_s)) / SAMPLE_RATE_HZ
    wave = sum(np.sin(k * phase + random.uniform(0, 6)) / k for k in range(1, 12))
    return (wave * 3000 + random.normal(0, 20, time_s.shape)).astype(np.int16)


def mel_of(wave: np.ndarray[tuple[int], np.dtype[np.int16]]) -> torch.Tensor:
    """Return one frame a hop, as the shards have them."""
    return log_mel(torch.from_numpy(wave).float() / 32768)[: len(wave) // HOP_SAMPLES]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    for number in range(2):
        wave = tones(1.5, number)
        write_shard(folder / f"{number:05}.npz", {"wave": wave, "wave_ends": np.array([len(wave)])})
    return folder


@pytest.fixture
def predicted(tmp_path: Path) -> Path:
    folder = tmp_path / "predicted"
    folder.mkdir()
    wave = tones(1.5, 5)
    wave = wave[: len(wave) // HOP_SAMPLES * HOP_SAMPLES]
    arrays = {"wave": wave, "mel": mel_of(wave).half().numpy()}
    write_shard(folder / "00000.npz", arrays)
    return folder


@pytest.fixture
def resident() -> Iterator[Callable[..., Resident]]:
    opened: list[Resident] = []

    def make(folder: Path, hours: float = 0.01, *, is_predicted: bool = False) -> Resident:
        opened.append(Resident(folder, hours, CPU, is_predicted=is_predicted))
        opened[-1].wait(FRAMES, limit_s=10)
        return opened[-1]

    yield make
    for each in opened:
        each.close()


def step_of(recordings: Resident, predicted: Resident | None = None) -> Step:
    torch.manual_seed(1)
    cutting = Cutting(batch=4, frames=FRAMES)
    return Step(Vocos(TINY), Discriminators(CHANNELS, 4), recordings, predicted, cutting)


def test_spectra_are_those_of_the_engine_and_of_torch() -> None:
    wave = torch.randn(2, 5000, generator=torch.Generator().manual_seed(1)) * 0.1
    expected = torch.stack([log_mel(item).T for item in wave])
    torch.testing.assert_close(LogMel()(wave), expected, rtol=0, atol=1e-4)
    transforms = import_upstream("torchaudio.functional")
    filters = transforms.melscale_fbanks(513, 0.0, 12_000.0, 100, 24_000)
    torch.testing.assert_close(mel_filters(1024, 100), filters, rtol=0, atol=1e-5)
    window = torch.hann_window(512)
    expected = torch.stft(wave, 512, 128, window=window, pad_mode="reflect", return_complex=True)
    result = torch.fft.rfft(windows(wave, 512) * window).mT
    torch.testing.assert_close(result, expected, rtol=0, atol=1e-4)


def test_what_the_vocoder_is_given_belongs_to_what_it_should_say(
    corpus: Path, predicted: Path, resident: Callable[..., Resident]
) -> None:
    torch.manual_seed(3)
    extract = LogMel()
    cut = resident(corpus).cut(5, FRAMES)
    assert cut.wave.shape == (5, (FRAMES - 1) * HOP_SAMPLES)
    assert torch.equal(cut.wave, cut.context[:, 512:-512])
    cut = resident(predicted, is_predicted=True).cut(5, FRAMES)
    assert cut.mel is not None
    # All windows lie within the context, so nothing at the cut's ends is mirrored.
    torch.testing.assert_close(extract(cut.context)[..., 2:-2], cut.mel, rtol=0, atol=2e-2)


def test_shards_that_appear_later_are_taken_in_and_damaged_ones_left_out(
    corpus: Path, resident: Callable[..., Resident], caplog: pytest.LogCaptureFixture
) -> None:
    recordings = resident(corpus)
    while recordings.hours * 3600 < 2.9:
        recordings.grow()
    (corpus / "00002.npz").write_bytes(b"no archive")
    write_shard(corpus / "00003.npz", {"wave": tones(2.0, 3)})
    while recordings.hours * 3600 < 4.9:
        recordings.grow()
    assert "00002.npz" in caplog.text
    small = resident(corpus, hours=1.0 / 3600)
    assert small.hours * 3600 == pytest.approx(1.0, abs=0.02)
    assert "--hours" in caplog.text


def test_predictions_that_are_far_off_count_less(
    corpus: Path, predicted: Path, resident: Callable[..., Resident]
) -> None:
    wave = tones(1.5, 5)
    wave = wave[: len(wave) // HOP_SAMPLES * HOP_SAMPLES]
    far = (mel_of(wave) + 0.7).half().numpy()
    other = predicted.parent / "far"
    other.mkdir()
    write_shard(other / "00000.npz", {"wave": wave, "mel": far})
    near = step_of(resident(corpus), resident(predicted, is_predicted=True)).batch()
    assert torch.equal(near.weights, torch.ones(4))
    batch = step_of(resident(corpus), resident(other, is_predicted=True)).batch()
    torch.testing.assert_close(batch.weights, torch.tensor([1, 1, 0.5, 0.5]), rtol=0, atol=0.01)


@pytest.mark.long
def test_it_learns_alone_and_against_the_discriminators(
    corpus: Path, predicted: Path, resident: Callable[..., Resident]
) -> None:
    step = step_of(resident(corpus), resident(predicted, is_predicted=True))

    def mean_losses(steps: int, do: Callable[[], None]) -> dict[str, float]:
        step.sums.zero_()
        for _ in range(steps):
            do()
        assert step.sums[-1] == steps
        return dict(zip(LOSSES, (step.sums[:-1] / steps).tolist(), strict=True))

    step.set_rates(2e-3, 0.0)
    first = mean_losses(5, step.reconstruct)
    assert first["adversarial"] == first["discriminator"] == 0
    mean_losses(40, step.reconstruct)
    later = mean_losses(5, step.reconstruct)
    assert later["mel"] < 0.7 * first["mel"]
    assert later["stft"] < first["stft"]
    step.set_rates(1e-3, 2e-3)
    untrained = mean_losses(3, step.compete)
    assert untrained["adversarial"] > 0 < untrained["features"]
    mean_losses(15, step.compete)
    trained = mean_losses(3, step.compete)
    assert trained["discriminator"] < untrained["discriminator"]


def test_the_trained_folder_sounds_alike_in_vocos_and_in_the_engine(tmp_path: Path) -> None:
    torch.manual_seed(1)
    model = Vocos(TINY)
    for parameter in model.parameters():
        parameter.data.add_(torch.randn_like(parameter) * 0.05)
        parameter.data.copy_(parameter.data.half())
    save_vocoder(model, tmp_path, rounds=0)
    mel = torch.randn(1, 100, 40, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        expected = model(mel)[0]
    upstream = import_upstream("vocos").Vocos.from_hparams(str(tmp_path / "config.yaml"))
    upstream.load_state_dict(load_file(tmp_path / "model.safetensors"))
    torch.testing.assert_close(upstream.eval().decode(mel)[0], expected, rtol=0, atol=1e-4)
    ours = load_vocoder(tmp_path, CPU, torch.float32)
    wave = decode(ours, mel[0].T, torch.ones(40, dtype=torch.bool))[wave_span(ours, 0, 40)]
    torch.testing.assert_close(wave, expected, rtol=0, atol=1e-4)


def test_the_default_size_is_small_enough_to_ship() -> None:
    assert sum(parameter.numel() for parameter in Vocos(Size()).parameters()) <= 7_200_000


def command(corpus: Path, out: Path, *options: str) -> list[str]:
    return [
        *(sys.executable, "-m", "training.vocoder", str(corpus), str(out)),
        *("--device", "cpu", "--batch", "2", "--frames", str(FRAMES), "--hours", "0.01"),
        *("--width", "16", "--inner", "16", "--depth", "1", "--log-every", "0.2"),
        *("--period-channels", "4", "4", "4", "4", "4", *options),
    ]


@pytest.mark.long
def test_it_stops_at_a_signal_and_goes_on_where_it_was(corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    long = command(corpus, out, "--minutes", "60")
    with subprocess.Popen(long, cwd=ROOT, env=env, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        rest = process.stderr.read()
    assert process.returncode == 0, line + rest
    steps = torch.load(out / "checkpoint.pt", weights_only=True)["steps"]
    assert steps >= 1
    assert {path.name for path in (out / "vocoder").iterdir()} == {
        "config.yaml",
        "model.safetensors",
    }
    goes_on = command(corpus, out, "--resume", "--max-steps", str(steps + 4), "--alone-share", "0")
    subprocess.run(goes_on, cwd=ROOT, env=env, check=True, timeout=120)
    state = torch.load(out / "checkpoint.pt", weights_only=True)
    assert state["steps"] == steps + 4
    assert state["adversarial_steps"] == 4
    other = tmp_path / "other"
    again = command(corpus, other, "--start-from", str(out / "checkpoint.pt"), "--max-steps", "2")
    subprocess.run(again, cwd=ROOT, env=env, check=True, timeout=120)
    state = torch.load(other / "checkpoint.pt", weights_only=True)
    assert (state["steps"], state["adversarial_steps"]) == (2, 6)
    load_vocoder(other / "vocoder", CPU, torch.float32)
