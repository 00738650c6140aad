"""Class digit for a word: 4 as "for", 2 as "to" and "too"."""

import re

from bot.policy.speakable.english.tables import verbs
from bot.policy.speakable.reading import Line, Reading, Rule

_FOUR = re.compile(r"4(?= [A-Za-z])")
_TWO = re.compile(r"2(?= [A-Za-z])")
_TOO = re.compile(r"2(?= *(?:[.!?,]|$)| (?:lol|lmao|haha|bro|man|tho|fr|guys|chat|<3|heart)(?!\w))")
_SECOND = re.compile(r" +[^\W_]+ +([A-Za-z]+)(?: +([A-Za-z]+))?")
_PEOPLE = frozenset({"men", "women", "people", "ppl", "children"})
"""Plurals without an s."""
_CALLED = frozenset({"guys", "bros", "this", "always"})
"""Words behind "for real" and "for us" that are not counted."""
_ADJECTIVES = frozenset(
    {"end", "game", "looking", "pop", "quality", "rank", "school", "star", "stuck", "team", "tier"}
)
"""Words between what measures and what is counted: 2 early game kills."""
_COMPOUNDS = {
    "break": "points",
    "call": "backs",
    "carry": "players",
    "check": "points marks",
    "drop": "maps kits shots",
    "fight": "scenes clubs",
    "follow": "requests ups",
    "gift": "subs cards bombs",
    "help": "tickets desks",
    "jump": "pads scares",
    "kill": "steal steals streak streaks shots",
    "live": "streams shows events games channels",
    "move": "orders sets",
    "open": "slots spots seats tabs tickets positions lobbies",
    "play": "maps tokens styles buttons",
    "push": "ups",
    "queue": "pops times",
    "raid": "bosses teams trains groups",
    "run": "builds",
    "show": "tickets",
    "steal": "plays",
    "trade": "partners offers requests",
    "work": "shifts pcs days trips phones laptops meetings friends",
}
"""What is counted of names that begin like a verb: 2 work shifts; "2 watch movies" is to watch."""
_SPLIT = frozenset({"kill", "live", "open", "raid"})
"""Those of them that another word may stand behind: 2 open mod slots."""
_ME_TOO = re.compile(
    r"(?:^|[.!?,] *|\b(?:luv|love|miss|hate|ily|and|same|for|thank|to|like|about|help|[24]) )"
    r"(?:me|u|you|us) $",
    re.IGNORECASE,
)
"""What stands before "2" as "too", and not as a number: "give me 2"."""
_ASKED = re.compile(
    r"\b(?:want|need|like|told|tell|ask|asked|for|love|wait)s? (?:me|u|you|us|him|her|them) $",
    re.IGNORECASE,
)
"""What stands before "2" and a verb: want u 2 win; in "you 2 stop" it is a number."""
_NEAR = 20
_MEASURED = frozenset(
    {"late", "much", "many", "good", "bad", "hard", "easy", "far", "soon", "early", "funny"}
)
"""Words that "too" measures wherever it stands."""
_STATED = frozenset(
    {
        "big", "broken", "cheap", "cold", "cool", "cute", "dark", "drunk", "expensive", "fast",
        "great", "high", "hot", "laggy", "long", "loud", "low", "lazy", "old", "op", "quick",
        "quiet", "real", "scared", "scary", "short", "sick", "slow", "small", "strong", "sweet",
        "tall", "tired", "true", "weak", "weird", "young",
    }
)  # fmt: skip
"""Words that it measures behind a form of "be"."""
_BEING = frozenset(
    {
        "it's", "its", "is", "was", "be", "been", "being", "are", "were", "am", "im", "i'm",
        "he's", "hes", "she's", "shes", "that's", "thats", "ur", "you're", "youre", "they're",
        "getting", "got", "went", "way", "far", "chat's", "game's", "just", "looks", "sounds",
        "seems", "feels",
    }
)  # fmt: skip
_TIMES = frozenset(
    {
        "day", "days", "hour", "hours", "hr", "hrs", "min", "mins", "minute", "minutes", "month",
        "months", "more", "of", "people", "ppl", "sec", "seconds", "secs", "times", "week", "weeks",
        "year", "years", "yr", "yrs", "x", "k", "or", "and", "to",
    }
)  # fmt: skip
"""Words behind a number of things."""
_FOR_WHOM = frozenset({"me", "u", "you", "us", "him", "life", "real", "ever"})
_FOR_AFTER = _FOR_WHOM | {
    "her", "them", "the", "my", "ur", "your", "now", "today", "reals", "that", "this", "a", "free",
    "all", "it", "sure", "being", "everyone", "everything", "his", "our", "fun", "some", "real",
}  # fmt: skip
_THANKS = frozenset({"thx", "thanks", "ty", "tysm", "tyvm", "thnx", "tnx", "thxx", "tyy", "sorry"})
_SEEKING = frozenset({"looking", "lookin", "look", "asking", "rooting", "searching", "praying"})
"""Words that "for" follows, and no number."""
_FOR_BEFORE = _THANKS | _SEEKING | {
    "w8", "wait", "waiting", "up", "only", "just", "gg", "ready", "go", "time", "good", "pray",
    "luv", "love", "gl", "here", "live", "out", "play", "hope", "care", "happy", "down", "bad",
}  # fmt: skip
_TO_AFTER = frozenset(
    {
        "u", "me", "the", "my", "ur", "your", "him", "her", "them", "all", "everyone", "this",
        "that", "it", "school", "work", "bed", "sleep", "chat", "us",
    }
)  # fmt: skip
_WITH_VERB = frozenset(
    {
        "want", "need", "got", "going", "nice", "love", "like", "try", "trying", "used", "able",
        "time", "had", "have", "has", "ready", "good", "glad", "happy", "hard", "easy", "how",
        "where", "what", "when", "about", "supposed", "wants", "needs", "tried", "hate", "begging",
        "wanted", "needed", "learn", "forgot", "way",
    }
)  # fmt: skip
"""Words that "to" and a verb follow."""
_TOWARDS = frozenset(
    {
        "talk", "talking", "listen", "listening", "welcome", "going", "go", "goin", "off", "back",
        "next", "hi", "hello", "hey", "happened", "come", "went", "thanks", "said", "say", "up",
        "close", "me", "u", "you", "nice",
    }
)  # fmt: skip
"""Words that "to" and a person or a place follow."""
_WANTED = frozenset({"want", "need", "got", "like", "love", "time", "used"})
"""Those that numbers follow as well: "need 2 all day", but "got 2 the boss"."""


def digit_word(line: Line, at: int) -> Reading | None:
    """Read 4 as "for" and 2 as "to" or "too" between words of chat: w8 4 me, nice 2 see u."""
    if at and line.text[at - 1] != " ":
        return None
    before, after = line.before(at), line.after(at + 1).lower()
    if _FOUR.match(line.text, at):
        return Reading(at + 1, "for", "slang") if _is_for(line, at, before, after) else None
    if before and _TOO.match(line.text, at):
        is_too = _ME_TOO.search(line.text[max(at - _NEAR, 0) : at]) is not None
        return Reading(at + 1, "too", "slang") if is_too else None
    if _TWO.match(line.text, at) is None:
        return None
    if after in _MEASURED or (after in _STATED and before in _BEING):
        is_count = after not in ("much", "many") and _counts_things(line, at)
        return None if is_count else Reading(at + 1, "too", "slang")
    return Reading(at + 1, "to", "slang") if _is_to(line, at, before, after) else None


def _is_for(line: Line, at: int, before: str, after: str) -> bool:
    if after in _TIMES or (after in ("real", "life", "us") and _counts_of(line, at)):
        return False
    if after in _FOR_WHOM:
        return True
    if before in _THANKS or before in _SEEKING:
        return True
    if before in _FOR_BEFORE and after in _FOR_AFTER:
        return True
    return bool(before) and line.text[at + 1 : at + 9].lower() == " the win"


def _is_to(line: Line, at: int, before: str, after: str) -> bool:
    if not before:
        return False
    if after in _COMPOUNDS and _names_things(line, at, after):
        return False
    if after in verbs.PLAIN and (
        before in _WITH_VERB or _ASKED.search(line.text[max(at - _NEAR, 0) : at])
    ):
        return True
    if before in _WANTED and after in ("me", "the"):
        return True
    if before == "time" and after == "bed":
        return True
    return after == "u" or (before in _TOWARDS and after in _TO_AFTER)


def _counts_things(line: Line, at: int) -> bool:
    """Tell whether things are counted behind the digit: 2 good games, 2 early game kills."""
    following, third = _behind(line, at)
    if _is_plural(following) or (following in _ADJECTIVES and _is_plural(third)):
        return True
    return following == "of" and line.after(at + 1).lower() == "short"


def _counts_of(line: Line, at: int) -> bool:
    """Tell whether things are counted behind 4: 4 real people; "4 real guys" speaks to them."""
    following, _ = _behind(line, at)
    return following not in _CALLED and (_is_plural(following) or following == "left")


def _names_things(line: Line, at: int, after: str) -> bool:
    """Tell whether what looks like a verb begins the name of things: 2 gift subs."""
    following, third = _behind(line, at)
    counted = _COMPOUNDS[after].split()
    return following in counted or (after in _SPLIT and third in counted)


def _behind(line: Line, at: int) -> tuple[str, str]:
    """Return the two words behind the word behind the digit."""
    match = _SECOND.match(line.text, at + 1)
    return (match[1].lower(), (match[2] or "").lower()) if match else ("", "")


def _is_plural(word: str) -> bool:
    return word in _PEOPLE or (word.endswith("s") and not word.endswith("ss") and len(word) > 3)


RULES = (Rule(digit_word, digits=True),)
