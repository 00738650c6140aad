"""Words of chat: abbreviations, what they stand for, and where they are something else."""

import re
from collections.abc import Iterable

SLANG = {
    "abt": "about", "acc": "account", "afaik": "as far as I know", "afk": "away from keyboard",
    "alr": "alright", "asap": "as soon as possible", "atm": "at the moment", "avg": "average",
    "atp": "at this point", "bbl": "be back later", "bc": "because", "bcs": "because",
    "bcuz": "because", "bf": "boyfriend", "bff": "best friend", "brb": "be right back",
    "btw": "by the way", "cld": "could", "cmon": "come on", "cu": "see you", "cud": "could",
    "cuz": "because", "cya": "see you", "dae": "does anyone else", "def": "definitely",
    "dmg": "damage", "dw": "don't worry", "dwai": "don't worry about it", "esp": "especially",
    "ez": "easy", "fav": "favorite", "fave": "favorite", "ffs": "for goodness' sake",
    "fr": "for real", "frfr": "for real for real", "ftl": "for the loss", "ftw": "for the win",
    "fwiw": "for what it's worth", "fyi": "for your information", "fml": "screw my life",
    "gf": "girlfriend",
    "gg": "good game", "ggs": "good games", "ggwp": "good game, well played", "gj": "good job",
    "gl": "good luck", "glhf": "good luck, have fun", "gm": "good morning", "gn": "good night",
    "grats": "congratulations", "gtg": "got to go", "gz": "congratulations",
    "hbd": "happy birthday", "hbu": "how about you", "hf": "have fun", "hmu": "hit me up",
    "hr": "hour", "hrs": "hours", "hru": "how are you", "icl": "I can't lie",
    "icymi": "in case you missed it",
    "idc": "I don't care", "idek": "I don't even know", "idgaf": "I don't give a damn",
    "idk": "I don't know", "idky": "I don't know why", "idts": "I don't think so", "ig": "I guess",
    "iirc": "if I recall correctly", "ik": "I know", "ikr": "I know, right", "ily": "I love you",
    "ilysm": "I love you so much", "imho": "in my humble opinion", "imo": "in my opinion",
    "irl": "in real life", "istg": "I swear to god", "iykyk": "if you know you know",
    "jk": "just kidding", "jw": "just wondering", "k": "okay", "kk": "okay", "lfg": "let's go",
    "lmk": "let me know", "lv": "level", "lvl": "level", "lvls": "levels", "mb": "my bad",
    "mfw": "my face when", "min": "minute", "mins": "minutes", "msg": "message",
    "msgs": "messages", "nbd": "no big deal", "nj": "nice job", "tmi": "too much information",
    "ngl": "not gonna lie", "ngmi": "not gonna make it",
    "np": "no problem", "nt": "nice try", "nvm": "never mind", "nvmd": "never mind",
    "nvr": "never", "nw": "no worries", "nws": "no worries", "obv": "obviously",
    "obvs": "obviously", "ofc": "of course", "ofcourse": "of course", "omfg": "oh my god",
    "omg": "oh my god", "omw": "on my way", "oomf": "one of my followers", "otw": "on the way",
    "pls": "please", "plss": "please", "plsss": "please", "plz": "please", "ppl": "people",
    "prob": "probably", "probs": "probably", "prolly": "probably", "pts": "points",
    "qq": "quick question", "r": "are", "rly": "really", "rn": "right now", "sec": "second",
    "secs": "seconds", "shld": "should", "shud": "should", "sm": "so much", "smb": "somebody",
    "smh": "shaking my head", "smtg": "something", "smth": "something", "smthn": "something",
    "soz": "sorry", "srs": "serious", "srsly": "seriously", "sry": "sorry", "sth": "something",
    "tbf": "to be fair", "tbh": "to be honest", "tfw": "that feeling when",
    "tgif": "thank god it's Friday", "thnx": "thanks", "tho": "though", "thru": "through",
    "thx": "thanks", "tia": "thanks in advance", "tldr": "too long, didn't read",
    "tmr": "tomorrow", "tmrw": "tomorrow", "tmw": "tomorrow", "tn": "tonight", "tnx": "thanks",
    "tru": "true", "ttm": "talk to me", "ttyl": "talk to you later", "ttys": "talk to you soon",
    "ty": "thank you", "tyfs": "thank you for sharing", "tysm": "thank you so much",
    "tyt": "take your time", "tyvm": "thank you very much", "tyy": "thank you", "u": "you",
    "ud": "you'd", "ull": "you'll", "ur": "your", "ure": "you're", "urs": "yours", "vid": "video",
    "vids": "videos", "wat": "what", "wb": "welcome back", "wbu": "what about you",
    "wdyk": "what do you know", "wdym": "what do you mean", "wdyt": "what do you think",
    "wfh": "work from home", "wk": "week", "wks": "weeks", "wld": "would", "wp": "well played",
    "wtf": "what the heck", "wth": "what the heck", "wud": "would", "wut": "what",
    "wya": "where are you at", "wyd": "what are you doing", "wym": "what do you mean", "y": "why",
    "yk": "you know", "tf": "the heck", "ykw": "you know what", "ykwim": "you know what I mean",
    "yolo": "you only live once", "yr": "year", "yrs": "years", "yt": "YouTube",
    "yw": "you're welcome",
}  # fmt: skip
"""What an abbreviation stands for, by itself in lower case."""
STRETCHED = frozenset(
    {
        "brb", "btw", "cya", "ez", "frfr", "ffs", "fr", "gj", "gl", "gm", "gn", "grats",
        "gz", "hbd", "hbu", "hf", "hru", "idc", "idek", "idk", "ikr", "ily", "ilysm", "irl", "istg",
        "jk", "lfg", "lmk", "ngl", "np", "nvm", "ofc", "omfg", "omg", "otw", "pls", "plz",
        "ppl", "prolly", "rly", "rn", "smh", "soz", "srsly", "sry", "tbh", "thnx", "tho",
        "thx", "tnx", "ty", "tysm", "tyvm", "wdym", "wp", "wtf", "wth", "wya", "wyd", "yw",
    }
)  # fmt: skip
"""Abbreviations whose last letter people draw out."""
ABBREVIATIONS = {
    "approx": "approximately", "capt": "captain", "col": "colonel", "dept": "department",
    "dr": "doctor", "esq": "esquire", "etc": "et cetera", "ft": "fort", "gov": "governor",
    "govt": "government", "hon": "honorable", "incl": "including", "jr": "junior",
    "lt": "lieutenant", "misc": "miscellaneous", "mr": "mister", "mrs": "misses", "ms": "miz",
    "mt": "mount", "prof": "professor", "rep": "representative", "rev": "reverend",
    "sen": "senator", "sgt": "sergeant", "sr": "senior", "st": "saint", "tel": "telephone",
    "vs": "versus",
}  # fmt: skip
"""Abbreviations of ordinary writing, which may have a full stop."""
TITLES = frozenset(
    {
        "capt", "col", "dr", "ft", "gov", "hon", "lt", "mr", "mrs", "ms", "mt", "prof", "rep",
        "rev", "sen", "sgt", "st",
    }
)  # fmt: skip
"""Those of them that stand before a name alone."""
TITLES_STOPPED = frozenset({"capt", "col", "gov", "lt", "mt", "prof", "sgt"})
"""Those of them that a small name may follow behind a full stop: mt. everest."""
FORTS = (
    "Benning", "Bragg", "Collins", "Hood", "Knox", "Lauderdale", "Lewis", "McMurray", "Meade",
    "Myers", "Pierce", "Smith", "Sumter", "Wayne", "Worth",
)  # fmt: skip
"""Names behind ft. that make it a fort; other names are those of musicians."""
SAINTS = frozenset(
    {
        "andrews", "george", "helena", "james", "john", "johns", "joseph", "louis", "lucia", "mary",
        "moritz", "nick", "patrick", "patricks", "patrick's", "paul", "pauli", "peter",
        "petersburg",
    }
)  # fmt: skip
"""Names behind st that make it a saint."""
MIXED = {
    "k/d": "K D", "k/d/a": "K D A", "4eva": "forever", "a.k.a": "also known as",
    "a.k.a.": "also known as", "b/c": "because", "b/w": "between", "b2b": "back to back",
    "b4": "before", "b8": "bait", "c u": "see you", "c ya": "see ya", "c/o": "care of",
    "e.g": "for example", "e.g.": "for example", "f2f": "face to face", "f2p": "free to play",
    "g00d": "good", "g2g": "got to go", "g2k": "good to know", "eli5": "explain like I'm five",
    "j/k": "just kidding",
    "ne1": "anyone", "sk8r": "skater", "sum1": "someone", "gl2u": "good luck to you",
    "gn8": "good night", "gr8": "great", "h/t": "hat tip", "h8": "hate",
    "h8r": "hater", "h8rs": "haters", "h8s": "hates", "i.e": "that is", "i.e.": "that is",
    "ily2": "I love you too", "in2": "into", "l33t": "leet", "l8": "late", "l8r": "later",
    "m8": "mate", "m8s": "mates", "me2": "me too", "n/a": "not applicable",
    "n00b": "noob", "n00bs": "noobs", "n1": "nice one", "n8": "night", "p2w": "pay to win",
    "pr0": "pro", "pr0s": "pros", "s/o": "shout out", "sk8": "skate",
    "str8": "straight", "t2go": "time to go", "tl:dr": "too long, didn't read",
    "tl;dr": "too long, didn't read", "w/": "with", "w/e": "whatever", "w/o": "without",
    "w/out": "without", "w1n": "win", "w8": "wait", "w8ing": "waiting", "y/n": "yes or no",
}  # fmt: skip
"""Abbreviations with signs or digits in them."""
LEET = {
    "10q": "thank you", "1ce": "once", "1daful": "wonderful", "2day": "today", "2geda": "together",
    "2gether": "together", "2moro": "tomorrow", "2morrow": "tomorrow", "2mrw": "tomorrow",
    "2night": "tonight", "2nite": "tonight", "2u": "to you", "4eva": "forever", "4ever": "forever",
    "4get": "forget", "4give": "forgive", "4got": "forgot", "4me": "for me", "4real": "for real",
    "4u": "for you",
}  # fmt: skip
"""Words that begin with a digit."""
NAMES = frozenset(
    {
        "bc", "bf", "cu", "dw", "ez", "fr", "gf", "gl", "gm", "gz", "hf", "ig", "ik", "jk", "k",
        "lv", "mb", "np", "nt", "og", "r", "sm", "smb", "tn", "ty", "u", "wb", "yt",
    }
)  # fmt: skip
"""Abbreviations that are initials or names when they are written in capitals before a name."""
CAPITALS = frozenset(
    {
        "gg", "ty", "wp", "np", "gl", "hf", "gj", "gn", "gm", "jk", "rn", "wb", "yw", "nt", "gz",
        "u", "r", "k", "kk",
    }
)  # fmt: skip
"""Abbreviations of two letters that stay abbreviations in capitals; others are initials then."""
NAMES_IN_CAPITALS = frozenset({"esp"})
"""Longer abbreviations that are something else in capitals wherever they stand: ESP is a cheat."""
MEANT_AFTER = {
    "ty": frozenset(
        [
            "for",
            "so",
            "all",
            "guys",
            "everyone",
            "u",
            "you",
            "very",
            "everybody",
            "chat",
            "bro",
            "man",
            "dude",
            "mods",
            "sm",
        ]
    ),
    "r": frozenset(["u", "you", "we", "they", "these", "those", "the", "ur", "my", "there"]),
    "u": frozenset(
        [
            "r",
            "are",
            "can",
            "could",
            "should",
            "do",
            "did",
            "have",
            "ok",
            "good",
            "need",
            "know",
            "guys",
            "think",
            "want",
            "see",
            "gonna",
            "got",
            "mean",
            "there",
        ]
    ),
    "gl": frozenset(["hf", "all", "guys", "everyone", "bro", "man", "with", "on"]),
    "bc": frozenset(["i", "you", "he", "she", "they", "we", "it", "the", "of"]),
    "ez": frozenset(["game", "win", "clap"]),
}
"""Words behind such initials with which they are abbreviations, also in capitals."""
_WHY_AFTER = frozenset(
    {
        "tho", "though", "not", "u", "r", "is", "are", "did", "do", "does", "would", "so", "he",
        "she", "they",
    }
)  # fmt: skip
NUMBER_WORDS = frozenset(
    {
        "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
        "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
        "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "hundred",
        "thousand", "oh", "zero", "point",
    }
)  # fmt: skip
"""Words that numbers begin with, in which an earlier reading has said digits."""
_NOT_BEFORE = {
    "acc": frozenset(["championship"]),
    "bc": frozenset(["canada", "place"]),
    "def": frozenset(["jam", "leppard"]),
    "ig": frozenset(["live", "model", "post", "story"]),
    "k": frozenset(["pop"]),
    "min": frozenset(["max"]),
    "r": frozenset(["b", "cubed", "d", "n", "rated", "s", "slash", "squared"]),
    "sec": frozenset(["championship", "football"]),
    "u": frozenset(["boat", "of", "turn", "slash"]),
}
"""Words behind an abbreviation with which it is none."""
_NOT_AFTER = {
    "acc": frozenset(["the"]),
    "tmi": frozenset(["the"]),
    "bc": frozenset(["in"]),
    "def": frozenset(
        ["1", "her", "hero", "high", "his", "low", "more", "my", "null", "the", "your"]
    ),
    "dw": frozenset(["doctor", "the"]),
    "esp": frozenset(["an", "the"]),
    "gz": frozenset(["dot"]),
    "ig": frozenset(["an", "her", "his", "my", "on", "our", "the", "via", "your"]),
    "k": frozenset(["special", "vitamin"]),
    "lv": frozenset(["the"]),
    "min": frozenset(["a", "max", "the"]),
    "prob": frozenset(["a", "the"]),
    "r": frozenset(["mrs", "of", "type", "slash"]),
    "sec": frozenset(["the"]),
    "sm": frozenset(["a", "the"]),
}
"""Words before an abbreviation with which it is none."""


_JOB_AFTER = frozenset(
    {
        "", "all", "boys", "bro", "bros", "chat", "dude", "everyone", "guys", "lads", "lol", "man",
        "mate", "on", "team", "tho", "u", "you",
    }
)  # fmt: skip
"""Words behind "nj" as a nice job; others are behind New Jersey."""


_SENIORS = frozenset(
    {"analyst", "analysts", "dev", "devs", "developers", "engineer", "engineers", "citizens"}
)
"""Words behind "sr" as a senior, also behind a number."""


def is_allowed(key: str, before: str, after: str, following: str) -> bool:
    """Tell whether the words around an abbreviation leave it one."""
    if after in _NOT_BEFORE.get(key, ()) or before in _NOT_AFTER.get(key, ()):
        return False
    if key == "k" and (before in NUMBER_WORDS or before[-1:].isdigit()):
        return False
    if after in NUMBER_WORDS and key in NAMES:
        return False
    if key == "atm" and before in ("the", "an", "this", "that", "my", "nearest"):
        return False
    if key in ("sr", "lfg") and (after in NUMBER_WORDS or following.strip().isdigit()):  # "SR 4200"
        return False
    is_counted = before in NUMBER_WORDS or before[-1:].isdigit()
    if is_counted and (key == "def" or (key == "sr" and after not in _SENIORS)):  # "3200 SR"
        return False
    if key == "nj":
        begins = before in ("", "gg", "lol", "wow") or before[-1] in ".!?"
        return begins and after in _JOB_AFTER and not following.strip().isdigit()
    if key == "y":
        return after in _WHY_AFTER
    if key in ("r", "u", "k") and following[:1] in (".", "-", "/") and following[1:].isalnum():
        return False
    return not (key == "u" and after == "of" and before == "")


def any_of(words: Iterable[str]) -> str:
    """Return a pattern of `words`, the longest first."""
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))
