"""The benchmarks tell what went wrong, also where nothing was measured."""

import os
import random
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.bench import chaos, twitch


def test_a_loss_is_not_made_up_for_by_a_duplicate() -> None:
    assert twitch.accounted([0, 1, 2], 3) == {"heard": 3, "lost": 0, "doubled": 0}
    assert twitch.accounted([0, 1, 1], 3) == {"heard": 3, "lost": 1, "doubled": 1}


class _Still(chaos.Stage):
    """A stage around this process, which says nothing, with one fault."""

    def __init__(self, folder: Path, fault: Any) -> None:  # noqa: ANN401 - a function
        self._rng = random.Random(1)
        self._state = folder
        self._faults = {"fault": fault}
        self.happened, self.held = Counter(), []
        self.daemon = SimpleNamespace(  # type: ignore[assignment] # in place of a daemon
            status=lambda: {"channels": {"main": {"pending": 100}}},
            process=SimpleNamespace(pid=os.getpid()),
            tasks=lambda: 0,
        )


def test_what_cannot_be_made_to_fail_ends_the_run(tmp_path: Path) -> None:
    def fault() -> None:
        raise FileNotFoundError("pulseaudio")

    with pytest.raises(FileNotFoundError, match="pulseaudio"):
        _Still(tmp_path, fault).run(60, 10)

    stage = _Still(tmp_path, lambda: None)
    stage.run(60, 1)
    assert stage.happened == {"fault": 1}


@pytest.mark.parametrize(("faults", "complaint"), [(9, ["fewer things failed"]), (10, [])])
def test_too_few_failures_are_complained_of(faults: int, complaint: list[str]) -> None:
    result = {
        "accepted": 1,
        "with_exactly_one_final_outcome": 1,
        "outcomes": {"spoken": 1},
        **{name: [1, 1] for name in ("memory_mib", "descriptors", "threads", "tasks", "store_mib")},
        "faults": {"engine killed": faults},
        "least_faults": 10,
    }
    assert [found[: len("fewer things failed")] for found in chaos.complaints(result)] == complaint
