"""The commands: a module each, of the same name, which is imported when its command is called."""

from collections.abc import Mapping

from bot.errors import IshowttsError

COMMANDS: Mapping[str, str] = {
    "run": "run the daemon",
    "worker": "speak for a pool of streamers, on this machine's engine",
    "say": "speak one text",
    "explain": "show what would be spoken of a message, and what each filter does",
    "rehearse": "show what would be said of an evening's chat, also with other settings beside it",
    "said": "list what was said, play it again or export it",
    "data": "export, import or forget what is kept of chatters and commands",
    "check": "report everything that would not work, with its remedy",
    "devices": "list the sound devices",
    "output": "make an output of its own for OBS, list and remove them",
    "voice": "add, list, show, try and remove voices",
    "login": "log a Twitch account in",
    "logout": "log Twitch accounts out",
    "obs": "set OBS up, and show what it has",
    "link": "make a token for the overlay or a moderator, and show its address",
    "service": "run the daemon as a service of systemd",
    "model": "list, fetch and find F5-TTS models",
    "upstream": "patch the installed f5-tts for inference",
    "bench": "measure the speed of F5-TTS on this machine",
    "report": "write an archive for a bug report, without secrets and chatters",
}
"""Purpose of each command, by name.

`bot.cli.NAME` has `add_arguments(parser)`, and `run(options)`, which returns the exit code.
"""

EXIT_OK = 0
EXIT_PROBLEM = 1
"""`check` found a problem, or a command other than `run` failed."""
EXIT_USAGE = 2
"""The arguments or the configuration hold mistakes."""
EXIT_START = 3
"""The daemon cannot start: the port is taken, the engine does not load..."""
EXIT_INTERRUPTED = 130
"""Interrupted from the keyboard, apart from `run`, for which that is the normal end."""
EXIT_BROKEN_PIPE = 141
"""The reader of the output has gone; a shell gives this code to a process that SIGPIPE ended."""


def fail(error: IshowttsError, code: int) -> int:
    """Tell what went wrong; return `code`."""
    from bot.logs.background import tell  # noqa: PLC0415 - heavy, and seldom needed

    tell(f"ishowtts: {error}\n")
    return code
