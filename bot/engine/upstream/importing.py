"""Import of f5-tts for inference, with its light dependencies alone.

`f5_tts.model` imports the trainer (wandb, datasets, accelerate), `modules.py` imports librosa,
which only BigVGAN needs, Vocos imports the hub's client, and torchaudio's wheel needs the CUDA
libraries of its own torch. None of that computes anything at inference, so each part that is not
installed is replaced by an empty module; the package itself stays as it is.
"""

import sys
import warnings
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from bot.errors import StartError
from bot.runtime.installed import install_command

VERSION = "1.1.22"
"""Version of f5-tts that ishowtts is compared with and has patches for."""

_TRAINING_PACKAGES = ("accelerate", "datasets", "ema_pytorch", "wandb")


def import_upstream(module: str = "f5_tts.model") -> ModuleType:
    """Return the module of f5-tts (or vocos) named `module`, importable for inference alone.

    Raises:
        StartError: f5-tts or a package that its inference needs is not installed.
    """
    if any(find_spec(name) is None for name in _TRAINING_PACKAGES):
        _stand_in("f5_tts.model.trainer", Trainer=None)
    if find_spec("librosa") is None:
        _stand_in("librosa")
        _stand_in("librosa.filters", mel=None)
    if find_spec("huggingface_hub") is None:
        _stand_in("huggingface_hub", hf_hub_download=None)
    if find_spec("encodec") is None:
        _stand_in("encodec", EncodecModel=None)
    try:
        with warnings.catch_warnings():
            for kind in (DeprecationWarning, FutureWarning):  # x_transformers uses torch.jit
                warnings.simplefilter("ignore", kind)
            _import_torchaudio()
            return import_module(module)
    except ModuleNotFoundError as error:
        raise StartError(
            f"Upstream f5-tts cannot be imported: the Python package {error.name} is missing.",
            remedy=f"Install it with: {install_command('upstream')}",
        ) from error


def _import_torchaudio() -> None:
    try:
        import_module("torchaudio")
    except OSError:  # its compiled part belongs to another torch; the Python part is enough
        for name in [name for name in sys.modules if name.partition(".")[0] == "torchaudio"]:
            del sys.modules[name]
        _stand_in(
            "torchaudio._extension",
            fail_if_no_align=lambda function: function,
            _IS_TORCHAUDIO_EXT_AVAILABLE=False,
        )
        import_module("torchaudio")


def _stand_in(name: str, **attributes: Any) -> None:  # noqa: ANN401 - whatever is imported from it
    if name not in sys.modules:
        module = ModuleType(name, "Stand-in for a package that inference does not use.")
        module.__spec__ = ModuleSpec(name, None)
        vars(module).update(attributes)
        sys.modules[name] = module
