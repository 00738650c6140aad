"""The command line: arguments, exit codes, and which function does the work."""

import argparse
import asyncio
import sys
from collections.abc import Coroutine, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import bot
from bot.bench import arguments as bench_arguments
from bot.config import Settings, default_path, load
from bot.config.logs import LogSettings
from bot.errors import ConfigError, IshowttsError, StartError

EXIT_OK = 0
EXIT_PROBLEM = 1
"""`check` found a problem; a command other than `run` could not do it."""
EXIT_USAGE = 2
"""The arguments or the configuration hold mistakes."""
EXIT_START = 3
"""The daemon cannot start: the port is taken, the engine does not load..."""
EXIT_INTERRUPTED = 130
"""Interrupted from the keyboard, apart from `run`, for which that is the normal end."""

_QUIET = LogSettings(level="error")
"""For commands that end: what they cannot do they say themselves."""
_EPILOG = """\
exit codes: 0 done; 1 check found a problem, or another command failed; 2 mistakes in the arguments
or the configuration; 3 the daemon cannot start; 130 interrupted
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that `arguments` name; return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except ConfigError as error:
        return _fail(error, EXIT_USAGE)
    except StartError as error:
        return _fail(error, EXIT_START if options.command is _run else EXIT_PROBLEM)
    except IshowttsError as error:
        return _fail(error, EXIT_PROBLEM)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED


def _fail(error: IshowttsError, code: int) -> int:
    print(f"ishowtts: {error}", file=sys.stderr)  # noqa: T201
    return code


def _settings(options: argparse.Namespace) -> Settings:
    return load(options.config or default_path())


def _run(options: argparse.Namespace) -> int:
    from bot import engines, logs  # noqa: PLC0415 - `--help` starts without these
    from bot.options import with_options  # noqa: PLC0415

    if options.speed is not None and options.replay is None:
        print("ishowtts: --speed is about --replay, which is not given", file=sys.stderr)  # noqa: T201
        return EXIT_USAGE
    settings = with_options(
        _settings(options),
        twitch_channel=options.channel,
        replay=options.replay,
        speed=1.0 if options.speed is None else options.speed,
        output=options.output,
    )
    logs.configure(settings.log)

    async def run() -> None:
        engine = engines.create(settings.engine)
        engine.start()  # it loads while the rest of the daemon is imported
        try:
            app = await asyncio.to_thread(import_module, "bot.app")
            daemon = app.Daemon(
                settings, engine=engine, record=options.record, events=options.events
            )
            await daemon.run()
        finally:
            await engine.close()

    _complete(run())
    return EXIT_OK


def _complete(work: Coroutine[Any, Any, None]) -> None:
    """Run `work`; of tasks that failed together, raise the first one's error for people.

    A mistake of ours among them is raised as it is, with everything that led to it.
    """
    try:
        asyncio.run(work)
    except BaseExceptionGroup as group:
        error: BaseException | None
        error, mistakes = group.split(IshowttsError)
        if error is None or mistakes is not None:
            raise
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        raise error from None


def _say(options: argparse.Namespace) -> int:
    from bot import logs  # noqa: PLC0415
    from bot.say import say  # noqa: PLC0415

    settings = _settings(options)
    logs.configure(_QUIET)
    _complete(say(settings, options.text, output=options.output, engine_name=options.engine))
    return EXIT_OK


def _check(options: argparse.Namespace) -> int:
    from bot import logs  # noqa: PLC0415
    from bot.check import check  # noqa: PLC0415

    logs.configure(_QUIET)
    try:
        settings = _settings(options)
    except ConfigError as error:
        return _fail(error, EXIT_PROBLEM)
    return EXIT_OK if asyncio.run(check(settings)) else EXIT_PROBLEM


def _login(options: argparse.Namespace) -> int:
    from bot import login, logs  # noqa: PLC0415

    settings = _settings(options)
    logs.configure(_QUIET)
    if options.status:
        return EXIT_OK if asyncio.run(login.status(settings)) else EXIT_PROBLEM
    asyncio.run(login.log_in(settings, part=options.part))
    return EXIT_OK


def _logout(options: argparse.Namespace) -> int:
    from bot import login, logs  # noqa: PLC0415

    settings = _settings(options)
    logs.configure(_QUIET)
    asyncio.run(login.log_out(settings, login=options.account))
    return EXIT_OK


def _devices(options: argparse.Namespace) -> int:
    from bot import logs  # noqa: PLC0415
    from bot.playback import listing  # noqa: PLC0415

    logs.configure(_QUIET)
    if options.test is not None:
        device = asyncio.run(listing.test_tone(options.test))
        print(f"Played a tone on {device.name}.")  # noqa: T201
    else:
        print(listing.table(listing.devices()))  # noqa: T201
    return EXIT_OK


def _model_list(options: argparse.Namespace) -> int:
    from bot.engine.f5 import models  # noqa: PLC0415

    models.list_models(options.folder)
    return EXIT_OK


def _model_fetch(options: argparse.Namespace) -> int:
    from bot.engine.f5.fetch import fetch  # noqa: PLC0415

    fetch(options.name)
    return EXIT_OK


def _model_path(options: argparse.Namespace) -> int:
    from bot.engine.f5 import models  # noqa: PLC0415

    models.path(options.name)
    return EXIT_OK


def _upstream(options: argparse.Namespace) -> int:
    from bot.engine import upstream_patches  # noqa: PLC0415

    return upstream_patches.run(options.action)


def _bench(options: argparse.Namespace) -> int:
    from bot import logs  # noqa: PLC0415
    from bot.engine import import_extra  # noqa: PLC0415

    settings = _settings(options).engine.f5
    logs.configure(_QUIET)
    command = import_extra("bot.bench.command", "ishowtts bench", "f5")
    return int(command.bench(settings, bench_arguments.options(options)))


def _quality(options: argparse.Namespace) -> int:
    from bot import logs  # noqa: PLC0415
    from bot.engine import import_extra  # noqa: PLC0415

    settings = _settings(options).engine.f5
    logs.configure(_QUIET)
    command = import_extra("bot.quality.command", "ishowtts quality", "f5")
    return int(
        command.quality(
            settings,
            options.folder,
            texts=options.text,
            voice=options.voice,
            random=options.random,
            device=options.device,
        )
    )


def _speed(text: str) -> float:
    try:
        value = 0.0 if text == "max" else float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no speed; use a positive number, or max")
    return value


def _twitch_channel(text: str) -> str:
    name = text.rstrip("/").rpartition("/")[2].lstrip("#@")
    is_login = name.isascii() and name.replace("_", "").isalnum() and len(name) <= len("x" * 25)
    if not is_login:
        raise argparse.ArgumentTypeError(f"{text!r} is no Twitch channel, as in twitch.tv/NAME")
    return name.lower()


def _add_log_in(commands: Any, config: argparse.ArgumentParser) -> None:  # noqa: ANN401 - private
    """Add `login` and `logout`."""
    login = commands.add_parser("login", parents=[config], help="log a Twitch account in")
    login.add_argument("service", choices=("twitch",))
    part = login.add_mutually_exclusive_group()
    part.add_argument(
        "--bot", dest="part", action="store_const", const="bot", help="it only reads, writes chat"
    )
    part.add_argument(
        "--streamer", dest="part", action="store_const", const="streamer",
        help="it is only asked for what happens in its own channel",
    )  # fmt: skip
    part.add_argument("--status", action="store_true", help="show who is logged in, and what for")
    login.set_defaults(command=_login, part="both")
    logout = commands.add_parser("logout", parents=[config], help="log Twitch accounts out")
    logout.add_argument("service", choices=("twitch",))
    logout.add_argument("account", nargs="?", metavar="NAME", help="only this one")
    logout.set_defaults(command=_logout)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ishowtts",
        description="Speaks livestream chat live.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"ishowtts {bot.version()}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    config = argparse.ArgumentParser(add_help=False)
    config.add_argument(
        "--config", type=Path, metavar="FILE", help="configuration; the shipped one by default"
    )

    run = commands.add_parser("run", parents=[config], help="run the daemon")
    run.add_argument(
        "--channel", type=_twitch_channel, metavar="NAME", help="read this Twitch channel as well"
    )
    run.add_argument("--replay", type=Path, metavar="FILE", help="read recorded chat, then end")
    run.add_argument(
        "--speed",
        type=_speed,
        metavar="N",
        help="replay N times as fast as recorded (default: 1), or max: as fast as speech follows",
    )
    run.add_argument("--record", type=Path, metavar="FILE", help="write the chat for --replay")
    run.add_argument("--output", type=Path, metavar="FILE.wav", help="write what is heard as well")
    run.add_argument(
        "--events", type=Path, metavar="FILE.jsonl", help="append a JSON line for each outcome"
    )
    run.set_defaults(command=_run)

    say = commands.add_parser("say", parents=[config], help="speak one text")
    say.add_argument("text", metavar="TEXT")
    say.add_argument("-o", "--output", type=Path, metavar="FILE.wav", help="write it, unheard")
    say.add_argument("--engine", metavar="NAME", help="the one of the configuration by default")
    say.set_defaults(command=_say)

    check = commands.add_parser(
        "check", parents=[config], help="report everything that would not work, with its remedy"
    )
    check.set_defaults(command=_check)

    devices = commands.add_parser("devices", help="list the sound devices")
    devices.add_argument("--test", metavar="NAME", help="play a short tone on this one")
    devices.set_defaults(command=_devices)

    _add_log_in(commands, config)

    model = commands.add_parser("model", help="list, fetch and find F5-TTS models")
    actions = model.add_subparsers(title="actions", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="the models, their licences and where they lie")
    listing.add_argument("folder", nargs="*", type=Path, metavar="FOLDER", help="look here as well")
    listing.set_defaults(command=_model_list)
    fetching = actions.add_parser("fetch", help="download a model; its licence is shown")
    fetching.add_argument("name", metavar="NAME")
    fetching.set_defaults(command=_model_fetch)
    path = actions.add_parser("path", help="print the folder of a model")
    path.add_argument("name", metavar="NAME")
    path.set_defaults(command=_model_path)

    upstream = commands.add_parser("upstream", help="patch the installed f5-tts for inference")
    upstream.add_argument("action", choices=("patch", "verify", "revert"))
    upstream.set_defaults(command=_upstream)

    bench = commands.add_parser(
        "bench", parents=[config], help="measure the speed of F5-TTS on this machine"
    )
    bench_arguments.add_to(bench)
    bench.set_defaults(command=_bench)

    quality = commands.add_parser(
        "quality", parents=[config], help="write a page to hear what fewer evaluations cost"
    )
    quality.add_argument(
        "folder", nargs="?", type=Path, default=Path("quality"), metavar="FOLDER",
        help="for the page (default: quality)",
    )  # fmt: skip
    quality.add_argument(
        "--text", action="append", default=[], metavar="TEXT", help="what is spoken; repeatable"
    )
    quality.add_argument("--voice", metavar="NAME", help="the first one by default")
    bench_arguments.add_model_to(quality)
    quality.set_defaults(command=_quality)
    return parser


if __name__ == "__main__":
    sys.exit(main())
