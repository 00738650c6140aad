"""Chromium with the overlay: what its audio thread plays, and what the page shows."""

import base64
import shutil
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from bot.messages import Samples
from tests.web.node import WEB

_FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--autoplay-policy=no-user-gesture-required",
    "--window-size=1280,720",
)  # fmt: skip
_DEADLINE_S = 60.0
_RECORDER = """
class Recorder extends AudioWorkletProcessor {
  constructor() { super(); this.parts = []; }
  process(inputs) {
    const heard = inputs[0][0] ?? new Float32Array(128);
    this.parts.push([currentFrame, heard.slice()]);
    if (this.parts.length >= 16) { this.port.postMessage(this.parts); this.parts = []; }
    return true;
  }
}
registerProcessor("recorder", Recorder);
"""
_RECORD = """
const address = URL.createObjectURL(new Blob([arguments[0]], {type: "text/javascript"}));
const { player } = overlay;
await player.context.audioWorklet.addModule(address);
const recorder = new AudioWorkletNode(player.context, "recorder");
player.node.connect(recorder);
recorder.connect(player.context.destination);
window.parts = [];
window.begun = [];
recorder.port.onmessage = ({data}) => window.parts.push(...data);
player.node.port.addEventListener("message", ({data}) => window.begun.push(data));
"""
_RECORDED = """
const samples = new Int16Array(parts.length * 128);
parts.forEach(([, heard], place) => {
  heard.forEach((sample, index) => { samples[place * 128 + index] = Math.round(sample * 32767); });
});
const gaps = parts.filter(([frame], place) => frame !== parts[0][0] + place * 128).length;
let text = "";
const bytes = new Uint8Array(samples.buffer);
for (let start = 0; start < bytes.length; start += 8192) {
  text += String.fromCharCode(...bytes.subarray(start, start + 8192));
}
return [parts.length ? parts[0][0] : 0, gaps, btoa(text)];
"""


class Page:
    """One page of a browser of its own."""

    def __init__(self, *flags: str) -> None:
        options = webdriver.ChromeOptions()
        for flag in (*_FLAGS, *flags):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        options.binary_location = shutil.which("chromium") or ""
        self.driver = webdriver.Chrome(
            options=options, service=Service(shutil.which("chromedriver"))
        )
        self.driver.set_script_timeout(_DEADLINE_S)

    def open(self, address: str, *, is_recorded: bool = True) -> None:
        """Open an overlay; to be recorded, it may load the test's script in its audio thread."""
        self.driver.execute_cdp_cmd("Page.setBypassCSP", {"enabled": is_recorded})
        self.driver.get(address)

    def run(self, script: str, *arguments: object) -> Any:  # noqa: ANN401 - what the script returns
        """Run JavaScript in which `overlay` is the page's; return what it returns."""
        load = "const {overlay} = await import('/static/overlay/main.js');"
        body = f"return (async function() {{ {load} {script} }}).apply(null, arguments)"
        return self.driver.execute_script(body, *arguments)

    def wait_for(self, condition: str, what: str) -> None:
        """Return when the expression `condition` of the page holds."""
        _wait(lambda: bool(self.run(f"return Boolean({condition})")), what)

    def wait_until_playing(self) -> None:
        """Return when the server knows that this page plays."""
        self.wait_for(
            "overlay.player.isRunning && overlay.player.output.differences.length > 5"
            " && overlay.asked > 15",
            "page that plays",
        )

    def record(self) -> None:
        """Keep what the page plays from now on, before the volume."""
        self.run(_RECORD, _RECORDER)

    def recorded(self) -> tuple[int, Samples]:
        """Return the frame of the first sample, and all samples."""
        first, gaps, text = self.run(_RECORDED)
        assert gaps == 0, "the recorder itself missed something"
        samples = np.frombuffer(base64.b64decode(text), "<i2").astype(np.float32)
        return first, samples / np.float32(32_767)

    def barriers(self) -> list[str]:
        """Return what axe-core finds serious for people who see, hear or move otherwise."""
        self.driver.execute_script((WEB / "node_modules" / "axe-core" / "axe.min.js").read_text())
        found: list[dict[str, Any]] = self.run("return (await axe.run()).violations")
        serious = [each for each in found if each["impact"] in {"serious", "critical"}]
        return [f"{each['id']}: {each['nodes'][0]['html']}" for each in serious]

    def errors(self) -> list[str]:
        """Return what the browser complains about."""
        log: list[dict[str, Any]]
        log = self.driver.get_log("browser")  # type: ignore[no-untyped-call]
        return [entry["message"] for entry in log if entry["level"] == "SEVERE"]

    def close(self) -> None:
        """End the browser."""
        self.driver.quit()


def need_chromium() -> None:
    """Skip the test where there is no Chromium."""
    for program, package in (("chromium", "chromium"), ("chromedriver", "chromium-driver")):
        if shutil.which(program) is None:
            pytest.skip(f"needs the Debian package {package}")


def _wait(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _DEADLINE_S
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"no {what} within {_DEADLINE_S:.0f} s")
        time.sleep(0.05)
