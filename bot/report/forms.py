"""Forms that secrets have: blocks, addresses, headers, keys and values, sentences, tokens.

What may be secret counts; a word of a person's language does not, where a code is expected.
"""

import re

REMOVED = "(removed)"
SECRET_KEY = re.compile(
    r"token|secret|passw|passphrase|credential|authori[sz]ation|cookie|api[_-]?key|private[_-]?key$"
    r"|client[_-]?id|user[_-]?name$|mqtt[_-]?user|stream[_-]?(?:key|id)|webhook|session[_-]?id"
    r"|(?:device|user|auth)[_-]?code|(?:^|[_-])(?:pass|pwd|jwt)$",
    re.IGNORECASE,
)
"""Keys whose values are secret."""
_WORD = r"(?:(?!null\b|none\b|true\b|false\b|\(removed\))[^\s,;}\]\"']+)"
_QUOTED = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'"
_CODE = r"(?=[^\s\"',;]{0,200}[0-9]|(?-i:[^\s\"',;]{1,200}[A-Z])|[^\s\"',;]{20})"
"""Before what is no word of a language: it has a digit, a capital inside, or no end."""
_IS = r"[\"']?\s{0,9}[:=]\s{0,9}[\"']?"
_KEY_BLOCK = r"PRIVATE KEY(?: BLOCK)?-----"
# Repetitions have limits, so that a line without end costs no more than its length.
_PRIVATE_KEY = (
    rf"-----BEGIN [A-Z ]{{0,20}}{_KEY_BLOCK}"
    rf"(?:.{{0,16000}}?-----END [A-Z ]{{0,20}}{_KEY_BLOCK}|[\w+/=\s\\]{{0,16000}})"
)
_ADDRESSES = (
    # User and password, with a scheme and without one.
    (r"([a-z][a-z0-9+.-]{0,20}://)[^\s/\"']{1,500}@", rf"\1{REMOVED}@"),
    (r"(?<![\w.%+-])[\w.%+-]{1,60}:[^\s/@\"']{1,99}@(?=[\w\[])", f"{REMOVED}@"),
    (r"(\s(?:-u|--user)[\s=][\"']?)[^\s:\"']{1,99}:[^\s\"']+", rf"\1{REMOVED}"),
    (
        (
            r"([?&#;][\w.-]{0,40}(?:token|key|secret|pass\w*|pwd|sig|signature|credential|code|auth|jwt"
            r"|session\w*|sid|streamid)=)[^&\s\"'#]+"
        ),
        rf"\1{REMOVED}",
    ),
    (r"(rtmps?://[^\s/]{1,200}/)[^\s\"']+", rf"\1{REMOVED}"),
    (r"(/api/(?:v[0-9]{1,2}/)?webhooks/|hooks\.slack\.com/services/)[^\s\"']+", rf"\1{REMOVED}"),
    (r"(/bot)[0-9]{6,20}:[\w-]{20,}", rf"\1{REMOVED}"),  # of Telegram
)
_HEADERS = (
    (
        (
            r"(authorization[\"']?\s*[:=]\s*[\"']?)"
            r"(?:(?:bearer|basic|oauth|digest|client-id)\s+)?[^\s\"',;}]+"
        ),
        rf"\1{REMOVED}",
    ),
    (r"(\bcookie[\"']?:\s?[\"']?)[^\r\n\"']+", rf"\1{REMOVED}"),  # all of them
    (rf"\b(bearer|basic)(?:\s+|{_IS}){_CODE}[a-z0-9._~+/=-]{{6,}}", rf"\1 {REMOVED}"),
    (r"\boauth(?::|%3a)\s*\S+", f"oauth:{REMOVED}"),
)
_VALUES = (
    (
        (
            r"([\"']?[\w.-]{0,40}(?:token|secret|passw(?:or)?d|passphrase|credential|api[_-]?key|cookie"
            r"|(?<![a-z])pass|(?<![a-z])pwd|(?<![a-z])jwt|stream[_-]?(?:key|id)|session[_-]?id"
            r"|(?:device|user|auth)[_-]?code|user[_-]?name|mqtt_user)"
            rf"(?:[_.-][\w.-]{{0,40}})?[\"']?\s{{0,40}}[:=]\s{{0,40}})(?:{_QUOTED}|{_WORD})"
        ),
        rf"\1{REMOVED}",
    ),
    (
        rf"(\b(?:key|code|sid|auth|authentication){_IS}){_CODE}[^\s,;&\"'}}\]]{{8,}}",
        rf"\1{REMOVED}",
    ),
)
_SENTENCES = (
    (
        # "The token is missing" helps, and stays.
        (
            r"\b((?:token|password|secret|passphrase|jwt|(?:api|stream|client|access|secret)[\s_-]?key"
            rf"|key of [\w ]{{1,30}}|stream[\s_-]key)(?: (?:is|was))?:? [\"']?){_CODE}"
            r"(?!\(removed\))[^\s,;\"']{6,}"
        ),
        rf"\1{REMOVED}",
    ),
)
_TOKENS = (
    (r"\blive_[0-9]{2,}_[\w-]{6,}", REMOVED),  # stream keys of Twitch
    (r"\b(?=[a-z-]{0,20}[0-9])(?:[a-z0-9]{4}-){3,4}[a-z0-9]{4}\b(?!-)", REMOVED),  # of YouTube
    (r"\bsk_[a-z]{2}-[a-z]{4,12}-[0-9]_[\w-]{6,}", REMOVED),  # of Kick
    (r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b", REMOVED),  # keys of AWS
    (r"\bAIza[\w-]{30,}|\bya29\.[\w-]{10,}|\b1//0[\w-]{20,}", REMOVED),  # of Google
    (r"\b(?:sk|pk|rk|gh[pousr]|github_pat|xox[abprs]|glpat)[-_][\w-]{16,}", REMOVED),
    (r"\b(?:npm|hf)_[a-z0-9]{30,}", REMOVED),
    (r"\b[\w-]{20,30}\.[\w-]{6}\.[\w-]{27,}", REMOVED),  # of bots of Discord
    (r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*", REMOVED),  # JSON Web Tokens
    (r"(?<![\w/.-])[a-z0-9]{30}(?![\w/-])", REMOVED),  # what Twitch's tokens look like
)
_ALL = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), replacement)
    for pattern, replacement in (
        (_PRIVATE_KEY, REMOVED),
        *_ADDRESSES,
        *_HEADERS,
        *_VALUES,
        *_SENTENCES,
        *_TOKENS,
    )
)


def without_secrets(text: str) -> str:
    """Return `text` without what has the form of a secret."""
    for pattern, replacement in _ALL:
        text = pattern.sub(replacement, text)
    return text


def without_private_keys(text: str) -> str:
    """Return `text` without private keys: the one form that goes over several lines."""
    return _ALL[0][0].sub(REMOVED, text)
