"""Thousands: whether a number with a k is said with its letter: 4k video, a 5k, 14k gold ring."""

import re

from bot.policy.speakable.reading import Line

_SCREENS = frozenset(
    {
        "monitor", "monitors", "tv", "tvs", "video", "videos", "stream", "streams", "display",
        "resolution", "res", "screen", "quality", "uhd", "hdr", "gaming", "textures", "footage",
        "oled", "camera", "cam", "movie", "bluray",
    }
)  # fmt: skip
"""Words behind 4k that make it a resolution."""
_RATE = re.compile(r" [0-9]{2,3} ?(?:hz|fps)(?![^\W_])", re.IGNORECASE)
_RUN = frozenset({"run", "race", "walk", "jog", "runs", "races", "marathon", "training", "runner"})
_RUN_BEFORE = frozenset({"a", "my", "first", "ran"})
_RAN = re.compile(
    r"\b(?:couch to|run an?|running an?|run a|jogged an?|sub \d+ ?min) $", re.IGNORECASE
)
_MODEMS = frozenset({"modem", "modems", "dialup", "dial", "connection"})
_WARHAMMER = frozenset({"lore", "warhammer", "army", "armies", "codex", "minis", "mini"})
_CARATS = frozenset({"9", "10", "14", "18", "22", "24"})
_JEWELRY = re.compile(
    r" (?:(?:white |rose |solid )?gold )?(?:chains?|rings?|necklace|watch|bracelet|grillz?"
    r"|jewelry|earrings?|pendant|plated|magic)(?![^\W_])",
    re.IGNORECASE,
)
"""What gold is made into, behind its purity."""


def is_screen(line: Line, at: int, end: int, sign: str) -> bool:
    """Tell whether 2k, 4k or 8k from `at` to `end` is a resolution."""
    is_seen = line.after(end).lower() in _SCREENS or _RATE.match(line.text, end) is not None
    return sign == "K" or is_seen or line.before(at) == "in"


def is_called_k(line: Line, at: int, end: int, text: str) -> bool:
    """Tell whether thousands are said with their letter: a 5k, 56k modem, warhammer 40k."""
    following, before = line.after(end).lower(), line.before(at)
    if text == "56":
        return following in _MODEMS
    if text == "40":
        return following in _WARHAMMER or before == "warhammer"
    if text in _CARATS and _JEWELRY.match(line.text, end):
        return True
    is_run = (
        before in _RUN_BEFORE or following in _RUN or _RAN.search(line.text[max(at - 16, 0) : at])
    )
    return bool(is_run) and text in ("5", "10")
