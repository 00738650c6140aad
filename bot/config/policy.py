"""Section `policy`: rules for what is spoken, and how it is worded."""

import unicodedata
from typing import Annotated, Literal, Self

import re2
from pydantic import AfterValidator, Field, model_validator

from bot.config.base import Count, Number, Section, matching
from bot.config.events import EventSettings
from bot.config.languages import Language, LanguageSettings
from bot.config.tags import TagSettings
from bot.messages import EventKind

_MAX_ENTRIES = 2_000

MinimumRole = Literal["everyone", "subscriber", "vip", "moderator", "broadcaster"]
"""Least role of a chatter, in ascending order."""
Name = Annotated[str, Field(min_length=1, max_length=100)]


class AccessSettings(Section):
    """Chatters who are read."""

    enabled: bool = True
    """Whether chat is read from the start; `!tts on` and `!tts off` change it."""
    minimum_role: MinimumRole = "everyone"
    """Least role of a chatter who is read."""
    muted: tuple[Name, ...] = ()
    """Names of chatters who are not read; `!tts unmute` of one holds until the next start."""
    bots: tuple[Name, ...] = (
        "nightbot", "streamelements", "streamlabs", "moobot", "fossabot", "wizebot",
        "sery_bot", "commanderroot", "soundalerts", "botrixoficial", "coebot", "deepbot",
        "phantombot", "stay_hydrated_bot", "streamstickers", "tangiabot", "kofistreambot",
        "pokemoncommunitygame", "own3d", "pretzelrocks", "songlistbot", "blerp",
        "creatisbot", "mixitupapp", "supibot", "kickbot", "botrix", "tikfinity", "restreambot",
        "casterlabs", "lumiastream", "cloudbot", "kofibot", "streamerbot", "mee6",
    )  # fmt: skip
    """Names of bots that write in chat; they are not read."""


class ModeSettings(Section):
    """Messages that are read."""

    read: Literal["all", "command", "mention"] = "all"
    """all: every message; command: only what follows `!tts`; mention: only messages that name one
    of `names`. Cheers, donations, redeems and everything that `events` announces are always
    read."""
    names: tuple[Name, ...] = ()
    """Names, without @, that count as a mention."""
    ignored_prefixes: tuple[Annotated[str, Field(pattern=r"^\S{1,20}$")], ...] = ("!",)
    """Messages that start like this are meant for bots and not read; marks such as `!` only with a
    word right behind them."""

    @model_validator(mode="after")
    def _mention_needs_names(self) -> Self:
        if self.read == "mention" and not self.names:
            raise ValueError("read: mention needs `names`, for instance the streamer's own")
        return self


class EmoteSettings(Section):
    """Emotes: pictures that chat writes as words."""

    action: Literal["strip", "first", "off"] = "strip"
    """strip leaves them out, first reads the name of the first one, off reads all names."""
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
    """strip leaves them out, name reads their names, off leaves them to the engine."""
    max_names: Annotated[Count, Field(ge=0, le=100)] = 3
    """With name: most emoji of a message that are read."""


class LinkSettings(Section):
    """Web addresses, mail addresses and encoded data."""

    action: Literal["strip", "drop", "link", "off"] = "link"
    """strip leaves them out, drop rejects the message, link says `word` instead, off reads them."""
    word: Annotated[str, Field(min_length=1, max_length=30)] = "link"
    """Word for action link."""


class RepeatSettings(Section):
    """Limits of repetition."""

    max_letters: Annotated[Count, Field(ge=1, le=100)] = 3
    """Most times that a letter stands in a row; the rest is left out."""
    max_words: Annotated[Count, Field(ge=1, le=20)] = 2
    """Most times that a word or phrase stands in a row; the rest is left out."""


class LengthSettings(Section):
    """Limits of a message's length; a longer one is cut between words."""

    max_characters: Annotated[Count, Field(ge=1, le=10_000)] = 300
    """Most characters of the spoken text, without the introduction."""
    max_words: Annotated[Count, Field(ge=1, le=5_000)] = 80
    """Most words of the spoken text, without the introduction."""


class SpeakableSettings(Section):
    """Rewriting of numbers, symbols and slang as words."""

    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")] = "en"
    """ISO 639-1 code of chat's language. Numbers become words in many languages; slang, symbols,
    money and times only in English."""
    numbers: bool = True
    """Say numbers as words."""
    symbols: bool = True
    """Say symbols such as & and + as words."""
    slang: bool = True
    """Say the abbreviations of chat as words: brb is "be right back"."""
    replacements: dict[Name, Annotated[str, Field(max_length=200)]] = {}
    """Your own words, and what is said instead; upper and lower case do not count."""
    lower_shouting: bool = True
    """Read SHOUTED words in lower case: engines spell capitals letter by letter."""
    acronyms: tuple[Name, ...] = (
        "GG", "LOL", "USA", "UK", "EU", "NA", "TV", "PC", "DJ", "AI", "OK", "FPS", "RPG", "MMO",
        "NPC", "VIP", "DLC", "GPU", "CPU", "OBS", "TTS", "BTW", "OMG", "WTF", "BRB", "AFK", "IDK",
        "IRL", "HP", "XP", "PVP", "PVE", "MVP", "UI", "DM", "NASA", "FAQ", "DIY", "ASAP", "RIP",
    )  # fmt: skip
    """Words that stay in capitals among shouted ones."""


def _pattern(value: str) -> str:
    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile(value, options)
    except re2.error as error:
        reason = error.args[0].decode(errors="replace") if error.args else "no reason given"
        raise ValueError(
            f"RE2 does not understand this regular expression ({reason}); it has no look-around and"
            " no back-references"
        ) from None
    except UnicodeEncodeError:
        raise ValueError("this regular expression cannot be encoded as UTF-8") from None
    if compiled.search("") is not None:
        raise ValueError(
            "this regular expression matches an empty text, so it would match every message"
        )
    return value


def _word(value: str) -> str:
    if not any(character.isalnum() for character in value):
        raise ValueError("a blocked word needs a letter or a digit")
    core = value.strip().removeprefix("*").removesuffix("*")
    if "*" in core:
        raise ValueError(
            "* stands for any letters, and only at the start or the end of a blocked word"
        )
    if any(unicodedata.category(c)[0] not in "LNM" and c not in " '-." for c in core):
        raise ValueError(
            "a blocked word is made of letters, digits, spaces, ' - and .; use a pattern for more"
        )
    return value


BlockedWord = Annotated[str, Field(max_length=40), AfterValidator(_word)]
BlockedPattern = Annotated[str, Field(min_length=1, max_length=1_000), AfterValidator(_pattern)]


class WordSettings(Section):
    """Blocked words, searched in the written text and in the text that would be spoken.

    They are found in disguise too: in other case, with accents, look-alike letters, digits for
    letters or repeated letters, and among letters of other scripts, which an engine may leave out.

    They are found in pieces if the gaps hold no space (fu.ck, fu-ck), or hold markup or a lone
    symbol (fu </b>ck, fu * ck), or if all pieces are single letters (f u c k). Other pieces with
    spaces between them count in two cases: one is a single letter or has no vowel and not all are
    ordinary short words ("fu ck", "b itch"), or none is an ordinary short word ("pe nis"). "pen
    is", "k ill" and "that's hit" are not found.
    """

    strip: Annotated[tuple[BlockedWord, ...], Field(max_length=_MAX_ENTRIES)] = ()
    """Words or phrases that are left out; * at the start or end stands for any letters."""
    drop: Annotated[tuple[BlockedWord, ...], Field(max_length=_MAX_ENTRIES)] = ()
    """Words or phrases that reject their message; * as in `strip`."""
    strip_patterns: Annotated[tuple[BlockedPattern, ...], Field(max_length=_MAX_ENTRIES)] = ()
    """Regular expressions (RE2, case ignored); what they match is left out."""
    drop_patterns: Annotated[tuple[BlockedPattern, ...], Field(max_length=_MAX_ENTRIES)] = ()
    """Regular expressions (RE2, case ignored) that reject the messages that they match."""


VoiceName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]


class VoiceSettings(Section):
    """Choice of a message's voice.

    It is the event's, else the chatter's own choice, else one of the pool, else the channel's.
    """

    pool: Annotated[tuple[VoiceName, ...], Field(max_length=_MAX_ENTRIES)] = ()
    """Voices of which each chatter gets one, always the same; empty for the channel's voice."""
    offered: Literal["all"] | Annotated[tuple[VoiceName, ...], Field(max_length=_MAX_ENTRIES)] = (
        "all"
    )
    """Voices that chatters may choose with `!voice`: all, or a list."""
    roles: dict[VoiceName, MinimumRole] = {}
    """Least role for a voice, to choose it and to get it from the pool."""
    events: dict[EventKind, VoiceName] = {}
    """Voice for messages with an event, by its kind."""


NameTemplate = Annotated[
    str,
    Field(max_length=100),
    matching(r"([^{}]|\{\{|\}\}|\{name:?\})*", "text with {name}, and nothing else in braces"),
]


class NameSettings(Section):
    """The introduction before what a chatter says."""

    say: bool = True
    """Whether chatters are introduced; not again while the same one goes on."""
    template: NameTemplate = "{name} says: "
    """The introduction, in any language."""
    templates: dict[Language, NameTemplate] = {
        "de": "{name} sagt: ",
        "en": "{name} says: ",
        "es": "{name} dice: ",
        "fr": "{name} dit: ",
        "ja": "{name}さん、",
        "ko": "{name}님: ",
        "pt": "{name} diz: ",
    }
    """The same for messages in other languages than `speakable.language`; of a language that is not
    here, `template`."""
    again_after_s: Annotated[Number, Field(ge=0)] = 60.0
    """Seconds of silence after which the same chatter is introduced again."""
    max_characters: Annotated[Count, Field(ge=1, le=100)] = 25
    """Most characters of a name; a longer one is cut."""
    anonymous: Annotated[str, Field(min_length=1, max_length=30)] = "someone"
    """Stand-in for a name that cannot or must not be spoken."""


class PolicySettings(Section):
    """Settings of the filters that a message passes."""

    access: AccessSettings = AccessSettings()
    mode: ModeSettings = ModeSettings()
    emotes: EmoteSettings = EmoteSettings()
    emoji: EmojiSettings = EmojiSettings()
    links: LinkSettings = LinkSettings()
    repeats: RepeatSettings = RepeatSettings()
    length: LengthSettings = LengthSettings()
    words: WordSettings = WordSettings()
    languages: LanguageSettings = LanguageSettings()
    speakable: SpeakableSettings = SpeakableSettings()
    name: NameSettings = NameSettings()
    events: EventSettings = EventSettings()
    voices: VoiceSettings = VoiceSettings()
    tags: TagSettings = TagSettings()
