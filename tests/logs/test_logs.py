import ast
import json
import logging
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import bot
from bot.errors import StartError
from bot.logs.file import LogFile
from bot.logs.flood import FloodGate

pytestmark = pytest.mark.parts

SCRIPT = """
import logging, structlog
from bot import logs
from bot.config.sections.logs import LogSettings
logs.configure(LogSettings(format={format!r}, level={level!r}))
log = structlog.get_logger("bot.test")
log.info("speaking", text="a\\x1b[31m\\u202e\\nb", server_token="hunter2")
log.debug("detail")
logging.getLogger("aiohttp.access").info("GET /")
logging.getLogger("aiohttp.server").error("broken %s", "pipe")
"""


def lines(log_format: str, level: str = "info") -> list[str]:
    script = SCRIPT.format(format=log_format, level=level)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=150
    )
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_json_is_one_object_a_line_from_us_and_from_libraries() -> None:
    ours, theirs = (json.loads(line) for line in lines("json"))

    assert ours["event"] == "speaking"
    assert ours["level"] == "info"
    assert theirs["event"] == "broken pipe"


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_chat_cannot_draw_on_the_terminal(log_format: str) -> None:
    text = "".join(lines(log_format))

    assert "\x1b[31m" not in text
    assert "\u202e" not in text
    assert len(lines(log_format)) == 2


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_secrets_are_masked(log_format: str) -> None:
    text = "".join(lines(log_format))

    assert "hunter2" not in text
    assert "********" in text


def test_the_level_is_a_threshold() -> None:
    assert len(lines("json", "debug")) == 4
    assert len(lines("json", "error")) == 1


def test_a_fault_that_repeats_is_told_a_few_times_and_then_counted() -> None:
    now, seen = [0.0], list[logging.LogRecord]()

    class Collect(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(record)

    gate = FloodGate([Collect()], clock=lambda: now[0])

    def say(level: int, **fields: object) -> None:
        gate.handle(logging.LogRecord("bot.x", level, "", 0, fields, None, None))

    for _ in range(1000):
        say(logging.WARNING, event="lost", source="a")
        say(logging.INFO, event="speaking")
    say(logging.WARNING, event="lost", source="b")

    def told(**expected: object) -> list[object]:
        return [r for r in seen if isinstance(r.msg, dict) and expected.items() <= r.msg.items()]

    assert len(told(event="lost", source="a")) == 5
    assert len(told(event="speaking")) == 1000
    assert len(told(source="b")) == 1
    now[0] = 61
    say(logging.INFO, event="speaking")
    assert len(told(source="a", held_back=995)) == 1
    for number in range(2000):
        say(logging.ERROR, event=f"kind {number}")  # keys are bounded
    assert len(gate._windows) == 256
    for _ in range(9):
        say(logging.WARNING, event="end")
    gate.close()
    assert len(told(event="end", held_back=4)) == 1


FILE_SCRIPT = """
import sys, logging, structlog
from pathlib import Path
from bot import logs
from bot.config.sections.logs import LogSettings
logs.configure(LogSettings(file=Path(sys.argv[1]), file_mb=0.1, older_files=2))
log = structlog.get_logger("bot.test")
for number in range(int(sys.argv[2])):
    log.info("speaking", number=number, text="x" * 100)
logging.getLogger("aiohttp.server").error("broken %s", "pipe")
"""


def test_the_file_is_bounded_in_size_and_number_and_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "ishowtts.log"
    subprocess.run(
        [sys.executable, "-c", FILE_SCRIPT, str(path), "3000"],
        check=True, capture_output=True, timeout=150,
    )  # fmt: skip
    files = sorted(path.parent.iterdir())
    last = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    assert [file.name for file in files] == ["ishowtts.log", "ishowtts.log.1", "ishowtts.log.2"]
    assert all(file.stat().st_size <= 100_000 for file in files)
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)
    assert last[-1]["event"] == "broken pipe"
    assert last[-2]["number"] == 2999


def test_a_full_disk_costs_lines_and_is_told_once() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FILE_SCRIPT, "/dev/full", "1500"],
        check=True, capture_output=True, text=True, timeout=150,
    )  # fmt: skip

    assert done.stderr.count("lines are lost: No space left on device") == 2  # tried once more
    assert "Traceback" not in done.stderr
    assert done.stderr.count('"speaking"') == 1500


def test_a_log_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(StartError, match=r"Set log\.file to a file"):
        LogFile(tmp_path / "taken" / "x.log", max_mb=1, older=1)


def test_an_event_is_searched_for_by_its_words() -> None:
    calls = [
        call
        for path in Path(bot.__file__).parent.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in {"debug", "info", "warning", "error", "exception"}
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id.endswith("log")
    ]
    events = {
        call.args[0].value for call in calls if call.args and isinstance(call.args[0], ast.Constant)
    }

    assert len(events) > 100
    assert [event for event in events if re.match(r"(The|An?) |.*\.$", str(event))] == []
