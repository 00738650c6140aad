import json
import subprocess
import sys

import pytest

SCRIPT = """
import logging, structlog
from bot import logs
from bot.config.logs import LogSettings
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
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
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
