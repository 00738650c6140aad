"""Chain of filters: a chat message goes in, an utterance or a typed rejection comes out."""

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TypeAlias

from msgspec.structs import replace

from bot.config.chat.answers import PLAIN
from bot.config.chat.policy import LinkSettings, PolicySettings
from bot.messages import Answer, ChatMessage, Chatter, Rejection, RejectReason, Segment, Utterance
from bot.policy.chatters import Remembered
from bot.policy.cleaning import clean, is_pronounceable
from bot.policy.draft import Draft, Filter
from bot.policy.languages import Languages, Spoken
from bot.policy.links import Links
from bot.policy.rules import Given, Memory, Rules
from bot.policy.words import Words

_NO_LINKS = Links(LinkSettings(action="drop"))
_NO_MESSAGE = ChatMessage(
    id="", channel="", source="", chatter=Chatter(id="", name=""), text="", received_at=0.0
)
"""Stand-in for the message of a text that came in none."""

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
        self._given = Given(trigger, remembered, known_voices, known_sounds, spoken, say)
        self._memory = memory = Memory.new(settings, self._given)
        self.chatters = memory.chatters
        """Who wrote lately, and what is set for whom."""
        self.access = memory.access
        """Whether chat is read, and who is muted."""
        self.limits = memory.limits
        """How often each chatter is read."""
        self.voices = memory.voices
        """Voices that chatters have, and may choose."""
        self.raids = memory.raids
        """Lines that many chatters write."""
        self.pronunciation = memory.pronunciation
        """Words that are said otherwise than they are written."""
        self._rules = Rules(settings, self._given, memory, before=None)
        memory.follow(settings, voice=voice, say_numbers=self._rules.speakable.say_numbers)

    @property
    def words(self) -> Words:
        """Words that must not be spoken."""
        return self._rules.words

    @property
    def languages(self) -> Languages:
        """Languages of chat."""
        return self._rules.languages

    def prepare(self, settings: PolicySettings) -> Rules:
        """Return the rules that `settings` want, for `follow`; it may be called in a thread."""
        rules = Rules(settings, self._given, self._memory, before=self._rules)
        rules.languages.load()
        return rules

    def follow(self, settings: PolicySettings, rules: Rules, *, voice: str) -> None:
        """Decide by these `settings`, and the `rules` made of them, from now on.

        What is known of chatters and of their messages stays; `voice` is the channel's.
        """
        rules.words.block(self.words.terms)  # they may have come in the meantime
        self._memory.follow(settings, voice=voice, say_numbers=rules.speakable.say_numbers)
        self._rules = rules

    def __call__(self, message: ChatMessage) -> Utterance | Rejection:
        """Return the utterance for `message`, or why there is none; never raises for any text."""
        draft = Draft(message, message.text[: self._rules.max_raw_characters])
        for _, filter_ in self._rules.filters:
            result = filter_(draft)
            if isinstance(result, Rejection):
                return result
            draft = result
        return self._utterance(draft)

    def block(self, terms: Iterable[str]) -> None:
        """Reject messages with these words too: those that the platform blocks in the channel."""
        self.words.block(terms)

    def may_say(self, text: str) -> bool:
        """Tell whether `text` can be spoken and holds no blocked word, and no link.

        The bot writes it in chat too, where its links would be those of a moderator.
        """
        draft = Draft(replace(_NO_MESSAGE, text=text), clean(text))
        result = self.words.as_written(draft)
        is_same = isinstance(result, Draft) and result.text == draft.text
        return is_same and _NO_LINKS(draft) is draft and is_pronounceable(text)

    def read(self, text: str, *, is_filtered: bool = True) -> str:
        """Return `text` of a program as it is spoken, without blocked words; else nothing."""
        draft: Draft | Rejection = Draft(_NO_MESSAGE, clean(text))
        filters: tuple[Filter, ...] = (self.pronunciation, self._rules.speakable)
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
        name = self._rules.spoken_name(chatter)
        return name if self.may_say(name) else self._rules.anonymous

    def steps(self, message: ChatMessage) -> Iterator[Step]:
        """Yield what each filter makes of `message`, then "verdict" with what a call returns."""
        draft = Draft(message, message.text[: self._rules.max_raw_characters])
        for name, filter_ in self._rules.filters:
            result = filter_(draft)
            yield name, result
            if isinstance(result, Rejection):
                return
            draft = result
        yield "verdict", self._utterance(draft)

    def _utterance(self, draft: Draft) -> Utterance | Rejection:
        message, rules = draft.message, self._rules
        is_announced = rules.announcements.is_announced(message)
        segments = rules.rewritten(draft) if draft.segments else ()
        if segments:
            draft = draft.with_text(" ".join(part.text for part in segments if part.text))
        sound, prefix = "", draft.prefix if is_announced else ""
        if is_announced and message.event is not None:
            sound = rules.event_sounds.get(message.event.kind, "")
            sound = sound if sound in self._given.sounds else ""
        foreign = "" if draft.language == rules.own else draft.language
        voice = self.voices(message, foreign)
        utterance = draft.utterance(voice=voice, is_announced=is_announced)
        if segments or sound:
            utterance = replace(utterance, segments=_announced(utterance, prefix, segments, sound))
        elif not is_pronounceable(utterance.body, rules.kept):
            return Rejection(reason=RejectReason.EMPTY)
        return self.limits.check(message) or utterance


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
