"""What `make real` did with real programs: kept as JSON, shown as docs/real.md.

`python -m tests.real.table` writes the page anew.
"""

import json
from pathlib import Path

_HERE = Path(__file__).parent
_RESULTS = _HERE / "results.json"
PAGE = _HERE.parents[1] / "docs" / "real.md"
_HEADING = "## What was seen"


def keep(program: str, version: str, done: str, figure: str) -> None:
    """Keep the result of what was `done` with a program, in place of an older one."""
    results = _results()
    results[f"{program} {version.partition(' on ')[2]}: {done}"] = {
        "program": program,
        "version": version,
        "done": done,
        "figure": figure,
    }
    text = json.dumps(dict(sorted(results.items())), indent=1, ensure_ascii=False)
    _RESULTS.write_text(text + "\n", "utf-8")


def _results() -> dict[str, dict[str, str]]:
    if not _RESULTS.exists():
        return {}
    results: dict[str, dict[str, str]] = json.loads(_RESULTS.read_text("utf-8"))
    return results


def page(text: str) -> str:
    """Return the page as it should be, from what it is: its table is made."""
    rows = [
        f"| {one['program']} | {one['version']} | {one['done']} | {one['figure']} |"
        for one in _results().values()
    ]
    table = "\n".join(
        ["| program | version | what was done | figure |", "|---|---|---|---|", *rows]
    )
    return text.partition(_HEADING)[0] + f"{_HEADING}\n\n{table}\n"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
