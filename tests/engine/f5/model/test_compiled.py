"""torch.compile in place of our own kernels: the same numbers, or a remedy."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from bot.config.sections.engine import F5Settings
from bot.engine.f5.model import compiled
from bot.engine.f5.model.layout import Item
from bot.engine.f5.model.runner import Runner
from bot.engine.f5.model.sampler import Sampling
from bot.engine.f5.weights.installed import BUNDLED
from bot.engine.f5.weights.loading import candidates
from bot.errors import StartError
from tests.bench.f5.checkpoints import Shape
from tests.bench.f5.half import random_model

CPU = torch.device("cpu")
ONE_BLOCK = Shape(64, 1, 32, 32, 1, tokens=80, text_depth=1)


def test_the_configuration_names_it() -> None:
    assert F5Settings().options()["compile"] == "graphs"
    assert F5Settings(compile="torch").options()["compile"] == "torch"


def test_without_a_compiler_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(StartError, match="no-such-compiler is not there") as caught:
        compiled.require(CPU, torch.float32)
    assert "graphs" in caught.value.remedy


def test_products_of_8_bits_are_refused_and_not_taken_by_default() -> None:
    with pytest.raises(StartError, match="8 bits") as caught:
        compiled.require(CPU, torch.int8)
    assert "float32" in caught.value.remedy
    assert candidates(CPU, BUNDLED / "model", "auto", "torch") == [torch.float32]


def test_a_compiler_that_is_there_is_enough(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    compiler = tmp_path / "compiler"
    compiler.write_text("#!/bin/sh\n", encoding="utf-8")
    compiler.chmod(0o755)
    monkeypatch.setenv("CXX", str(compiler))
    compiled.require(CPU, torch.float32)


@pytest.mark.real
@pytest.mark.timeout(900)
@pytest.mark.filterwarnings("ignore")  # of torch itself, about its own parts
def test_compiled_speech_is_the_same(
    make_item: Callable[..., Item], error: Callable[..., float]
) -> None:
    # Each kernel waits for g++, too long for every run of the tests; one block has them all.
    if shutil.which("g++") is None:
        pytest.skip("needs the Debian package g++")
    acoustic, vocoder = random_model("one block", ONE_BLOCK).load(CPU, torch.float32)
    steps: list[None] = []
    own = Runner(acoustic, vocoder, CPU)
    by_torch = Runner(
        acoustic, vocoder, CPU, on_step=lambda: steps.append(None), **compiled.instead_of_ours()
    )
    # As many items each time, for which attention on a processor is compiled anew.
    for lengths in ((150, 90), (120, 70)):
        some = [make_item(frames, seed=frames) for frames in lengths]
        expected, result = own.run(some, Sampling()), by_torch.run(some, Sampling())
        for wave, exact in zip(result, expected, strict=True):
            assert error(torch.from_numpy(wave), torch.from_numpy(exact)) <= 1e-3
    assert len(steps) >= 2 * Sampling().steps  # progress is told
