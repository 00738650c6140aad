"""Licences of all that is installed: `python -m tests.packages.licences` lists them anew.

What packages say of themselves, of those that are installed here, and when their index has the
latest release from; docs/licences.md holds the table.
"""

from __future__ import annotations

import re
import tomllib
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pypi_simple import PyPISimple

from tests.packages.platforms import extras
from tests.packages.wheel import closure

REPOSITORY = Path(__file__).parents[2]
PAGE = REPOSITORY / "docs" / "licences.md"
_BEGIN, _END = "<!-- packages -->\n", "<!-- /packages -->\n"
_ROW = re.compile(
    r"^\| (?!package )([\w.-]+) \| ([^|]+) \| ([^|]+) \| (\d{4}-\d\d-\d\d) \|$", re.MULTILINE
)
_LONG = 60
"""Longer fields hold the licence itself, not its name."""


class Listed(NamedTuple):
    """What the table tells of a package."""

    licence: str
    by: str
    """Who needs it."""
    released: date
    """Day of its latest release."""


def direct() -> dict[str, set[str]]:
    """Return who needs each package that pyproject.toml names, for users: core, or an extra."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
    needs: dict[str, set[str]] = {}
    groups = {"core": project["dependencies"]}
    groups |= {extra: project["optional-dependencies"][extra] for extra in extras()}
    for group, texts in groups.items():
        for text in texts:
            needs.setdefault(canonicalize_name(Requirement(text).name), set()).add(group)
    return needs


def listed() -> dict[str, Listed]:
    """Return the table of the page, by the name of the package."""
    text = PAGE.read_text("utf-8").split(_BEGIN)[1].split(_END)[0]
    return {
        name: Listed(licence.strip(), by.strip(), date.fromisoformat(released))
        for name, licence, by, released in _ROW.findall(text)
    }


def licence_of(dist: metadata.Distribution) -> str:
    """Return what a package says of its licence, shortly."""
    about = dist.metadata
    if "License-Expression" in about:
        return str(about["License-Expression"])
    classifiers = [c for c in about.get_all("Classifier") or () if c.startswith("License ::")]
    names = [c.rpartition(" :: ")[2].removesuffix(" License") for c in classifiers]
    names = [name for name in names if name != "OSI Approved"]
    if names:
        return ", ".join(names)
    told = "".join(about.get_all("License") or ()).strip().split("\n")[0]
    return told if 0 < len(told) <= _LONG else "see its own files"


def rows() -> list[str]:
    """Return the rows of the table: what users install, with all that it needs."""
    needed = direct()
    licences, by = dict[str, str](), dict[str, set[str]]()
    for group in ("core", *extras()):
        for dist in closure("ishowtts", () if group == "core" else (group,)):
            name: str = canonicalize_name(dist.metadata["Name"])
            licences[name] = licence_of(dist)
            by.setdefault(name, set()).add(group)
    found = []
    with PyPISimple() as index:
        for name, groups in sorted(by.items()):
            need = who(needed.get(name, groups)) + ("" if name in needed else ", by others")
            found.append(f"| {name} | {licences[name]} | {need} | {released(index, name)} |")
    return found


def released(index: PyPISimple, name: str) -> date:
    """Return the day of the latest release of a package that was not taken back."""
    files = index.get_project_page(name).packages
    return max(it.upload_time.date() for it in files if it.upload_time and not it.is_yanked)


def who(groups: set[str]) -> str:
    """Return who needs a package, in words: with the core everybody does."""
    return "core" if "core" in groups else ", ".join(sorted(groups))


def main() -> None:
    """Write the table."""
    head, rest = PAGE.read_text("utf-8").split(_BEGIN)
    table = "\n".join(
        ["| package | licence | for | latest release |", "|---|---|---|---|", *rows(), ""]
    )
    PAGE.write_text(f"{head}{_BEGIN}{table}{_END}{rest.split(_END)[1]}", "utf-8")


if __name__ == "__main__":
    main()
