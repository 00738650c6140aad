"""Slang: abbreviations of chat in English words."""

import re

_SLANG = {
    "afaik": "as far as I know",
    "afk": "away from keyboard",
    "asap": "as soon as possible",
    "atm": "at the moment",
    "bbl": "be back later",
    "bff": "best friend",
    "brb": "be right back",
    "btw": "by the way",
    "cmon": "come on",
    "cuz": "because",
    "cya": "see you",
    "dae": "does anyone else",
    "ftw": "for the win",
    "fwiw": "for what it's worth",
    "fyi": "for your information",
    "gf": "girlfriend",
    "bf": "boyfriend",
    "gg": "good game",
    "ggs": "good games",
    "ggwp": "good game, well played",
    "gj": "good job",
    "gl": "good luck",
    "glhf": "good luck, have fun",
    "gn": "good night",
    "gtg": "got to go",
    "g2g": "got to go",
    "gz": "congratulations",
    "grats": "congratulations",
    "hbu": "how about you",
    "hf": "have fun",
    "hmu": "hit me up",
    "icymi": "in case you missed it",
    "idc": "I don't care",
    "idk": "I don't know",
    "ikr": "I know, right",
    "ily": "I love you",
    "imo": "in my opinion",
    "imho": "in my humble opinion",
    "irl": "in real life",
    "iirc": "if I recall correctly",
    "jk": "just kidding",
    "l8r": "later",
    "lmk": "let me know",
    "m8": "mate",
    "gr8": "great",
    "mfw": "my face when",
    "msg": "message",
    "ngl": "not gonna lie",
    "np": "no problem",
    "nt": "nice try",
    "nvm": "never mind",
    "obv": "obviously",
    "ofc": "of course",
    "omfg": "oh my god",
    "omg": "oh my god",
    "omw": "on my way",
    "pls": "please",
    "plz": "please",
    "ppl": "people",
    "rly": "really",
    "rn": "right now",
    "smh": "shaking my head",
    "srsly": "seriously",
    "srs": "serious",
    "tbf": "to be fair",
    "tbh": "to be honest",
    "tfw": "that feeling when",
    "thx": "thanks",
    "tho": "though",
    "tldr": "too long, didn't read",
    "ttyl": "talk to you later",
    "ty": "thank you",
    "tysm": "thank you so much",
    "tyvm": "thank you very much",
    "u": "you",
    "ur": "your",
    "wb": "welcome back",
    "wdym": "what do you mean",
    "wp": "well played",
    "wtf": "what the heck",
    "wth": "what the heck",
    "wya": "where are you at",
    "wyd": "what are you doing",
    "yolo": "you only live once",
    "yw": "you're welcome",
}
_ABBREVIATIONS = {
    "e.g": "for example",
    "i.e": "that is",
    "etc": "et cetera",
    "vs": "versus",
    "mr": "mister",
    "mrs": "missus",
    "dr": "doctor",
    "approx": "approximately",
}
_ALL = {**_SLANG, **_ABBREVIATIONS}
_WORD = re.compile(r"(?<![\w.'&])[A-Za-z][A-Za-z0-9]*(?:\.[A-Za-z])*(?![\w'&]|\.\w)")
_ROUGHLY_WORD = re.compile(r"[a-z][a-z0-9]*(?:\.[a-z])*")
# The full stop of an abbreviation is none when the sentence goes on.
_ABBREVIATED = re.compile(
    r"(?<![\w.'&])(?:e\.g|i\.e|etc|vs|mr|mrs|dr|approx)\.(?= )", re.IGNORECASE
)


def expand(text: str) -> str:
    """Return `text` with abbreviations as words."""
    if _ALL.keys().isdisjoint(_ROUGHLY_WORD.findall(text.lower())):  # cheap, and mostly true
        return text
    if "." in text:
        text = _ABBREVIATED.sub(lambda match: _ALL[match[0][:-1].lower()], text)
    return _WORD.sub(lambda match: _ALL.get(match[0].lower(), match[0]), text)
