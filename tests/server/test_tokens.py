from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from bot.errors import StartError
from bot.runtime.endpoints import Caller
from bot.server import tokens
from bot.server.tokens import Tokens

if TYPE_CHECKING:
    from pathlib import Path


def test_a_token_has_the_role_that_it_was_made_for(tmp_path: Path) -> None:
    path = tmp_path / "state" / "tokens.json"
    made = {role: tokens.make(path, role) for role in ("viewer", "moderator", "streamer")}
    known = Tokens("configured", path)

    assert {role: known.caller(text).name.lower() for role, text in made.items()} == {
        role: role for role in made
    }
    assert known.caller("configured") is Caller.STREAMER
    assert known.caller("") is known.caller("wrong") is Caller.ANYBODY


def test_the_file_holds_no_token_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    text = tokens.make(path, "viewer")

    assert text.encode() not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600


def test_what_is_made_or_revoked_counts_at_once(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    known = Tokens(None, path)
    assert not known

    viewer, moderator = tokens.make(path, "viewer"), tokens.make(path, "moderator")
    assert known
    assert known.caller(viewer) is Caller.VIEWER

    assert tokens.revoke(path, "viewer") == 1
    assert known.caller(viewer) is Caller.ANYBODY
    assert known.caller(moderator) is Caller.MODERATOR
    assert tokens.revoke(path) == 1
    assert known.caller(moderator) is Caller.ANYBODY
    assert tokens.revoke(path) == 0


@pytest.mark.parametrize(
    "content", [b"no JSON", b"[" * 100_000, b'[{"role": "king"}]', b"1" * 99999]
)
def test_a_file_that_cannot_be_read_lets_nobody_in(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "tokens.json"
    text = tokens.make(path, "streamer")
    known = Tokens(None, path)
    assert known.caller(text) is Caller.STREAMER

    path.write_bytes(content)
    os.utime(path, (1, 1))

    assert known.caller(text) is Caller.ANYBODY
    with pytest.raises(StartError, match=r"cannot be read"):
        tokens.read(path)


def test_only_so_many_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "tokens.json"
    first = tokens.make(path, "viewer")
    for _ in range(tokens.MAX_TOKENS):
        last = tokens.make(path, "viewer")
    known = Tokens(None, path)

    assert known.caller(first) is Caller.ANYBODY
    assert known.caller(last) is Caller.VIEWER
