"""The pages' code: types, and the tests of modules that need no browser."""

import re

import pytest

from bot.web.pages import FOLDER
from tests.web.node import WEB, need_packages, run

pytestmark = pytest.mark.parts

MOST_LINES = 300


@pytest.fixture(scope="module", autouse=True)
def packages() -> None:
    need_packages()


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
