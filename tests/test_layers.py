"""The boundaries of the package: who may import whom, and under which Python."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
import vermin

import bot
from bot.engine import ENGINES
from bot.engine.process.supervisor import Supervisor
from bot.messages import SpeechRequest
from tests.interpreters import python_3_10

PACKAGE = Path(bot.__file__).parent
LAYERS: tuple[tuple[str, ...], ...] = (
    ("bot.errors",),
    ("bot.runtime", "bot.hardware"),
    ("bot.messages",),
    ("bot.outcomes", "bot.state"),
    ("bot.config",),
    ("bot.logs", "bot.mqtt", "bot.voices"),
    (
        "bot.sources", "bot.policy", "bot.commands", "bot.backlog", "bot.engine",
        "bot.playback", "bot.store", "bot.observers", "bot.server", "bot.archive", "bot.obs",
    ),
    ("bot.overload", "bot.segments"),
    ("bot.rendering",),
    ("bot.lookahead", "bot.moderation"),
    ("bot.speaker", "bot.intake"),
    ("bot.channel",),
    ("bot.inbox",),
    ("bot.web", "bot.wires"),
    ("bot.wiring",),
    ("bot.service", "bot.pool"),
    ("bot.speedcheck", "bot.rehearsal"),
    ("bot.app", "bot.report"),
    ("bot.cli",),
    ("bot.__main__",),
)  # fmt: skip
"""Rooms and modules, the lowest first: each imports itself and what stands in a line above it.

Those of one line are strangers: no stage knows another one.
"""
SECTIONS: dict[str, set[str]] = {
    "bot.sources": {"sources"},
    "bot.policy": {"answers", "events", "languages", "limits", "policy", "raids", "tags", "words"},
    "bot.backlog": {"backlog"},
    "bot.overload": {"overload"},
    "bot.commands": {"commands", "verbs"},
    "bot.playback": {"playback"},
    "bot.observers": {"mqtt"},
    "bot.mqtt": {"mqtt"},
    "bot.server": {"server"},
    "bot.archive": {"archive"},
    "bot.obs": {"obs"},
    "bot.logs": {"logs"},
    "bot.moderation": {"moderation"},
    "bot.wires": {"answers", "server", "wires"},
    "bot.engine": set(),
    "bot.store": set(),
    "bot.voices": set(),
}
"""Sections of the configuration that a stage or helper may read, besides `base`."""


def modules() -> Iterator[tuple[str, Path]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        yield ".".join(parts).removesuffix(".__init__"), path


def imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    known = {name for name, _ in modules()}
    # `from bot.x import y` names a module when y is one, else the module is bot.x.
    resolved = {name if name in known else name.rpartition(".")[0] for name in names}
    return {name for name in resolved if name.startswith("bot.")}  # `bot` itself holds the version


def room_of(module: str) -> str | None:
    places = [place for layer in LAYERS for place in layer]
    around = [place for place in places if module == place or module.startswith(f"{place}.")]
    return max(around, key=len, default=None)


def height(room: str) -> int:
    return next(number for number, layer in enumerate(LAYERS) if room in layer)


@pytest.mark.parametrize(("module", "path"), [each for each in modules() if each[0] != "bot"])
def test_a_module_imports_only_what_is_below_it(module: str, path: Path) -> None:
    room = room_of(module)
    assert room is not None, f"{module} has no place in LAYERS"
    above = {
        name
        for name in imports(path)
        if (other := room_of(name)) != room and (other is None or height(other) >= height(room))
    }

    assert above == set()


@pytest.mark.parametrize("room", sorted(SECTIONS))
def test_a_stage_reads_only_its_own_section_of_the_configuration(room: str) -> None:
    allowed = SECTIONS[room] | {"base"}
    for module, path in modules():
        if room_of(module) == room:
            read = {name for name in imports(path) if room_of(name) == "bot.config"}
            assert {name.rpartition(".")[2] for name in read} <= allowed, module


def imported_by_the_engine_process() -> set[str]:
    """The modules that run in it, whichever engine it is told to run."""
    entry = "bot.engine.process.entry"
    waiting = [entry, *(place.partition(":")[0] for place in ENGINES.values())]
    paths, found = dict(modules()), set[str]()
    while waiting:
        if (name := waiting.pop()) not in found:
            found.add(name)
            waiting += imports(paths[name])
    return found


@pytest.mark.parametrize("module", sorted(imported_by_the_engine_process()))
def test_what_the_engine_process_imports_is_python_3_10(module: str) -> None:
    config = vermin.Config()
    config.add_target((3, 10))
    source = dict(modules())[module].read_text(encoding="utf-8")
    visitor = vermin.visit(source, config)

    assert visitor.minimum_versions()[1] is not None, visitor.output_text()
    assert visitor.minimum_versions()[1] <= (3, 10), visitor.output_text()


def runs_elsewhere(module: str) -> bool:
    """Tell whether it may run under another interpreter: guests have the daemon's."""
    return not module.startswith("bot.engine.guests.")


@pytest.mark.parametrize("module", sorted(imported_by_the_engine_process()))
def test_the_engine_process_needs_nothing_of_the_daemon_s(module: str) -> None:
    """What it logs goes through the standard library: its interpreter has few packages."""
    tree = ast.parse(dict(modules())[module].read_text(encoding="utf-8"))
    names = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    allowed = set() if runs_elsewhere(module) else {"aiohttp"}
    assert {name.partition(".")[0] for name in names} & {
        "structlog",
        "pydantic",
        "aiohttp",
        "platformdirs",
    } <= allowed


async def test_an_engine_speaks_under_python_3_10() -> None:
    python = python_3_10("msgspec", "numpy")
    if python is None:
        pytest.skip("needs Python 3.10 with msgspec and numpy; `make test` makes one of python3.10")
    supervisor = Supervisor("tone", lambda: {"speed": 1.0}, python=python)
    try:
        await supervisor.warm_up()
        request = SpeechRequest(id="m1", text="hello", voice="heart")
        chunk = await supervisor.speak(request)
    finally:
        await supervisor.close()

    assert chunk.duration_s == pytest.approx(1 / 3, abs=0.01)
