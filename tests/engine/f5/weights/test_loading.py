"""Precision: the fastest that was judged, or the one that the configuration asks for."""

import logging
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from bot.engine.f5.model import cpu, int8
from bot.engine.f5.weights import loading
from bot.engine.f5.weights.installed import BUNDLED
from bot.engine.f5.weights.loading import candidates, describe, load_runner
from bot.errors import StartError

CPU, GPU = torch.device("cpu"), torch.device("cuda")


@pytest.fixture(params=[True, False], ids=["8-bit products", "no 8-bit products"])
def has_int8(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    monkeypatch.setattr(int8, "works", lambda: request.param)
    return bool(request.param)


def test_a_cpu_computes_in_8_bits_if_it_can_and_the_model_was_judged_so(
    has_int8: bool,  # noqa: FBT001 - a fixture
    tmp_path: Path,
) -> None:
    (tmp_path / "model.yaml").write_text("ishowtts: {front_end: phonemes}", encoding="utf-8")

    assert candidates(CPU, tmp_path) == [torch.float32]
    expected = [torch.int8] * has_int8 + [torch.bfloat16] * cpu.has_bfloat16() + [torch.float32]
    assert candidates(CPU, BUNDLED / "model") == expected


@pytest.mark.usefixtures("has_int8")
@pytest.mark.parametrize("model", ["model", "vocoder"], ids=["judged", "not judged"])
def test_a_gpu_computes_in_half_precision(model: str) -> None:
    assert candidates(GPU, BUNDLED / model) == [torch.float16]


def test_the_configuration_chooses_any_precision_that_the_device_has(
    has_int8: bool,  # noqa: FBT001 - a fixture
    tmp_path: Path,
) -> None:
    for device, names in ((CPU, ("float32", "bfloat16")), (GPU, ("float32", "float16"))):
        for name in names:
            assert candidates(device, BUNDLED / "model", name) == [getattr(torch, name)]
    if has_int8:
        assert candidates(CPU, tmp_path, "int8") == [torch.int8]
    else:
        with pytest.raises(StartError, match="'int8' on this CPU"):
            candidates(CPU, tmp_path, "int8")


@pytest.mark.usefixtures("has_int8")
@pytest.mark.parametrize(
    ("device", "name"), [(CPU, "float16"), (GPU, "int8"), (CPU, "float64"), (GPU, "")]
)
def test_a_precision_that_the_device_lacks_is_refused(
    device: torch.device, name: str, tmp_path: Path
) -> None:
    with pytest.raises(StartError, match=f"the precision '{name}' on this") as caught:
        candidates(device, tmp_path, name)
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        (torch.int8, "CPU, 8 bits"),
        (torch.float32, "CPU, float32"),
        (torch.bfloat16, "CPU, bfloat16"),
    ],
)
def test_people_are_told_device_and_precision(dtype: torch.dtype, expected: str) -> None:
    assert describe(CPU, dtype) == expected


@pytest.mark.parametrize(
    "missing",
    [
        None,
        RuntimeError("Failed to find C compiler."),
        subprocess.CalledProcessError(1, ["gcc"]),
        ImportError("/state/.triton: failed to map segment"),
    ],
    ids=["nothing missing", "no gcc", "no Python.h", "noexec"],
)
def test_a_gpu_speaks_without_our_kernels_where_triton_cannot_compile_them(
    missing: Exception | None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def launch(*_: object) -> None:
        if missing:
            raise missing

    # In place of what needs a GPU: Triton's kernels, and the runner with the model on it.
    monkeypatch.setattr(loading, "find_spec", lambda _: object())
    kernels = SimpleNamespace(depthwise=launch)
    monkeypatch.setitem(sys.modules, "bot.engine.f5.model.kernels", kernels)
    monkeypatch.setattr("bot.engine.f5.model.kernels", kernels, raising=False)
    monkeypatch.setattr(torch.Tensor, "to", lambda tensor, *_: tensor)
    monkeypatch.setattr(loading, "load_model", lambda *_: (None, None))
    monkeypatch.setattr(loading, "load_vocoder", lambda *_: None)
    used: list[bool] = []
    monkeypatch.setattr(loading, "Runner", lambda *_, use_triton, **__: used.append(use_triton))

    with caplog.at_level(logging.WARNING):
        load_runner(Path(), Path(), GPU, torch.float16)

    assert used == [missing is None]
    assert ("Install gcc and python3-dev" in str([vars(each) for each in caplog.records])) is bool(
        missing
    )
