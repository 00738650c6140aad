"""Options of `ishowtts run`, and variables, that change the configuration."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import ValidationError

from bot.config import ChannelSettings, Settings, mistakes
from bot.config.sections.playback import WavefileSettings
from bot.config.sections.sources import ReplaySettings, TwitchIrcSettings
from bot.errors import StartError

VARIABLES = {
    "ISHOWTTS_SERVER_HOST": ("server", "host"),
    "ISHOWTTS_SERVER_PORT": ("server", "port"),
    "ISHOWTTS_ENGINE_PYTHON": ("engine", "python"),
}
"""Variables of the environment for what a machine or a container fixes, and their keys."""


def with_environment(settings: Settings, environment: Mapping[str, str] = os.environ) -> Settings:
    """Return `settings` with what variables say instead of the file.

    Raises:
        StartError: one of them cannot be.
    """
    for variable, (section, key) in VARIABLES.items():
        if value := environment.get(variable, ""):
            before = getattr(settings, section)
            values = {name: getattr(before, name) for name in before.model_fields_set}
            try:
                after = type(before).model_validate(values | {key: value}, strict=False)
            except ValidationError as error:
                raise StartError(
                    f"The variable {variable} {mistakes.sentence(error)}.",
                    remedy="Set it to what the configuration takes there, or unset it.",
                ) from error
            settings = settings.model_copy(update={section: after})
    return settings


def with_options(
    settings: Settings,
    *,
    twitch_channel: str | None = None,
    replay: Path | None = None,
    speed: float = 1.0,
    output: Path | None = None,
) -> Settings:
    """Return `settings` with the options applied.

    Args:
        settings: From the file.
        twitch_channel: Twitch channel that is read besides the sources of the first channel.
        replay: Recording instead of all sources; lines without a channel are for the first one.
        speed: Speed of the replay; 0 is as fast as possible, and then `output` does not wait.
        output: WAV file besides the outputs of every channel.

    Raises:
        pydantic.ValidationError: `twitch_channel` cannot be a channel's name.
    """
    first, *others = settings.channels
    if twitch_channel is not None:
        first = _with_source(first, TwitchIrcSettings(type="twitch_irc", channel=twitch_channel))
    channels = (first, *others)
    if replay is not None:
        source = ReplaySettings(type="replay", path=replay, speed=speed)
        channels = tuple(c.model_copy(update={"sources": ()}) for c in channels)
        channels = (_with_source(channels[0], source), *channels[1:])
    if output is not None:
        is_fast = replay is not None and speed == 0
        wavefile = WavefileSettings(
            type="wavefile", path=output, pace="fast" if is_fast else "realtime"
        )
        channels = tuple(_with_output(channel, wavefile) for channel in channels)
    return settings.model_copy(update={"channels": channels})


def _with_output(channel: ChannelSettings, wavefile: WavefileSettings) -> ChannelSettings:
    """Return `channel` with a file that gets all of its speech, what an output selects too."""
    selected = (
        wavefile.model_copy(update={"voices": entry.voices, "events": entry.events})
        for entry in channel.outputs
        if entry.is_selective
    )
    return channel.model_copy(update={"outputs": (*channel.outputs, wavefile, *selected)})


def _with_source(
    channel: ChannelSettings, source: TwitchIrcSettings | ReplaySettings
) -> ChannelSettings:
    if source in channel.sources:
        return channel
    return channel.model_copy(update={"sources": (*channel.sources, source)})


def refuse_shared_files(settings: Settings, *, written: Iterable[Path | None]) -> None:
    """Make sure that no file is written by two parts, or written by one and replayed.

    Args:
        settings: Their replays are read and their wave files are written.
        written: Further files that are written; None is none.

    Raises:
        StartError: two of them are the same file: a replay of its own recording never ends.
    """
    channels = settings.channels
    replays = {
        source.path.resolve()
        for channel in channels
        for source in channel.sources
        if isinstance(source, ReplaySettings)
    }
    waves = {
        output.path.resolve()
        for channel in channels
        for output in channel.outputs
        if isinstance(output, WavefileSettings)
    }
    more = [path.resolve() for path in written if path is not None]
    taken = [*replays, *waves, *more]
    for path in taken:
        if taken.count(path) > 1:
            raise StartError(
                f"{path} would be written by one part of the daemon and used by another.",
                remedy="Give --replay, --record, --events and --output a file each.",
            )
