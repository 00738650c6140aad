"""Upstream with our patches, on a GPU with compiled blocks, in a process of its own.

The patches are applied to a copy, so that the installed package stays as it is.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import msgspec
import torch

from bot.engine.upstream.engine import load_upstream
from bot.engine.upstream.patches import State, Upstream, find_package
from bot.errors import IshowttsError, StartError
from tests.bench.f5.model_under_test import ModelUnderTest
from tests.bench.f5.results import Case
from tests.bench.f5.timing import BUDGET_S, Clock
from tests.bench.f5.upstream.requests import UpstreamRequests, upstream_dtype
from tests.bench.f5.workload import Load, Workload

PATCHED = "upstream, patched"
COMPILED = "upstream, patched and compiled"
_TIMEOUT_S = 300
_REPOSITORY = Path(__file__).parents[4]
_MARK = "ishowtts-bench: "
"""In front of the child's answer; upstream prints other lines."""
_TAIL_CHARACTERS = 600


class ChildError(IshowttsError):
    """A measurement's process ended without a result."""


class _Task(NamedTuple):
    """Measurement that the child is given."""

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
    """Cases that the child measured."""

    cases: dict[str, Case] = {}
    failures: dict[str, str] = {}
    """By workload."""


def contender(device: torch.device) -> str:
    """Return what `measure` measures on `device`: on a CPU nothing is compiled."""
    return COMPILED if _compiles(device) else PATCHED


def _compiles(device: torch.device) -> bool:
    return device.type == "cuda"


def released() -> bool:
    """Tell whether the installed f5-tts is as it was released."""
    return Upstream().verify().state is State.RELEASED


def measure(
    tested: ModelUnderTest, loads: list[Load], *, nfe: int, budget_s: float = BUDGET_S
) -> Answer:
    """Return the cases of `contender`, the items of a load in turn.

    Raises:
        IshowttsError: f5-tts is not installed, or the process failed.
    """
    task = _Task(
        package=str(_patched_copy(tested.scratch / "patched")),
        model=str(tested.model),
        vocoder=str(tested.vocoder),
        voices=str(tested.voices),
        device=str(tested.device),
        nfe=nfe,
        cfg_strength=tested.cfg_strength,
        loads=loads,
        budget_s=budget_s,
    )
    path = tested.scratch / "task.json"
    path.write_bytes(msgspec.json.encode(task))
    python_path = os.pathsep.join(filter(None, (str(_REPOSITORY), os.environ.get("PYTHONPATH"))))
    try:
        done = subprocess.run(
            [sys.executable, "-m", __name__, str(path)],
            capture_output=True,
            text=True,
            check=False,
            timeout=_TIMEOUT_S,
            env={**os.environ, "PYTHONPATH": python_path},
        )
    except subprocess.TimeoutExpired as error:
        raise ChildError(f"Patched upstream did not end within {_TIMEOUT_S} s.") from error
    answers = [line for line in done.stdout.splitlines() if line.startswith(_MARK)]
    if done.returncode != 0 or not answers:
        raise ChildError(
            f"Patched upstream ended with exit code {done.returncode}: "
            f"{done.stderr.strip()[-_TAIL_CHARACTERS:]}"
        )
    return msgspec.json.decode(answers[-1].removeprefix(_MARK), type=Answer)


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


def _measure_here(task: _Task) -> Answer:
    device = torch.device(task.device)
    dtype = upstream_dtype(device)
    modules = load_upstream(Path(task.model), Path(task.vocoder), device, dtype)
    place = str(sys.modules["f5_tts.model"].__file__)
    if not Path(place).is_relative_to(task.package):
        raise StartError(f"{place} was imported instead of the copy in {task.package}.")
    clock = Clock(device, dtype)
    requests = UpstreamRequests(
        modules,
        Workload(Path(task.voices), modules.vocabulary, device),
        clock,
        task.cfg_strength,
    )
    if _compiles(device):
        requests.compile_blocks()
    answer = Answer()
    for load in task.loads:
        try:
            answer.cases[load.name] = requests.case(
                load, nfe=task.nfe, in_turn=True, budget_s=task.budget_s
            )
        except Exception as error:  # noqa: BLE001 - upstream and the compiler may raise anything
            answer.failures[load.name] = repr(error)
    return answer


if __name__ == "__main__":
    _TASK = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=_Task)
    sys.path.insert(0, _TASK.package)
    print(_MARK + msgspec.json.encode(_measure_here(_TASK)).decode())
