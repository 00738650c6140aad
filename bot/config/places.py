"""Where the configuration lies."""

from pathlib import Path
from typing import Final

from platformdirs import user_config_path

from bot.runtime.files.folders import resource, write_whole

_OWN: Final = """\
# Settings of ishowtts that differ from those that come with it. `ishowtts check` tells mistakes;
# the commented configuration that comes with the program lists every key.

version: 1

channels:
  - name: main
    sources:
      - type: console # lines typed in the terminal
      - type: ingest # messages that other programs POST to /api/chat
    outputs:
      - type: device
        device: default
"""
"""A file of one's own, as it begins: the channel is that of the shipped configuration."""


def shipped_path() -> Path:
    """Return the `config.yaml` that comes with the program."""
    return resource("config.yaml")


def own_path() -> Path:
    """Return where the user's own configuration lies, or would."""
    return user_config_path("ishowtts") / "config.yaml"


def default_path() -> Path:
    """Return the file that is read where none is named: the user's own, else the shipped one."""
    own = own_path()
    return own if own.is_file() else shipped_path()


def begin_own() -> Path:
    """Make the user's own file, which says what the shipped one says; return where it lies.

    Raises:
        OSError: it cannot be written.
    """
    own = own_path()
    own.parent.mkdir(parents=True, exist_ok=True)
    if not own.exists():
        write_whole(own, _OWN.encode(), mode=0o600)
    return own
