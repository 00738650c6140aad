"""Chain of filters: a chat message goes in, an utterance or a typed rejection comes out."""

from collections.abc import Collection, Iterator, MutableMapping
from typing import TypeAlias

from bot.config.policy import PolicySettings
from bot.messages import ChatMessage, Rejection, RejectReason, Utterance
from bot.policy.access import Access
from bot.policy.announcing import Announcements
from bot.policy.cleaning import is_pronounceable
from bot.policy.draft import Draft, Filter
from bot.policy.emojis import Emojis, characters
from bot.policy.emotes import Emotes
from bot.policy.introduction import Introduction
from bot.policy.languages import Languages, Names, Speakability, Spoken
from bot.policy.length import Length, fitting
from bot.policy.links import Links
from bot.policy.mode import Mode, drop_reply_mention
from bot.policy.repeats import Repeats
from bot.policy.speakable import Speakable
from bot.policy.voices import VoiceChoice
from bot.policy.words import Words

_READ_PER_SPOKEN = 10
"""Raw characters that are read for each that may be spoken: emotes, links and repetitions take
room, but a message of a megabyte must not cost a megabyte's time."""

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
        muted: MutableMapping[str, str] | None = None,
        known_voices: Collection[str] | None = None,
        chosen_voices: MutableMapping[str, str] | None = None,
        spoken: Spoken = lambda: None,
    ) -> None:
        """Take what differs between channels.

        Args:
            settings: Settings of the filters.
            voice: Voice of the channel.
            trigger: Word that starts a command.
            muted: Muted names, by `name_key`; changed in place.
            known_voices: Voices that there are, which may change; None if it makes no difference.
            chosen_voices: Voices that chatters chose, by their ids; changed in place.
            spoken: Returns the languages that the engines speak; None where one takes whatever
                comes.
        """
        self.access = Access(settings.access, muted)
        """Whether chat is read, and who is muted."""
        self.voices = VoiceChoice(
            settings.voices,
            default=voice,
            by_language=settings.languages.voices,
            known=known_voices,
            chosen=chosen_voices,
        )
        """Voices that chatters have, and may choose."""
        self._max_raw_characters = _READ_PER_SPOKEN * settings.length.max_characters
        self._kept = characters() if settings.emoji.action == "off" else frozenset[str]()
        self._own = own = settings.speakable.language
        names = Names(settings.languages, own=own, spoken=spoken)
        introduction = Introduction(settings.name, names=names, own=own)
        self.languages = Languages(settings.languages, own=own, spoken=spoken)
        """Languages of chat."""
        length = Length(settings.length)
        speakable = Speakable(settings.speakable, kept=self._kept)
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

        words = Words(settings.words, anonymous=anonymous)
        mode = Mode(settings.mode, trigger=trigger, is_announced=announcements.is_announced)
        self._filters: tuple[tuple[str, Filter], ...] = (
            ("access", self.access),
            ("emotes", Emotes(settings.emotes)),  # before any change: ranges refer to the raw text
            ("emoji", Emojis(settings.emoji, language=own, language_of=self.languages.guess)),
            ("cleaning", drop_reply_mention),
            ("mode", mode),
            ("links", Links(settings.links)),
            ("repeats", Repeats(settings.repeats)),
            ("length", length),  # before the expensive filters
            ("faces", speakable.without_faces),  # before languages: laughter has none
            ("language", self.languages),
            ("name", introduction),
            ("events", announcements),
            ("words as written", words),  # sees digits and slang as they were written
            ("letters", Speakability(settings.languages, own=own, spoken=spoken)),
            ("speakable", speakable),
            ("length in words", length),  # words are longer than writing
            ("words as spoken", fitting(words, length)),  # last: exactly what will be spoken
        )

    def __call__(self, message: ChatMessage) -> Utterance | Rejection:
        """Return the utterance for `message`, or why there is none; never raises for any text."""
        draft = Draft(message, message.text[: self._max_raw_characters])
        for _, filter_ in self._filters:
            result = filter_(draft)
            if isinstance(result, Rejection):
                return result
            draft = result
        return self._utterance(draft)

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
        foreign = "" if draft.language == self._own else draft.language
        voice = self.voices(message, foreign)
        utterance = draft.utterance(voice=voice, is_announced=is_announced)
        if not is_pronounceable(utterance.body, self._kept):
            return Rejection(reason=RejectReason.EMPTY)
        return utterance
