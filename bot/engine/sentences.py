"""Ends of sentences in English: a full stop behind an abbreviation is none, unless one begins."""

import re

_STOP = re.compile(r"(\S+)\.[\"'\u201d\u2019)\]»]*\s*$")
_LETTERS = re.compile(r"(?:[A-Za-z]\.)*[A-Za-z]")
"""An initial, as in "J. K. Rowling", or an abbreviation of such, as in "U.S." and "a.m."."""
_NAMING = """
    capt cf cmdr col cpt dr e.g fig gen gov hon i.e lt maj messrs mr mrs ms mt mx prof rep rev
    sen sgt viz vs
"""
"""Abbreviations that always belong to what follows."""
_SHORTENED = """
    approx apt assn ave bldg blvd co corp dept est etc ext ft inc jr ltd max min mins pts rd
    sr st
"""
_BEGINNING = """
    A After All Also An And Are As At Because Before But Can Could Did Do Does Don't Everyone
    For From Have He Her Here His How I I'd I'll I'm I've If In Is It It's Its Just Let Let's
    Maybe My Never Now Oh On Our Please She So Some Somebody That That's The Their Then There
    There's These They They're This Those To Today Was We We're Well Were What What's When
    Where Which Who Why Will With Would Yes Yesterday You You're Your
"""
"""Words that begin sentences and, with a capital, seldom names."""


def ends_sentence(head: str, rest: str) -> bool:
    """Tell whether a sentence ends where `head`, with its punctuation, meets `rest`."""
    stop = _STOP.search(head)
    if stop is None:
        return True
    word = stop[1].lstrip("\"'\u201c\u2018([«")
    if word.lower() in _NAMING.split():
        return False
    is_number = word.lower() == "no" and rest[:1].isdecimal()
    is_abbreviation = word.lower() in _SHORTENED.split() or (
        word != "I" and _LETTERS.fullmatch(word)
    )
    if not is_number and not is_abbreviation:
        return True
    following = rest.split(maxsplit=1)
    return not following or following[0].replace("\u2019", "'").rstrip(",") in _BEGINNING.split()
