"""`ishowtts said`: lists what was said, plays it again or exports it."""

import argparse
import re
import sys
import time
from datetime import datetime
from pathlib import Path

from bot.archive import Entry, default_folder
from bot.archive.encoding import decode
from bot.archive.folder import Folder
from bot.cli import EXIT_OK
from bot.cli.say import play
from bot.cli.shared import add_config_option, complete, load_settings, quiet_logs
from bot.errors import StartError
from bot.runtime.files.folders import write_new
from bot.runtime.text.cleaning import clean

_UNITS = {"m": 60, "h": 3600, "d": 86_400}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_config_option(parser)
    parser.add_argument(
        "--since", type=_since, default=0.0, metavar="WHEN", help="30m, 2h, 3d, or 2026-01-31T20:00"
    )
    parser.add_argument("--by", metavar="NAME", help="a chatter's name, login or id")
    parser.add_argument("--text", metavar="WORD", help="part of what was written or spoken")
    acts = parser.add_mutually_exclusive_group()
    acts.add_argument("--play", metavar="ID", help="play one again on the configured output")
    acts.add_argument("--export", nargs=2, metavar=("ID", "FILE"), help="copy one to a new file")


def run(options: argparse.Namespace) -> int:
    """List, play or export."""
    folder = Folder(default_folder())
    if options.play:
        settings = load_settings(options)
        quiet_logs()
        complete(play(settings, decode(folder.sound(_find(folder, options.play)))))
    elif options.export:
        wanted, target = options.export
        _export(folder.sound(_find(folder, wanted)), Path(target))
    else:
        kept = list(folder.entries())
        wanted = [entry for entry in kept if _is_wanted(entry, options)]
        for entry in wanted:
            print(_line(entry))
        if not kept:
            print("Nothing is kept: archive.enabled of the configuration decides.", file=sys.stderr)
        elif not wanted:
            print(f"None of the {len(kept)} that are kept is like that.", file=sys.stderr)
    return EXIT_OK


def _is_wanted(entry: Entry, options: argparse.Namespace) -> bool:
    if entry.at < options.since or (options.by and not entry.is_by(options.by)):
        return False
    texts = clean(f"{entry.written}\n{entry.spoken}").casefold()
    return not options.text or clean(options.text).casefold() in texts


def _line(entry: Entry) -> str:
    when = datetime.fromtimestamp(entry.at).astimezone().isoformat(" ", "seconds")
    # Names and texts are hostile: cleaning takes what a terminal would obey.
    written = f' <- "{clean(entry.written)}"' if entry.written else ""
    return (
        f"{entry.key}  {when}  {clean(entry.channel)}  {clean(entry.chatter)}"
        f"  {entry.outcome} {entry.duration_s:.1f} s  {clean(entry.voice)}:"
        f' "{clean(entry.spoken)}"{written}'
    )


def _find(folder: Folder, wanted: str) -> Entry:
    found = [entry for entry in folder.entries() if wanted in (entry.key, entry.id)]
    if not found:
        raise StartError(
            f"Nothing in the archive is called {wanted}.", remedy="`ishowtts said` lists all."
        )
    return found[-1]


def _export(sound: Path, target: Path) -> None:
    try:
        data = sound.read_bytes()
    except OSError as error:
        raise StartError(f"{sound} cannot be read: {error.strerror}.") from None
    write_new(target, data)


def _since(text: str) -> float:
    if span := re.fullmatch(r"(\d{1,6})([mhd])", text):
        return time.time() - int(span[1]) * _UNITS[span[2]]
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        raise argparse.ArgumentTypeError(f"{text} is neither like 2h nor a date") from None
