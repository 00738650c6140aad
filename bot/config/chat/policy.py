"""Section `policy`: rules for what is spoken, and how it is worded."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from bot.config.chat.events import EventSettings
from bot.config.chat.languages import Language, LanguageSettings, told_apart
from bot.config.chat.limits import GateSettings, LimitSettings
from bot.config.chat.raids import RaidSettings
from bot.config.chat.tags import TagSettings
from bot.config.chat.words import WordSettings
from bot.config.sections.base import Count, Number, Section, matching
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
    template: NameTemplate | None = None
    """The introduction in the channel's own language; null takes it from `templates`."""
    templates: dict[Language, NameTemplate] = {
        "de": "{name} sagt: ",
        "en": "{name} says: ",
        "es": "{name} dice: ",
        "fr": "{name} dit: ",
        "ja": "{name}さん、",
        "ko": "{name}님: ",
        "pt": "{name} diz: ",
    }
    """Introductions by the language of the message; of a language that is not here, that of the
    channel's own."""
    again_after_s: Annotated[Number, Field(ge=0)] = 60.0
    """Seconds of silence after which the same chatter is introduced again."""
    max_characters: Annotated[Count, Field(ge=1, le=100)] = 25
    """Most characters of a name; a longer one is cut."""
    anonymous: Annotated[str, Field(min_length=1, max_length=30)] = "someone"
    """Stand-in for a name that cannot or must not be spoken."""


class PolicySettings(Section):
    """Settings of the filters that a message passes."""

    access: AccessSettings = AccessSettings()
    gates: GateSettings = GateSettings()
    limits: LimitSettings = LimitSettings()
    mode: ModeSettings = ModeSettings()
    emotes: EmoteSettings = EmoteSettings()
    emoji: EmojiSettings = EmojiSettings()
    links: LinkSettings = LinkSettings()
    repeats: RepeatSettings = RepeatSettings()
    raids: RaidSettings = RaidSettings()
    length: LengthSettings = LengthSettings()
    words: WordSettings = WordSettings()
    languages: LanguageSettings = LanguageSettings()
    speakable: SpeakableSettings = SpeakableSettings()
    name: NameSettings = NameSettings()
    events: EventSettings = EventSettings()
    voices: VoiceSettings = VoiceSettings()
    tags: TagSettings = TagSettings()

    @model_validator(mode="after")
    def _own_language_is_told_apart(self) -> Self:
        if self.languages.chat:
            told_apart(self.speakable.language)
        return self
