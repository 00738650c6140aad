"""The boundaries of the package: who may import whom, and under which Python."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import bot

PACKAGE = Path(bot.__file__).parent
LEAVES = {"bot", "bot.clock", "bot.errors", "bot.messages", "bot.outcomes"}
ENGINE_LEAVES = LEAVES - {"bot.outcomes"}
CONFIG = {"bot.config.base"}
STAGES = {
    "bot.sources": {"bot.config.sources", "bot.config.twitch"},
    "bot.policy": {"bot.config.policy"},
    "bot.backlog": {"bot.config.backlog"},
    "bot.commands": {"bot.config.commands"},
    "bot.moderation": set[str](),
    "bot.engine": set[str](),  # its child process has no pydantic
    "bot.playback": {"bot.config.playback"},
    "bot.observers": set[str](),
    "bot.server": {"bot.config.server"},
    "bot.logs": {"bot.config.logs"},
}
TOOLS = {
    "bot.bench": {"bot.config.engine", "bot.engine"},
    "bot.quality": {"bot.bench", "bot.config.engine", "bot.engine"},
}
"""Commands that look into the engine, and what they may import, modules below it included."""
COMPOSITION = {
    "bot.__main__",
    "bot.app",
    "bot.banner",
    "bot.check",
    "bot.engines",
    "bot.intake",
    "bot.login",
    "bot.options",
    "bot.outputs",
    "bot.say",
    "bot.speaker",
    "bot.tasks",
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
        placed = module in known or below(module, {"bot.config", *TOOLS})
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
def test_a_tool_knows_the_engine_alone(tool: str) -> None:
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


@pytest.mark.parametrize(
    ("module", "path"),
    [
        (m, p)
        for m, p in modules()
        if (m in LEAVES and m != "bot.outcomes") or m.startswith("bot.engine")
    ],
)
def test_what_the_engine_process_imports_is_python_3_10(module: str, path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 10))
    newer = {"asyncio.timeout", "asyncio.TaskGroup", "asyncio.Runner", "enum.StrEnum"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert f"{node.value.id}.{node.attr}" not in newer, module
        if isinstance(node, ast.ImportFrom):
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            assert not names & {"enum.StrEnum", "datetime.UTC", "tomllib"}, module
            assert node.module != "typing" or not names & {"typing.Self", "typing.assert_never"}
