"""Modules and rooms of the engine import each other in one direction, also inside functions."""

from graphlib import TopologicalSorter

from tests.test_layers import imports, modules

ENGINE = "bot.engine.f5."
DEPTH = len(ENGINE.split("."))


def test_no_module_and_no_room_imports_itself_through_others() -> None:
    by_module: dict[str, set[str]] = {}
    by_room: dict[str, set[str]] = {}
    for module, path in modules():
        if module.startswith(ENGINE):
            others = {other for other in imports(path) if other.startswith(ENGINE)}
            room = room_of(module)
            by_module[module] = others
            by_room.setdefault(room, set()).update(map(room_of, others))
            by_room[room].discard(room)

    for graph in (by_module, by_room):
        assert graph
        TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


def room_of(module: str) -> str:
    return ".".join(module.split(".")[:DEPTH])
