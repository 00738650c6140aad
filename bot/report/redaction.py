"""Redaction of texts: secrets, chatters and what they wrote are removed.

Secrets are found in two ways, so that a mistake in one is caught by the other: by their known
values, wherever they stand, and by the forms that secrets have. What may be secret is removed.
Chatters get pseudonyms that hold within one report, so that the fate of a message can be followed.
"""

import base64
import json
import re
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path

from bot.report.forms import REMOVED, SECRET_KEY, without_secrets

_LEAST_SECRET, _LEAST_NAME = 4, 3
"""Shortest secret, and shortest name, that are searched for in running text, in characters: shorter
ones stand in too many words."""
_QUOTED = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'"
_CHATTER_KEYS = {"chatter", "author", "user", "user_name", "user_login", "display_name"}
_WRITTEN_KEYS = {"text", "answer", "detail", "line", "message_text", "said"}
"""Fields of the log with what chatters wrote, or a part of it."""
_WORDS_KEY = "words"
"""List of the words that are being spoken, each with its times."""
_LINE_KEY = "message"
"""Field of the journal with a whole line of a log."""
_FIELD = re.compile(rf"\b({'|'.join(sorted(_CHATTER_KEYS | _WRITTEN_KEYS))})=({_QUOTED}|\S+)")
"""Such a field, in lines for people."""
_BASE64 = re.compile(r"(?<![\w+/])[\w+/]{8,2000}={0,2}")
_USER_AND_PASSWORD = re.compile(r"(?=.{9})[\w.@+-]{1,60}:[!-~]{1,200}")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Redactor:
    """Removes secrets and chatters; it remembers whom it met, so a report has one."""

    def __init__(self, secrets: Iterable[str] = (), home: Path | None = None) -> None:
        """Remove `secrets` by their values, and the path of the `home` folder."""
        known = {secret.strip() for secret in secrets}
        longest_first = sorted(
            (secret for secret in known if len(secret) >= _LEAST_SECRET), key=len, reverse=True
        )
        self._secrets = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")
        self._home = str(home) if home and home != Path("/") else ""
        self._chatters: dict[str, str] = {}

    def pseudonym(self, name: str) -> str:
        """Return the name of a chatter in this report."""
        return self._chatters.setdefault(name.casefold(), f"chatter-{len(self._chatters) + 1}")

    def text(self, text: str) -> str:
        """Return `text` without secrets, and without chatters that were met before."""
        text = self._secrets.sub(REMOVED, text)
        text = _BASE64.sub(self._without_encoded, text)
        text = without_secrets(text)
        if self._home:
            text = re.sub(rf"{re.escape(self._home)}(?![\w-])", "~", text)
        return self._without_chatters(text)

    def _without_encoded(self, match: re.Match[str]) -> str:
        """Return base64 unless a secret, or a user and a password, are in it."""
        word = match[0]
        try:
            decoded = base64.b64decode(word + "=" * (-len(word) % 4)).decode()
        except ValueError:
            return word
        is_secret = self._secrets.search(decoded) or _USER_AND_PASSWORD.fullmatch(decoded)
        return REMOVED if is_secret else word

    def _without_chatters(self, text: str) -> str:
        names = [name for name in self._chatters if len(name) >= _LEAST_NAME]
        # A pattern of every name at once; in slices, since a busy stream has thousands.
        rest = iter(sorted(names, key=len, reverse=True))
        while chunk := list(islice(rest, 500)):
            pattern = rf"(?<!\w)(?:{'|'.join(map(re.escape, chunk))})(?!\w)"
            text = re.sub(
                pattern, lambda match: self.pseudonym(match[0]), text, flags=re.IGNORECASE
            )
        return text

    def value(self, value: object, key: str = "") -> object:
        """Return JSON-compatible data without secrets, chatters and what they wrote."""
        if isinstance(value, Mapping):
            return {name: self.value(each, str(name)) for name, each in value.items()}
        if SECRET_KEY.search(key) and value is not None and not isinstance(value, bool):
            return REMOVED
        if isinstance(value, list):
            is_said = key == _WORDS_KEY
            return f"({len(value)} words)" if is_said else [self.value(it, key) for it in value]
        return self._field_of(key, value) if isinstance(value, str) else value

    def _field_of(self, key: str, value: str) -> str:
        if key in _CHATTER_KEYS:
            return self.pseudonym(value)
        if key in _WRITTEN_KEYS:
            return _length(value)
        return self.log_line(value) if key == _LINE_KEY else self.text(value)

    def log_line(self, line: str) -> str:
        """Return a line of the log, JSON or for people."""
        return self.text(self.meet(line))

    def meet(self, line: str) -> str:
        """Return a line of the log without what its fields tell of chatters.

        They are known from then on, so that they are removed from lines before it as well.
        """
        try:
            fields = json.loads(line)
        except (ValueError, RecursionError):
            fields = None
        if isinstance(fields, dict):
            return json.dumps(self.value(fields), ensure_ascii=False)
        return _FIELD.sub(self._field, _COLOUR.sub("", line))

    def _field(self, match: re.Match[str]) -> str:
        key, value = match[1], _unquoted(match[2])
        shown = self.pseudonym(value) if key in _CHATTER_KEYS else _length(value)
        return f"{key}={shown}"


def _unquoted(value: str) -> str:
    is_quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if is_quoted else value


def _length(text: str) -> str:
    return f"({len(text)} characters)"
