"""`ishowtts say`: one text through an engine to the loudspeaker or into a file."""

import asyncio
from contextlib import aclosing
from pathlib import Path

from bot import engines, outputs
from bot.config import Settings
from bot.config.playback import DeviceSettings, OutputSettings, WavefileSettings
from bot.engine import Engine
from bot.errors import StartError
from bot.messages import SpeechRequest
from bot.playback.clip import Clip
from bot.playback.player import Playback, Player
from bot.tasks import running


async def say(
    settings: Settings, text: str, *, output: Path | None, engine_name: str | None
) -> None:
    """Speak `text` as it is, past every filter, on the first channel's device or into `output`.

    Raises:
        StartError: the engine cannot run, or nothing would be heard.
        UtteranceError: the engine cannot say this text.
    """
    channel = settings.channels[0]
    engine = engines.create(settings.engine, engine_name or settings.engine.engines[0])
    device = next((o for o in channel.outputs if isinstance(o, DeviceSettings)), None)
    sink: OutputSettings = device or DeviceSettings(type="device")
    if output is not None:
        sink = WavefileSettings(type="wavefile", path=output, pace="fast")
    [place] = outputs.create_all([sink], settings.playback).values()
    player = Player([place], settings.playback)
    player.give_up()
    clip = Clip()
    request = SpeechRequest(id="say", text=text, voice=channel.voice)
    try:
        await engine.warm_up()
        async with running({f"output {place.name}": place.run}):
            rendering = asyncio.create_task(_render(engine, request, clip))
            playback = await player.play(clip, lambda: None)
            await rendering
    finally:
        await engine.close()
    if playback is not Playback.HEARD:
        raise StartError(
            f"Nothing was heard: {place.state.rstrip('.')}.", remedy="To write a file: -o FILE.wav"
        )


async def _render(engine: Engine, request: SpeechRequest, clip: Clip) -> None:
    try:
        async with aclosing(engine.synthesize(request)) as chunks:
            async for chunk in chunks:
                clip.append(chunk)
    finally:
        clip.finish()
