"""Unmodified f5-tts behind the engine protocol: oracle and yardstick of our own engine.

Text, voices and pieces are prepared as for `bot.engine.f5`, which does it as upstream does;
upstream's `CFM.sample` and `Vocos.decode` sample and decode.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from bot.engine.f5.batching import SpeechRunner
from bot.engine.f5.engine import F5Engine
from bot.engine.f5.mel import BANDS
from bot.engine.f5.model.dit import Traits
from bot.engine.f5.model.layout import Item
from bot.engine.f5.model.operations import HEAD_WIDTH
from bot.engine.f5.model.sampler import Sampling
from bot.engine.f5.text.vocabulary import Vocabulary
from bot.engine.f5.weights.checkpoint import bare_name, count, open_state
from bot.engine.f5.weights.model_folder import read_model, vocoder_file
from bot.engine.upstream.importing import import_upstream
from bot.errors import StartError
from bot.messages import Samples

_NOT_PARAMETERS = ("initted", "step", "update", "mel_spec.")


class UpstreamEngine(F5Engine):
    """The f5-tts package, with the voices of a folder."""

    name = "upstream"

    def _candidates(self, device: torch.device) -> Sequence[torch.dtype]:
        # Upstream computes in half precision on GPUs alone.
        return super()._candidates(device) if device.type == "cuda" else [torch.float32]

    def _make_runner(
        self, device: torch.device, dtype: torch.dtype
    ) -> tuple[SpeechRunner, Vocabulary]:
        modules = load_upstream(self._model_folder, self._vocoder_folder, device, dtype)
        return UpstreamRunner(modules.cfm, modules.vocos), modules.vocabulary


class Modules(NamedTuple):
    """Upstream's own classes with a checkpoint's weights."""

    cfm: Any
    """`f5_tts.model.CFM`"""
    vocos: Any
    """`vocos.Vocos`, float32 as upstream runs it."""
    vocabulary: Vocabulary


def load_upstream(model: Path, vocoder: Path, device: torch.device, dtype: torch.dtype) -> Modules:
    """Return upstream's modules with the weights in these folders.

    Raises:
        StartError: f5-tts is not installed, or a file is missing or does not fit.
    """
    state, traits, vocabulary = read_model(model)
    upstream = import_upstream()
    try:
        state = _parameters(state)
        transformer = upstream.DiT(**architecture(state, traits))
        cfm = upstream.CFM(
            transformer,
            mel_spec_kwargs={"mel_spec_type": "vocos"},
            vocab_char_map=dict(vocabulary),
        )
        cfm.load_state_dict(state, strict=False)
        vocos = import_upstream("vocos").Vocos.from_hparams(str(vocoder / "config.yaml"))
        vocos.load_state_dict(open_state(vocoder_file(vocoder)))
    except (KeyError, RuntimeError, TypeError, OSError, AttributeError) as error:
        # upstream's own complaints about files that do not fit
        raise StartError(
            f"f5-tts cannot load {model} and {vocoder}: {error}.",
            remedy="Put the original files there; the engine f5 says in detail what is wrong.",
        ) from error
    return Modules(cfm.eval().to(device, dtype), vocos.eval().to(device), vocabulary)


class UpstreamRunner:
    """Runner of upstream's modules, one item at a time."""

    def __init__(self, cfm: Any, vocos: Any) -> None:  # noqa: ANN401 - upstream is untyped
        self._cfm = cfm
        self._vocos = vocos

    def run(self, items: Sequence[Item], sampling: Sampling) -> list[Samples]:
        """Return the speech of each item, 24 kHz."""
        return [self._speak(item, sampling) for item in items]

    def warm_up(self, lengths: Sequence[int], samplings: Sequence[Sampling]) -> None:
        """Do nothing: upstream prepares no lengths."""

    def _speak(self, item: Item, sampling: Sampling) -> Samples:
        with torch.inference_mode():
            mel, _ = self._cfm.sample(
                cond=item.reference_mel[None],
                text=torch.tensor([item.tokens], device=item.reference_mel.device),
                duration=item.frames,
                steps=sampling.steps,
                cfg_strength=sampling.cfg_strength,
                sway_sampling_coef=sampling.sway,
                seed=item.seed,
            )
            speech = mel[:, item.decode_from :].float().permute(0, 2, 1)
            wave: Samples = self._vocos.decode(speech)[0].cpu().numpy()
            return wave


def _parameters(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors that upstream's `CFM` learns, by its names for them."""
    bare = {bare_name(name): state[name] for name in state}
    return {name: value for name, value in bare.items() if not name.startswith(_NOT_PARAMETERS)}


def architecture(state: Mapping[str, Tensor], traits: Traits) -> dict[str, Any]:
    """Return the arguments of upstream's `DiT` for the tensors in `state`, with any prefix."""
    state = _parameters(state)
    tokens, text_dim = state["transformer.text_embed.text_embed.weight"].shape
    block = "transformer.transformer_blocks.0"
    inner, dim = state[f"{block}.attn.to_q.weight"].shape
    return {
        "dim": dim,
        "depth": count(state, "transformer.transformer_blocks.{}.attn.to_q.weight"),
        "heads": inner // HEAD_WIDTH,
        "dim_head": HEAD_WIDTH,
        "ff_mult": state[f"{block}.ff.ff.0.0.weight"].shape[0] // dim,
        "mel_dim": BANDS,
        "text_num_embeds": tokens - 1,
        "text_dim": text_dim,
        "conv_layers": count(state, "transformer.text_embed.text_blocks.{}.dwconv.weight"),
        "qk_norm": "rms_norm" if f"{block}.attn.q_norm.weight" in state else None,
        **traits._asdict(),
    }
