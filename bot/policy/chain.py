"""Chain of filters: a chat message goes in, an utterance or a typed rejection comes out."""

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TypeAlias

from msgspec.structs import replace

from bot.config.answers import PLAIN
from bot.config.policy import PolicySettings
from bot.messages import (
    Answer,
    ChatMessage,
    Chatter,
    Rejection,
    RejectReason,
    Segment,
    Utterance,
)
from bot.policy.access import Access
from bot.policy.announcing import Announcements
from bot.policy.chatters import Chatters, Remembered
from bot.policy.cleaning import clean, is_pronounceable
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

_NO_MESSAGE = ChatMessage(
    id="", channel="", source="", chatter=Chatter(id="", name=""), text="", received_at=0.0
)
"""Stand-in for the message of a text that came in none."""

_OF_THE_WHOLE = frozenset({"language", "name", "events", "words over messages"})
"""Filters that judge a message once, not each of its segments."""

Step: TypeAlias = tuple[str, Draft | Rejection | Utterance]
"""Name of a filter, and what it made of the message."""


class Policy:
    """Policy of one channel: what may be spoken, and in which words."""

    def __init__(
        self,
        settings: PolicySettings,
        *,
        voice: str,
        trigger: str = "!tts",
        remembered: Remembered = lambda _: {},
        known_voices: Collection[str] | None = None,
        known_sounds: Collection[str] = (),
        spoken: Spoken = lambda: None,
        say: Callable[[Answer], str] = PLAIN.text,
    ) -> None:
        """Take what differs between channels.

        Args:
            settings: Settings of the filters.
            voice: Voice of the channel.
            trigger: Word that starts a command.
            remembered: Returns what is remembered of chatters and words, by its kind.
            known_voices: Voices that there are, which may change; None if it makes no difference.
            known_sounds: Sounds that there are, which may change.
            spoken: Returns the languages that the engines speak; None where one takes whatever
                comes.
            say: Returns the words of an answer.
        """
        self.chatters = Chatters(remembered, muted=settings.access.muted)
        """Who wrote lately, and what is set for whom."""
        self.access = Access(settings.access, self.chatters, remembered=remembered)
        """Whether chat is read, and who is muted."""
        self.limits = Limits(settings.limits, remembered)
        """How often each chatter is read."""
        self.voices = VoiceChoice(
            settings.voices,
            default=voice,
            by_language=settings.languages.voices,
            known=known_voices,
            remembered=remembered,
            say=say,
        )
        """Voices that chatters have, and may choose."""
        self._anonymous = settings.name.anonymous
        self._max_raw_characters = _READ_PER_SPOKEN * settings.length.max_characters
        self._kept = characters() if settings.emoji.action == "off" else frozenset[str]()
        self._own = own = settings.speakable.language
        names = Names(settings.languages, own=own, spoken=spoken)
        introduction = Introduction(
            settings.name, names=names, own=own, nicknames=self.chatters.nicknames
        )
        self.languages = Languages(settings.languages, own=own, spoken=spoken)
        """Languages of chat."""
        length = Length(settings.length)
        self._speakable = speakable = Speakable(settings.speakable, kept=self._kept)
        self.raids = Raids(settings.raids, say_numbers=speakable.say_numbers)
        """Lines that many chatters write."""
        self.pronunciation = Pronunciation(settings.speakable.replacements, remembered("say_as"))
        """Words that are said otherwise than they are written."""
        self._spoken_name = introduction.spoken_name
        self._announcements = announcements = Announcements(
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

        words = Words(
            settings.words,
            anonymous=anonymous,
            name_of=self.chatters.name_of,
            say=speakable.read,
        )
        self.words = words
        """Words that must not be spoken."""
        mode = Mode(settings.mode, trigger=trigger, is_announced=announcements.is_announced)
        self._filters: tuple[tuple[str, Filter], ...] = (
            ("access", self.access),
            ("gates", Gates(settings.gates, is_regular=self.chatters.is_regular)),
            ("emotes", Emotes(settings.emotes)),  # before any change: ranges refer to the raw text
            ("emoji", Emojis(settings.emoji, language=own, language_of=self.languages.guess)),
            ("cleaning", drop_reply_mention),
            ("mode", mode),
            (
                "tags",
                Tags(
                    settings.tags,
                    blocked=words.spans,
                    voices=self.voices.usable,
                    sounds=known_sounds,
                ),
            ),
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
            ("pronunciation", self.pronunciation),
            ("speakable", speakable),
            ("length in words", length),  # words are longer than writing
            ("words as spoken", fitting(words, length)),  # last: exactly what will be spoken
        )
        steps = [name for name, _ in self._filters]
        self._rewritten = Rewriting(
            [
                filter_
                for name, filter_ in self._filters[steps.index("tags") + 1 :]
                if name not in _OF_THE_WHOLE
            ],
            words=words,
            cut=cut,
            max_characters=settings.length.max_characters,
            max_words=settings.length.max_words,
            kept=self._kept,
        )
        self._known_sounds = known_sounds
        self._event_sounds = settings.events.sounds

    def __call__(self, message: ChatMessage) -> Utterance | Rejection:
        """Return the utterance for `message`, or why there is none; never raises for any text."""
        draft = Draft(message, message.text[: self._max_raw_characters])
        for _, filter_ in self._filters:
            result = filter_(draft)
            if isinstance(result, Rejection):
                return result
            draft = result
        return self._utterance(draft)

    def block(self, terms: Iterable[str]) -> None:
        """Reject messages with these words too: those that the platform blocks in the channel."""
        self.words.block(terms)

    def may_say(self, text: str) -> bool:
        """Tell whether `text` can be spoken and holds no blocked word."""
        draft = Draft(_NO_MESSAGE, clean(text))
        result = self.words(draft)
        return isinstance(result, Draft) and result.text == draft.text and is_pronounceable(text)

    def read(self, text: str, *, is_filtered: bool = True) -> str:
        """Return `text` of a program as it is spoken, without blocked words; else nothing."""
        draft: Draft | Rejection = Draft(_NO_MESSAGE, clean(text))
        filters: tuple[Filter, ...] = (self.pronunciation, self._speakable)
        if is_filtered:
            filters = (self.words.as_written, *filters, self.words)
        for filter_ in filters:
            if isinstance(draft, Rejection):
                return ""
            draft = filter_(draft)
        is_speech = isinstance(draft, Draft) and is_pronounceable(draft.text)
        return draft.text if is_speech and isinstance(draft, Draft) else ""

    def shown_name(self, chatter: Chatter) -> str:
        """Return the chatter's name for an answer: as it is spoken, without blocked words."""
        name = self._spoken_name(chatter)
        return name if self.may_say(name) else self._anonymous

    def steps(self, message: ChatMessage) -> Iterator[Step]:
        """Yield what each filter makes of `message`, then "verdict" with what a call returns."""
        draft = Draft(message, message.text[: self._max_raw_characters])
        for name, filter_ in self._filters:
            result = filter_(draft)
            yield name, result
            if isinstance(result, Rejection):
                return
            draft = result
        yield "verdict", self._utterance(draft)

    def _utterance(self, draft: Draft) -> Utterance | Rejection:
        message = draft.message
        is_announced = self._announcements.is_announced(message)
        segments = self._rewritten(draft) if draft.segments else ()
        if segments:
            draft = draft.with_text(" ".join(part.text for part in segments if part.text))
        sound, prefix = "", draft.prefix if is_announced else ""
        if is_announced and message.event is not None:
            sound = self._event_sounds.get(message.event.kind, "")
            sound = sound if sound in self._known_sounds else ""
        foreign = "" if draft.language == self._own else draft.language
        voice = self.voices(message, foreign)
        utterance = draft.utterance(voice=voice, is_announced=is_announced)
        if segments or sound:
            utterance = replace(utterance, segments=_announced(utterance, prefix, segments, sound))
        elif not is_pronounceable(utterance.body, self._kept):
            return Rejection(reason=RejectReason.EMPTY)
        return self.limits.take(message) or utterance


def _announced(
    utterance: Utterance, prefix: str, segments: tuple[Segment, ...], sound: str
) -> tuple[Segment, ...]:
    """Return the segments with an event's sound and announcement in front of them."""
    before = [Segment(sound=sound)] if sound else []
    if not segments:
        return (*before, Segment(text=utterance.body))
    if prefix.strip():
        before.append(Segment(text=prefix.rstrip()))
    return (*before, *segments)
