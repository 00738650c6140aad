"""How this program was installed, and the commands that add to it and update it.

No package index is asked for `ishowtts`: nothing of that name is published, and whatever a stranger
put there would be run. The engine's process imports it, so it needs the standard library alone.
"""

import json
import os
import re
import sys
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import bot

ENGINE_PACKAGES = (
    *("hibari-tts>=0.2.1,<0.3", "msgspec", "numpy<2", "pypinyin", "pyyaml", "rjieba"),
    *("safetensors", "structlog"),
)
"""What the engine's process imports besides torch under an interpreter of its own."""
_NAME = "ishowtts"
_OLDEST = (3, 11)
"""First Python that this program can be installed for; the engine's process runs on older ones."""
_REQUIRED = re.compile(r"[\w.-]+")
_EXTRA = re.compile(r"""extra\s*==\s*['"]([\w-]+)['"]""")


def install_command(*extras: str) -> str:
    """Return the command that installs the packages of `extras` for this interpreter."""
    if image := os.environ.get("ISHOWTTS_IMAGE_EXTRAS"):
        return f"podman build --build-arg EXTRAS={','.join((image, *extras))} ."
    if sys.version_info < _OLDEST:
        return engine_command(sys.executable)
    wanted = ",".join(extras)
    if checkout := _checkout():
        # As `make` does: a copy in its place would not follow the next `git pull`.
        return f"{installer()} --editable {_quoted(f'{checkout}[{wanted}]')}"
    if address := _own_address():
        words = [f"{_NAME}[{wanted}] @ {address}"]
    else:
        words = [need for extra in extras for need in _needs(extra)]
    return " ".join([installer(), *map(_quoted, words)])


def engine_command(python: str) -> str:
    """Return the command that installs what the engine needs for `python`, its interpreter.

    A torch that is there stays.
    """
    if python == sys.executable and sys.version_info >= _OLDEST:
        return install_command("f5")
    return " ".join([_called(python), "-m pip install", *map(_quoted, (*ENGINE_PACKAGES, "torch"))])


def update_command(newer: str = "") -> str:
    """Return the command that replaces this installation by a newer one, its extras kept.

    Args:
        newer: Address of the newer wheel or folder; WHEEL stands in its place where it is unknown.
    """
    if "ISHOWTTS_IMAGE_EXTRAS" in os.environ:
        return "podman build ."
    extras = f"[{','.join(found)}]" if (found := _extras()) else ""
    if checkout := _checkout():
        folder = _quoted(str(checkout))
        is_git = (checkout / ".git").exists()
        fetched = f"git -C {folder} pull" if is_git else f"put the newer source into {folder}"
        return f"{fetched}, then {installer()} --editable {_quoted(f'{checkout}{extras}')}"
    what = _quoted(f"{_NAME}{extras} @ {newer or 'WHEEL'}")
    environment = Path(sys.prefix)
    if (environment / "pipx_metadata.json").is_file():
        return f"pipx install --force {what}"
    if (environment / "uv-receipt.toml").is_file():
        return f"uv tool install --reinstall {what}"
    return f"{installer()} --upgrade {what}"


def _checkout() -> Path | None:
    """Return the folder of the source that runs; None for what was installed from a wheel."""
    folder = Path(bot.__file__).resolve().parent.parent
    return folder if (folder / "pyproject.toml").is_file() else None


def _quoted(word: str) -> str:
    mark = '"' if sys.platform == "win32" else "'"  # what both of its shells know
    return f"{mark}{word}{mark}"


def installer() -> str:
    """Return what installs into this environment: one that uv made has no pip."""
    if find_spec("pip") is None:
        return f"uv pip install --python {_spaced(sys.executable)}"
    return f"{_called(sys.executable)} -m pip install"


def _spaced(path: str) -> str:
    return _quoted(path) if " " in path else path


def _called(program: str) -> str:
    # PowerShell takes what is quoted for a text, unless it is told to call it.
    call = "& " if " " in program and sys.platform == "win32" else ""
    return f"{call}{_spaced(program)}"


def strangers() -> list[str]:
    """Return the other distributions here that have a package `bot`; files of one replace ours.

    Source: the lists of files that installers keep, PEP 376.
    """
    return sorted(
        {
            str(dist.metadata["Name"])
            for dist in metadata.distributions()
            if any(file.parts[0] == bot.__name__ for file in dist.files or ())
        }
        - {_NAME}
    )


def _own_address() -> str:
    try:
        return address(metadata.distribution(_NAME))
    except metadata.PackageNotFoundError:
        return ""


def address(installed: metadata.Distribution) -> str:
    """Return where the wheel or folder lies that it was installed from; empty if that is unknown.

    Source: PEP 610, https://packaging.python.org/en/latest/specifications/direct-url/.
    """
    try:
        address = json.loads(installed.read_text("direct_url.json") or "{}").get("url", "")
    except (ValueError, AttributeError):
        return ""
    if not isinstance(address, str):
        return ""
    from urllib.request import url2pathname  # noqa: PLC0415 - it loads a client of HTTP

    parts = urlsplit(address)
    is_gone = parts.scheme == "file" and not Path(url2pathname(parts.path)).exists()
    return "" if is_gone else address


def _extras() -> list[str]:
    """Return the extras of which every package is installed."""
    try:
        every = metadata.metadata(_NAME).get_all("Provides-Extra") or []
    except metadata.PackageNotFoundError:
        return []
    return [extra for extra in every if all(map(_is_installed, _needs(extra)))]


def _is_installed(requirement: str) -> bool:
    name = _REQUIRED.match(requirement)
    return name is not None and any(metadata.distributions(name=name[0]))


def _needs(extra: str) -> list[str]:
    """Return the requirements of an extra, without its marker."""
    try:
        every = metadata.requires(_NAME) or []
    except metadata.PackageNotFoundError:
        return []
    found = []
    for need in every:
        requirement, _, marker = need.partition(";")
        match = _EXTRA.search(marker)
        if match and match[1] == extra:
            found.append(requirement.strip())
    return found
