"""The pages' code: types, and the tests of modules that need no browser."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bot.web.pages import FOLDER

pytestmark = pytest.mark.parts

WEB = Path(__file__).parent
MOST_LINES = 300


def run(*command: str) -> None:
    done = subprocess.run(command, cwd=WEB, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module", autouse=True)
def packages() -> None:
    for program, package in (("node", "nodejs"), ("npm", "npm")):
        if shutil.which(program) is None:
            pytest.skip(f"needs the Debian package {package}")
    if not (WEB / "node_modules" / "typescript").exists():
        run("npm", "ci", "--no-audit", "--no-fund")


def test_types_hold() -> None:
    run("node", "node_modules/typescript/bin/tsc", "--noEmit")


def test_modules_do_what_they_say() -> None:
    run(
        "node",
        "--test",
        *(str(path) for path in sorted(WEB.rglob("*.test.js")) if "node_modules" not in path.parts),
    )


def test_no_file_is_longer_than_300_lines() -> None:
    lengths = {
        path.name: len(path.read_text(encoding="utf-8").splitlines())
        for path in FOLDER.rglob("*")
        if path.suffix in {".js", ".css", ".html"}
    }

    assert {name: length for name, length in lengths.items() if length > MOST_LINES} == {}


def test_no_page_has_scripts_or_styles_within_it_nor_asks_another_host() -> None:
    for path in FOLDER.rglob("*"):
        if path.suffix not in {".js", ".css", ".html"}:
            continue
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"(?:src|href|url\(|import|from)\W{1,3}(?:https?:)?//\w", text), path
        if path.suffix == ".html":
            assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", text), path
        assert "innerHTML" not in text, path
        assert "eval(" not in text, path
