"""Every command on a page is one that the program, the Makefile or Python understands."""

import re
import shlex
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import pytest

from bot.__main__ import parser_of

REPOSITORY = Path(__file__).parents[2]
PAGES = [
    REPOSITORY / "README.md",
    REPOSITORY / "CONTRIBUTING.md",
    *sorted(REPOSITORY.glob("docs/**/*.md")),
    *(REPOSITORY / folder / "README.md" for folder in ("patches", "training")),
]
_BLOCK = re.compile(r"^ {4,}((?:.*\\\n)*.*)$|^```sh\n((?:.*\n)*?)```$", re.MULTILINE)
"""Indented lines, with those that go on, and what is fenced for a shell."""
_INLINE = re.compile(r"`([^`\n]+)`")
_BEFORE = re.compile(r"^(?:sudo|env|\w+=\S*)$")
"""Words before a command that leave it what it is."""
_SYNTAX = ("[", "|", "…", "<", "NAME", "FILE", "TEXT")
"""What shows how a command is written, and is not one."""
_NO_COMMANDS = {("ishowtts", "of", "your_channel")}


class Command(NamedTuple):
    """Words of a command, and where it stands."""

    page: str
    words: tuple[str, ...]
    is_inline: bool
    """Whether it may be the name of a command alone."""


def commands(page: Path) -> Iterator[Command]:
    """Give every command on a page."""
    text = page.read_text(encoding="utf-8")
    name = page.relative_to(REPOSITORY).as_posix()
    for block in _BLOCK.findall(text):
        for line in "".join(block).replace("\\\n", " ").splitlines():
            yield from (Command(name, words, is_inline=False) for words in _words(line))
    for inline in _INLINE.findall(text):
        if not any(sign in inline for sign in _SYNTAX):
            yield from (Command(name, words, is_inline=True) for words in _words(inline))


def _words(line: str) -> Iterator[tuple[str, ...]]:
    try:
        words = shlex.split(line, comments=True)
    except ValueError:  # prose with an apostrophe
        return
    while words and _BEFORE.match(words[0]):
        words.pop(0)
    if len(words) > 1 and tuple(words) not in _NO_COMMANDS:
        yield (words[0].rpartition("/")[2], *words[1:])


ALL = sorted({command for page in PAGES for command in commands(page)})
OURS = [command for command in ALL if command.words[0] == "ishowtts"]
TARGETS = [words[1] for _, words, _ in ALL if words[0] == "make" and words[1].isalpha()]
MODULES = {
    words[2]
    for _, words, _ in ALL
    if words[0].startswith("python") and words[1] == "-m" and words[2].startswith(("bot", "t"))
}


@pytest.mark.parametrize("command", OURS, ids=lambda it: f"{it.page}: {' '.join(it.words)}")
def test_the_program_understands(command: Command, capsys: pytest.CaptureFixture[str]) -> None:
    _, name, *arguments = command.words

    with suppress(SystemExit):
        parser_of(name).parse_args([name, *arguments])
    refused = capsys.readouterr().err
    is_name = command.is_inline and "the following arguments are required" in refused
    assert is_name or not refused


def test_the_makefile_has_every_target() -> None:
    text = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    assert set(TARGETS) - set(re.findall(r"^([a-z-]+):", text, re.MULTILINE)) == set()


@pytest.mark.parametrize("module", sorted(MODULES))
def test_the_module_is_there(module: str) -> None:
    assert find_spec(module) is not None


def test_there_are_commands_to_look_at() -> None:
    assert len(OURS) > 80
    assert len(set(TARGETS)) > 5
    assert len(MODULES) > 10
