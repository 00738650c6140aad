"""Files that come with the program: beside the package in a checkout, inside it in a wheel."""

from pathlib import Path

import bot

_PACKAGE = Path(bot.__file__).parent
CHECKOUT = _PACKAGE.parent
"""The folder of the repository, where the program runs from one."""


def resource(name: str) -> Path:
    """Return the file or folder `name` of the repository's top level, such as `config.yaml`.

    A wheel holds it in `bot/resources` (see `force-include` in pyproject.toml).
    """
    shipped = _PACKAGE / "resources" / name
    return shipped if shipped.exists() else CHECKOUT / name
