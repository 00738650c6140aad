"""Banner for a person at the terminal, when the daemon is ready."""

from collections.abc import Mapping

from bot.config import Settings
from bot.config.sections.sources import (
    ConsoleSettings,
    IngestSettings,
    TwitchEventsubSettings,
    TwitchIrcSettings,
)


def banner(
    settings: Settings, *, program: str, url: str, outputs: Mapping[str, str], is_heard: bool
) -> str:
    """Return some lines: page, where it listens, what it speaks through, how Twitch is connected.

    `outputs` gives the state of each by its name, `program` the name that the person started.
    """
    kinds = [source for channel in settings.channels for source in channel.sources]
    listening = []
    if any(isinstance(source, ConsoleSettings) for source in kinds):
        listening.append("this terminal (type a line)")
    if any(isinstance(source, IngestSettings) for source in kinds):
        listening.append(f"POST {url}/api/chat")
    twitch = [source.channel for source in kinds if isinstance(source, TwitchIrcSettings)]
    owned = [source.channel for source in kinds if isinstance(source, TwitchEventsubSettings)]
    places_read = [f"twitch.tv/{name.lstrip('#')}" for name in twitch]
    places_read += [f"twitch.tv/{name.lstrip('#')} with an account" for name in owned]
    reading = ", ".join(places_read)
    joining = f"no channel; {program} run --channel NAME reads one, without an account"
    places = "; ".join(f"{name} ({state})" for name, state in outputs.items())
    through = "through" if is_heard else "to nobody yet:"
    engines = " or ".join(settings.engine.engines)
    lines = {
        "page": f"{url}/",
        "listens to": " and ".join(listening) or "no one here",
        "speaks": f"{engines} {through} {places or 'there is no output'}",
        "Twitch": reading or joining,
    }
    return "\n".join(f"{title:>10}  {text}" for title, text in lines.items())
