"""Choice of the fastest precision: measured once, then remembered."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from bot.engine.f5.weights.measured import Measured

CANDIDATES = [torch.int8, torch.bfloat16, torch.float32]


def measure(folder: Path, times_s: list[float]) -> tuple[Any, torch.dtype]:
    """Return the runner and the type; a runner is its type here."""
    took = dict(zip(CANDIDATES, times_s, strict=True))
    measured = Measured(folder, folder / "model", CANDIDATES)
    first: Any = CANDIDATES[0]
    return measured.measure(first, lambda dtype: (dtype, None), lambda runner: took[runner])  # type: ignore[arg-type, return-value, index]


@pytest.mark.parametrize(
    ("times_s", "fastest"),
    [
        ([0.2, 0.3, 0.4], torch.int8),
        ([0.4, 0.3, 0.2], torch.float32),
        ([0.4, 0.39, 0.5], torch.int8),  # a gain that may be chance
    ],
)
def test_the_fastest_is_taken_and_remembered(
    times_s: list[float], fastest: torch.dtype, tmp_path: Path
) -> None:
    runner, dtype = measure(tmp_path, times_s)

    assert runner is dtype is fastest
    assert Measured(tmp_path, tmp_path / "model", CANDIDATES).fastest is fastest


def test_a_choice_among_others_is_none(tmp_path: Path) -> None:
    measure(tmp_path, [0.2, 0.3, 0.4])

    assert Measured(tmp_path, tmp_path / "model", CANDIDATES[1:]).fastest is None
    assert Measured(tmp_path, tmp_path / "other", CANDIDATES).fastest is None


@pytest.mark.parametrize("content", ["{", "[]", "null"])
def test_a_damaged_file_is_written_again(content: str, tmp_path: Path) -> None:
    (tmp_path / "precisions.json").write_text(content, encoding="utf-8")
    measure(tmp_path, [0.2, 0.3, 0.4])

    assert list(json.loads((tmp_path / "precisions.json").read_text()).values()) == ["int8"]


def test_a_folder_that_cannot_be_written_costs_a_measurement(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert measure(tmp_path / "file", [0.2, 0.3, 0.4])[1] is torch.int8
