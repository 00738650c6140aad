"""A daemon as a process of its own, and Chromium that looks at its dashboard."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selenium.common import StaleElementReferenceException
from selenium.webdriver.common.by import By

from tests.conftest import wait_until
from tests.web import chromium
from tests.web.node import WEB, need_packages

if TYPE_CHECKING:
    from collections.abc import Callable

    from selenium.webdriver.remote.webelement import WebElement

_FLAGS = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
_CONFIG = """
channels:
  - name: main
    sources: [{{type: ingest}}]
    outputs: [{{type: wavefile, path: "{folder}/main.wav"}}]
  - name: second
    sources: [{{type: ingest}}]
    outputs: [{{type: wavefile, path: "{folder}/second.wav"}}]
engine: {{engines: [tone]}}
server: {{port: {port}, {server}}}
moderation: {{{moderation}}}
"""


class Daemon:
    """A daemon that runs, and its API as a program calls it."""

    def __init__(
        self, folder: Path, *, server: str = "", token: str = "", moderation: str = ""
    ) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.folder = folder
        self._token = token
        config = _CONFIG.format(folder=folder, port=port, server=server, moderation=moderation)
        (folder / "config.yaml").write_text(config, encoding="utf-8")
        self.start()

    def start(self) -> None:
        """Start it, and return when it answers."""
        command = [sys.executable, "-m", "bot", "run", "--config", "config.yaml"]
        env = {
            **os.environ,
            "STATE_DIRECTORY": str(self.folder / "state"),
            "PYTHONPATH": str(Path(__file__).parents[3]),
        }
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=self.folder, env=env, stdout=log, stderr=log
            )
        wait_until(self._is_there, "answer from the daemon")

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()

    def call(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        """Return the JSON that it answers."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, method=method)
        if self._token:
            request.add_header("Authorization", f"Bearer {self._token}")
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read() or b"null")

    def say(self, text: str, name: str = "viewer1", channel: str = "main", **more: object) -> str:
        """Post a message of chat; return its id."""
        body = {"text": text, "author": {"name": name, **more}, "channel": channel}
        return str(self.call("POST", "/api/chat", body)["id"])

    def command(self, command: str, channel: str = "main") -> str:
        """Give a command; return its answer."""
        body = {"command": command, "channel": channel}
        return str(self.call("POST", "/api/command", body)["answer"])

    def queue(self, channel: str = "main") -> dict[str, Any]:
        """Return what is said, waits and is held."""
        found: dict[str, Any] = self.call("GET", "/api/queue")[channel]
        return found

    def waiting(self) -> list[str]:
        """Return the names of those whose messages wait, in order."""
        return [item["chatter"] for item in self.queue()["waiting"]]

    def state(self, channel: str = "main") -> dict[str, Any]:
        """Return the state of a channel."""
        found: dict[str, Any] = self.call("GET", "/api/status")["channels"][channel]
        return found

    def _is_there(self) -> bool:
        assert self._process.poll() is None, (self.folder / "log").read_text()
        try:
            channels = self.call("GET", "/api/status")["channels"].values()
        except OSError:
            return False
        return all("open" in clause for one in channels for clause in one["sources"].values())


class Page(chromium.Page):
    """A window that shows the dashboard."""

    def __init__(self, *flags: str) -> None:
        super().__init__(*_FLAGS, *flags)

    def resize(self, width: int, height: int) -> None:
        """Give the page a size in CSS pixels, as a phone where it is narrow."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        self._send("Emulation.setDeviceMetricsOverride", metrics)
        self._send("Emulation.setTouchEmulationEnabled", {"enabled": width < 500})

    def prefer(self, scheme: str) -> None:
        """Let the system be `light` or `dark`."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self._send("Emulation.setEmulatedMedia", {"features": features})

    def open(self, address: str, *, is_recorded: bool = False) -> None:
        """Load `address` as if nobody had been there before."""
        origin = "/".join(address.split("/")[:3])
        self.driver.get(f"{origin}/static/dashboard/icon.svg")
        self.driver.execute_script("sessionStorage.clear(); localStorage.clear()")
        super().open(address, is_recorded=is_recorded)

    def all(self, selector: str) -> list[WebElement]:
        """Return the elements that are there now."""
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector: str) -> WebElement:
        """Return the first element, as soon as it is there."""
        self.wait(lambda: bool(self.all(selector)), selector)
        return self.all(selector)[0]

    def texts(self, selector: str) -> list[str]:
        """Return the texts of the elements."""
        script = "return [...document.querySelectorAll(arguments[0])].map((e) => e.textContent)"
        return list(self.driver.execute_script(script, selector))

    def button(self, label: str) -> WebElement:
        """Return the button with these words or this label, as soon as it is there."""
        path = f'//button[normalize-space(.)="{label}" or @aria-label="{label}"]'
        found: list[WebElement] = []

        def look() -> bool:
            found[:] = [e for e in self.driver.find_elements(By.XPATH, path) if e.is_displayed()]
            return bool(found)

        self.wait(look, f"button {label}")
        return found[0]

    def press(self, label: str) -> None:
        """Click on the button with these words or this label."""
        self.button(label).click()

    def wait(self, condition: Callable[[], bool], what: str) -> None:
        """Return when `condition` holds; what is drawn anew while it looks does not disturb it."""

        def holds() -> bool:
            try:
                return condition()
            except StaleElementReferenceException:
                return False

        wait_until(holds, f"{what}; the page shows: {self.body()[:600]!r}")

    def body(self) -> str:
        """Return all words of the page."""
        return str(self.driver.execute_script("return document.body?.innerText ?? ''"))

    def says(self, words: str) -> None:
        """Return when `words` stand on the page."""
        self.wait(lambda: words in self.body(), repr(words))

    def errors(self) -> list[str]:
        """Return what the browser complained about since the last call."""
        lines = self.driver.get_log("browser")  # type: ignore[no-untyped-call]
        return [line["message"] for line in lines if line["level"] in ("SEVERE", "WARNING")]

    def serious(self) -> list[str]:
        """Return what axe-core finds serious or worse."""
        need_packages()
        axe = WEB / "node_modules" / "axe-core" / "axe.min.js"
        self.driver.execute_script(axe.read_text(encoding="utf-8"))
        script = "axe.run().then(({violations}) => arguments[0](violations))"
        found = self.driver.execute_async_script(script)
        return [
            f"{one['id']}: {one['help']}: {[node['html'][:160] for node in one['nodes']]}"
            for one in found
            if one["impact"] in ("serious", "critical")
        ]

    def _send(self, command: str, options: dict[str, Any]) -> None:
        self.driver.execute_cdp_cmd(command, options)
