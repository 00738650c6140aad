"""The dashboard's page for while the stream is live, in a real browser at a real daemon."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

from tests.web.chromium import need_chromium
from tests.web.dashboard.browser import Daemon, Page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.parts

LONG = "this one takes a while to say, so that there is time to look at what is said"
HOSTILE = '<img src=x onerror="document.title=1"><b>bold</b> \u202egnp.exe'


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    need_chromium()
    daemon = Daemon(tmp_path_factory.mktemp("daemon"))
    yield daemon
    daemon.stop()


@pytest.fixture
def page(daemon: Daemon, window: Page) -> Page:
    """Return the live page; nothing is said, and nothing waits."""
    for channel in ("main", "second"):
        for command in ("release", "on", "clear", "reject all", "resume", "skip", "volume 80"):
            daemon.command(command, channel)
    window.resize(1280, 800)
    window.prefer("light")
    window.open(f"{daemon.url}/#live")
    window.says("Reading chat")
    window.errors()
    return window


def fill(daemon: Daemon, *names: str) -> None:
    """Let a message of each wait."""
    daemon.command("pause")
    for name in names:
        daemon.say(f"hello from {name}", name)


def names(page: Page) -> list[str]:
    return page.texts("#queue .row-name")


def test_what_is_said_is_shown_word_by_word(daemon: Daemon, page: Page) -> None:
    daemon.say(LONG, "Anna")

    page.wait(lambda: page.texts(".now-name") == ["Anna"], "name of who speaks")
    page.wait(lambda: "takes a while" in page.texts(".now-text")[0], "text")
    page.wait(lambda: len(page.texts(".word.is-said")) > 3, "words that were said")
    assert len(page.texts(".word.is-now")) == 1
    page.press("Skip")
    page.wait(lambda: page.texts(".now-name") == ["Nobody"], "silence")
    page.wait(lambda: page.texts("#said .row-name")[:1] == ["Anna"], "history")
    assert page.errors() == []


def test_the_meter_shows_the_level(daemon: Daemon, page: Page) -> None:
    daemon.say(LONG, "Anna")
    tall = """
        const canvas = document.querySelector(".meter");
        if (!canvas.width) return false;
        const {data} = canvas.getContext("2d").getImageData(0, 2, canvas.width, 1);
        return data.some((value) => value > 0);"""

    page.wait(lambda: bool(page.driver.execute_script(tall)), "bars that reach far up")


def test_text_of_strangers_is_only_text(daemon: Daemon, page: Page) -> None:
    daemon.command("pause")
    body = {"text": HOSTILE, "author": {"name": "<script>x</script>"}, "channel": "main"}
    daemon.call("POST", "/api/chat", body)

    page.wait(lambda: len(names(page)) == 1, "message")
    assert names(page) == ["<script>x</script>"]
    assert page.all("#queue .row-text *") == []
    assert page.driver.title == "Live · ishowtts"
    isolated = page.one("#queue .row-text").value_of_css_property("unicode-bidi")
    assert isolated == "isolate"
    assert page.errors() == []


def test_the_queue_is_reordered_by_buttons(daemon: Daemon, page: Page) -> None:
    fill(daemon, "Anna", "Berta", "Cora")
    page.wait(lambda: names(page) == ["Anna", "Berta", "Cora"], "queue")

    page.press("Earlier: Cora")
    page.wait(lambda: daemon.waiting() == ["Anna", "Cora", "Berta"], "move")
    page.press("Later: Anna")
    page.wait(lambda: daemon.waiting() == ["Cora", "Anna", "Berta"], "second move")
    page.wait(lambda: names(page) == ["Cora", "Anna", "Berta"], "new order on the page")


def test_the_queue_is_reordered_by_keyboard_alone(daemon: Daemon, page: Page) -> None:
    fill(daemon, "Anna", "Berta", "Cora")
    page.wait(lambda: len(names(page)) == 3, "queue")
    keys = ActionChains(page.driver)
    label = "return document.activeElement?.getAttribute('aria-label')"
    for _ in range(60):
        keys.send_keys(Keys.TAB).perform()
        if page.driver.execute_script(label) == "Earlier: Cora":
            break

    keys.send_keys(Keys.ENTER).perform()
    page.wait(lambda: daemon.waiting() == ["Anna", "Cora", "Berta"], "move")
    page.wait(lambda: names(page) == ["Anna", "Cora", "Berta"], "new order on the page")
    assert page.driver.execute_script(label) == "Earlier: Cora"
    keys.send_keys(Keys.ENTER).perform()
    page.wait(lambda: daemon.waiting() == ["Cora", "Anna", "Berta"], "second move")


def test_the_queue_is_reordered_by_dragging(daemon: Daemon, page: Page) -> None:
    fill(daemon, "Anna", "Berta", "Cora")
    page.wait(lambda: len(names(page)) == 3, "queue")
    grips, first = page.all("#queue .grip"), page.all("#queue .row")[0]

    drag = ActionChains(page.driver).click_and_hold(grips[2])
    drag.move_to_element_with_offset(first, 0, -int(first.size["height"] / 2) + 4)
    drag.release().perform()

    page.wait(lambda: daemon.waiting() == ["Cora", "Anna", "Berta"], "move")
    page.wait(lambda: names(page) == ["Cora", "Anna", "Berta"], "new order on the page")


def test_a_message_is_removed_and_a_chatter_muted(daemon: Daemon, page: Page) -> None:
    fill(daemon, "Anna", "Berta", "Cora Smith")
    page.wait(lambda: len(names(page)) == 3, "queue")

    page.press("Remove that of Anna")
    page.wait(lambda: names(page) == ["Berta", "Cora Smith"], "queue without it")
    page.press("Mute Cora Smith")
    page.wait(lambda: names(page) == ["Berta"], "queue without hers")
    # As under a pointer it stays, however long the rest takes.
    page.driver.execute_script(
        "document.querySelector('.toast').dispatchEvent(new Event('pointerenter'))"
    )
    page.press("Mute Berta")
    page.wait(lambda: names(page) == [], "empty queue")
    page.press("Undo")  # that of the first one
    page.wait(lambda: not muted(daemon, "Cora Smith"), "voice given back")
    assert muted(daemon, "Berta")
    daemon.command("unmute Berta")


def muted(daemon: Daemon, name: str) -> bool:
    chatters = daemon.call("GET", "/api/chatters")["chatters"]
    return next(bool(one["muted"]) for one in chatters if one["name"] == name)


def test_another_channel_is_chosen(daemon: Daemon, page: Page) -> None:
    daemon.command("pause", "second")
    daemon.say("over here", "Dora", "second")
    assert names(page) == []

    Select(page.one("#channel")).select_by_value("second")
    page.wait(lambda: names(page) == ["Dora"], "queue of the other channel")
    Select(page.one("#channel")).select_by_value("main")
    page.wait(lambda: names(page) == [], "queue of the first one")
    page.press("Pause")
    page.wait(lambda: daemon.state()["is_paused"], "pause")


def test_what_waits_for_approval_is_approved_or_rejected(window: Page, tmp_path: Path) -> None:
    strict = Daemon(tmp_path, moderation="approval: {enabled: true}")
    strict.command("pause")
    window.open(f"{strict.url}/#live")
    strict.say("let me in", "Anna")
    strict.say("and me", "Berta")
    window.wait(lambda: len(window.texts("#held .row-name")) == 2, "messages that wait")

    window.press("Approve that of Berta")
    window.wait(lambda: names(window) == ["Berta"], "queue")
    window.press("Reject that of Anna")
    window.wait(lambda: not window.all("#held")[0].is_displayed(), "nothing to approve")
    assert strict.waiting() == ["Berta"]
    strict.stop()


def test_a_message_is_said_again_and_its_chatter_named(daemon: Daemon, page: Page) -> None:
    daemon.say("once more please", "Anna")
    page.wait(lambda: page.texts("#said .row-name")[:1] == ["Anna"], "history")
    page.wait(lambda: daemon.queue()["speaking"] is None, "end")
    daemon.command("pause")

    page.press("Say that of Anna again")
    page.wait(lambda: "Anna" in daemon.waiting(), "replay")
    page.press("Who was that?")
    page.wait(lambda: any("Anna" in text for text in page.texts(".toast-text")), "answer")


def test_pause_volume_and_reading_follow_the_bar(daemon: Daemon, page: Page) -> None:
    page.press("Pause")
    page.wait(lambda: daemon.state()["is_paused"], "pause")
    page.says("Paused")
    page.press("Resume")
    page.wait(lambda: not daemon.state()["is_paused"], "going on")

    volume = page.one("#volume")
    volume.send_keys(*[Keys.ARROW_LEFT] * 10)
    page.wait(lambda: daemon.state()["volume"] == pytest.approx(0.7), "volume")

    page.press("Stop reading")
    page.wait(lambda: not daemon.state()["is_on"], "off")
    page.says("Chat is not read")
    page.press("Read chat")
    page.wait(lambda: daemon.state()["is_on"], "on")


def test_a_change_from_elsewhere_is_shown(daemon: Daemon, page: Page) -> None:
    daemon.command("volume 35")
    page.wait(lambda: page.texts(".percent") == ["35 %"], "volume")
    daemon.command("pause")
    page.says("Paused")


@pytest.mark.parametrize("by", ["key", "button"])
def test_panic_silences_at_once_and_is_released(daemon: Daemon, page: Page, by: str) -> None:
    daemon.say(LONG, "Anna")
    daemon.say(LONG, "Berta")
    page.wait(lambda: page.texts(".now-name") == ["Anna"], "speech")

    if by == "key":
        page.driver.find_element(By.TAG_NAME, "body").send_keys(Keys.ESCAPE)
    else:
        page.press("Panic")
    page.wait(lambda: daemon.state()["is_panicking"], "panic")
    page.says("Nothing is read until you release it.")
    page.wait(lambda: page.texts(".now-name") == ["Nobody"], "silence on the page")
    assert daemon.waiting() == []
    page.one(".toast .button").click()
    page.wait(lambda: not daemon.state()["is_panicking"], "release")
    page.wait(lambda: not page.one(".alarm").is_displayed(), "calm")


def test_a_refusal_is_told_in_words(daemon: Daemon, page: Page) -> None:
    fill(daemon, "Anna")
    page.wait(lambda: names(page) == ["Anna"], "queue")
    row = daemon.queue()["waiting"][0]["id"]
    remove = page.button("Remove that of Anna")
    daemon.call("POST", "/api/queue/remove", {"id": row})
    page.driver.execute_script("arguments[0].click()", remove)

    page.wait(lambda: any("does not wait" in t for t in page.texts(".toast.is-bad")), "refusal")


def test_the_queue_is_told_to_those_who_do_not_see_it(daemon: Daemon, page: Page) -> None:
    fill(daemon, "Anna", "Berta")

    told = "2 messages wait. Next is Anna."
    page.wait(lambda: page.texts("[aria-live=polite]#queue-news") == [told], "news")


def test_the_page_comes_back_with_the_daemon(daemon: Daemon, page: Page) -> None:
    daemon.stop()
    page.says("ishowtts does not answer")
    page.one('.menu-link[href="#voices"]').click()  # its modules are not there yet
    page.wait(lambda: len(page.texts(".toast.is-bad")) > 0, "refusal")
    daemon.start()
    page.wait(lambda: "heart" in page.texts(".voice-list .row-name"), "voices")
    page.one('.menu-link[href="#live"]').click()
    fill(daemon, "Anna")
    page.wait(lambda: names(page) == ["Anna"], "queue")


@pytest.mark.long
def test_a_page_opened_while_the_daemon_is_away_is_filled_later(daemon: Daemon, page: Page) -> None:
    for name in ("settings", "live"):
        page.one(f'.menu-link[href="#{name}"]').click()
        page.one("#setting-server-port" if name == "settings" else "#queue")
    daemon.stop()
    page.says("ishowtts does not answer")
    page.one('.menu-link[href="#settings"]').click()
    page.says("The daemon did not answer this.")
    daemon.start()
    page.one("#setting-server-port")
