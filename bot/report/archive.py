"""Archive of a report: the parts as files, and a README of what is in it."""

import io
import os
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from bot.errors import StartError
from bot.report import secrets
from bot.report.parts import Part, collect, text_of
from bot.report.redaction import Redactor

_README = """\
A report of ishowtts, of {date}.

{parts}

Taken out: tokens, passwords, keys, credentials in addresses, Authorization headers, the log-ins of
accounts (by their values and by their form), the path of the home folder. Chatters are called
chatter-1, chatter-2 and so on; what they wrote is left out, its length is told. Names of channels,
devices and voices, and the lists of words in the configuration, are kept: read them before you give
this to anybody.
"""


class Archive(NamedTuple):
    """An archive that was written."""

    path: Path
    readme: str
    """What is in it, and what was taken out."""


def write(config: Path, output: Path | None, *, has_check: bool) -> Archive:
    """Write the archive to `output`; None names it by the time, in the current folder.

    With `has_check`, `ishowtts check` is run for it.

    Raises:
        StartError: it cannot be written.
    """
    now = datetime.now(UTC)
    path = output or Path(f"ishowtts-report-{now:%Y%m%d-%H%M%S}.zip")
    text = text_of(config) if config.is_file() else ""
    redactor = Redactor(secrets.known(text), Path.home())
    parts = list(collect(config, redactor, has_check=has_check))
    listing = "\n".join(f"  {part.name:<32} {part.about}" for part in parts)
    readme = _README.format(date=f"{now:%Y-%m-%d %H:%M} UTC", parts=redactor.text(listing))
    try:
        _write(path, [Part("README.txt", "", readme), *parts])
    except OSError as error:
        raise StartError(
            f"The report cannot be written to {path}: {error.strerror}.",
            remedy="Name a file in a folder that can be written to, with -o FILE.zip.",
        ) from error
    return Archive(path, readme)


def _write(path: Path, parts: list[Part]) -> None:
    def owner_only(name: str, flags: int) -> int:
        return os.open(name, flags, 0o600)

    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in parts:
            archive.writestr(part.name, part.text.encode(errors="replace"))
    with open(path, "wb", opener=owner_only) as file:
        try:
            file.write(content.getbuffer())
            file.flush()
        except OSError:
            if path.is_file():  # and no device
                path.unlink()
            raise
