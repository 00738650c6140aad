"""How this program was installed, and the command that adds to it.

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

_NAME = "ishowtts"
_EXTRA = re.compile(r"""extra\s*==\s*['"]([\w-]+)['"]""")


def install_command(*extras: str) -> str:
    """Return the command that installs the packages of `extras` for this interpreter."""
    if image := os.environ.get("ISHOWTTS_IMAGE_EXTRAS"):
        return f"podman build --build-arg EXTRAS={','.join((image, *extras))} ."
    wanted = ",".join(extras)
    checkout = Path(bot.__file__).resolve().parent.parent
    if (checkout / "pyproject.toml").is_file():
        words = [f"{checkout}[{wanted}]"]
    elif address := _address():
        words = [f"{_NAME}[{wanted}] @ {address}"]
    else:
        words = [need for extra in extras for need in _needs(extra)]
    mark = '"' if sys.platform == "win32" else "'"  # what both of its shells know
    return " ".join([_installer(), *(f"{mark}{word}{mark}" for word in words)])


def _installer() -> str:
    """Return what installs into this environment: one that uv made has no pip."""
    if find_spec("pip") is None:
        return f"uv pip install --python {sys.executable}"
    return f"{sys.executable} -m pip install"


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


def _address() -> str:
    """Return where the wheel or folder lies that this was installed from; empty if that is unknown.

    Source: PEP 610, https://packaging.python.org/en/latest/specifications/direct-url/.
    """
    try:
        text = metadata.distribution(_NAME).read_text("direct_url.json")
        address = json.loads(text or "{}").get("url", "")
    except (metadata.PackageNotFoundError, ValueError, AttributeError):
        return ""
    if not isinstance(address, str):
        return ""
    from urllib.request import url2pathname  # noqa: PLC0415 - it loads a client of HTTP

    parts = urlsplit(address)
    is_gone = parts.scheme == "file" and not Path(url2pathname(parts.path)).exists()
    return "" if is_gone else address


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
