"""Start of an engine's process, maybe under another interpreter than the daemon's."""

import sys
from pathlib import Path

_BOOT = """
import importlib.util, sys
folder = sys.argv[1]
sys.path[:] = [path for path in sys.path if path]
spec = importlib.util.spec_from_file_location(
    "bot", folder + "/__init__.py", submodule_search_locations=[folder]
)
sys.modules["bot"] = module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
from bot.engine.process.entry import main
main()
"""
"""Makes this package, and nothing that lies beside it, importable: another interpreter must not see
the packages that were installed for this one."""
_PACKAGE = Path(__file__).parents[2]


def command(python: str = "") -> tuple[str, ...]:
    """Return program and arguments of the process; the interpreter is the daemon's by default."""
    return (python or sys.executable, "-c", _BOOT, str(_PACKAGE))
