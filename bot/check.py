"""`ishowtts check`: everything that would not work, each with its remedy, before it matters."""

from collections.abc import Iterator
from pathlib import Path

from bot.config import Settings
from bot.config.server import ServerSettings
from bot.errors import IshowttsError, StartError
from bot.hardware import jetson
from bot.messages import SpeechRequest
from bot.playback import listing
from bot.server import Server
from bot.sources import Sources
from bot.voices import management
from bot.wiring import engines


async def check(settings: Settings, *, root: Path = Path("/")) -> bool:
    """Try what `settings` need, print a line for each, and tell whether all of it works.

    Args:
        settings: What is tried.
        root: Of the file system in which the hardware is described.
    """
    names = settings.engine.engines
    findings = [
        ("configuration", None),
        *[(f"engine {name}", await _engine_problem(settings, name)) for name in names],
        *_output_problems(settings),
        (f"port {settings.server.port}", await _port_problem(settings.server)),
        *_source_problems(settings),
        *_voice_problems(settings),
        *await _broker_problems(settings),
    ]
    for subject, problem in findings:
        _tell("FAIL" if problem else "ok", subject, problem)
    _tell_of_jetson(root)
    return all(problem is None for _, problem in findings)


def _tell(grade: str, subject: str, what: object) -> None:
    print(f"{grade:>4}  {subject}" + (f": {what}" if what else ""))  # noqa: T201 - the command's answer


def _tell_of_jetson(root: Path) -> None:
    """Tell what makes a Jetson slow; it works all the same."""
    board = jetson.read(root)
    if board is None:
        return
    warnings = [*board.warnings()]
    if not warnings:
        _tell("ok", "hardware", board)
    else:
        _tell("warn", "hardware", board)
        for warning in warnings:
            _tell("warn", "hardware", warning)


async def _engine_problem(settings: Settings, name: str) -> IshowttsError | None:
    try:
        engine = engines.create(settings.engine, name)
        try:
            await engine.warm_up()
            request = SpeechRequest(id="check", text="Hello.", voice=settings.channels[0].voice)
            async for _ in engine.synthesize(request):
                pass
        finally:
            await engine.close()
    except IshowttsError as error:
        return error
    return None


def _output_problems(settings: Settings) -> Iterator[tuple[str, IshowttsError | None]]:
    for channel in settings.channels:
        for output in channel.outputs:
            name = output.device if output.type == "device" else output.path
            subject = f"channel {channel.name}, {output.type} {name}"
            try:
                listing.check(output)
            except IshowttsError as error:
                yield subject, error
            else:
                yield subject, None
        if not channel.outputs:
            silent = StartError("nothing of it is heard.", remedy="Give it an entry in `outputs`.")
            yield f"channel {channel.name}", silent


def _voice_problems(settings: Settings) -> Iterator[tuple[str, IshowttsError | None]]:
    if not engines.CLONING.isdisjoint(settings.engine.engines):
        for name, problem in management.problems(settings):
            yield f"voice {name}", problem


async def _port_problem(settings: ServerSettings) -> IshowttsError | None:
    try:
        async with Server(settings, []):
            return None
    except StartError as error:
        return error


def _source_problems(settings: Settings) -> Iterator[tuple[str, IshowttsError | None]]:
    sources = Sources(settings.twitch, (s for c in settings.channels for s in c.sources))
    for channel in settings.channels:
        for source in channel.sources:
            if source.type == "mqtt":
                continue  # it needs the broker, and nothing of its own
            try:
                sources.create(source, channel.name)
            except StartError as error:
                yield f"channel {channel.name}, {source.type}", error
        if not channel.sources:
            deaf = StartError("it hears no chat.", remedy="Give it an entry in `sources`.")
            yield f"channel {channel.name}", deaf
    if any(s.type == "twitch_eventsub" for channel in settings.channels for s in channel.sources):
        from bot import login  # noqa: PLC0415 - twitchio is loaded for those who use it

        problems: list[IshowttsError | None] = [*login.problems(settings)]
        yield from (("log-in to Twitch", problem) for problem in problems or [None])


async def _broker_problems(settings: Settings) -> list[tuple[str, IshowttsError | None]]:
    if not settings.mqtt.enabled:
        return []
    from bot.wiring.mqtt import connect  # noqa: PLC0415 - a client is loaded for those who use it

    subject = f"MQTT broker {settings.mqtt.host}"
    try:
        await connect(settings, "ishowtts-check").check()
    except IshowttsError as error:
        return [(subject, error)]
    return [(subject, None)]
