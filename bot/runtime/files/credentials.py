"""Secrets from a file, a systemd credential, the environment, or the configuration.

The configuration is copied and shown to others, so a secret is better kept elsewhere.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from bot.errors import StartError
from bot.runtime.files.folders import read_bounded

_MAX_BYTES = 4096
"""Longest secret in a file."""


def read_secret(
    name: str,
    *,
    configured: str | None = None,
    file: Path | None = None,
    environment: Mapping[str, str] = os.environ,
) -> str | None:
    """Return the secret `name`, such as mqtt-password; None where there is none.

    The first one that exists counts: `file`; the file `name` in `$CREDENTIALS_DIRECTORY`
    (systemd's LoadCredential, which puts a word and _ before it if a folder was loaded); the
    variable `ISHOWTTS_NAME`; what is `configured`. A line feed at the end of a file does not
    count.

    Raises:
        StartError: the file cannot be read, or holds no secret.
    """
    if file is not None:
        return _read(file, name)
    directory = environment.get("CREDENTIALS_DIRECTORY")
    if directory:
        folder = Path(directory)
        for credential in (folder / name, *sorted(folder.glob(f"*_{name}"))):
            if os.path.lexists(credential):
                return _read(credential, name)
    variable = f"ISHOWTTS_{name.replace('-', '_').upper()}"
    return environment.get(variable) or configured


def _read(path: Path, name: str) -> str:
    try:
        text = read_bounded(path, _MAX_BYTES).decode().rstrip("\r\n")
    except OSError as error:
        raise StartError(
            f"The file of {name}, {path}, cannot be read: {error.strerror}.",
            remedy="Write the secret to it, and let the user that runs ishowtts read it.",
        ) from error
    except UnicodeDecodeError:
        text = ""
    if not text or "\n" in text:
        raise StartError(
            f"The file of {name}, {path}, holds no secret: it is not one line of text.",
            remedy="Write the secret to it, and nothing else.",
        )
    return text
