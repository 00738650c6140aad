"""Windows and macOS, as far as they can be had on Linux: types, imports, and a stand-in."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import wave
from pathlib import Path

import pytest

from tests.mqtt.conftest import PASSWORDS, Broker, broker, person  # noqa: F401 - a fixture

REPOSITORY = Path(__file__).parents[2]
STAND_IN = Path(__file__).parent / "windows"
LINUX_ALONE = {
    "bot.service.installation",
    "bot.service.manager",
    "bot.service.units",
    "bot.cli.service",
}
"""Services of systemd: `ishowtts service` says so elsewhere."""
_IMPORT_ALL = """
import pkgutil, importlib, bot, warnings
from bot.errors import IshowttsError
for module in pkgutil.walk_packages(bot.__path__, "bot."):
    if module.name.endswith("__main__"):
        continue
    try:
        importlib.import_module(module.name)
    except (ImportError, IshowttsError) as error:
        print(module.name)
"""
_LACKING = re.compile(r"^(\S+)\.py:\d+: error: (Module has no attribute .*)$", re.MULTILINE)
_NEEDS_MORE = {
    "bot.engine.f5.model.kernels",  # triton comes with torch for a GPU
}


def environment() -> dict[str, str]:
    paths = os.pathsep.join((str(STAND_IN), str(REPOSITORY)))
    return {
        **os.environ,
        "PYTHONPATH": paths,
        "PYTHONWARNDEFAULTENCODING": "1",
        "PYTHONIOENCODING": "cp1252",
    }


def windows(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run `ishowtts` as Windows would."""
    done = subprocess.run(
        [sys.executable, "-m", "bot", *map(str, arguments)],
        cwd=cwd,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(
        "channels:\n"
        "  - name: main\n"
        "    sources: [{type: ingest}]\n"
        "    outputs: [{type: wavefile, path: heard.wav}]\n"
        "engine: {engines: [hibari], priority: normal}\n"
        "server: {port: 0}\n",
        encoding="utf-8",
    )
    return path


def frames(path: Path) -> int:
    with wave.open(str(path)) as file:
        return int(file.getnframes())


def lacking(platform: str) -> subprocess.Popen[str]:
    """Start mypy for another system, with the types of the standard library alone."""
    command = [sys.executable, "-m", "mypy", "--config-file=", "--cache-dir", os.devnull]
    command += ["--follow-imports=skip", "--ignore-missing-imports", "--check-untyped-defs"]
    command += ["--platform", platform, "bot"]
    return subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)


@pytest.mark.long
@pytest.mark.parts
def test_the_standard_library_has_there_what_is_used_of_it() -> None:
    processes = {platform: lacking(platform) for platform in ("win32", "darwin")}
    told = {platform: process.communicate()[0] for platform, process in processes.items()}
    faults = {platform: re.findall(_LACKING, text) for platform, text in told.items()}
    faults = {
        platform: [(place.replace("/", "."), what) for place, what in found]
        for platform, found in faults.items()
    }

    assert all("checked" in text for text in told.values()), told
    assert [f for found in faults.values() for f in found if f[0] not in LINUX_ALONE] == []
    assert "bot.service.manager" in {place for place, _ in faults["win32"]}, "it does not look"


@pytest.mark.long
def test_everything_is_imported_without_what_posix_alone_has(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _IMPORT_ALL],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) - _NEEDS_MORE == LINUX_ALONE
    assert [
        line for line in done.stderr.split("\n") if "Encoding" in line and "/bot/" in line
    ] == []


@pytest.mark.parts
def test_the_commands_run_there(config: Path, tmp_path: Path) -> None:
    windows("check", "--config", config, cwd=tmp_path)
    windows("explain", "hej \U0001f389 \u65e5\u672c", "--config", config, cwd=tmp_path)
    windows("say", "Hello.", "--config", config, "-o", tmp_path / "said.wav", cwd=tmp_path)

    assert frames(tmp_path / "said.wav") > 0


@pytest.fixture
def with_mqtt(broker: Broker, config: Path) -> Path:  # noqa: F811 - the fixture
    account = f"port: {broker.port}, username: ishowtts, password: {PASSWORDS['ishowtts']}"
    text = config.read_text("utf-8").replace("{type: ingest}", "{type: ingest}, {type: mqtt}")
    config.write_text(f"{text}mqtt: {{enabled: true, {account}}}\n", "utf-8")
    return config


@pytest.mark.parts
async def test_the_daemon_runs_there_with_mqtt_and_ends_by_ctrl_c(
    broker: Broker,  # noqa: F811 - the fixture
    with_mqtt: Path,
    tmp_path: Path,
) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "run", "--config", str(with_mqtt)),
        cwd=tmp_path,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    log = asyncio.create_task(process.stderr.read())
    try:
        async with asyncio.timeout(60):
            await said(broker, "m1")
            await asyncio.to_thread(broker.kill)
            await asyncio.to_thread(broker.start)
            await said(broker, "m2")
            async with person(broker) as home:
                await home.until("ishowtts/availability", lambda value: value == "online")
                process.send_signal(signal.SIGINT)
                await home.until("ishowtts/availability", lambda value: value == "offline")
            status = await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
            print((await log).decode())  # noqa: T201 - pytest shows it when it failed

    assert status == 0, (await log).decode()
    assert frames(tmp_path / "heard.wav") > 0


async def said(broker: Broker, number: str) -> None:  # noqa: F811 - the fixture
    """Return when a message over MQTT was spoken."""
    async with person(broker) as home:
        await home.until("ishowtts/availability", lambda value: value == "online")
        # What is published before the daemon has subscribed is lost.
        await home.until("ishowtts/main/state", lambda state: "open at" in str(state["sources"]))
        chat = {"id": number, "author": {"name": "viewer1"}, "text": "hello"}
        await home.publish("ishowtts/main/chat", chat)
        await home.outcome(number, "spoken")
