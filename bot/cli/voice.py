"""`ishowtts voice`: reference voices."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.shared import EXIT_OK, complete, config_option, fail, quiet_logs, settings
from bot.errors import IshowttsError

if TYPE_CHECKING:
    from bot.cli.shared import Commands
    from bot.voices.management import Ask


def add_to(commands: "Commands") -> None:
    """Add the command."""
    parser = commands.add_parser("voice", help="add, list, show, try and remove voices")
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    _add_adding(actions)
    listing = actions.add_parser("list", parents=[config_option()], help="the voices there are")
    listing.set_defaults(command=_list)
    showing = actions.add_parser("show", parents=[config_option()], help="all about a voice")
    showing.add_argument("name", metavar="NAME")
    showing.set_defaults(command=_show)
    testing = actions.add_parser("test", parents=[config_option()], help="let a voice speak")
    testing.add_argument("name", metavar="NAME")
    testing.add_argument("text", nargs="?", metavar="TEXT")
    testing.add_argument("-o", "--output", type=Path, metavar="FILE.wav", help="write it, unheard")
    testing.set_defaults(command=_test)
    removing = actions.add_parser("remove", parents=[config_option()], help="remove a voice")
    removing.add_argument("name", metavar="NAME")
    removing.add_argument("--yes", action="store_true", help="do not ask")
    removing.set_defaults(command=_remove)


def _add_adding(actions: "Commands") -> None:
    adding = actions.add_parser(
        "add", parents=[config_option()], help="make a voice of a recording"
    )
    adding.add_argument("name", metavar="NAME", help="what it is called in chat")
    adding.add_argument("file", type=Path, metavar="FILE", help="the recording, of any kind")
    adding.add_argument(
        "--transcript", metavar="TEXT", help="what is said in it, when all of it is to be used"
    )
    adding.add_argument("--consent", metavar='"WHO, WHEN"', help="who agreed, and when")
    adding.add_argument("--licence", metavar="TEXT", help="what it may be used for")
    adding.add_argument("--language", metavar="CODE", help="ISO 639-1, such as en")
    adding.add_argument(
        "--whisper", metavar="MODEL", help="which one writes the transcript; a name or a folder"
    )
    adding.add_argument("--replace", action="store_true", help="in place of one of this name")
    adding.add_argument(
        "--no-sample", dest="sample", action="store_false", help="do not let it speak afterwards"
    )
    adding.add_argument("-o", "--output", type=Path, metavar="FILE.wav", help="write the sample")
    adding.set_defaults(command=_add)


def _add(options: argparse.Namespace) -> int:
    from bot.voices import management  # noqa: PLC0415 - `--help` starts without it

    chosen = settings(options)
    quiet_logs()
    wanted = management.Wanted(
        transcript=options.transcript,
        consent=options.consent,
        licence=options.licence,
        language=options.language,
        whisper=options.whisper,
        replace=options.replace,
    )
    complete(management.add(chosen, options.name, options.file, wanted, _ask()))
    if options.sample:
        try:
            complete(management.test(chosen, options.name, None, options.output))
        except IshowttsError as error:
            return fail(error, EXIT_OK)  # the voice is there; only here it cannot be heard
    return EXIT_OK


def _list(options: argparse.Namespace) -> int:
    from bot.voices import management  # noqa: PLC0415 - `--help` starts without it

    management.list_all(settings(options))
    return EXIT_OK


def _show(options: argparse.Namespace) -> int:
    from bot.voices import management  # noqa: PLC0415 - `--help` starts without it

    management.show(settings(options), options.name)
    return EXIT_OK


def _test(options: argparse.Namespace) -> int:
    from bot.voices import management  # noqa: PLC0415 - `--help` starts without it

    chosen = settings(options)
    quiet_logs()
    complete(management.test(chosen, options.name, options.text, options.output))
    return EXIT_OK


def _remove(options: argparse.Namespace) -> int:
    from bot.voices import management  # noqa: PLC0415 - `--help` starts without it

    ask = _ask()
    if ask is None and not options.yes:
        raise IshowttsError("Nobody is there to be asked.", remedy="Add --yes.")
    management.remove(settings(options), options.name, None if options.yes else ask)
    return EXIT_OK


def _ask() -> "Ask | None":
    """Return what asks the person at the terminal, if there is one."""
    return input if sys.stdin.isatty() and sys.stdout.isatty() else None
