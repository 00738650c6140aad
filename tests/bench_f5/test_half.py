"""The validation of half precision: on a GPU for real, elsewhere whether it sees what it should."""

import pytest
import torch

from tests.bench.f5 import half
from tests.bench.f5.checkpoints import SHAPES

CPU = torch.device("cpu")
TINY = SHAPES["tiny"]


def test_float32_is_itself_and_bfloat16_is_near() -> None:
    subject = half.random_model("tiny", TINY)
    same = half.compare(subject, CPU, torch.float32, [0.5])
    near = half.compare(subject, CPU, torch.bfloat16, [0.5])

    assert same["0.5 s"]["mel_error"] == 0
    assert half.complaints(same) == []
    assert 0 < near["0.5 s"]["mel_error"] < 0.2
    assert near["0.5 s"]["not_finite"] == 0
    assert 0 < near["0.5 s"]["largest"] < 1e4


def test_what_leaves_the_range_of_half_precision_is_told() -> None:
    subject = half.random_model("loud", TINY, scale=1e5)
    found = half.compare(subject, CPU, torch.float16, [0.5])

    assert found["0.5 s"]["largest"] > 65_504
    assert found["0.5 s"]["not_finite"]
    told = half.complaints(found)
    assert any("not finite" in each for each in told)
    assert any("the largest value" in each for each in told)
    assert any("mel_error" in each for each in told)


@pytest.mark.long
def test_fitted_phases_are_judged_by_what_is_heard() -> None:
    subject = half.subjects()[0]
    found = half.compare(subject, CPU, torch.bfloat16, [0.2])["0.2 s"]

    assert "wave_error" not in found
    assert 0 < found["sound_error"] < half.MOST_OF_UNFITTED * found["unfitted"]
    wrong = found | {"mel_error": 0.0, "sound_error": found["unfitted"]}
    assert half.complaints({"0.2 s": wrong}) == [f"0.2 s: sound_error is {found['unfitted']}"]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")
def test_half_precision_on_this_gpu() -> None:
    assert half.validate(torch.device("cuda"), torch.float16)["complaints"] == []
