"""Section `policy`: what may be spoken, and in which words."""

import string
import unicodedata
from typing import Annotated, Literal, Self

import re2
from pydantic import AfterValidator, Field, model_validator

from bot.config.base import Count, Number, Section
from bot.config.events import EventSettings
from bot.messages import EventKind

_MAX_ENTRIES = 2_000

MinimumRole = Literal["everyone", "subscriber", "vip", "moderator", "broadcaster"]
"""The least that a chatter has to be, in ascending order."""
Name = Annotated[str, Field(min_length=1, max_length=100)]


class AccessSettings(Section):
    """Who is heard."""

    enabled: bool = True
    """Whether chat is read from the start; `!tts on` and `!tts off` change it."""
    minimum_role: MinimumRole = "everyone"
    """The least that a chatter has to be."""
    muted: tuple[Name, ...] = ()
    """Chatters who are never read, by name; `!tts unmute` of one of these holds until the next
    start."""
    bots: tuple[Name, ...] = (
        "nightbot", "streamelements", "streamlabs", "moobot", "fossabot", "wizebot",
        "sery_bot", "commanderroot", "soundalerts", "botrixoficial", "coebot", "deepbot",
        "phantombot", "stay_hydrated_bot", "streamstickers", "tangiabot", "kofistreambot",
        "pokemoncommunitygame", "own3d", "pretzelrocks", "songlistbot", "blerp",
        "creatisbot", "mixitupapp", "supibot",
    )  # fmt: skip
    """Names of programs that write in chat; they are not read."""


class ModeSettings(Section):
    """Which messages are meant for the voice."""

    read: Literal["all", "command", "mention"] = "all"
    """all: every message; command: only what follows `!tts`; mention: only messages that name one
    of `names`. Cheers, donations, redeems and all that `events` tells are always read."""
    names: tuple[Name, ...] = ()
    """Names, without @, that count as a mention."""
    ignored_prefixes: tuple[Annotated[str, Field(pattern=r"^\S{1,20}$")], ...] = ("!",)
    """Messages that start like this are meant for bots and not read."""

    @model_validator(mode="after")
    def _mention_needs_names(self) -> Self:
        if self.read == "mention" and not self.names:
            msg = "read: mention needs `names`, for instance the streamer's own"
            raise ValueError(msg)
        return self


class EmoteSettings(Section):
    """Emotes: pictures that are written as words."""

    action: Literal["strip", "first", "off"] = "strip"
    """strip leaves them out, first reads the first one's name, off reads them all."""
    names: tuple[Name, ...] = (
        "KEKW", "OMEGALUL", "LULW", "LUL", "Pog", "PogU", "POGGERS", "Pogey", "PogChamp",
        "Poggies", "pepeLaugh", "PepeLaugh", "PepeHands", "peepoHappy", "peepoSad",
        "peepoClap", "FeelsGoodMan", "FeelsBadMan", "FeelsStrongMan", "FeelsWeirdMan",
        "monkaS", "monkaW", "monkaHmm", "WeirdChamp", "widepeepoHappy", "AYAYA", "EZ",
        "catJAM", "KEKWait", "Sadge", "Copium", "COPIUM", "Clap", "modCheck", "NODDERS",
        "NOPERS", "PepegaAim", "Pepega", "HYPERS", "xqcL", "forsenCD", "D:",
    )  # fmt: skip
    """Emotes of BTTV, FFZ and 7TV, which the platform does not mark; upper and lower case count."""


class EmojiSettings(Section):
    """Emoji: pictures that are characters."""

    action: Literal["strip", "name", "off"] = "strip"
    """strip leaves them out, name says what they show, off leaves them to the engine."""
    max_names: Annotated[Count, Field(ge=0, le=100)] = 3
    """With name: how many are said in one message."""


class LinkSettings(Section):
    """Web addresses, mail addresses and encoded data."""

    action: Literal["strip", "drop", "link", "off"] = "link"
    """strip leaves them out, drop rejects the message, link says a word instead, off reads them."""
    word: Annotated[str, Field(min_length=1, max_length=30)] = "link"
    """With link: the word."""


class RepeatSettings(Section):
    """Repetitions."""

    max_letters: Annotated[Count, Field(ge=1, le=100)] = 3
    """How often a letter may follow itself; the rest is left out."""
    max_words: Annotated[Count, Field(ge=1, le=20)] = 2
    """How often a word or a phrase may follow itself; the rest is left out."""


class LengthSettings(Section):
    """How much of a message is read; it is cut at a word."""

    max_characters: Annotated[Count, Field(ge=1, le=10_000)] = 300
    """Characters of the spoken text, without the name."""
    max_words: Annotated[Count, Field(ge=1, le=5_000)] = 80
    """Words of the spoken text, without the name."""


class SpeakableSettings(Section):
    """Writing turned into words."""

    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")] = "en"
    """ISO 639-1 code of what chat is written in. Only English has slang, symbols, money and times;
    other languages have numbers."""
    numbers: bool = True
    """Say numbers as words."""
    symbols: bool = True
    """Say symbols such as & and + as words."""
    slang: bool = True
    """Say chat's abbreviations as words: brb is "be right back"."""
    replacements: dict[Name, Annotated[str, Field(max_length=200)]] = {}
    """Words of your own and what is said instead; upper and lower case do not count."""
    lower_shouting: bool = True
    """Say shouted words as words: engines spell capitals letter by letter."""
    acronyms: tuple[Name, ...] = (
        "GG", "LOL", "USA", "UK", "EU", "NA", "TV", "PC", "DJ", "AI", "OK", "FPS", "RPG", "MMO",
        "NPC", "VIP", "DLC", "GPU", "CPU", "OBS", "TTS", "BTW", "OMG", "WTF", "BRB", "AFK", "IDK",
        "IRL", "HP", "XP", "PVP", "PVE", "MVP", "UI", "DM", "NASA", "FAQ", "DIY", "ASAP", "RIP",
    )  # fmt: skip
    """Capitals that stay capitals when somebody shouts."""


def _pattern(value: str) -> str:
    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile(value, options)
    except re2.error as error:
        reason = error.args[0].decode(errors="replace") if error.args else "no reason given"
        msg = (
            f"this is no regular expression that RE2 understands ({reason});"
            " it has neither look-around nor back-references"
        )
        raise ValueError(msg) from None
    except UnicodeEncodeError:
        msg = "a regular expression needs characters that UTF-8 can encode"
        raise ValueError(msg) from None
    if compiled.search("") is not None:
        msg = "this regular expression matches nothing at all, so it would hit every message"
        raise ValueError(msg)
    return value


def _word(value: str) -> str:
    if not any(character.isalnum() for character in value):
        msg = "a blocked word needs a letter or a digit"
        raise ValueError(msg)
    core = value.strip().removeprefix("*").removesuffix("*")
    if "*" in core:
        msg = "* stands for any letters, and only at the start or the end of a blocked word"
        raise ValueError(msg)
    if any(unicodedata.category(c)[0] not in "LNM" and c not in " '-." for c in core):
        msg = "a blocked word is made of letters, digits, spaces, ' - and .; use a pattern for more"
        raise ValueError(msg)
    return value


BlockedWord = Annotated[str, Field(max_length=40), AfterValidator(_word)]
BlockedPattern = Annotated[str, Field(min_length=1, max_length=1_000), AfterValidator(_pattern)]


class WordSettings(Section):
    """Words that must not be spoken, compared with what was written and with what would be spoken.

    Words are found in disguise too: other case, accents, look-alike letters, digits for letters,
    repeated letters, and letters of other scripts in or beside them, which an engine may leave out.

    They are found in pieces when the gaps hold no space (fu.ck, fu-ck), or markup, or a symbol that
    stands alone (fu </b>ck, fu * ck), or when every piece is a single letter (f u c k). Otherwise
    one piece must be a single letter or have no vowel, and at least one must not be an ordinary
    short word, or none is one: "fu ck", "b itch" and "pe nis" are found; "pen is", "k ill" and
    "that's hit" are not.
    """

    strip: Annotated[tuple[BlockedWord, ...], Field(max_length=_MAX_ENTRIES)] = ()
    """Whole words or phrases that are left out; * at an end stands for any letters."""
    drop: Annotated[tuple[BlockedWord, ...], Field(max_length=_MAX_ENTRIES)] = ()
    """Whole words or phrases whose message is not read; * at an end stands for any letters."""
    strip_patterns: Annotated[tuple[BlockedPattern, ...], Field(max_length=_MAX_ENTRIES)] = ()
    """Regular expressions (RE2, case ignored) of what is left out."""
    drop_patterns: Annotated[tuple[BlockedPattern, ...], Field(max_length=_MAX_ENTRIES)] = ()
    """Regular expressions (RE2, case ignored) whose message is not read."""


VoiceName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]


class VoiceSettings(Section):
    """Who is heard with which voice.

    That of an event, else what the chatter chose, else one of the pool, else the channel's.
    """

    pool: Annotated[tuple[VoiceName, ...], Field(max_length=_MAX_ENTRIES)] = ()
    """Voices of which each chatter has one, always the same; empty for the channel's voice."""
    offered: Literal["all"] | Annotated[tuple[VoiceName, ...], Field(max_length=_MAX_ENTRIES)] = (
        "all"
    )
    """Voices that `!voice` gives; all for all that there are."""
    roles: dict[VoiceName, MinimumRole] = {}
    """Voices that need a role, to be chosen and to be drawn from the pool."""
    events: dict[EventKind, VoiceName] = {}
    """Voices of messages that come with an event."""


def _template(value: str) -> str:
    msg = "a template is text with {name} in it, and nothing else in braces"
    try:
        parts = list(string.Formatter().parse(value))
    except ValueError:
        raise ValueError(msg) from None
    fields = [
        (field, spec, conversion) for _, field, spec, conversion in parts if field is not None
    ]
    if any(field != ("name", "", None) for field in fields):
        raise ValueError(msg)
    return value


class NameSettings(Section):
    """The introduction before what a chatter says."""

    say: bool = True
    """Whether the chatter's name is said; it is not repeated while the same one goes on."""
    template: Annotated[str, Field(max_length=100), AfterValidator(_template)] = "{name} says: "
    """The introduction, in any language."""
    again_after_s: Annotated[Number, Field(ge=0)] = 60.0
    """Seconds after which the name is said again although the same chatter goes on."""
    max_characters: Annotated[Count, Field(ge=1, le=100)] = 25
    """Where a long name is cut."""
    anonymous: Annotated[str, Field(min_length=1, max_length=30)] = "someone"
    """Said for a name that cannot or must not be spoken."""


class PolicySettings(Section):
    """The ordered chain of filters."""

    access: AccessSettings = AccessSettings()
    mode: ModeSettings = ModeSettings()
    emotes: EmoteSettings = EmoteSettings()
    emoji: EmojiSettings = EmojiSettings()
    links: LinkSettings = LinkSettings()
    repeats: RepeatSettings = RepeatSettings()
    length: LengthSettings = LengthSettings()
    words: WordSettings = WordSettings()
    speakable: SpeakableSettings = SpeakableSettings()
    name: NameSettings = NameSettings()
    events: EventSettings = EventSettings()
    voices: VoiceSettings = VoiceSettings()
