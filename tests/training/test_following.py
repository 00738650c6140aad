"""Following a speaker: vectors of voices from our mels, and what they ask of the acoustic model."""

import argparse
from pathlib import Path

import pytest
import torch
from torch import nn

from bot.engine.f5.mel import SAMPLE_RATE_HZ, log_mel
from training import acoustic, durations, export, following
from training.dit import DiT
from training.pool import Rows
from training.speakers import SpeakerEncoder
from training.vocabulary import SYMBOLS

pytestmark = pytest.mark.parts

_CPU = torch.device("cpu")
_ROWS, _FRAMES = 2, 336


class Pool:
    """Rows of noise, each of a color of its own."""

    def draw(self, rows: int, frames: int, random: torch.Generator) -> Rows:
        color = torch.randn(rows, 1, 100, generator=random)
        mel = color - 2 + 0.3 * torch.randn(rows, frames, 100, generator=random)
        return Rows(mel, torch.randint(2, len(SYMBOLS), (rows, frames), generator=random), None)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file as resemblyzer's, of random weights."""
    torch.manual_seed(4)
    state = {f"lstm.{name}": part for name, part in nn.LSTM(40, 256, 3).state_dict().items()}
    state |= {f"linear.{name}": part for name, part in nn.Linear(256, 256).state_dict().items()}
    state["lstm.weight_ih_l0"] *= 100  # power is small
    path: Path = tmp_path_factory.mktemp("encoder") / "pretrained.pt"
    torch.save({"step": 1, "model_state": state | {"similarity_weight": torch.ones(1)}}, path)
    return path


@pytest.fixture(scope="module")
def encoder(weights: Path) -> SpeakerEncoder:
    return SpeakerEncoder(weights)


def tone(hertz: float) -> torch.Tensor:
    """Return the log-mel of two seconds of a tone, `[1, T, 100]`."""
    phase = torch.arange(2 * SAMPLE_RATE_HZ) * (2 * torch.pi * hertz / SAMPLE_RATE_HZ)
    return log_mel(0.1 * torch.sin(phase))[None]


@pytest.mark.parametrize(("hertz", "band"), [(147.0, 1), (736.0, 9), (2042.0, 22), (6371.0, 37)])
def test_a_tone_is_heard_in_the_band_that_librosa_puts_there(
    encoder: SpeakerEncoder, hertz: float, band: int
) -> None:
    """The frequencies are middles of `librosa.filters.mel(sr=16000, n_fft=400, n_mels=40)`."""
    powers = encoder.powers(tone(hertz))
    assert powers.shape == (1, 201, 40)
    assert int(powers[0, 50:150].mean(dim=0).argmax()) == band


def test_loudness_is_not_part_of_a_voice(encoder: SpeakerEncoder) -> None:
    mel = torch.randn(_ROWS, _FRAMES, 100) - 2
    starts = torch.tensor([[0, 100], [20, 190]])
    vectors = encoder(encoder.powers(mel), starts)
    louder = encoder(encoder.powers(mel + 1.5), starts)
    torch.testing.assert_close(vectors.norm(dim=-1), torch.ones(_ROWS))
    torch.testing.assert_close(vectors, louder, rtol=1e-3, atol=1e-4)
    other = encoder(encoder.powers(mel.flip(-1)), starts)
    assert (vectors - other).abs().max() > 0.01


def test_a_model_learns_to_follow_and_keeps_what_it_knows(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shape = {"width": 64, "depth": 1, "text_width": 64, "text_depth": 1}
    monkeypatch.setattr(acoustic, "SHAPE", shape)
    torch.manual_seed(5)
    known = DiT(len(SYMBOLS), **shape)
    nn.init.normal_(known.proj_out.weight, std=0.02)
    timing = durations.DurationModel().state_dict()
    export.write(known.state_dict(), timing, tmp_path / "known")
    options = argparse.Namespace(
        shipped=tmp_path / "known", encoder=weights, out=tmp_path, seed=1, rows=_ROWS,
        frames=_FRAMES, graded_steps=2, rate=3e-3,
    )  # fmt: skip
    trainer = following.Trainer(options, _CPU)
    before = [tensor.clone() for tensor in trainer._encoder.parameters()]

    def distance() -> float:
        random = torch.Generator().manual_seed(6)
        rows = Pool().draw(8, _FRAMES, random)
        with torch.no_grad():
            return following.follow(trainer.model, trainer._encoder, rows, random, 2).loss.item()

    far = distance()
    for _ in range(25):
        trainer.step(Pool(), 0.2)
    assert distance() < 0.9 * far
    assert trainer.bad_steps == 0
    assert all(map(torch.equal, trainer._encoder.parameters(), before))
    trainer.save("state.pt")
    state = torch.load(tmp_path / "state.pt", weights_only=True)["average"]
    export.write(state, timing, tmp_path / "followed")
    followed = acoustic.shipped(tmp_path / "followed", _CPU)
    assert not torch.equal(followed.proj_out.weight, known.proj_out.weight)


def test_a_step_without_finite_gradients_is_left_out(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shape = {"width": 64, "depth": 1, "text_width": 64, "text_depth": 1}
    monkeypatch.setattr(acoustic, "SHAPE", shape)
    export.write(
        DiT(len(SYMBOLS), **shape).state_dict(), durations.DurationModel().state_dict(), tmp_path
    )
    options = argparse.Namespace(
        shipped=tmp_path, encoder=weights, seed=1, rows=1, frames=_FRAMES, graded_steps=1, rate=1e-3
    )
    trainer = following.Trainer(options, _CPU)
    before = [tensor.clone() for tensor in trainer.model.parameters()]

    class Broken(Pool):
        def draw(self, rows: int, frames: int, random: torch.Generator) -> Rows:
            return (
                super()
                .draw(rows, frames, random)
                ._replace(mel=torch.full((rows, frames, 100), torch.nan))
            )

    trainer.step(Broken(), 0.2)
    assert trainer.bad_steps == 1
    assert all(map(torch.equal, trainer.model.parameters(), before))
