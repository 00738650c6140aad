"""How this program was installed, and the command that adds to it.

No package index is asked for `ishowtts`: nothing of that name is published, and whatever a stranger
put there would be run. The engine's process imports it, so it needs the standard library alone.
"""

import json
import re
import sys
from importlib import metadata
from pathlib import Path

import bot

_NAME = "ishowtts"
_EXTRA = re.compile(r"""extra\s*==\s*['"]([\w-]+)['"]""")


def install_command(*extras: str) -> str:
    """Return the command that installs the packages of `extras` for this interpreter."""
    pip = f"{sys.executable} -m pip install"
    wanted = ",".join(extras)
    checkout = Path(bot.__file__).resolve().parent.parent
    if (checkout / "pyproject.toml").is_file():
        return f"{pip} '{checkout}[{wanted}]'"
    if address := _address():
        return f"{pip} '{_NAME}[{wanted}] @ {address}'"
    return f"{pip} {' '.join(repr(need) for extra in extras for need in _needs(extra))}".rstrip()


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
    return address if isinstance(address, str) else ""


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
