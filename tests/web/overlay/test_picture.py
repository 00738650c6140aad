"""What a real Chromium shows of what the daemon says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.long import first_ones
from tests.web.chromium import Page
from tests.web.node import need_packages
from tests.web.served import Served

pytestmark = pytest.mark.parts

NAME = "<img src=x onerror=alert(1)>\u202egnp.exe"
SHOWN = """
const text = (id) => document.getElementById(id).textContent;
const card = document.getElementById("card");
return {
  name: text("name"), text: text("text"), badge: text("badge"), amount: text("amount"),
  isShown: card.classList.contains("is-shown"), elements: card.querySelectorAll("*").length,
  direction: getComputedStyle(document.getElementById("name")).unicodeBidi,
  background: getComputedStyle(document.body).backgroundColor,
};
"""


def test_chat_is_text_whatever_it_holds(tmp_path: Path, browse: Callable[[], Page]) -> None:
    page = browse()
    with Served(tmp_path) as daemon:
        page.open(f"{daemon.url}/overlay?position=<b>&theme=%22", is_recorded=False)
        page.wait_until_playing()
        text = "hello everybody in this chat"
        author = {"name": NAME}
        event = {"kind": "cheer", "amount": 1500}
        daemon.say("m1", text, author=author, event=event)
        page.wait_for("document.getElementById('card').classList.contains('is-shown')", "card")
        shown = page.run(SHOWN)
        daemon.wait_for("m1", "spoken")
        page.wait_for("!document.getElementById('card').classList.contains('is-shown')", "end")
        hosts = page.run(
            "return performance.getEntriesByType('resource').map(({name}) => new URL(name).origin)"
        )
        frames = page.run(
            "let count = 0; const end = performance.now() + 1000;"
            "while (performance.now() < end) {"
            "  await new Promise(requestAnimationFrame); count += 1; }"
            "return count"
        )
        errors = page.errors()  # before the daemon is gone, which the page tells

    assert shown["name"] == NAME
    assert text in shown["text"]
    assert (shown["badge"], shown["amount"]) == ("Cheer", "1,500 bits")
    assert shown["isShown"]
    assert shown["elements"] < 30  # ours, and a span for each word
    assert shown["direction"] == "isolate"
    assert shown["background"] == "rgba(0, 0, 0, 0)"
    assert set(hosts) == {daemon.url}
    assert errors == []
    assert frames > 20  # without a GPU; with one it is the screen's rate


@pytest.mark.parametrize("theme", first_ones(["card", "bubble", "minimal", "neon"]))
def test_axe_finds_nothing_serious(tmp_path: Path, browse: Callable[[], Page], theme: str) -> None:
    need_packages()
    page = browse()
    with Served(tmp_path) as daemon:
        page.open(f"{daemon.url}/overlay?theme={theme}&autohide=never", is_recorded=False)
        page.wait_until_playing()
        daemon.say("m1", "hello everybody in this chat", event={"kind": "cheer", "amount": 5})
        daemon.wait_for("m1", "spoken")
        assert page.barriers() == []
        assert page.run("return document.documentElement.dataset.theme") == theme


def test_a_picture_alone_follows_a_channel_that_is_heard_elsewhere(
    tmp_path: Path, browse: Callable[[], Page]
) -> None:
    page = browse()
    elsewhere = {"type": "wavefile", "path": str(tmp_path / "speech.wav")}
    with Served(tmp_path, outputs=[elsewhere]) as daemon:
        page.open(f"{daemon.url}/overlay?audio=0&autohide=never", is_recorded=False)
        page.wait_for("overlay.clock.isSet", "clock")
        daemon.say("m1", "one two three four five six")
        page.wait_for("document.querySelector('.is-spoken')?.textContent === 'four'", "word")
        daemon.wait_for("m1", "spoken")
        page.wait_for("document.querySelector('.is-spoken')?.textContent === 'six'", "last word")
        assert page.run("return overlay.player.context") is None
        assert page.run(SHOWN)["isShown"]


def test_emotes_are_pictures_of_hosts_that_are_allowed(
    tmp_path: Path, browse: Callable[[], Page]
) -> None:
    page = browse()
    host = "https://pictures.example"
    with Served(tmp_path, emote_hosts=[host]) as daemon:
        page.open(f"{daemon.url}/overlay", is_recorded=False)
        page.wait_until_playing()
        images = "".join(f'<img alt=":{name}:" src="{address}">' for name, address in {
            "good": f"{host}/1.png", "bad": "https://evil.example/1.png",
        }.items())  # fmt: skip
        daemon.post(
            "/api/chat",
            {"chatname": "viewer", "chatmessage": f"look at this {images}", "type": "youtube"},
        )
        page.wait_for("document.querySelector('#emotes img')", "emote")
        found = page.run(
            "return [...document.querySelectorAll('#emotes img')].map(({src, alt}) => [src, alt])"
        )
        policy = page.run("return (await fetch('/overlay')).headers.get('content-security-policy')")

    assert found == [[f"{host}/1.png", ":good:"]]
    assert f"img-src 'self' data: blob: {host};" in policy


@pytest.mark.long
def test_a_page_that_may_not_play_asks_for_a_click(
    tmp_path: Path, browse: Callable[[], Page]
) -> None:
    page = browse()
    with Served(tmp_path) as daemon:
        page.open(f"{daemon.url}/overlay", is_recorded=False)
        page.wait_until_playing()
        page.run("await overlay.player.context.suspend()")
        page.wait_for("!document.getElementById('hear').hidden", "button")
        daemon.say("m1", "nobody hears this yet")
        page.run("document.getElementById('hear').click()")
        page.wait_for("document.getElementById('hear').hidden", "hidden button")
        daemon.wait_for("m1", "spoken")
