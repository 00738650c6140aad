"""Voices and sounds that the configuration names and that are not there.

The daemon passes over them, so nobody would hear of a misspelt name.
"""

import difflib
from collections.abc import Collection, Iterator, Mapping

from bot.config import ChannelSettings, Settings
from bot.errors import StartError, named
from bot.voices.sounds import SoundCatalog
from bot.wiring import engines

_Names = Mapping[str, Collection[str]]
"""Names by the keys below which they stand."""


def absent(settings: Settings) -> Iterator[tuple[str, StartError]]:
    """Yield each name that stands for nothing, with the channel and the key where it stands."""
    voices = set(engines.voice_folders(settings.engine).find())
    sounds = SoundCatalog(settings.sounds.folder, max_s=settings.sounds.max_s)
    if any(_sounds(channel) for channel in settings.channels):
        sounds.refresh()
    for channel in settings.channels:
        if engines.cloning(settings.engine):
            for where, name in _unknown(_voices(channel), voices):
                remedy = "See which there are: ishowtts voice list"
                problem = StartError(f"There is no voice {named(name)}.", remedy=remedy)
                near = difflib.get_close_matches(name, voices, n=1)
                if near:
                    problem = StartError(problem.message, remedy=f"Did you mean {near[0]}?")
                yield f"channel {channel.name}, {where}", problem
        for where, name in _unknown(_sounds(channel), sounds):
            problem = StartError(
                f"There is no sound {named(name)} in {settings.sounds.folder.absolute()}.",
                remedy=f"Put {name}.wav there, or set sounds.folder.",
            )
            yield f"channel {channel.name}, {where}", problem


def _unknown(names: _Names, known: Collection[str]) -> Iterator[tuple[str, str]]:
    for where, found in names.items():
        yield from ((where, name) for name in found if name not in known)


def _voices(channel: ChannelSettings) -> _Names:
    policy = channel.policy
    offered = policy.voices.offered
    names: dict[str, Collection[str]] = {
        "policy.voices.pool": policy.voices.pool,
        "policy.voices.offered": () if offered == "all" else offered,
        "policy.voices.roles": policy.voices.roles,
        "policy.voices.events": policy.voices.events.values(),
        "policy.languages.voices": policy.languages.voices.values(),
        "policy.tags.voices.prices": policy.tags.voices.prices,
    }
    for number, output in enumerate(channel.outputs):
        names[f"outputs[{number}].voices"] = output.voices
    return names


def _sounds(channel: ChannelSettings) -> _Names:
    policy = channel.policy
    names: _Names = {
        "policy.events.sounds": policy.events.sounds.values(),
        "policy.tags.sounds.roles": policy.tags.sounds.roles,
        "policy.tags.sounds.prices": policy.tags.sounds.prices,
    }
    return {where: found for where, found in names.items() if found}
