from __future__ import annotations

import re
from argparse import Namespace
from typing import TYPE_CHECKING

import pytest
from yarl import URL

from bot.__main__ import main
from bot.cli.obs import _address
from bot.config import loads
from bot.errors import StartError
from bot.runtime.endpoints import Caller
from bot.server.tokens import Tokens, default_path

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))


def link(capsys: pytest.CaptureFixture[str], *arguments: str) -> URL:
    assert main(["link", *arguments]) == 0
    found = re.search(r"http://\S+", capsys.readouterr().out)
    assert found is not None
    return URL(found[0])


def caller(token: str) -> Caller:
    return Tokens(None, default_path()).caller(token)


def test_an_overlay_gets_its_token_in_the_address(capsys: pytest.CaptureFixture[str]) -> None:
    url = link(capsys, "viewer")

    assert (url.path, url.query["channel"]) == ("/overlay", "main")
    assert caller(url.query["token"]) is Caller.VIEWER


def test_a_page_gets_it_where_no_server_sees_it(capsys: pytest.CaptureFixture[str]) -> None:
    url = link(capsys, "streamer", "--host", "jetson.local")

    assert (url.host, url.path) == ("jetson.local", "/")
    assert caller(url.fragment.removeprefix("token=")) is Caller.STREAMER


def test_what_is_revoked_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    first, second = link(capsys), link(capsys)
    overlay = link(capsys, "viewer").query["token"]

    assert main(["link", "--revoke"]) == 0
    assert "Forgot 2 moderator tokens" in capsys.readouterr().out
    for url in (first, second):
        assert caller(url.fragment.removeprefix("token=")) is Caller.ANYBODY
    assert caller(overlay) is Caller.VIEWER


@pytest.mark.parametrize("host", ["10.0.0.2:7850", "http://10.0.0.2", "a b"])
def test_a_host_that_is_none_makes_no_token(capsys: pytest.CaptureFixture[str], host: str) -> None:
    assert main(["link", "--host", host]) == 1
    assert "Give --host without a scheme and a port" in capsys.readouterr().err
    settings = loads("channels: [{name: main}]\nserver: {host: 0.0.0.0}\n")
    with pytest.raises(StartError, match="no name or address"):
        _address(settings, Namespace(channel=None, host=host))
    assert not default_path().exists()


def test_an_unknown_channel_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["link", "viewer", "--channel", "nowhere"]) == 1
    assert "The configuration has: main" in capsys.readouterr().err
    assert not default_path().exists()
