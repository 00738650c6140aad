"""Upstream with our patches, on a GPU with compiled blocks, in a process of its own.

The patches are applied to a copy, so that the installed package stays as it is.
"""

import shutil
import sys
from pathlib import Path
from typing import NamedTuple

import msgspec
import torch

from bot.bench import children
from bot.bench.results import Case
from bot.bench.subject import Subject
from bot.bench.timing import BUDGET_S, Clock
from bot.bench.upstream_stages import UpstreamRequests, upstream_dtype
from bot.bench.workload import Load, Workload
from bot.engine.upstream.engine import load_upstream
from bot.engine.upstream.patches import State, Upstream, find_package
from bot.errors import StartError

PATCHED = "upstream, patched"
COMPILED = "upstream, patched and compiled"
_TIMEOUT_S = 300


class _Order(NamedTuple):
    """What the child has to measure."""

    package: str
    """Folder that holds the patched f5_tts."""
    model: str
    vocoder: str
    voices: str
    device: str
    nfe: int
    cfg_strength: float
    loads: list[Load]
    budget_s: float


class Answer(msgspec.Struct):
    """What the child found."""

    cases: dict[str, Case] = {}
    failures: dict[str, str] = {}
    """By workload."""


def contender(device: torch.device) -> str:
    """Return what `measure` measures on `device`: on a processor nothing is compiled."""
    return COMPILED if _compiles(device) else PATCHED


def _compiles(device: torch.device) -> bool:
    return device.type == "cuda"


def released() -> bool:
    """Tell whether the installed f5-tts is as it was released."""
    return Upstream().verify().state is State.RELEASED


def measure(subject: Subject, loads: list[Load], *, nfe: int, budget_s: float = BUDGET_S) -> Answer:
    """Return the cases of `contender`, the items of a load in turn.

    Raises:
        IshowttsError: f5-tts is not installed, or the process failed.
    """
    order = _Order(
        package=str(_patched_copy(subject.scratch / "patched")),
        model=str(subject.model),
        vocoder=str(subject.vocoder),
        voices=str(subject.voices),
        device=str(subject.device),
        nfe=nfe,
        cfg_strength=subject.cfg_strength,
        loads=loads,
        budget_s=budget_s,
    )
    path = subject.scratch / "order.json"
    path.write_bytes(msgspec.json.encode(order))
    return children.run(__name__, [str(path)], Answer, timeout_s=_TIMEOUT_S)


def _patched_copy(folder: Path) -> Path:
    """Copy the installed package into `folder`, patch it there and return the folder."""
    if not folder.is_dir():
        shutil.copytree(
            find_package() / "f5_tts",
            folder / "f5_tts",
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    Upstream(folder).apply()
    return folder


def _measure_here(order: _Order) -> Answer:
    device = torch.device(order.device)
    dtype = upstream_dtype(device)
    modules = load_upstream(Path(order.model), Path(order.vocoder), device, dtype)
    place = str(sys.modules["f5_tts.model"].__file__)
    if not Path(place).is_relative_to(order.package):
        raise StartError(f"{place} was imported instead of the copy in {order.package}.")
    clock = Clock(device, dtype)
    requests = UpstreamRequests(
        modules,
        Workload(Path(order.voices), modules.vocabulary, device),
        clock,
        order.cfg_strength,
    )
    if _compiles(device):
        requests.compile_blocks()
    answer = Answer()
    for load in order.loads:
        try:
            answer.cases[load.name] = requests.case(
                load, nfe=order.nfe, in_turn=True, budget_s=order.budget_s
            )
        except Exception as error:  # noqa: BLE001 - upstream and the compiler may raise anything
            answer.failures[load.name] = repr(error)
    return answer


if __name__ == "__main__":
    _ORDER = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=_Order)
    sys.path.insert(0, _ORDER.package)
    children.reply(_measure_here(_ORDER))
