"""torch.compile in place of our own kernels: the same numbers, or a remedy."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from bot.config.engine import F5Settings
from bot.engine.f5.model import compiled
from bot.engine.f5.model.layout import Item
from bot.engine.f5.model.runner import Runner
from bot.engine.f5.model.sampler import Sampling
from bot.engine.f5.model.vocos import Vocos
from bot.engine.f5.weights.installed import BUNDLED
from bot.engine.f5.weights.loading import candidates
from bot.errors import StartError

CPU = torch.device("cpu")


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
    pairs: Callable[[str], Any],
    vocos_pair: tuple[Any, Vocos],
    make_item: Callable[..., Item],
    error: Callable[..., float],
) -> None:
    # Compiling takes tens of seconds, too long for every run of the tests.
    if shutil.which("g++") is None:
        pytest.skip("needs the Debian package g++")
    acoustic, vocoder = pairs("v1").acoustic, vocos_pair[1]
    steps: list[None] = []
    own = Runner(acoustic, vocoder, CPU)
    by_torch = Runner(
        acoustic, vocoder, CPU, on_step=lambda: steps.append(None), **compiled.instead_of_ours()
    )
    items = [make_item(150, seed=1), make_item(90, seed=2)]
    for some in ([items[0]], [items[1]], items):
        expected, result = own.run(some, Sampling()), by_torch.run(some, Sampling())
        for wave, exact in zip(result, expected, strict=True):
            assert error(torch.from_numpy(wave), torch.from_numpy(exact)) <= 1e-3
    assert len(steps) >= 3 * Sampling().steps  # progress is told
