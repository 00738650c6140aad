"""Parts of a report: each is a text under a name."""

import asyncio
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import distribution, distributions
from pathlib import Path
from threading import Thread
from typing import NamedTuple

import bot
from bot.config import Settings, load
from bot.errors import ConfigError, StartError
from bot.hardware import gpu, host, jetson
from bot.report import secrets
from bot.report.forms import without_private_keys
from bot.report.redaction import Redactor
from bot.runtime.files.folders import read_bounded
from bot.runtime.files.state_folder import state_folder
from bot.runtime.processes.child import module_command
from bot.service import daemon
from bot.speedcheck import speed

_LOG_LINES = 5000
_MAX_FILE_BYTES = 8 << 20
_BENCH_RUNS = 30
_CHECK_S = 300
_JOURNAL_S = 20
_UNIT = "ishowtts"
_GPU_FIELDS = ("model", "driver", "memory_bytes", "temperature_c", "mhz")
_GPU_S = 20.0
_LEVEL = re.compile(r"\A<[0-7]>")
"""Priority before a line of standard error: see sd-daemon(3)."""


class Part(NamedTuple):
    """A file of the archive."""

    name: str
    about: str
    text: str


def collect(config: Path, redactor: Redactor, *, has_check: bool) -> Iterator[Part]:
    """Yield the parts, redacted; one that cannot be had says why instead."""
    text = text_of(config)
    settings = _settings(config)
    # First those who name chatters, so that they are known in what follows.
    logs = [*_logs(settings)]
    for _, lines in logs:
        for line in lines:
            redactor.meet(line)
    yield Part(
        "config.yaml", f"the configuration {config}", secrets.without_secrets(text, redactor)
    )
    for name, lines in logs:
        redacted = "".join(f"{redactor.log_line(line)}\n" for line in lines)
        yield Part(f"logs/{name}", f"the last {len(lines)} lines of the log", redacted)
    yield Part("versions.json", "versions of everything that is used", _json(_versions()))
    yield Part("hardware.json", "the machine", redactor.text(_json(_hardware())))
    yield _status(settings, redactor)
    if has_check:
        yield Part("check.txt", "what `ishowtts check` says", redactor.text(_check(config)))
    yield from _bench(redactor)


def text_of(path: Path) -> str:
    """Return the text of a file, or why it cannot be read."""
    try:
        return read_bounded(path, _MAX_FILE_BYTES).decode(errors="replace")
    except OSError as error:
        return f"# {path} cannot be read: {error.strerror}\n"


def _settings(path: Path) -> Settings | None:
    try:
        return load(path)
    except ConfigError:
        return None  # `check.txt` says why


def _logs(settings: Settings | None) -> Iterator[tuple[str, list[str]]]:
    file = settings.log.file if settings else None
    if file is not None:
        for path in sorted(file.parent.glob(f"{file.name}*"), reverse=True):
            lines = _last_lines(path)
            if lines:
                yield path.name, without_private_keys("\n".join(lines)).split("\n")
    journal = _journal()
    if journal:
        yield "journal.jsonl", journal


def _last_lines(path: Path) -> list[str]:
    if not path.is_file():  # a pipe would be waited for
        return []
    try:
        with path.open("rb") as file:
            left_out = max(path.stat().st_size - _MAX_FILE_BYTES, 0)
            file.seek(left_out)
            lines = file.read(_MAX_FILE_BYTES).decode(errors="replace").splitlines()
    except OSError:
        return []
    return lines[1 if left_out else 0 :][-_LOG_LINES:]


def _journal() -> list[str]:
    """Return what the service of this user, or else of the system, has told systemd's journal."""
    program = shutil.which("journalctl")
    if program is None:
        return []
    for whose in (["--user"], []):
        which = [*whose, f"--unit={_UNIT}*", f"--lines={_LOG_LINES}"]
        command = [program, *which, "--output=json", "--all"]  # long fields too
        try:
            done = subprocess.run(  # noqa: S603 - a fixed command
                command, capture_output=True, text=True, check=True, timeout=_JOURNAL_S
            )
        except (OSError, subprocess.SubprocessError):
            continue
        lines = [
            _log_line(json.loads(line)) for line in done.stdout.splitlines() if line[:1] == "{"
        ]
        if lines:
            return lines
    return []


def _log_line(entry: Mapping[str, object]) -> str:
    """Return an entry of the journal as a line of our log, without what systemd adds to it."""
    at_us = entry.get("__REALTIME_TIMESTAMP")
    fields: dict[str, object] = {"at_s": int(at_us) / 1e6 if isinstance(at_us, str) else 0.0}
    fields |= {
        name.lower(): value
        for name, value in entry.items()
        if name[0] != "_" and not name.startswith("SYSLOG") and isinstance(value, str)
    }
    if "event" in fields:
        fields.pop("message", None)  # the same once more, where names are harder to find
    elif isinstance(message := fields.get("message"), str):
        # A line of standard error, as with `log.format: json` or `text`.
        fields["message"] = message = _LEVEL.sub("", message)
        if message.startswith("{"):
            return message
    return json.dumps(fields, ensure_ascii=False)


def _versions() -> dict[str, str]:
    wanted = {
        requirement.partition(";")[0].split("[")[0].rstrip("<>=!~0123456789., ").lower()
        for requirement in distribution("ishowtts").requires or []
    }
    installed = {each.name.lower(): each.version for each in distributions() if each.name}
    return {
        "ishowtts": bot.version(),
        "python": sys.version,
        "system": platform.platform(),
        **{name: installed[name] for name in sorted(wanted & installed.keys())},
    }


def _hardware() -> Mapping[str, object]:
    board = jetson.read()
    folder = state_folder()
    there = next((each for each in (folder, *folder.parents) if each.exists()), Path("/"))
    return {
        "processor": host.cpu_model(),
        "cores": os.cpu_count(),
        "memory_gb": host.memory_gb(),
        "clocks": host.clocks(),
        "load_average": host.load_average(),
        "gpus": _gpus(),
        "jetson": str(board) if board else None,
        "free_disk_gb": round(shutil.disk_usage(there).free / 1e9, 1),
    }


def _gpus() -> list[dict[str, object]]:
    found: list[gpu.Gpu] = []
    # A thread that is left behind: the driver may hang, and then the report is wanted most.
    reading = Thread(target=lambda: found.extend(gpu.read()), daemon=True)
    reading.start()
    reading.join(_GPU_S)
    return [{field: getattr(each, field) for field in _GPU_FIELDS} for each in found]


def _status(settings: Settings | None, redactor: Redactor) -> Part:
    about = "what the running daemon does"
    try:
        answer = asyncio.run(daemon.fetch(settings.server)) if settings else None
        status = json.loads(answer or b"{}")
    except StartError as error:
        return Part("status.txt", about, redactor.text(f"{error}\n"))
    except (ValueError, RecursionError):
        status = {}  # another program answers
    if not status:
        return Part("status.txt", about, "No daemon answers with this configuration.\n")
    return Part("status.json", about, _json(redactor.value(status)))


def _check(config: Path) -> str:
    command = module_command("bot", "check", "--config", str(config))
    try:
        done = subprocess.run(  # noqa: S603 - our own module
            command, capture_output=True, text=True, check=False, timeout=_CHECK_S
        )
    except subprocess.TimeoutExpired:
        return f"ishowtts check did not end within {_CHECK_S} s.\n"
    return f"{done.stdout}{done.stderr}exit code {done.returncode}\n"


def _bench(redactor: Redactor) -> Iterator[Part]:
    found = speed.load()
    if found is not None:
        yield Part(
            "bench/speed.txt", "how fast it was when it was last looked at", found.sentence + "\n"
        )
    for path in sorted((state_folder() / "bench").glob("*.json"))[-_BENCH_RUNS:]:
        yield Part(f"bench/{path.name}", "a run of the benchmark", redactor.text(text_of(path)))


def _json(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
