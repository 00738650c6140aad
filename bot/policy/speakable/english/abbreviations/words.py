"""Classes letters and word: shouted words in lower case, acronyms as they are."""

import re

from bot.policy.speakable.reading import Line, Reading

_SHOUTED_SHARE = 0.6
"""Least share of capitals in a message that shouts."""
_SHOUTED_LETTERS = 6
"""Least number of capitals in a message that shouts."""
_LONGEST_ACRONYM = 4
"""Letters of the longest word in capitals that is kept in a message that does not shout."""
_WORD = re.compile(r"[^\W\d_]++(?:'[^\W\d_]++)*+")
ACRONYMS = frozenset(
    {
        "US", "CEO", "CFO", "CTO", "EST", "PST", "CST", "GMT", "UTC", "GTA", "FF", "CO", "WASD",
        "BBC", "CNN", "FBI", "CIA", "NBA", "NFL", "NHL", "MLB", "UFC", "WWE", "MMA", "FIFA",
        "UEFA", "EA", "IGN", "HBO", "NYC", "LA", "DC", "PhD", "HDMI", "USB", "SSD", "HDD", "RAM",
        "RGB", "LED", "LCD", "OLED", "VR", "AR", "XR", "PSN", "NVIDIA", "AMD", "INTEL", "MSI",
        "RTX", "GTX", "RX", "BMW", "VW", "GPS", "SUV", "ATM", "PIN", "WIFI", "LAN", "VPN", "IP",
        "ISP", "DNS", "HTTP", "URL", "PDF", "PNG", "JPG", "GIF", "MP", "API", "SDK", "IDE", "SQL",
        "CSS", "HTML", "PHP", "AWS", "ISS", "UFO", "DNA", "RNA", "HIV", "MRI", "ER", "ICU", "EU",
        "UN", "NATO", "WHO", "NGO", "UCLA", "MIT", "NYU", "USC", "FC", "CF", "HD", "UHD", "FHD",
        "SMG", "AK", "AWP", "LMG", "AOE", "DPS", "DOT", "MMR", "ELO", "KDA", "ADC", "MOBA", "CSGO",
        "LOL", "WOW", "PUBG", "COD", "BF", "MW", "BO", "ESPN", "ABC", "NBC", "CBS", "SNL", "ASMR",
        "IQ", "EQ", "BPM", "DIY", "BYOB", "RSVP", "VCR", "DVD", "CD", "PS", "XBOX", "NES", "SNES",
        "QA", "QTE", "NPC", "RNG", "PB", "WR", "IGT", "RTA", "TAS", "AFK", "BRB", "GG", "WP",
        "GLHF", "TTV", "IRC", "OBS", "NDI", "SFX", "BGM", "OST", "MTV", "TBA", "TBD", "AKA",
    }
)  # fmt: skip
"""Acronyms that stay in capitals among shouted ones, besides those of the configuration."""
_WORDS_TOO = frozenset({"LOL", "WOW", "WHO", "DOT", "ER", "PIN", "RAM", "MOBA", "AR", "LA"})
"""Acronyms that are words as well: shouted, they are words."""


def is_shouted(text: str, acronyms: frozenset[str]) -> bool:
    """Tell whether most of `text` is in capitals that are no acronyms."""
    if text.islower():
        return False
    loud = letters = 0
    for word in _WORD.findall(text):
        letters += len(word)
        if len(word) > 1 and word.isupper() and word not in acronyms:
            loud += len(word)
    return loud >= max(_SHOUTED_LETTERS, _SHOUTED_SHARE * letters)


_PRONOUN_AFTER = frozenset(
    {
        "give", "let", "tell", "show", "help", "for", "to", "with", "of", "all", "both", "between",
        "on", "join", "make", "get", "got", "save", "from", "love", "beat", "kill", "killed",
        "among", "at", "about", "against", "than", "like", "told", "gave", "sell", "send", "bring",
        "take", "follow",
    }
)  # fmt: skip


class Shouting:
    """Rule: lower case for shouted words; engines spell capitals letter by letter."""

    def __init__(self, acronyms: frozenset[str]) -> None:
        self._acronyms = acronyms

    def __call__(self, line: Line, at: int) -> Reading | None:
        """Return the word at `at` in lower case, if it is shouted."""
        match = _WORD.match(line.text, at)
        if match is None:
            return None
        word = match[0]
        if not word.isupper() or word == "I":
            return None
        if line.is_shouted and word == "US" and line.before(at) in _PRONOUN_AFTER:
            return Reading(match.end(), "us")
        if word in self._acronyms:
            return None
        if line.is_shouted:
            is_code = (
                line.text[match.end() : match.end() + 1].isdigit() and len(word) <= _LONGEST_ACRONYM
            )
            return (
                None
                if is_code or (len(word) < 2 and word not in ("A", "U", "R"))
                else Reading(match.end(), word.lower())
            )
        return Reading(match.end(), word.lower()) if len(word) > _LONGEST_ACRONYM else None


def kept(configured: frozenset[str]) -> frozenset[str]:
    """Return the acronyms that stay: the configured ones, and those that are no words."""
    return configured | (ACRONYMS - _WORDS_TOO)
