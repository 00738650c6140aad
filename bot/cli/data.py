"""`ishowtts data`: exports, imports and forgets what the daemon keeps."""

import argparse
from pathlib import Path

from bot.archive import default_folder
from bot.archive.folder import Folder
from bot.cli import EXIT_OK
from bot.errors import StartError
from bot.store import data, default_path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    exporting = actions.add_parser("export", help="write all that is kept as JSON")
    exporting.add_argument("file", type=Path, metavar="FILE", help="a new file")
    exporting.set_defaults(action=lambda options: data.export(default_path(), options.file))
    importing = actions.add_parser("import", help="add what was exported to what is kept")
    importing.add_argument("file", type=Path, metavar="FILE", help="the file to read")
    importing.set_defaults(action=lambda options: data.load(default_path(), options.file))
    forgetting = actions.add_parser("forget", help="forget everything of a chatter")
    forgetting.add_argument("chatter", metavar="CHATTER", help="a name, a login or an id")
    forgetting.set_defaults(action=lambda options: _forget(options.chatter))


def run(options: argparse.Namespace) -> int:
    """Export, import or forget, and tell what was done."""
    print(options.action(options))
    return EXIT_OK


def _forget(chatter: str) -> str:
    """Forget a chatter in the archive and in the store; return what was done.

    Raises:
        StartError: something cannot be deleted.
    """
    try:
        count = Folder(default_folder()).forget(chatter)
    except OSError as error:
        raise StartError(f"Archived speech cannot be deleted: {error.strerror}.") from None
    told = f"deleted {count} archived utterances of {chatter}"
    if count and not default_path().exists():
        return told
    return f"{data.forget(default_path(), chatter)}\n{told}"
