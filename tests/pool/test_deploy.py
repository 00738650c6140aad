"""docs/deploy: what it tells people to write is understood."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.config import loads
from bot.pool.figures import Figures, Result

FOLDER = Path(__file__).parents[2] / "docs" / "deploy"
PAGE = (FOLDER / "pool.md").read_text(encoding="utf-8")


def read(name: str) -> Any:  # noqa: ANN401 - as in YAML
    return yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))


def test_the_configurations_of_the_page_are_valid() -> None:
    worker, daemon = map(loads, re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL))

    assert (worker.engine.engines, worker.engine.pool.user) == (("f5",), "worker")
    assert daemon.engine.engines == ("pool", "f5", "hibari")


def test_the_worker_s_configuration_is_valid_and_the_containers_use_it() -> None:
    settings = loads((FOLDER / "worker.yaml").read_text(encoding="utf-8"))
    compose = read("compose.yaml")["services"]
    (container,) = read("kubernetes.yaml")["spec"]["template"]["spec"]["containers"]

    assert settings.engine.pool.servers == ("nats://nats:4222",)
    command = ["worker", "--config", "/etc/ishowtts/worker.yaml"]
    assert compose["worker"]["command"] == container["args"] == command
    assert compose["worker"]["volumes"] == ["./worker.yaml:/etc/ishowtts/worker.yaml:ro"]
    assert "exec" in compose["worker"]["tmpfs"][0].split(",")  # docker's default is noexec
    assert {port["containerPort"] for port in container["ports"]} == {settings.worker.port}
    assert container["readinessProbe"]["httpGet"]["path"] == "/healthz"


def test_the_page_lists_every_figure_with_its_type() -> None:
    figures = Figures()
    figures.count(Result.SPOKEN)
    families = {family.name: family.type for family in figures._registry.collect()}
    listed = dict(re.findall(r"^\| `(ishowtts_\S+)` \| (\w+)", PAGE, re.MULTILINE))

    assert {name.removesuffix("_total"): kind for name, kind in listed.items()} == families


@pytest.mark.parametrize("page", sorted(FOLDER.glob("*.md")), ids=lambda page: page.stem)
def test_no_page_leads_nowhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))

    assert targets
    assert [target for target in targets if not (FOLDER / target).exists()] == []


def test_the_configuration_of_a_standby_is_valid() -> None:
    page = (FOLDER / "standby.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)

    assert loads(example).standby.enabled


def test_the_unit_is_valid(tmp_path: Path) -> None:
    if not Path("/usr/bin/systemd-analyze").exists():
        pytest.skip("needs the Debian package systemd")
    unit = tmp_path / "ishowtts-worker.service"
    unit.write_text((FOLDER / unit.name).read_text(encoding="utf-8"), encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False
    )

    assert done.stderr == ""
    assert done.returncode == 0
