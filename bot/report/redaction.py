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

REMOVED = "(removed)"
_LEAST_SECRET, _LEAST_NAME = 4, 3
"""Shortest secret, and shortest name, that are searched for in running text, in characters: shorter
ones stand in too many words."""
SECRET_KEY = re.compile(
    r"token|secret|passw|passphrase|credential|authori[sz]ation|cookie|api[_-]?key|private[_-]?key"
    r"|client[_-]?id|user[_-]?name$|stream[_-]?key|webhook|session[_-]?id",
    re.IGNORECASE,
)
"""Keys whose values are secret."""
_WORD = r"(?:(?!null\b|none\b|true\b|false\b|\(removed\))[^\s,;}\]\"']+)"
_QUOTED = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'"
# Repetitions have limits, so that a line without end costs no more than its length.
_PATTERNS = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), replacement)
    for pattern, replacement in (
        (r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", REMOVED),
        (r"([a-z][a-z0-9+.-]{0,20}://)[^\s/@\"']{1,500}@", rf"\1{REMOVED}@"),
        (
            r"(?<![\w.%+-])[\w.%+-]{1,60}:[^\s/@\"']{1,99}@(?=[\w\[])",
            f"{REMOVED}@",
        ),  # without a scheme
        (
            (
                r"(authorization[\"']?\s*[:=]\s*[\"']?)"
                r"(?:(?:bearer|basic|oauth|digest|client-id)\s+)?[^\s\"',;}]+"
            ),
            rf"\1{REMOVED}",
        ),
        (r"\b(bearer|basic)\s+[a-z0-9._~+/=-]{6,}", rf"\1 {REMOVED}"),
        (r"\boauth:\s*\S+", f"oauth:{REMOVED}"),
        (
            r"([?&#][\w.-]{0,40}(?:token|key|secret|passw\w*|sig|signature|code|auth)=)[^&\s\"'#]+",
            rf"\1{REMOVED}",
        ),
        (
            (
                r"([\"']?[\w.-]{0,40}(?:token|secret|passw(?:or)?d|passphrase|credential|api[_-]?key|cookie)"
                rf"[\w.-]{{0,40}}[\"']?\s{{0,40}}[:=]\s{{0,40}})(?:{_QUOTED}|{_WORD})"
            ),
            rf"\1{REMOVED}",
        ),
        (r"\blive_[0-9]{4,}_[\w-]{8,}", REMOVED),  # stream keys of Twitch
        (r"\b(?:[a-z0-9]{4}-){3,4}[a-z0-9]{4}\b(?!-)", REMOVED),  # and of YouTube
        (r"(rtmps?://[^\s/]{1,200}/)[^\s\"']+", rf"\1{REMOVED}"),
        (r"(/api/webhooks/|hooks\.slack\.com/services/)[^\s\"']+", rf"\1{REMOVED}"),
        (r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b", REMOVED),  # keys of AWS
        (r"\b(?:sk|pk|rk|gh[pousr]|xox[abprs]|glpat)[-_][\w-]{16,}", REMOVED),
        (
            (
                # With a digit: "the token is missing" helps.
                r"\b((?:token|key|password|secret|passphrase) (?:is|was) )"
                r"(?=[^\s0-9]{0,60}[0-9])[^\s,;\"']{6,}"
            ),
            rf"\1{REMOVED}",
        ),
        (
            (
                r"\b((?:stream[\s_-]?key|session[_-]?id|[a-z]{1,20}_username)[\"']?"
                rf"\s{{0,9}}(?:[:=]|is)\s{{0,9}})(?:{_QUOTED}|{_WORD})"
            ),
            rf"\1{REMOVED}",
        ),
        (r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*", REMOVED),  # JSON Web Tokens
        (r"(?<![\w/.-])[a-z0-9]{30}(?![\w/-])", REMOVED),  # what Twitch's tokens look like
    )
)
_CHATTER_KEYS = {"chatter", "author", "user", "user_name", "user_login", "display_name"}
_WRITTEN_KEYS = {"text", "answer", "detail", "line", "message_text", "said"}
"""Fields of the log with what chatters wrote, or a part of it."""
_FIELD = re.compile(rf"\b({'|'.join(sorted(_CHATTER_KEYS | _WRITTEN_KEYS))})=({_QUOTED}|\S+)")
"""Such a field, in lines for people."""
_BASE64 = re.compile(r"(?<![\w+/])[\w+/]{8,2000}={0,2}")
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
        for pattern, replacement in _PATTERNS:
            text = pattern.sub(replacement, text)
        if self._home:
            text = re.sub(rf"{re.escape(self._home)}(?![\w-])", "~", text)
        return self._without_chatters(text)

    def _without_encoded(self, match: re.Match[str]) -> str:
        """Return base64 unless a secret is in it: Basic authorization has name and password."""
        word = match[0]
        try:
            decoded = base64.b64decode(word + "=" * (-len(word) % 4)).decode()
        except ValueError:
            return word
        return REMOVED if self._secrets.search(decoded) else word

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
            return [self.value(each, key) for each in value]
        if not isinstance(value, str):
            return value
        if key in _CHATTER_KEYS:
            return self.pseudonym(value)
        return _length(value) if key in _WRITTEN_KEYS else self.text(value)

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
