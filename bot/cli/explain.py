"""`ishowtts explain`: shows what each filter makes of a message, and what would be spoken."""

import argparse
import sys
from collections.abc import Iterable, Iterator
from io import TextIOWrapper

import msgspec

from bot.channel import command_parser
from bot.cli import EXIT_OK
from bot.cli.shared import add_config_option, channel_of, load_settings, quiet_logs
from bot.config import ChannelSettings, Settings
from bot.errors import StartError
from bot.messages import (
    RANKS,
    ChatMessage,
    Chatter,
    Command,
    Rejection,
    RejectReason,
    Role,
    Segment,
    Utterance,
)
from bot.policy import Policy
from bot.policy.chain import Step
from bot.policy.draft import Draft
from bot.wiring import engines, sounds

_WIDTH = 18
"""Characters of the column with the names of the filters."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_config_option(parser)
    parser.add_argument("text", metavar="TEXT", nargs="?", help="a message as it stands in chat")
    parser.add_argument("--channel", metavar="NAME", help="channel; the first one by default")
    parser.add_argument(
        "--as",
        dest="rank",
        choices=RANKS[:-1],
        default=RANKS[0],
        help="role of the chatter; everyone by default",
    )
    parser.add_argument("--name", default="viewer", help="name of the chatter; viewer by default")
    parser.add_argument(
        "--spoken",
        action="store_true",
        help="for scripts: read a message a line, and print what would be spoken of it, without the"
        " introduction; an empty line for a rejection or a command",
    )


def run(options: argparse.Namespace) -> int:
    """Explain one message, or print what would be spoken of each line."""
    settings = load_settings(options)
    quiet_logs()
    channel = channel_of(settings, options.channel)
    roles = frozenset(role for role in Role if role.value == options.rank)
    chatter = Chatter(id="explain", name=options.name, roles=roles)
    reader = _Reader(settings, channel, chatter)
    if options.spoken:
        if isinstance(sys.stdin, TextIOWrapper):
            sys.stdin.reconfigure(errors="replace")  # one line of another encoding costs itself
        lines = [options.text] if options.text is not None else sys.stdin
        for said in reader.spoken(lines):
            print(said, flush=True)
    elif options.text is not None:
        print(*reader.explained(options.text), sep="\n")
    else:
        raise StartError("There is no message.", remedy="Give a TEXT, or lines with --spoken.")
    return EXIT_OK


class _Reader:
    """The policy of one channel, applied to messages of chatters like `chatter`."""

    def __init__(self, settings: Settings, channel: ChannelSettings, chatter: Chatter) -> None:
        self._channel = channel
        self._chatter = chatter
        self._engines = settings.engine
        self._parse_command = command_parser(settings, channel)
        self._policy = Policy(
            channel.policy,
            voice=channel.voice,
            trigger=settings.commands.trigger,
            known_voices=engines.voices(settings.engine),
            known_sounds=sounds.create(settings.sounds),
            spoken=lambda: engines.languages(settings.engine),
        )

    def spoken(self, lines: Iterable[str]) -> Iterator[str]:
        """Yield the words of each line, or nothing where it would not be spoken."""
        for number, line in enumerate(lines, 1):
            # Each is the first message of its chatter: what limits one chatter is about none.
            message = self._message(line.rstrip("\r\n"), f"explain-{number}")
            verdict = self._parse_command(message) or self._policy(message)
            yield verdict.body if isinstance(verdict, Utterance) else ""

    def explained(self, text: str) -> Iterator[str]:
        """Yield a line for each filter that changed something, and for the verdict."""
        message = self._message(text)
        verdict = self._parse_command(message)
        if isinstance(verdict, Command):
            order = verdict.order
            yield _line("command", f"{order.verb.value} {order.argument}".rstrip())
            return
        yield _line("message", text)
        if verdict is not None:
            yield _line("command", _refusal(verdict))
            return
        before = Draft(message, text)
        for name, result in self._policy.steps(message):
            yield from self._step((name, result), before)
            before = result if isinstance(result, Draft) else before

    def _step(self, step: Step, before: Draft) -> Iterator[str]:
        name, result = step
        match result:
            case Rejection():
                yield _line(name, _refusal(result))
            case Utterance():
                if result.language:
                    yield _line("language", result.language)
                yield _line("voice", f"{result.voice}, with the engine {self._engine(result)}")
                yield _line("lane", result.lane.name.lower())
                if result.segments:
                    yield _line("parts", ", ".join(map(_part, result.segments)))
                yield _line("spoken", f"{result.prefix}{result.body}")
            case Draft() if result.prefix != before.prefix:
                yield _line(name, f"{result.prefix}| {result.text}")
            case Draft() if result.text != before.text:
                yield _line(name, result.text.strip() or "(nothing is left)")

    def _engine(self, utterance: Utterance) -> str:
        """Return the first engine that speaks the utterance's language, as far as is known."""
        names = self._engines.engines
        return next(
            (n for n in names if engines.may_speak(self._engines, n, utterance.language)), names[0]
        )

    def _message(self, text: str, identifier: str = "explain") -> ChatMessage:
        return ChatMessage(
            id=identifier,
            channel=self._channel.name,
            source="explain",
            chatter=msgspec.structs.replace(self._chatter, id=identifier),
            text=text,
            received_at=0.0,
        )


def _part(segment: Segment) -> str:
    return f"({segment.sound})" if segment.sound else f"[{segment.voice or '-'}] {segment.text}"


def _refusal(rejection: Rejection) -> str:
    detail = f" ({rejection.detail})" if rejection.detail else ""
    if rejection.reason is RejectReason.EMPTY:
        detail = " (nothing is left to say)"
    return f"rejected: {rejection.reason.value}{detail}"


def _line(name: str, said: str) -> str:
    return f"{name:{_WIDTH}}{said}"
