"""The blocks that `make real` follows, and why others are left out."""

from __future__ import annotations

from tests.real.paths.pages import Place

TRY_IT = Place("README.md", "Try it")
PIP = Place("README.md", "Try it", 1)
CHECK = Place("README.md", "Try it", 2)
PIPX = Place("docs/platforms.md", "Ways to install")
UV = Place("docs/platforms.md", "Ways to install", 1)
IMAGE = Place("docs/containers.md", "In a container")
CONTAINER = Place("docs/containers.md", "Run it")
CHAT = Place("docs/chat.md", "From other programs")
PASSWORD = Place("docs/obs.md", "OBS", language="yaml")
SINK = Place("docs/obs.md", "OBS", 1)
PLAYS_ON_IT = Place("docs/obs.md", "By a sink", language="yaml")
JETSON_PACKAGES = Place("docs/jetson.md", "JetPack 6: two Pythons")
JETSON_TORCH = Place("docs/jetson.md", "JetPack 6: two Pythons", 1)
JETSON_SETUP = Place("docs/jetson.md", "JetPack 6: two Pythons", 2)
JETSON_START = Place("docs/jetson.md", "First start")
JETSON_LINK = Place("docs/jetson.md", "Heard on the PC")
JETSON_HEARD = Place("docs/jetson.md", "Heard on the PC", language="yaml")

FOLLOWED = [value for value in list(globals().values()) if isinstance(value, Place)]
_SERVICE = "tests/service/test_page.py, with a real service manager"
LEFT_OUT = {
    Place("docs/obs.md", "OBS"): "Debian's OBS has no browser source; tests/obs has a stand-in",
    **{Place("docs/service.md", "On a PC beside OBS", number): _SERVICE for number in range(4)},
    Place("docs/service.md", "Secrets"): _SERVICE,
}
"""Blocks of commands that none of the tests here follows, with the reason."""
