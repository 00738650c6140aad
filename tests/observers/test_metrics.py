"""What Prometheus is told, read with Prometheus' own parser from the daemon's own server."""

import asyncio
import json
import re
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from threading import Event
from typing import Any

import aiohttp
import msgspec
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families as parse

from bot.config.sections.server import ServerSettings
from bot.hardware.gpu import Gpu
from bot.messages import Lane, RejectReason
from bot.observers.metrics import Metrics
from bot.observers.readings import readings
from bot.outcomes import (
    Accepted,
    Dropped,
    DropReason,
    Outcome,
    Queued,
    Rejected,
    Spoken,
    Started,
)
from bot.server import Server
from bot.state import EngineState
from tests.observers.samples import message, state

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]
MONITORING = Path(__file__).parents[2] / "docs" / "monitoring"
GPU = Gpu("0", memory_bytes=80_000, used_bytes=20_000, temperature_c=54.0)


def life(number: int, name: str = "viewer1") -> Iterable[Outcome]:
    """A message of which each step took a time of its own."""
    subject = message(number, name=name)
    yield Accepted(
        id=subject.id, channel="main", chatter=name, at=100.002, received_at=100.0, text="hi"
    )
    yield Queued(id=subject.id, channel="main", chatter=name, at=100.002, lane=Lane.REST, pending=1)
    yield Started(
        id=subject.id,
        channel="main",
        chatter=name,
        at=101.8,
        engine="f5",
        text="hi",
        requested_at=101.0,
        first_chunk_at=101.3,
    )
    yield Spoken.of(subject, engines=("f5",), audio_s=2.0, synthesis_s=0.5)


class Scrape:
    """The metrics of one daemon, and what Prometheus reads of them."""

    def __init__(self) -> None:
        self.gpus: Iterable[Gpu] = (GPU,)
        self.hang = Event()
        self.hang.set()
        self.metrics = Metrics(state, gpu=self._read)
        self.url = ""

    def _read(self) -> Iterable[Gpu]:
        self.hang.wait()
        return self.gpus

    async def text(self) -> str:
        async with aiohttp.ClientSession() as http, http.get(f"{self.url}/metrics") as answer:
            assert answer.status == 200
            assert answer.content_type == "text/plain"
            return await answer.text()

    async def __call__(self) -> Samples:
        return {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in parse(await self.text())
            for sample in family.samples
        }


@pytest.fixture
async def scrape() -> AsyncIterator[Scrape]:
    scrape = Scrape()
    async with Server(ServerSettings(port=0), scrape.metrics.routes) as server:
        scrape.url = server.url
        yield scrape
        scrape.hang.set()


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples[name, frozenset(labels.items())]


async def test_each_stage_of_a_message_is_measured(scrape: Scrape) -> None:
    for outcome in life(1):
        scrape.metrics.observe(outcome)
    samples = await scrape()
    stages = {
        stage: value(samples, "ishowtts_stage_seconds_sum", channel="main", stage=stage)
        for stage in ("policy", "queue", "engine", "output")
    }

    assert stages == pytest.approx({"policy": 0.002, "queue": 0.998, "engine": 0.3, "output": 0.5})
    assert value(samples, "ishowtts_ttfa_seconds_sum", channel="main") == pytest.approx(1.8)
    assert value(samples, "ishowtts_rtf_ratio_sum", engine="f5") == pytest.approx(0.25)
    assert value(samples, "ishowtts_audio_seconds_sum", channel="main", engine="f5") == 2.0


async def test_outcomes_are_counted_with_their_reasons(scrape: Scrape) -> None:
    scrape.metrics.observe(Dropped.of(message(), reason=DropReason.SKIPPED))
    scrape.metrics.observe(
        Rejected.of(message(), received_at=1.0, reason=RejectReason.LINK, detail="http://x")
    )
    samples = await scrape()

    for outcome, reason in (("dropped", "skipped"), ("rejected", "link")):
        labels = {"channel": "main", "outcome": outcome, "reason": reason}
        assert value(samples, "ishowtts_outcomes_total", **labels) == 1


async def test_the_state_is_read_at_each_request(scrape: Scrape) -> None:
    samples = await scrape()
    source = {"channel": "main", "source": "twitch_irc:a"}

    assert value(samples, "ishowtts_queue_utterances", channel="main", lane="rest") == 2
    assert value(samples, "ishowtts_engine_ready", engine="f5") == 0
    assert value(samples, "ishowtts_engine_restarts_total", engine="f5") == 2
    assert value(samples, "ishowtts_output_underflows_total", output="speakers") == 3
    assert value(samples, "ishowtts_output_lost_seconds_total", output="speakers") == 0.25
    assert value(samples, "ishowtts_source_reconnects_total", **source) == 4
    assert value(samples, "ishowtts_bench_ratio", workload="3 s") == 1.25
    assert value(samples, "ishowtts_gpu_memory_used_bytes", gpu="0") == 20_000
    assert value(samples, "ishowtts_gpu_temperature_celsius", gpu="0") == 54


def test_an_engine_that_rests_sets_off_no_alarm() -> None:
    resting = EngineState(is_ready=False, is_idle=True, state="away: it is idle", restarts=0)
    told = msgspec.structs.replace(state(), engines={"f5": resting})
    (family,) = [each for each in readings(told, ()) if each.name == "ishowtts_engine_ready"]

    assert [sample.value for sample in family.samples] == [1]


async def test_counters_are_there_at_zero_before_the_first_event(scrape: Scrape) -> None:
    first = await scrape()
    for outcome in (
        *life(1),
        Dropped.of(message(2), reason=DropReason.SKIPPED),
        Rejected.of(message(3), received_at=1.0, reason=RejectReason.LINK),
    ):
        scrape.metrics.observe(outcome)
    labels = {"channel": "main", "outcome": "rejected", "reason": "link"}

    assert value(first, "ishowtts_outcomes_total", **labels) == 0
    assert value(first, "ishowtts_ttfa_seconds_count", channel="main") == 0
    assert value(first, "ishowtts_synthesis_seconds_total", engine="f5") == 0
    assert (await scrape()).keys() == first.keys()


async def test_tasks_are_counted_as_they_come_and_go(scrape: Scrape) -> None:
    async def until(count: float) -> None:
        """Return when so many are told of: an earlier request's own task ends a moment later."""
        while value(await scrape(), "ishowtts_asyncio_tasks") != count:
            pass

    before = value(await scrape(), "ishowtts_asyncio_tasks")
    async with asyncio.TaskGroup() as tasks:
        waiting = [tasks.create_task(asyncio.Event().wait()) for _ in range(50)]
        await until(before + 50)
        for task in waiting:
            task.cancel()

    await until(before)


async def test_no_chatter_adds_a_series_or_is_named(scrape: Scrape) -> None:
    for outcome in life(0):
        scrape.metrics.observe(outcome)
    before = await scrape()
    for number in range(1000):
        for outcome in life(number, name=f'troll{number}"\n'):
            scrape.metrics.observe(outcome)

    assert (await scrape()).keys() == before.keys()
    assert "troll" not in await scrape.text()


async def test_a_driver_that_hangs_holds_up_neither_the_figures_nor_the_next_request(
    scrape: Scrape,
) -> None:
    scrape.hang.clear()
    for _ in range(2):
        assert ("ishowtts_gpu_temperature_celsius", frozenset({("gpu", "0")})) not in await scrape()
    scrape.hang.set()
    while ("ishowtts_gpu_temperature_celsius", frozenset({("gpu", "0")})) not in await scrape():
        pass


def expressions(value: Any) -> Iterable[str]:  # noqa: ANN401 - JSON or YAML
    if isinstance(value, dict):
        for key, below in value.items():
            if key in {"expr", "definition"}:
                yield below
            yield from expressions(below)
    elif isinstance(value, list):
        for below in value:
            yield from expressions(below)


RULES = yaml.safe_load((MONITORING / "alerts.yml").read_text(encoding="utf-8"))
DASHBOARD = json.loads((MONITORING / "dashboard.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("document", [RULES, DASHBOARD], ids=["alerts", "dashboard"])
async def test_every_metric_that_is_asked_for_exists(scrape: Scrape, document: object) -> None:
    for outcome in (*life(1), Dropped.of(message(), reason=DropReason.SKIPPED)):
        scrape.metrics.observe(outcome)
    scrape.metrics.lagged(0.0)
    known = {name for name, _ in await scrape()}
    found = list(expressions(document))
    asked = set(re.findall(r"\b(?:ishowtts|process)_[a-z_]+\b", " ".join(found)))

    assert len(found) >= 14
    assert asked <= known


@pytest.mark.parametrize("document", [RULES, DASHBOARD], ids=["alerts", "dashboard"])
async def test_every_label_that_is_asked_for_exists(scrape: Scrape, document: object) -> None:
    for outcome in life(1):
        scrape.metrics.observe(outcome)
    scrape.metrics.lagged(0.0)
    known: dict[str, set[str]] = {}
    for name, labels in await scrape():
        known.setdefault(name, {"instance", "job"}).update(key for key, _ in labels)
    selectors = [
        match
        for text in expressions(document)
        for match in re.findall(r"((?:ishowtts|process)_[a-z_]+)\{([^}]*)\}", text)
    ]

    assert selectors
    for name, inside in selectors:
        assert set(re.findall(r"([a-z_]+)\s*[=!]", inside)) <= known[name], name


def test_the_panels_of_the_dashboard_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells


@pytest.mark.skipif(shutil.which("promtool") is None, reason="needs the Debian package prometheus")
def test_prometheus_takes_the_alert_rules_and_they_fire(tmp_path: Path) -> None:
    cases = {
        'ishowtts_engine_ready{instance="a",engine="f5"}': ("0x20", "IshowttsNoEngine"),
        'ishowtts_output_available{instance="a",output="o"}': ("0x20", "IshowttsNoOutput"),
        'ishowtts_engine_restarts_total{instance="a",engine="f5"}': (
            "0+1x20",
            "IshowttsEngineRestarts",
        ),
        'ishowtts_output_lost_seconds_total{instance="a",output="o"}': (
            "0+0.5x20",
            "IshowttsSpeechLost",
        ),
        'up{instance="a",job="ishowtts"}': ("0x20", "IshowttsDown"),
        'ishowtts_source_connected{instance="a",channel="c",source="s"}': (
            "0x20",
            "IshowttsChatAway",
        ),
        'ishowtts_gpu_temperature_celsius{instance="a",gpu="0"}': ("90x20", "IshowttsGpuHot"),
        'ishowtts_bench_ratio{instance="a",workload="3 s"}': ("1.25x20", "IshowttsDrift"),
        'ishowtts_mqtt_connected{instance="a"}': ("0x20", "IshowttsMqttAway"),
    }
    tests = [
        {
            "interval": "1m",
            "input_series": [{"series": series, "values": values}],
            "promql_expr_test": [
                {
                    "expr": f'count(ALERTS{{alertname="{alert}",alertstate="firing"}})',
                    "eval_time": "15m",
                    "exp_samples": [{"labels": "{}", "value": 1}],
                }
            ],
        }
        for series, (values, alert) in cases.items()
    ]
    rules = MONITORING / "alerts.yml"
    path = tmp_path / "tests.yml"
    path.write_text(yaml.safe_dump({"rule_files": [str(rules)], "tests": tests}))

    for command in (("check", "rules", str(rules)), ("test", "rules", str(path))):
        answer = subprocess.run(["promtool", *command], capture_output=True, text=True, check=False)
        assert answer.returncode == 0, answer.stdout + answer.stderr
