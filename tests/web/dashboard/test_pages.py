"""The dashboard's frame and its pages about the past, in a real browser at a real daemon."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from selenium.webdriver.support.select import Select

from bot.server import tokens
from tests.conftest import wait_until
from tests.long import first_ones
from tests.web.chromium import need_chromium
from tests.web.dashboard.browser import Daemon, Page

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.parts

PAGES = ["live", "chatters", "voices", "settings", "health", "setup"]
HEART = Path(__file__).parents[3] / "voices" / "heart"
TOKEN = "a-token-of-the-configuration"


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    need_chromium()
    daemon = Daemon(tmp_path_factory.mktemp("daemon"))
    daemon.say("good morning everyone", "Anna Bell")
    wait_until(lambda: bool(daemon.call("GET", "/api/history")["said"]), "speech")
    daemon.command("pause")
    for name in ("Berta", "Cora", "שלום"):
        daemon.say(f"hello from {name}, and a rather long line that needs two rows", name)
    yield daemon
    daemon.stop()


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    need_chromium()
    daemon = Daemon(tmp_path_factory.mktemp("guarded"), server=f'token: "{TOKEN}"', token=TOKEN)
    yield daemon
    daemon.stop()


@pytest.fixture
def page(window: Page) -> Page:
    window.resize(1280, 800)
    window.prefer("light")
    return window


def goto(page: Page, daemon: Daemon, name: str) -> None:
    page.open(f"{daemon.url}/#{name}")
    page.wait(lambda: page.driver.title != "ishowtts", f"page {name}")


def test_every_page_loads_without_a_complaint_of_the_browser(daemon: Daemon, page: Page) -> None:
    for name in PAGES:
        goto(page, daemon, name)
        assert page.texts(".menu-link[aria-current]") != []
        policy = [line for line in page.errors() if "Content Security" in line]
        assert policy == []


def test_nothing_is_asked_of_another_host(daemon: Daemon, page: Page) -> None:
    script = "return performance.getEntriesByType('resource').map((one) => one.name)"
    for name in PAGES:
        goto(page, daemon, name)
        asked = page.driver.execute_script(script)
        assert len(asked) > 10
        assert [address for address in asked if not address.startswith(daemon.url)] == []


@pytest.mark.parametrize("scheme", first_ones(["dark", "light"]))
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_serious(daemon: Daemon, page: Page, name: str, scheme: str) -> None:
    page.prefer(scheme)
    goto(page, daemon, name)
    assert page.driver.execute_script("return document.documentElement.dataset.theme") == scheme
    if name == "live":
        page.wait(lambda: len(page.texts("#queue .row")) == 3, "queue")
    if name == "chatters":
        page.one(".row-button").click()
        page.one("#person-nick")

    assert page.serious() == []


@pytest.mark.parametrize("name", PAGES)
def test_a_phone_shows_all_without_scrolling_sideways(
    daemon: Daemon, page: Page, name: str
) -> None:
    page.resize(360, 740)
    goto(page, daemon, name)
    page.one("main h1")

    wide = "return document.documentElement.scrollWidth"
    assert page.driver.execute_script(wide) <= 360
    small = """
        return [...document.querySelectorAll("button, select, nav a")]
          .filter((one) => one.checkVisibility() && !one.matches(".link-button"))
          .map((one) => [one.outerHTML.slice(0, 120), one.getBoundingClientRect()])
          .filter(([, {width, height}]) => width < 36 || height < 36).map(([text]) => text)"""
    assert page.driver.execute_script(small) == []
    assert page.serious() == []


def test_language_and_colours_are_chosen_and_kept(daemon: Daemon, page: Page) -> None:
    goto(page, daemon, "live")
    Select(page.one("#language")).select_by_value("de")
    page.says("Warteschlange")
    assert page.driver.execute_script("return document.documentElement.lang") == "de"

    Select(page.one("#theme")).select_by_value("dark")
    page.driver.refresh()
    page.says("Warteschlange")
    assert page.driver.execute_script("return document.documentElement.dataset.theme") == "dark"


def test_a_keyboard_reaches_the_content_first(daemon: Daemon, page: Page) -> None:
    goto(page, daemon, "live")
    page.driver.execute_script("document.querySelector('.skip-link').focus()")
    page.driver.execute_script("document.activeElement.click()")

    assert page.driver.execute_script("return document.activeElement.id") == "main"
    assert page.driver.execute_script("return location.hash") == "#live"


def test_a_chatter_is_found_and_changed(daemon: Daemon, page: Page) -> None:
    goto(page, daemon, "chatters")
    page.one("#find-chatter").send_keys("anna")
    page.wait(lambda: page.texts(".row-button .row-name") == ["Anna Bell"], "chatter")
    page.one(".row-button").click()
    page.says("good morning everyone")

    page.one("#person-nick").send_keys("Sunny")
    page.press("Set: Nickname")
    page.wait(lambda: chatter(daemon)["nick"] == "Sunny", "nickname")
    page.says("“Sunny”")
    page.press("Make a regular")
    page.wait(lambda: bool(chatter(daemon)["regular"]), "regular")
    page.press("No regular any more")
    page.wait(lambda: not chatter(daemon)["regular"], "no regular")
    page.press("Mute")
    page.wait(lambda: bool(chatter(daemon)["muted"]), "mute")
    page.press("Unmute")
    page.wait(lambda: not chatter(daemon)["muted"], "voice given back")
    page.one("#person-limit").send_keys("5")
    page.press("Set: Messages a day")
    page.wait(lambda: chatter(daemon)["limit"] == "5", "limit")
    page.one("#person-limit").clear()
    page.press("Set: Messages a day")
    page.wait(lambda: chatter(daemon)["limit"] == "", "limit of all")


def chatter(daemon: Daemon) -> dict[str, object]:
    found = daemon.call("GET", "/api/chatters?find=anna")["chatters"][0]
    assert isinstance(found, dict)
    return found


def test_health_tells_of_all_parts(daemon: Daemon, page: Page) -> None:
    daemon.command("volume 60")
    goto(page, daemon, "health")

    page.wait(lambda: page.texts("#engines .row-name") == ["tone"], "engine")
    page.wait(lambda: page.texts("#outputs .tag") == ["Good"], "output")
    page.wait(lambda: len(page.texts("#sources .row-name")) == 1, "source")
    page.wait(lambda: len(page.all("svg.chart-drawing")) == 2, "charts")
    page.wait(lambda: "volume 60" in page.texts("#orders .code"), "command")
    page.wait(lambda: len(page.texts(".log-line")) > 3, "log")


def test_a_token_is_asked_for_and_a_wrong_one_refused(guarded: Daemon, page: Page) -> None:
    page.open(f"{guarded.url}/")
    field = page.one("#token")
    field.send_keys("wrong")
    page.press("Go on")
    page.says("This token is wrong")
    page.one("#token").send_keys(TOKEN)
    page.press("Go on")
    page.says("Reading chat")

    page.driver.refresh()
    page.says("Reading chat")


def test_a_link_holds_the_token_and_the_address_bar_does_not(guarded: Daemon, page: Page) -> None:
    page.open(f"{guarded.url}/#token={TOKEN}")
    page.says("Reading chat")

    assert TOKEN not in page.driver.current_url
    kept = """
        return [sessionStorage, localStorage]
          .map((kept) => JSON.stringify(kept).includes(arguments[0]))"""
    assert page.driver.execute_script(kept, TOKEN) == [True, False]
    guarded.say("heard by those who may", "Anna")
    page.says("heard by those who may")
    page.one('.menu-link[href="#setup"]').click()
    page.says("ishowtts link viewer --channel main")  # an address without a token is refused


def made(guarded: Daemon, role: tokens.Role) -> str:
    return tokens.make(guarded.folder / "state" / "tokens.json", role)


def test_a_moderator_sees_what_moderators_may(guarded: Daemon, page: Page) -> None:
    page.open(f"{guarded.url}/#token={made(guarded, 'moderator')}")
    page.says("Reading chat")

    assert page.texts(".menu-link") == ["Live", "Chatters", "Voices", "Health"]
    page.one('.menu-link[href="#health"]').click()
    page.wait(lambda: page.texts("#engines .row-name") == ["tone"], "engine")
    assert page.all("#log") == []
    assert page.all(".toast.is-bad") == []


def test_a_viewer_is_told_what_is_needed(guarded: Daemon, page: Page) -> None:
    page.open(f"{guarded.url}/#token={made(guarded, 'viewer')}")

    page.says("This token is for overlays.")
    assert page.serious() == []


def test_a_token_that_is_revoked_is_asked_for_again(guarded: Daemon, page: Page) -> None:
    page.open(f"{guarded.url}/#token={made(guarded, 'moderator')}")
    page.says("Reading chat")
    tokens.revoke(guarded.folder / "state" / "tokens.json")

    # Not by a press: the page may have asked already, and a dialog keeps presses off.
    page.driver.execute_script("arguments[0].click()", page.button("Pause"))
    page.one("dialog.sign-in")
    page.says("This token is wrong")


def test_a_word_that_is_blocked_on_the_page_is_blocked(daemon: Daemon, page: Page) -> None:
    goto(page, daemon, "settings")
    page.one("#setting-policy-words-drop").send_keys("nastyname")
    page.press("Save")
    page.says("Saved, and in effect.")

    assert "nastyname" in (daemon.folder / "config.yaml").read_text()
    daemon.say("what a nastyname", "Emil")
    daemon.say("what a day", "Emil")
    page.wait(lambda: "Emil" in daemon.waiting(), "the other message")
    assert daemon.waiting().count("Emil") == 1


def test_a_setting_that_is_wrong_is_told_beside_its_field(daemon: Daemon, page: Page) -> None:
    goto(page, daemon, "settings")
    page.one("#setting-policy-words-drop_patterns").send_keys("[")
    page.press("Save")

    page.wait(lambda: any(page.texts(".problem")), "problem")
    field = page.one("#setting-policy-words-drop_patterns")
    assert page.driver.switch_to.active_element == field
    assert field.get_attribute("aria-invalid") == "true"


def test_a_sentence_of_the_first_run_goes_the_whole_way(daemon: Daemon, page: Page) -> None:
    daemon.command("resume", "second")
    page.open(f"{daemon.url}/?channel=second")
    page.says("Four steps")
    page.press("Speak it")

    page.says("It was heard; the first sound came after")
    daemon.call("GET", "/api/history?channel=second")
    page.one("[data-step=test] a").click()
    page.wait(lambda: "Hello chat" in page.texts("#said .row-text")[0], "sentence")


def test_a_voice_is_made_of_a_recording(daemon: Daemon, page: Page) -> None:
    goto(page, daemon, "voices")
    page.one("#add-file").send_keys(str(HEART / "reference.wav"))
    page.one("#add-transcript").send_keys((HEART / "transcript.txt").read_text())
    page.press("Check")
    page.says("This can become a voice.")
    assert page.serious() == []

    page.one("#add-name").send_keys("marta")
    page.one("#add-consent").send_keys("Marta, 2026-11-01, in chat")
    page.one("#add-agreed").click()
    page.press("Add the voice")
    page.wait(lambda: "marta" in page.texts(".voice-list .row-name"), "voice")
    about = (daemon.folder / "voices" / "marta" / "voice.yaml").read_text()
    assert "Marta, 2026-11-01, in chat" in about

    page.press("Delete marta")
    page.one("dialog .is-panic").click()
    page.wait(lambda: "marta" not in page.texts(".voice-list .row-name"), "deletion")


@pytest.mark.long
def test_a_voice_is_recorded_with_a_microphone(daemon: Daemon) -> None:
    page = Page(f"--use-file-for-fake-audio-capture={HEART / 'reference.wav'}")
    goto(page, daemon, "voices")
    page.press("Record")
    page.wait(lambda: "Records, 7 s" in page.body(), "seven seconds of recording")
    page.press("Stop")
    page.wait(lambda: "recording.wav" in page.body(), "recording")
    page.press("Check")

    page.says("This can become a voice.")
    page.close()


def test_the_daemon_starts_again_for_what_was_chosen(page: Page, tmp_path: Path) -> None:
    fresh = Daemon(tmp_path)
    goto(page, fresh, "setup")
    page.one("#setup-twitch").send_keys("coolstreamer")
    page.one("[data-step=chat] .is-primary").click()

    page.wait(lambda: page.texts(".step.is-open") == [], "channel")
    page.wait(lambda: page.one("#setup-twitch").get_attribute("value") == "coolstreamer", "name")
    assert "coolstreamer" in (tmp_path / "config.yaml").read_text()
    fresh.stop()
