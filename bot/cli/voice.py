"""`ishowtts voice`: adds, lists, shows, tries and removes reference voices."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from bot.cli import EXIT_OK
from bot.cli.say import say
from bot.cli.shared import add_config_option, columns, complete, load_settings, quiet_logs
from bot.config import Settings
from bot.engine import import_extra
from bot.errors import IshowttsError, StartError
from bot.voices import voice_files
from bot.voices.folder import read_about, read_transcript
from bot.voices.management import read_sound
from bot.wiring import engines

_SAMPLE = "Hello chat, this is my voice, and I am going to read what you write."

Ask = Callable[[str], str]
"""Shows a question to a person and returns the answer."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    config = argparse.ArgumentParser(add_help=False)
    add_config_option(config)
    named = argparse.ArgumentParser(add_help=False, parents=[config])
    named.add_argument("name", metavar="NAME", help="name of the voice in chat")
    heard = argparse.ArgumentParser(add_help=False, parents=[named])
    heard.add_argument(
        "-o", "--output", type=Path, metavar="FILE.wav", help="write a file instead of playing"
    )

    adding = actions.add_parser("add", parents=[heard], help="make a voice of a recording")
    _add_adding(adding)
    adding.set_defaults(action=_add)
    listing = actions.add_parser(
        "list", parents=[config], help="list the voices, with what is wrong with them"
    )
    listing.set_defaults(action=_list)
    showing = actions.add_parser("show", parents=[named], help="show everything about a voice")
    showing.set_defaults(action=_show)
    testing = actions.add_parser("test", parents=[heard], help="let a voice speak")
    testing.add_argument("text", nargs="?", metavar="TEXT", help="a sample sentence by default")
    testing.set_defaults(action=_test)
    removing = actions.add_parser("remove", parents=[named], help="remove a voice of your own")
    removing.add_argument("--yes", action="store_true", help="do not ask")
    removing.set_defaults(action=_remove)


def _add_adding(adding: argparse.ArgumentParser) -> None:
    adding.add_argument("file", type=Path, metavar="FILE", help="recording, of any audio format")
    adding.add_argument(
        "--transcript",
        metavar="TEXT",
        help="what is said in the whole recording, which is then used whole",
    )
    adding.add_argument("--consent", metavar='"WHO, WHEN"', help="who agreed, and when")
    adding.add_argument("--licence", metavar="TEXT", help="what the recording may be used for")
    adding.add_argument("--language", metavar="CODE", help="ISO 639-1, such as en")
    adding.add_argument(
        "--whisper",
        metavar="MODEL",
        help="Whisper model that writes the transcript: a name or a folder",
    )
    adding.add_argument("--replace", action="store_true", help="replace a voice of this name")
    adding.add_argument(
        "--no-sample", dest="sample", action="store_false", help="do not let it speak afterwards"
    )


def run(options: argparse.Namespace) -> int:
    """Do what the action says."""
    return int(options.action(load_settings(options), options))


def asker() -> Ask | None:
    """Return what asks the person at the terminal; None if nobody is there."""
    return _ask if sys.stdin.isatty() and sys.stdout.isatty() else None


def _ask(question: str) -> str:
    try:
        return input(question)
    except EOFError:  # Ctrl-D: as Ctrl-C
        raise KeyboardInterrupt from None


def printable(text: str) -> str:
    """Return text of a file that anybody may have written, without what moves a terminal."""
    return "".join(character if character.isprintable() else " " for character in text)


async def let_speak(settings: Settings, name: str, text: str | None, output: Path | None) -> None:
    """Speak `text`, or a sample sentence, with the voice.

    Raises:
        StartError: there is no such voice or it cannot be used, there is no engine that clones, or
            nothing would be heard.
    """
    voices = engines.voice_folders(settings.engine)
    if problem := voices.problem(voices.find_one(name)):
        raise problem
    cloning = engines.cloning(settings.engine)
    if not cloning:
        raise StartError(
            "None of the configured engines speaks with cloned voices.",
            remedy="Add f5 to engine.engines.",
        )
    await say(settings, text or _SAMPLE, output=output, engine_name=cloning[0], voice=name)
    if output is not None:
        print(f"{output} is written.")


def _add(settings: Settings, options: argparse.Namespace) -> int:
    quiet_logs()
    adding = import_extra("bot.cli.voice_add", "Adding a voice", "voices")
    return int(adding.add(settings, options, asker()))


def _list(settings: Settings, options: argparse.Namespace) -> int:
    del options
    voices = engines.voice_folders(settings.engine)
    rows = [("name", "language", "seconds", "licence", "consent", "state")]
    for name, folder in voices.find().items():
        state = str(voices.problem(folder) or "ok")
        try:
            about = read_about(folder, allow_unlicensed=True)
            seconds = f"{read_sound(folder).duration_s:.1f}"
        except StartError:
            rows.append((name, "", "", "", "", state))
            continue
        rows.append((name, about.language, seconds, about.licence, about.consent, state))
    print(columns([[printable(cell) for cell in row] for row in rows]))
    return EXIT_OK


def _show(settings: Settings, options: argparse.Namespace) -> int:
    voices = engines.voice_folders(settings.engine)
    folder = voices.find_one(options.name)
    lines = [("name", options.name), ("folder", str(folder))]
    try:
        about = read_about(folder, allow_unlicensed=True)
        lines += [
            ("language", about.language or "not told"),
            ("licence", about.licence or "not told"),
            ("consent", about.consent or "not told"),
            ("source", about.source or "not told"),
            ("gain", f"{about.gain_db:g} dB"),
            ("speed", f"{about.speed:g}"),
        ]
        lines.append(("length", f"{read_sound(folder).duration_s:.1f} s"))
        lines.append(("transcript", read_transcript(folder).strip()))
    except StartError:
        pass  # the last line tells it
    lines.append(("state", str(voices.problem(folder) or "ok")))
    for label, value in lines:
        print(f"{label + ':':12}{printable(value)}")
    return EXIT_OK


def _test(settings: Settings, options: argparse.Namespace) -> int:
    quiet_logs()
    complete(let_speak(settings, options.name, options.text, options.output))
    return EXIT_OK


def _remove(settings: Settings, options: argparse.Namespace) -> int:
    voices = engines.voice_folders(settings.engine)
    folder = voices.find_own(options.name)
    ask = asker()
    if ask is None and not options.yes:
        raise IshowttsError(
            f"{options.name} was not removed: nobody is there to be asked.", remedy="Add --yes."
        )
    question = f"Remove {folder} with its recording? [y/N] "
    if ask is not None and not options.yes and ask(question).lower() != "y":
        raise StartError(f"{options.name} was not removed.")
    voice_files.remove(voices.own, options.name)
    print(f"{options.name} is removed.")
    return EXIT_OK
