"""Builds the wires that the configuration turns on."""

from collections.abc import Callable, Collection, Coroutine, Mapping
from typing import TYPE_CHECKING, Any

from aiohttp import web

from bot.channel import Channel
from bot.config import Settings
from bot.engine.narrator import SpeechEngine
from bot.errors import StartError
from bot.observers import Observer
from bot.runtime.installed import install_command
from bot.wires.openai import OpenaiWire
from bot.wires.speakerbot import SpeakerbotWire
from bot.wires.speech import Speech

if TYPE_CHECKING:
    from bot.wires.wyoming import WyomingWire


class Wires:
    """Other programs' ways to have something said."""

    def __init__(
        self,
        settings: Settings,
        channels: Mapping[str, Channel],
        engine: SpeechEngine,
        voices: Collection[str] | None,
    ) -> None:
        """Build what is enabled.

        Raises:
            StartError: something that is configured cannot work here.
        """
        wires = settings.wires
        self.speech = speech = Speech(engine, channels, max_requests=wires.openai.max_requests)
        default_voice = settings.channels[0].voice
        self.routes: list[web.RouteDef] = []
        """Routes for the HTTP server."""
        self.work: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {}
        """What listens, by its name, until cancelled."""
        self.observers: list[Observer] = []
        if wires.openai.enabled:
            self.routes += OpenaiWire(
                wires.openai, speech, default_voice=default_voice, known_voices=voices
            ).routes
        self.speakerbot: SpeakerbotWire | None = None
        if wires.speakerbot.enabled:
            name = speakerbot_channel(settings)
            self.speakerbot = SpeakerbotWire(
                wires.speakerbot,
                settings.server,
                channel=channels[name],
                name=name,
                speech=speech,
                default_voice=next(c.voice for c in settings.channels if c.name == name),
                known_voices=voices,
            )
            self.observers.append(self.speakerbot)
            self.work["speaker.bot wire"] = self.speakerbot.run
        if wires.wyoming.enabled:
            wyoming = wyoming_wire()(
                wires.wyoming,
                speech,
                default_voice=default_voice,
                known_voices=voices,
                language=settings.policy.speakable.language,
            )
            self.work["wyoming wire"] = wyoming.run


def speakerbot_channel(settings: Settings) -> str:
    """Return the name of the channel in which Speaker.bot's wire speaks.

    Raises:
        StartError: there is no such channel.
    """
    names = [channel.name for channel in settings.channels]
    name = settings.wires.speakerbot.channel or names[0]
    if name not in names:
        raise StartError(
            f"There is no channel {name} for wires.speakerbot.",
            remedy=f"Set wires.speakerbot.channel to one of {', '.join(names)}.",
        )
    return name


def wyoming_wire() -> "type[WyomingWire]":
    """Return the class of the Wyoming wire.

    Raises:
        StartError: the package that it needs is not installed.
    """
    try:
        from bot.wires.wyoming import WyomingWire  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise StartError(
            "wires.wyoming needs a package that is missing.",
            remedy=f"Install it: {install_command('wyoming')}",
        ) from error
    return WyomingWire
