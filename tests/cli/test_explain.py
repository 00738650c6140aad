import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli import EXIT_OK, EXIT_PROBLEM


def explain(*arguments: str, lines: str = "") -> subprocess.CompletedProcess[str]:
    command = (sys.executable, "-m", "bot", "explain", *arguments)
    return subprocess.run(
        command,
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
        input=lines,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="surrogateescape",
        timeout=120,
        check=False,
    )


def shown(*arguments: str) -> dict[str, str]:
    answer = explain(*arguments)
    assert answer.returncode == EXIT_OK, answer.stderr
    rows = (line.split(maxsplit=1) for line in answer.stdout.splitlines())
    return {row[0]: row[1] for row in rows}


def test_each_filter_that_changes_something_is_shown() -> None:
    steps = shown("--name", "Ana", "KEKW brb, see example.com")
    assert steps["emotes"] == "brb, see example.com"
    assert steps["links"] == "brb, see link"
    assert steps["name"] == "Ana says: | brb, see link"
    assert steps["spoken"] == "Ana says: be right back, see link"
    assert "heart" in steps["voice"]
    assert "repeats" not in steps


@pytest.mark.parametrize(
    ("rank", "text", "name", "said"),
    [
        ("everyone", "!play", "mode", "rejected: command"),
        ("everyone", ":)", "verdict", "rejected: empty (nothing is left to say)"),
        ("everyone", "!tts skip", "command", "rejected: not_permitted (skip needs: moderator)"),
        ("moderator", "!tts skip bob", "command", "skip bob"),
    ],
)
def test_the_reason_of_a_rejection(rank: str, text: str, name: str, said: str) -> None:
    assert shown("--as", rank, text)[name] == said


def test_a_line_for_each_line(tmp_path: Path) -> None:
    config = tmp_path / "own.yaml"
    config.write_text("policy: {limits: {cooldown_s: 30, a_day: 1}}\n", "utf-8")
    no_utf8 = "\udcff"
    lines = f"gg\n\n!play\n{no_utf8}\n$5\ngg\n"
    answer = explain("--spoken", "--config", str(config), lines=lines)
    assert answer.stderr == ""
    assert answer.stdout == "good game\n\n\n\nfive dollars\ngood game\n"


@pytest.mark.parametrize("arguments", [[], ["--channel", "nowhere", "hi"]])
def test_what_is_missing_is_told(arguments: list[str]) -> None:
    answer = explain(*arguments)
    assert answer.returncode == EXIT_PROBLEM
    assert answer.stderr.startswith("ishowtts: ")
