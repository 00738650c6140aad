"""The real Prometheus at a daemon that speaks: it sees the first message by `increase`."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.observers.test_metrics import DASHBOARD, expressions
from tests.observers.test_prometheus import filled, prometheus
from tests.real import table
from tests.web.conftest import running_daemon

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.parts,
    pytest.mark.real,
    pytest.mark.timeout(170),
    pytest.mark.skipif(shutil.which("prometheus") is None, reason="not installed: prometheus"),
]
_CONFIG = """
channels:
  - name: main
    sources: [{{type: ingest}}]
    outputs: [{{type: wavefile, path: "{folder}/speech.wav"}}]
engine: {{engines: [hibari]}}
server: {{port: 0}}
"""


async def test_it_sees_the_first_message(tmp_path: Path) -> None:
    config = tmp_path / "own.yaml"
    config.write_text(_CONFIG.format(folder=tmp_path), "utf-8")
    spoken = 'ishowtts_outcomes_total{outcome="spoken"}'
    async with (
        running_daemon(config) as api,
        prometheus(tmp_path, api.daemon.url.removeprefix("http://")) as here,
    ):
        await here.until(spoken, 0)
        await api.say("the first message of the day")
        await here.until(spoken, 1)
        (seen,) = await here.query(f"increase({spoken}[1m])")
        queries = [filled(expression) for expression in expressions(DASHBOARD["panels"])]
        answered = [bool(await here.query(query)) for query in queries]
    assert seen >= 1
    told = await asyncio.to_thread(
        subprocess.run, ["prometheus", "--version"], capture_output=True, text=True, check=True
    )
    found = re.search(r"version ([\d.]+)", told.stdout + told.stderr)
    table.keep(
        "Prometheus",
        found.group(1) if found else "?",
        "five scrapes a second of a daemon that speaks; each query of the dashboard",
        f"the first message is seen by increase(); {sum(answered)} of {len(queries)} queries have"
        " figures without a GPU, a broker and a chat of Twitch",
    )
