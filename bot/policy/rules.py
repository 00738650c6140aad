"""Rules: the filters of one channel, in their order, as its settings want them."""

from collections.abc import Callable, Collection
from typing import NamedTuple

from bot.config.chat.policy import PolicySettings
from bot.messages import Answer
from bot.policy.access import Access
from bot.policy.announcing import Announcements
from bot.policy.chatters import Chatters, Remembered
from bot.policy.draft import Draft, Filter
from bot.policy.emojis import Emojis, characters
from bot.policy.emotes import Emotes
from bot.policy.gates import Gates
from bot.policy.introduction import Introduction
from bot.policy.languages import Languages, Names, Speakability, Spoken
from bot.policy.length import Length, cut, fitting
from bot.policy.limits import Limits
from bot.policy.links import Links
from bot.policy.mode import Mode, drop_reply_mention
from bot.policy.raids import Raids
from bot.policy.repeats import Repeats
from bot.policy.speakable import Speakable
from bot.policy.speakable.pronunciation import Pronunciation
from bot.policy.tags import Rewriting, Tags
from bot.policy.voices import VoiceChoice
from bot.policy.words import Words

_READ_PER_SPOKEN = 10
"""Raw characters that are read for each that may be spoken: emotes, links and repetitions take
room, but a message of a megabyte must not cost a megabyte's time."""
_OF_THE_WHOLE = frozenset({"language", "name", "events", "words over messages"})
"""Filters that judge a message once, not each of its segments."""


class Given(NamedTuple):
    """What a channel's rules are made with, besides its settings."""

    trigger: str
    """Word that starts a command."""
    remembered: Remembered
    """Returns what is remembered of chatters and words, by its kind."""
    voices: Collection[str] | None
    """Voices that there are, which may change; None if it makes no difference."""
    sounds: Collection[str]
    """Sounds that there are, which may change."""
    spoken: Spoken
    """Returns the languages that the engines speak; None where one takes whatever comes."""
    say: Callable[[Answer], str]
    """Returns the words of an answer."""


class Memory(NamedTuple):
    """Parts that know what happened: they outlive a change of settings."""

    chatters: Chatters
    access: Access
    limits: Limits
    voices: VoiceChoice
    pronunciation: Pronunciation
    raids: Raids

    @classmethod
    def new(cls, settings: PolicySettings, given: Given) -> "Memory":
        """Return parts that know what is remembered; `follow` completes them."""
        remembered = given.remembered
        chatters = Chatters(remembered)
        return cls(
            chatters,
            Access(settings.access, chatters, remembered=remembered),
            Limits(settings.limits, remembered),
            VoiceChoice(
                settings.voices,
                default="",
                known=given.voices,
                remembered=remembered,
                say=given.say,
            ),
            Pronunciation({}, remembered("say_as")),
            Raids(settings.raids),
        )

    def follow(
        self, settings: PolicySettings, *, voice: str, say_numbers: Callable[[str], str]
    ) -> None:
        """Do as `settings` say from now on.

        `voice` is the channel's; `say_numbers` puts the numbers of a text into words.
        """
        self.chatters.follow(muted=settings.access.muted)
        self.access.follow(settings.access)
        self.limits.follow(settings.limits)
        self.voices.follow(settings.voices, default=voice, by_language=settings.languages.voices)
        self.pronunciation.follow(settings.speakable.replacements)
        self.raids.follow(settings.raids, say_numbers=say_numbers)


class Rules:
    """Filters of one channel. To make them may take a second, and may be done in a thread."""

    def __init__(
        self, settings: PolicySettings, given: Given, memory: Memory, *, before: "Rules | None"
    ) -> None:
        """Make what `settings` want; the platform's blocked words are those of `before`."""
        self.anonymous = settings.name.anonymous
        self.max_raw_characters = _READ_PER_SPOKEN * settings.length.max_characters
        self.kept = characters() if settings.emoji.action == "off" else frozenset[str]()
        self.own = own = settings.speakable.language
        spoken, chatters = given.spoken, memory.chatters
        names = Names(settings.languages, own=own, spoken=spoken)
        introduction = Introduction(
            settings.name, names=names, own=own, nicknames=chatters.nicknames
        )
        self.languages = Languages(settings.languages, own=own, spoken=spoken)
        length = Length(settings.length)
        self.speakable = speakable = Speakable(settings.speakable, kept=self.kept)
        self.spoken_name = introduction.spoken_name
        self.announcements = announcements = Announcements(
            settings.events,
            own=own,
            introducing=names.introducing,
            spoken_name=introduction.spoken_name,
            anonymous=settings.name.anonymous,
            say=speakable.say_numbers,
            mark=speakable.decimal_mark,
        )

        def anonymous(draft: Draft) -> str:
            prefix = announcements.without_name(draft) or introduction.without_name(draft)
            return speakable.say_numbers(prefix, draft.prefix_language)

        self.words: Words = Words(
            settings.words,
            terms=before.words.terms if before else (),
            anonymous=anonymous,
            name_of=chatters.name_of,
            say=speakable.read,
        )
        words = self.words
        mode = Mode(settings.mode, trigger=given.trigger, is_announced=announcements.is_announced)
        tags = Tags(
            settings.tags,
            blocked=words.spans,
            voices=memory.voices.usable,
            sounds=given.sounds,
        )
        self.filters: tuple[tuple[str, Filter], ...] = (
            ("access", memory.access),
            ("gates", Gates(settings.gates, is_regular=chatters.is_regular)),
            ("emotes", Emotes(settings.emotes)),  # before any change: ranges refer to the raw text
            ("emoji", Emojis(settings.emoji, language=own, language_of=self.languages.guess)),
            ("cleaning", drop_reply_mention),
            ("mode", mode),
            ("tags", tags),
            ("links", Links(settings.links)),
            ("repeats", Repeats(settings.repeats)),
            ("length", length),  # before the expensive filters
            ("faces", speakable.without_faces),  # before languages: laughter has none
            ("language", self.languages),
            ("name", introduction),
            ("events", announcements),
            # Sees digits and slang as they were written.
            ("words as written", words.as_written),
            ("words over messages", words.over_messages()),
            ("letters", Speakability(settings.languages, own=own, spoken=spoken)),
            ("pronunciation", memory.pronunciation),
            ("speakable", speakable),
            ("length in words", length),  # words are longer than writing
            ("words as spoken", fitting(words, length)),  # last: exactly what will be spoken
        )
        steps = [name for name, _ in self.filters]
        self.rewritten = Rewriting(
            [
                filter_
                for name, filter_ in self.filters[steps.index("tags") + 1 :]
                if name not in _OF_THE_WHOLE
            ],
            words=words,
            cut=cut,
            max_characters=settings.length.max_characters,
            max_words=settings.length.max_words,
            kept=self.kept,
        )
        self.event_sounds = settings.events.sounds
