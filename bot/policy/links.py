"""Links: web and mail addresses, IP addresses, encoded data.

A dot between words is often a missing space ("hello.world"), so a bare domain needs a top-level
domain of a short list; one that is a word as well ("go.live") needs a path behind it.
"""

import ipaddress
import re
from collections.abc import Callable

from bot.config.chat.policy import LinkSettings
from bot.messages import Rejection, RejectReason
from bot.policy.cleaning import without_space_before_marks
from bot.policy.draft import Draft

_TLDS = frozenset(
    {
        "com", "net", "org", "edu", "gov", "io", "tv", "ly", "xyz", "biz",
        "ai", "fm", "ar", "au", "br", "ca", "ch", "cl", "cn", "cz", "de", "dk",
        "es", "eu", "fi", "gr", "hk", "hu", "ie", "il", "jp", "kr", "lt", "mx", "nl",
        "nz", "pe", "pl", "pt", "ro", "ru", "rs", "se", "sg", "sk", "th", "tr", "tw", "ua",
        "uk", "vn", "za",
    }
)  # fmt: skip
_WORDY_TLDS = frozenset(
    {
        "app", "art", "at", "be", "bet", "blog", "cc", "chat", "click", "cloud", "club", "co", "cx",
        "dev", "do", "fr", "fun", "games", "gg", "gl", "group", "id", "in", "info", "is", "it",
        "la", "live", "link", "ma", "me", "media", "my", "name", "news", "ninja", "no",
        "one", "online", "page", "pm", "pro", "red", "sale", "sh", "shop", "site", "so",
        "social", "store", "stream", "team", "tech", "tips", "to", "today", "top", "us",
        "video", "vip", "wiki", "win", "work", "world", "ws", "zone",
    }
)  # fmt: skip
_SOURCE = re.compile(
    r"[\w-]{1,63}\.(?:rs|pl|sh|so)/[\w-]{1,63}\.(?:rs|go|py|ts|js|c|h|cpp|java|toml|pl|sh)",
    re.IGNORECASE,
)
"""Two files of programs, of which the ending of the first is a country too: main.rs/test.go."""
_COUNTRY = 2
"""Letters of a country's top-level domain."""
_PATH = r"(?::[0-9]{1,5}(?![0-9]))?(?:[/?#]\S*)?"

# Each starts where no other one can have started, and reads a token a bounded number of times.
_SCHEME = re.compile(
    r"(?<!\S)\S*://\S*|(?<![\w.])(?:www\.|(?:mailto|magnet|javascript|blob|data):)\S+",
    re.IGNORECASE,
)
_DOMAIN = re.compile(
    rf"(?<![\w.@-])(?:[\w-]{{1,63}}[.。])+(?P<tld>[a-z]{{2,6}})(?![\w-])(?P<path>{_PATH})",
    re.IGNORECASE,
)
_MAIL = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.)+[a-z]{2,24}(?![\w-])", re.IGNORECASE
)
_IPV4 = re.compile(
    r"(?<![\w.-])(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])\.){3}"
    rf"(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(?![\w-]|\.[0-9]){_PATH}"
)
_IPV6 = re.compile(
    r"\[([0-9a-f:]{6,39})\](?::[0-9]{1,5})?(?:/\S*)?"
    r"|(?<![\w:.])([0-9a-f:]{6,39})(?![\w:])(?:/\S*)?",
    re.IGNORECASE,
)
_ENCODED = re.compile(r"(?<![A-Za-z0-9+/=])[A-Za-z0-9+/=]{32,}")


class Links:
    """Filter: removes links, replaces them by a word, or rejects the message."""

    def __init__(self, settings: LinkSettings) -> None:
        self._action = settings.action
        self._word = settings.word if settings.action == "link" else ""

    def __call__(self, draft: Draft) -> Draft | Rejection:
        """Return `draft` without links, or the rejection if links are not allowed."""
        if self._action == "off":
            return draft
        text = _replace_links(draft.text, self._replaced)
        if text == draft.text:
            return draft
        if self._action == "drop":
            return Rejection(reason=RejectReason.LINK)
        return draft.with_text(without_space_before_marks(text))

    def _replaced(self, match: re.Match[str]) -> str:
        # What ends a sentence belongs to the sentence.
        link = match[0]
        end = ".,!?;:'\"" if "(" in link else ".,!?;:'\")"
        return f" {self._word} " + link[len(link.rstrip(end)) :]


def _replace_links(text: str, replaced: Callable[[re.Match[str]], str]) -> str:
    """Return clean `text` with every link `replaced`."""
    if ":" in text or "www." in text.lower():
        text = _SCHEME.sub(replaced, text)
    if ":" in text:
        text = _IPV6.sub(
            lambda match: replaced(match) if _is_ipv6(match[1] or match[2]) else match[0], text
        )
    if "@" in text:
        text = _MAIL.sub(replaced, text)
    if "." in text or "。" in text:
        text = _DOMAIN.sub(lambda match: replaced(match) if _is_domain(match) else match[0], text)
        text = _IPV4.sub(replaced, text)
    return _ENCODED.sub(lambda match: replaced(match) if _is_encoded(match[0]) else match[0], text)


def _is_domain(match: re.Match[str]) -> bool:
    tld = match["tld"].lower()
    if _SOURCE.fullmatch(match[0]):
        return False
    has_path = match["path"] != ""
    return tld in _TLDS or (has_path and (tld in _WORDY_TLDS or len(tld) == _COUNTRY))


def _is_ipv6(text: str) -> bool:
    if text.count(":") < 3:  # noqa: PLR2004 - "::1" looks like an emoticon, "1:2:3" like a time
        return False
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


def _is_encoded(text: str) -> bool:
    """Tell whether `text` is base64 or hexadecimal: it has both letters and several digits."""
    digits = sum(character.isdigit() for character in text)
    return len(text) // 16 <= digits < len(text) and not text.strip("+/=").isdigit()
