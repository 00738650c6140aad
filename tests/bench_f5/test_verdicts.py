"""Verdicts: rounded products, and sections that keep what they measured whatever happens."""

import json
from pathlib import Path

import pytest
import torch

from bot.engine.f5.model.layout import Item
from bot.engine.f5.model.operations import Operations
from bot.engine.f5.model.runner import Runner, Tune
from bot.engine.f5.model.sampler import Sampling
from bot.engine.f5.weights.model_folder import load_model, load_vocoder
from tests.bench.f5.model_under_test import ModelUnderTest
from tests.bench.f5.verdicts import rounding, sections
from tests.bench.f5.verdicts.bench import TRIAL, Bench

pytestmark = pytest.mark.parts

CPU = torch.device("cpu")
FP8, FP8_FINE, INT8, INT8_FINE = rounding.SCHEMES


@pytest.mark.parametrize("scheme", rounding.SCHEMES, ids=lambda scheme: scheme.name)
def test_what_is_rounded_has_levels_for_its_largest_value(scheme: rounding.Scheme) -> None:
    values = torch.tensor([[0.0, 1.0, -127.0], [0.0, 0.25, 0.5]])
    result = scheme.round(values)
    assert result[0, 2] == -127
    assert result[1, 0] == 0
    assert torch.equal(scheme.round(torch.zeros(2, 3)), torch.zeros(2, 3))
    # With one scale for the row of 127 as well int8 has no level for a half; fp8 nearly has.
    assert abs(result[1, 2] - 0.5) <= {FP8: 2**-5, INT8: 0.5}.get(scheme, 0)
    assert (float(result[1, 2]) in {0.0, 1.0}) == (scheme == INT8)


def test_fp8_keeps_three_bits_behind_the_point_and_int8_a_grid() -> None:
    values = torch.linspace(0.1, 1, 1000)[None]
    assert ((FP8.round(values) - values).abs() / values).max() <= 2**-4
    assert (INT8.round(values) - values).abs().max() <= 0.5 / 127 + 1e-6


def test_infinity_is_not_hidden() -> None:
    for scheme in rounding.SCHEMES:
        assert not scheme.round(torch.tensor([[1.0, torch.inf]])).isfinite().all()


def speech(tested: ModelUnderTest, tune: Tune) -> torch.Tensor:
    acoustic, _ = load_model(tested.model, CPU, torch.float32)
    vocoder = load_vocoder(tested.vocoder, CPU, torch.float32)
    runner = Runner(acoustic, vocoder, CPU, tune=tune)
    item = Item(torch.ones(40, 100), [5, 6, 7], 90, 40, seed=1)
    return runner.compute([item], Sampling(steps=5)).mel.clone()


def test_only_the_chosen_layers_are_rounded(tiny: ModelUnderTest) -> None:
    def rounded(*layers: str) -> torch.Tensor:
        operations = rounding.rounding(Operations())
        schemes = rounding.all_in(FP8, layers)
        return speech(tiny, lambda model: (rounding.rounded(model, schemes), operations))

    exact = speech(tiny, lambda model: (model, Operations()))
    assert torch.equal(rounded(), exact)
    one, all_of = (
        rounded("0 qkv"),
        rounded(*(f"{n} {p}" for n in (0, 1) for p in rounding.PRODUCTS)),
    )
    assert 0 < (one - exact).norm() < (all_of - exact).norm() < 0.2 * exact.norm()


def test_errors_are_taken_at_every_layer_and_change_nothing(tiny: ModelUnderTest) -> None:
    errors = rounding.Errors()
    watched = speech(tiny, errors.watched)
    assert torch.equal(watched, speech(tiny, lambda model: (model, Operations())))
    coarse, fine = errors.relative(INT8), errors.relative(INT8_FINE)
    assert len(fine) == 2 * len(rounding.PRODUCTS)
    assert all(0 < fine[layer] < coarse[layer] < 0.2 for layer in fine)
    best = rounding.but_the_worst(coarse, 0.25)
    assert len(best) == 6
    assert max(coarse, key=lambda layer: coarse[layer]) not in best


def test_a_failure_costs_no_other_figure(tiny: ModelUnderTest, tmp_path: Path) -> None:
    bench = Bench(tiny, TRIAL, tmp_path / "figures.json", limit_s=60)
    bench.put("a/1", lambda: 1 / 0)  # fails
    bench.put("a/2", lambda: 5)
    written = json.loads((tmp_path / "figures.json").read_text())
    assert written["a"] == {"1": {"failed": "ZeroDivisionError: division by zero"}, "2": 5}


def test_what_is_past_the_time_is_left_out_and_said(tiny: ModelUnderTest, tmp_path: Path) -> None:
    bench = Bench(tiny, TRIAL, tmp_path / "figures.json", limit_s=-1)
    bench.put("a/1", lambda: 5)
    assert bench.figures == {"left_out": ["a/1"]}


def test_a_section_has_a_process_of_its_own(tiny: ModelUnderTest, tmp_path: Path) -> None:
    figures = sections.run("norm", tiny._replace(scratch=tmp_path), TRIAL, 60)
    assert "needs a GPU and Triton" in figures["failed"]
    assert (tmp_path / "norm.json").is_file()


def test_a_time_is_shared_and_what_one_leaves_is_for_the_others() -> None:
    assert sections.share_s(["compiling", "ahead_of_time"], 120) == 80
    assert sections.share_s(["ahead_of_time"], 50) == 50
    assert sections.share_s(["gaps", "norm"], 50) == 25
    assert sections.share_s(["gaps", "norm"], -1) == 0


def test_a_section_that_is_not_done_in_its_time_is_ended(
    tiny: ModelUnderTest, tmp_path: Path
) -> None:
    figures = sections.run("gaps", tiny._replace(scratch=tmp_path), TRIAL, 60, 0.1)
    assert figures["failed"] == "not done after 0.1 s"
