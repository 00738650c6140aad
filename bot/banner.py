"""What a person at the terminal is told when the daemon is ready."""

from bot.config import Settings
from bot.config.sources import ConsoleSettings, IngestSettings, TwitchIrcSettings


def banner(settings: Settings, *, program: str, url: str, outputs: list[str]) -> str:
    """Return three lines: where it listens, what it speaks through, how Twitch is connected.

    Args:
        settings: What runs.
        program: How the person called us.
        url: Address of the HTTP server.
        outputs: State of each output.
    """
    kinds = [source for channel in settings.channels for source in channel.sources]
    listening = []
    if any(isinstance(source, ConsoleSettings) for source in kinds):
        listening.append("this terminal (type a line)")
    if any(isinstance(source, IngestSettings) for source in kinds):
        listening.append(f"POST {url}/api/chat")
    twitch = [source.channel for source in kinds if isinstance(source, TwitchIrcSettings)]
    reading = ", ".join(f"twitch.tv/{name.lstrip('#')}" for name in twitch)
    joining = f"no channel; {program} run --channel NAME reads one, without an account"
    lines = {
        "listens to": " and ".join(listening) or "no one here",
        "speaks": f"{settings.engine.name} through {'; '.join(outputs) or 'no output'}",
        "Twitch": reading or joining,
    }
    return "\n".join(f"{title:>10}  {text}" for title, text in lines.items())
