"""Checkpoints load from the files that people have, and others are refused with a remedy."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from bot.engine.f5.model.dit import Traits
from bot.engine.f5.model.sampler import Sampling, schedule
from bot.engine.f5.model.vocos import Vocos
from bot.engine.f5.weights.checkpoint import load_acoustic, load_vocos, open_state
from bot.errors import StartError

pytestmark = pytest.mark.parts

CPU = torch.device("cpu")
State = dict[str, torch.Tensor]


@pytest.fixture
def state(pairs: Callable[[str], Any]) -> State:
    return {
        f"ema_model.{name}": tensor.clone() for name, tensor in pairs("v1").cfm.state_dict().items()
    }


def test_all_kinds_of_files_hold_the_same_model(state: State, tmp_path: Path) -> None:
    counters = {"initted": torch.tensor(1), "step": torch.tensor(1_250_000)}
    save_file({**state, **counters}, tmp_path / "model.safetensors")
    torch.save({"ema_model_state_dict": {**state, **counters}}, tmp_path / "ema.pt")
    plain = {name.removeprefix("ema_model."): tensor for name, tensor in state.items()}
    torch.save({"model_state_dict": plain}, tmp_path / "plain.pt")
    times = schedule(Sampling())[:-1]
    expected = load_acoustic(state, Traits(), CPU, torch.float32)
    for name in ("model.safetensors", "ema.pt", "plain.pt"):
        loaded = load_acoustic(open_state(tmp_path / name), Traits(), CPU, torch.float32)
        assert torch.equal(
            loaded.weights.blocks[1].qkv.weight, expected.weights.blocks[1].qkv.weight
        )
        assert torch.equal(loaded.modulate(times).blocks, expected.modulate(times).blocks)


def drop(name: str) -> Callable[[State], None]:
    return lambda state: state.__delitem__(f"ema_model.{name}")


def put(name: str, value: torch.Tensor) -> Callable[[State], None]:
    return lambda state: state.update({f"ema_model.{name}": value})


BLOCK = "transformer.transformer_blocks.1"


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        (drop(f"{BLOCK}.attn.to_k.weight"), r"to_k\.weight is missing"),
        (drop(f"{BLOCK}.attn_norm.linear.bias"), r"attn_norm\.linear\.bias is missing"),
        (put(f"{BLOCK}.attn.to_q_c.weight", torch.zeros(1)), "unknown tensors.*to_q_c"),
        (put("transformer.proj_out.weight", torch.zeros(80, 128)), r"\(80, 128\)"),
        (put("transformer.proj_out.bias", torch.full((100,), float("nan"))), "not finite"),
        (lambda state: state.clear(), "missing"),
    ],
)
def test_another_architecture_is_refused(
    damage: Callable[[State], None], complaint: str, state: State
) -> None:
    damage(state)
    with pytest.raises(StartError, match=complaint) as caught:
        load_acoustic(state, Traits(), CPU, torch.float32)
    assert caught.value.remedy


@pytest.mark.parametrize("name", ["model.safetensors", "model.pt"])
@pytest.mark.parametrize("content", [None, b"", b"garbage" * 100, "truncated"])
def test_unreadable_files_are_refused(
    name: str, content: bytes | str | None, state: State, tmp_path: Path
) -> None:
    path = tmp_path / name
    if content == "truncated":
        if path.suffix == ".pt":
            torch.save(state, path)
        else:
            save_file(state, path)
        path.write_bytes(path.read_bytes()[:-1_000])
    elif isinstance(content, bytes):
        path.write_bytes(content)
    with pytest.raises(StartError, match=name) as caught:
        open_state(path)
    assert caught.value.remedy


def test_another_vocoder_is_refused(vocos_pair: tuple[Any, Vocos]) -> None:
    state = vocos_pair[0].state_dict()
    state.pop("backbone.convnext.1.gamma")
    with pytest.raises(StartError, match=r"gamma is missing"):
        load_vocos(state, "center", CPU, torch.float32)
