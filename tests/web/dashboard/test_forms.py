"""The dashboard's forms: settings, voices and the first run, in a real browser."""

from __future__ import annotations

import base64
import io
import wave
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from selenium.webdriver.support.select import Select

from tests.web.dashboard.browser import Page
from tests.web.dashboard.standin import Answer, StandIn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Serve = Callable[..., StandIn]

pytestmark = pytest.mark.parts

HEART = Path(__file__).parents[3] / "voices" / "heart" / "reference.wav"


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[StandIn] = []

    def start(**answers: Any) -> StandIn:  # noqa: ANN401 - JSON, or what makes it
        paths = {path.replace("__", "/"): answer for path, answer in answers.items()}
        servers.append(StandIn({f"/api/{path}": answer for path, answer in paths.items()}))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def goto(page: Page, server: StandIn, name: str) -> None:
    page.resize(1280, 800)
    page.open(f"{server.url}/#{name}")
    page.one("main h1")


def tone(seconds: float = 0.2) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(24_000)
        times = np.arange(int(seconds * 24_000)) / 24_000
        out.writeframes((np.sin(times * 2764) * 9000).astype("<i2").tobytes())
    return file.getvalue()


def setting(key: str, kind: str, value: object, **more: object) -> dict[str, object]:
    about = {
        "title": key.rpartition(".")[2].title(),
        "help": f"What {key} is for.",
        "default": value,
    }
    rest: dict[str, object] = {
        "choices": [],
        "least": None,
        "most": None,
        "when": "at once",
        "is_secret": False,
    }
    rest |= {"is_optional": False, "is_set": True}
    return {"key": key, "kind": kind, "value": value, **about, **rest, **more}


SETTINGS = [
    setting("playback.volume", "number", 0.8, least=0, most=1),
    setting("channels.main.policy.words.blocked", "list", ["badword"], default=[]),
    setting("moderation.approval.enabled", "boolean", value=False),
    setting("channels.main.policy.links", "choice", "strip", choices=["strip", "drop"]),
    setting("server.port", "integer", 7850, when="next start"),
    setting("twitch.client_secret", "text", value=None, default=None, is_secret=True),
]


def change(body: Any) -> Answer:  # noqa: ANN401 - JSON
    changes = body["changes"]
    if isinstance(changes.get("playback.volume"), str):
        problems = [{"key": "playback.volume", "message": "a number is needed"}]
        return 422, {"error": "One value is refused.", "problems": problems}
    later = [key for key in changes if key == "server.port"]
    return 200, {"applied": [key for key in changes if key not in later], "next_start": later}


def test_settings_are_changed_together(window: Page, serve: Serve) -> None:
    values = {"GET": {"settings": SETTINGS}}
    server = serve(settings=lambda body: change(body) if body else (200, values["GET"]))
    goto(window, server, "settings")
    assert window.one(".settings-groups .card-title").text == "Blocked words and expressions"
    assert window.serious() == []

    words = window.one("#setting-channels-main-policy-words-blocked")
    words.send_keys("\nvileslur")
    window.one("#setting-moderation-approval-enabled").click()
    Select(window.one("#setting-channels-main-policy-links")).select_by_value("drop")
    port = window.one("#setting-server-port")
    port.clear()
    port.send_keys("7999")
    window.says("4 changes")
    window.press("Save")
    window.says("Saved. One change waits for the next start.")

    changes = {
        "channels.main.policy.words.blocked": ["badword", "vileslur"],
        "moderation.approval.enabled": True,
        "channels.main.policy.links": "drop",
        "server.port": 7999,
    }
    assert server.calls == [("PATCH", "/api/settings", {"changes": changes})]
    window.wait(lambda: not window.all(".save-bar")[0].is_displayed(), "nothing to save")


def test_a_value_that_is_refused_is_told_beside_it(window: Page, serve: Serve) -> None:
    server = serve(settings=lambda body: change(body) if body else (200, {"settings": SETTINGS}))
    goto(window, server, "settings")
    volume = window.one("#setting-playback-volume")
    volume.clear()
    volume.send_keys("loud")
    window.press("Save")

    window.says("a number is needed")
    assert volume.get_attribute("aria-invalid") == "true"
    assert window.driver.switch_to.active_element == volume
    window.press("Discard")
    assert volume.get_attribute("value") == "0.8"


def test_settings_are_searched_and_set_back(window: Page, serve: Serve) -> None:
    server = serve(settings=lambda body: change(body) if body else (200, {"settings": SETTINGS}))
    goto(window, server, "settings")
    window.one("#setting-playback-volume")
    window.one("#find-setting").send_keys("blocked words")
    window.wait(lambda: len(window.texts(".setting")) == 1, "one setting")

    window.press("Default")
    window.press("Save")
    window.says("Saved, and in effect.")
    changes: dict[str, object] = {"channels.main.policy.words.blocked": []}
    assert server.calls == [("PATCH", "/api/settings", {"changes": changes})]


def test_a_secret_is_replaced_and_never_shown(window: Page, serve: Serve) -> None:
    server = serve(settings=lambda body: change(body) if body else (200, {"settings": SETTINGS}))
    goto(window, server, "settings")
    secret = window.one("#setting-twitch-client_secret")
    assert (secret.get_attribute("type"), secret.get_attribute("value")) == ("password", "")
    secret.send_keys("new")
    window.press("Save")

    window.says("Saved, and in effect.")
    assert server.calls[0][2] == {"changes": {"twitch.client_secret": "new"}}
    assert secret.get_attribute("value") == ""


_ASK_FIRST = """
const microphone = navigator.mediaDevices;
const real = microphone.getUserMedia.bind(microphone);
window.asked = [];
microphone.getUserMedia = async (wanted) => {
  await new Promise((allow) => window.asked.push(allow));
  return real(wanted);
};
"""
"""Lets the browser ask whether the microphone may be used, until the test says so."""


def voice(name: str, **more: object) -> dict[str, object]:
    about = {"language": "en", "licence": "CC0", "consent": "", "transcript": "", "problem": ""}
    return {"name": name, **about, "is_own": False, "channels": [], **more}


VOICES = {
    "voices": [
        voice("alba", channels=["main"]),
        voice("broken", problem="The recording is silent."),
        voice("marta", is_own=True, language="de"),
    ],
    "may_choose": True,
}


def test_voices_are_heard_used_and_deleted(window: Page, serve: Serve) -> None:
    server = serve(
        voices=VOICES,
        voices__marta__speech=tone(),
        voices__marta__sample=tone(),
        voices__marta=lambda _: (200, {}),
        channels__main__voice=lambda _: (200, {}),
    )
    goto(window, server, "voices")
    window.press("Listen to marta")
    window.wait(lambda: bool(window.all(".is-playing")), "sound")
    window.wait(lambda: not window.all(".is-playing"), "end of the sound")
    window.press("Use marta in this channel")
    window.says("marta speaks in main now.")
    window.press("Delete marta")
    window.press("Cancel")
    window.press("Delete marta")
    window.one("dialog .is-panic").click()
    window.wait(lambda: len(server.calls) == 2, "deletion")

    assert server.calls == [
        ("PUT", "/api/channels/main/voice", {"voice": "marta"}),
        ("DELETE", "/api/voices/marta", None),
    ]
    assert window.serious() == []


def judge(body: Any) -> Answer:  # noqa: ANN401 - a form
    if not body["consent"]:
        return 422, {"error": "A voice needs a record of consent."}
    judged = {"speech_s": 6.2, "above_background_db": 41.3, "clipped": 0, "start_s": 0.2}
    more = {"end_s": 6.5, "loudness_lufs": -20, "heard": "", "language": ""}
    sound = base64.b64encode(tone()).decode()
    return 201, {"judged": {**judged, **more}, "advice": ["It is short."], "sound": sound}


def test_a_voice_is_made_of_a_file(window: Page, serve: Serve, tmp_path: Path) -> None:
    path = tmp_path / "marta.wav"
    path.write_bytes(tone(4))
    server = serve(
        voices=lambda body: judge(body) if body else (200, {"voices": [], "may_choose": False})
    )
    goto(window, server, "voices")
    window.one("#add-file").send_keys(str(path))
    window.one("#add-transcript").send_keys("What is said.")
    window.press("Check")
    window.says("A voice needs a record of consent.")

    window.one("#add-name").send_keys("marta")
    window.one("#add-consent").send_keys("Marta, 2026-11-01, in chat")
    window.one("#add-agreed").click()
    window.press("Check")
    window.says("6.2 s of speech; the background is 41 dB fainter.")
    window.says("It is short.")
    window.press("Add the voice")
    window.says("marta is added.")

    first, second, third = server.calls
    assert [first[1], second[1], third[1]] == ["/api/voices?dry=1"] * 2 + ["/api/voices"]
    assert third[2] == {
        "name": "marta",
        "transcript": "What is said.",
        "whole": "yes",
        "language": "en",
        "licence": "",
        "consent": "Marta, 2026-11-01, in chat",
        "file": path.read_bytes(),
    }


def test_a_voice_is_recorded_in_the_browser(window: Page, serve: Serve) -> None:
    server = serve(
        voices=lambda body: judge(body) if body else (200, {"voices": [], "may_choose": False})
    )
    goto(window, server, "voices")
    window.driver.execute_script(_ASK_FIRST)
    window.press("Record")
    window.press("Record")
    assert window.driver.execute_script("return asked.length") == 1
    window.driver.execute_script("asked[0]()")
    window.wait(lambda: "Records, 2 s" in window.body(), "a while of recording")
    window.press("Stop")
    window.wait(lambda: "KB" in window.body(), "recording")
    window.press("Check")
    window.wait(lambda: bool(server.calls), "upload")

    body = server.calls[0][2]
    with wave.open(io.BytesIO(body["file"])) as recorded:
        assert recorded.getnframes() > recorded.getframerate() / 4
        assert np.frombuffer(recorded.readframes(-1), "<i2").any()
    assert body["transcript"] == window.one(".aloud").text
    window.press("Listen")
    assert window.texts("#add .problem") == ["A voice needs a record of consent."]

    Select(window.one("#add-language")).select_by_value("de")
    window.one("#add-file").send_keys(str(HEART))  # another recording, of other words
    assert window.one("#add-transcript").get_attribute("value") == ""


def test_the_first_run_opens_by_itself_and_ends_with_speech(window: Page, serve: Serve) -> None:
    devices = [
        {"name": "default", "description": "Default", "is_default": True},
        {"name": "USB Audio", "description": "USB Audio", "is_default": False},
    ]
    chosen: dict[str, Any] = {}

    def answer(body: Any) -> Answer:  # noqa: ANN401 - JSON
        chosen.update(body or {})
        if body:
            return 200, {"restarts": False, "next_start": []}
        missing = ["chat"] * ("twitch" not in chosen) + ["output"] * ("device" not in chosen)
        twitch = [chosen["twitch"]] if "twitch" in chosen else []
        return 200, {
            "missing": missing,
            "channels": ["main"],
            "twitch": twitch,
            "outputs": {"default": "the device is not there"},
            "devices": devices,
            "voice": "heart",
            "may_restart": True,
        }

    spoken = {"spoken": True, "reason": "", "first_sound_s": 0.42, "audio_s": 2, "engine": "tone"}
    server = serve(setup=answer, test=lambda _: (200, spoken))
    window.resize(1280, 800)
    window.open(f"{server.url}/")
    window.says("Four steps")
    window.wait(lambda: window.texts(".step.is-open h2") == ["Chat", "Output"], "steps")
    assert window.serious() == []

    window.one("#setup-twitch").send_keys("cool streamer")
    window.one("[data-step=chat] .is-primary").click()
    assert server.calls == []
    window.one("#setup-twitch").clear()
    window.one("#setup-twitch").send_keys("coolstreamer")
    Select(window.one("#setup-output")).select_by_visible_text("USB Audio")
    window.one("[data-step=chat] .is-primary").click()
    window.wait(lambda: window.texts(".step.is-open h2") == ["Output"], "chat")
    window.one("[data-step=output] .is-primary").click()
    window.wait(lambda: window.texts(".step.is-open h2") == [], "output")
    window.press("Speak it")
    window.says("the first sound came after 0.4 s")
    window.one("[data-step=test] a").click()
    window.wait(lambda: window.driver.title == "Live · ishowtts", "live page")

    assert [call[2] for call in server.calls] == [
        {"twitch": "coolstreamer"},
        {"device": "USB Audio", "browser": False},
        {"channel": "main", "text": "Hello chat, this is how I sound."},
    ]
