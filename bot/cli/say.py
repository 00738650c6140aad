"""`ishowtts say`: speaks one text through an engine to the loudspeaker or into a file."""

import argparse
import sys
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from pathlib import Path
from typing import Any

from bot.cli import EXIT_OK
from bot.cli.shared import add_config_option, complete, load_settings, quiet_logs
from bot.config import Settings
from bot.config.sections.playback import DeviceSettings, OutputSettings, WavefileSettings
from bot.engine.narrator import Narrator
from bot.errors import StartError
from bot.messages import AudioChunk, SpeechRequest
from bot.playback.clip import Clip
from bot.playback.player import Playback, play_alone
from bot.wiring import engines, outputs


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_config_option(parser)
    parser.add_argument("text", metavar="TEXT", help="spoken as it is, past every filter")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE.wav", help="write a file instead of playing"
    )
    parser.add_argument(
        "--engine", metavar="NAME", help="TTS engine; the configuration's first by default"
    )
    parser.add_argument(
        "--voice", metavar="NAME", help="voice; that of the first channel by default"
    )


def run(options: argparse.Namespace) -> int:
    """Speak the text."""
    chosen = load_settings(options)
    quiet_logs()
    speaking = say(
        chosen,
        options.text,
        output=options.output,
        engine_name=options.engine,
        voice=options.voice,
    )
    complete(speaking)
    return EXIT_OK


async def say(
    settings: Settings,
    text: str,
    *,
    output: Path | None,
    engine_name: str | None,
    voice: str | None = None,
) -> None:
    """Speak `text` as it is, past every filter, on the first channel's device or into `output`.

    Raises:
        StartError: the engine cannot run, or nothing would be heard.
        UtteranceError: the engine cannot say this text.
    """
    engine = await _warm(settings, engine_name)
    request = SpeechRequest(id="say", text=text, voice=voice or settings.channels[0].voice)
    try:
        await _hear(settings, output, lambda clip: _render(engine, request, clip))
    finally:
        await engine.close()


async def _warm(settings: Settings, engine_name: str | None) -> Narrator:
    """Return the engine of this name, else the first of those configured that can speak, warm.

    Raises:
        StartError: it cannot run, or none can.
    """
    names = (engine_name,) if engine_name else settings.engine.engines
    for name in names:
        engine = engines.create(settings.engine, name)
        try:
            await engine.warm_up()
        except StartError as error:
            await engine.close()
            if name == names[-1]:
                raise
            print(f"{name} cannot speak here: {error}", file=sys.stderr)
        except BaseException:
            await engine.close()
            raise
        else:
            return engine
    raise AssertionError


async def play(settings: Settings, audio: AudioChunk) -> None:
    """Play a sound on the first channel's device.

    Raises:
        StartError: nothing would be heard.
    """

    async def fill(clip: Clip) -> None:
        clip.append(audio)
        clip.finish()

    await _hear(settings, None, fill)


async def _hear(
    settings: Settings, output: Path | None, fill: Callable[[Clip], Coroutine[Any, Any, None]]
) -> None:
    outputs_here = settings.channels[0].outputs
    device = next((o for o in outputs_here if isinstance(o, DeviceSettings)), None)
    sink: OutputSettings = device or DeviceSettings(type="device")
    if output is not None:
        sink = WavefileSettings(type="wavefile", path=output, pace="fast")
    [place] = outputs.create_all([sink], settings.playback).values()
    playback = await play_alone(place, settings.playback, fill)
    if playback is not Playback.HEARD:
        raise StartError(
            f"Nothing was heard: {place.state.rstrip('.')}.", remedy="To write a file: -o FILE.wav"
        )


async def _render(engine: Narrator, request: SpeechRequest, clip: Clip) -> None:
    try:
        async with aclosing(engine.synthesize(request)) as chunks:
            async for chunk in chunks:
                clip.append(chunk)
    finally:
        clip.finish()
