"""The boundaries of the package: who may import whom, and under which Python."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
import vermin

import bot
from bot.engine import ENGINES
from bot.engine.host import Host
from bot.messages import SpeechRequest
from tests.interpreters import python_3_10

PACKAGE = Path(bot.__file__).parent
LEAVES = {
    "bot",
    "bot.backoff",
    "bot.child",
    "bot.clock",
    "bot.credentials",
    "bot.errors",
    "bot.flood",
    "bot.folders",
    "bot.frames",
    "bot.jetson",
    "bot.journal",
    "bot.log_file",
    "bot.messages",
    "bot.outcomes",
    "bot.speed",
    "bot.voice_folder",
}
CONFIG = {"bot.config.base"}
STAGES = {
    "bot.sources": {"bot.config.sources"},
    "bot.policy": {"bot.config.events", "bot.config.policy"},
    "bot.backlog": {"bot.config.backlog"},
    "bot.commands": {"bot.config.commands"},
    "bot.moderation": set[str](),
    "bot.engine": set[str](),  # its child process has no pydantic
    "bot.playback": {"bot.config.playback"},
    "bot.observers": {"bot.config.mqtt"},
    "bot.store": set[str](),
    "bot.server": {"bot.config.server"},
    "bot.logs": {"bot.config.logs", "bot.flood", "bot.log_file"},
}
TOOLS: dict[str, set[str]] = {
    "bot.bench": {"bot.config.engine", "bot.engine"},
    "bot.service": {"bot.config"},
    "bot.report": {"bot.bench", "bot.config", "bot.daemon_status"},
    "bot.cloning": set(),
    "bot.quality": {"bot.bench", "bot.config.engine", "bot.engine"},
}
"""Commands, and what they may import, modules below it included."""
COMPOSITION = {
    "bot.__main__",
    "bot.app",
    "bot.banner",
    "bot.channel",
    "bot.check",
    "bot.daemon_status",
    "bot.engine_speed",
    "bot.engines",
    "bot.intake",
    "bot.login",
    "bot.lookahead",
    "bot.mqtt",
    "bot.options",
    "bot.outputs",
    "bot.say",
    "bot.speaker",
    "bot.tasks",
    "bot.vitals",
    "bot.voice",
    "bot.voice_catalog",
    "bot.watchers",
}
"""Modules that may know several stages."""


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
    return {name for name in resolved if name == "bot" or name.startswith("bot.")}


def below(module: str, places: set[str]) -> bool:
    return any(
        module == place or (place != "bot" and module.startswith(f"{place}.")) for place in places
    )


def stage_of(module: str) -> str | None:
    return next((s for s in STAGES if module == s or module.startswith(f"{s}.")), None)


@pytest.mark.parametrize(("module", "path"), list(modules()))
def test_a_stage_imports_no_other_stage(module: str, path: Path) -> None:
    stage = stage_of(module)
    if stage is None:
        known = LEAVES | COMPOSITION
        placed = module in known or below(module, {"bot.cli", "bot.config", *TOOLS})
        assert placed, f"{module} belongs nowhere"
        return
    allowed = LEAVES | CONFIG | STAGES[stage]
    strangers = {
        name
        for name in imports(path)
        if name not in allowed and name != stage and not name.startswith(f"{stage}.")
    }

    assert strangers == set()


@pytest.mark.parametrize("tool", sorted(TOOLS))
def test_a_tool_knows_only_what_it_needs(tool: str) -> None:
    allowed = LEAVES | TOOLS[tool] | {tool}
    for module, path in modules():
        if below(module, {tool}):
            assert {name for name in imports(path) if not below(name, allowed)} == set(), module


@pytest.mark.parametrize("leaf", sorted(LEAVES - {"bot"}))
def test_a_leaf_imports_only_leaves(leaf: str) -> None:
    assert imports(dict(modules())[leaf]) <= LEAVES


def test_the_configuration_knows_only_itself() -> None:
    for module, path in modules():
        if module.startswith("bot.config"):
            strangers = {name for name in imports(path) if not name.startswith("bot.config")}
            assert strangers <= LEAVES, module


def imported_by_the_engine_process() -> set[str]:
    """The modules that run in it, whichever engine it is told to run."""
    waiting = ["bot.engine.host_process", *(place.partition(":")[0] for place in ENGINES.values())]
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

    assert {name.partition(".")[0] for name in names} & {
        "structlog",
        "pydantic",
        "aiohttp",
    } == set()


async def test_an_engine_speaks_under_python_3_10() -> None:
    python = python_3_10("msgspec", "numpy")
    if python is None:
        pytest.skip("needs Python 3.10 with msgspec and numpy; `make test` makes one of python3.10")
    host = Host("tone", lambda: {"speed": 1.0}, python=python)
    try:
        await host.warm_up()
        request = SpeechRequest(id="m1", text="hello", voice="heart")
        chunks = [chunk async for chunk in host.synthesize(request)]
    finally:
        await host.close()

    assert sum(chunk.duration_s for chunk in chunks) == pytest.approx(1 / 3, abs=0.01)
