"""Commands about speech: what is said, what waits, how loud."""

from collections.abc import Callable, Mapping
from functools import partial
from uuid import uuid4

from msgspec import structs

from bot.backlog import Hold
from bot.messages import Answer, Command, Lane, Utterance, Verb
from bot.moderation.parts import Handler, Parts, anyone
from bot.outcomes import Accepted, DropReason
from bot.runtime.clock import now
from bot.runtime.text.cleaning import clean, name_key

_ALL = "all"
_S_PER_MIN = 60


class SpeechCommands:
    """Handlers of one channel."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self.handlers: Mapping[Verb, Handler] = {
            Verb.SKIP: self._skip,
            Verb.CLEAR: self._clear,
            Verb.PAUSE: self._pause,
            Verb.RESUME: self._resume,
            Verb.PANIC: self._panic,
            Verb.RELEASE: self._release,
            Verb.ON: partial(self._switch, to=True),
            Verb.OFF: partial(self._switch, to=False),
            Verb.VOLUME: self._volume,
            Verb.STATUS: self._status,
            Verb.APPROVE: self._approve,
            Verb.REJECT: self._reject,
            Verb.WHO: self._who,
            Verb.REPLAY: self._replay,
            Verb.SAY_AS: self._say_as,
        }
        """Applies each command."""

    def _skip(self, command: Command) -> Answer:
        parts, name = self._parts, command.order.name
        if name:
            count = parts.drop(DropReason.SKIPPED, self._of(name))
            return Answer.of("skipped_of", count=count, name=clean(name))
        was_speaking = parts.speech.cut(DropReason.SKIPPED, anyone)
        return Answer.of("skipped" if was_speaking else "nothing_spoken")

    def _clear(self, _: Command) -> Answer:
        parts = self._parts
        count = parts.approvals.remove(DropReason.CLEARED, anyone)
        count += parts.backlog.remove(DropReason.CLEARED, anyone)
        return Answer.of("cleared", count=count)

    def _pause(self, command: Command) -> Answer:
        backlog = self._parts.backlog
        if Hold.PAUSE not in backlog.holds:
            backlog.pause()
            self._parts.done(command, partial(backlog.resume, Hold.PAUSE))
        return Answer.of("paused")

    def _resume(self, command: Command) -> Answer:
        backlog = self._parts.backlog
        if Hold.PAUSE in backlog.holds:
            self._parts.done(command, backlog.pause)
        backlog.resume()
        return Answer.of("resumed")

    def _panic(self, _: Command) -> Answer:
        parts = self._parts
        parts.policy.access.is_panicking = True
        count = parts.drop(DropReason.PANIC, anyone)
        parts.history.forget(anyone)
        return Answer.of("panic", count=count, trigger=parts.trigger)

    def _release(self, _: Command) -> Answer:
        access = self._parts.policy.access
        was_panicking, access.is_panicking = access.is_panicking, False
        return Answer.of("released" if was_panicking else "no_panic")

    def _switch(self, command: Command, *, to: bool) -> Answer:
        access = self._parts.policy.access
        if access.is_on is not to:
            self._parts.done(command, partial(setattr, access, "is_on", not to))
        access.is_on = to
        if to:
            return Answer.of("on")
        return Answer.of("off", count=self._parts.drop(DropReason.OFF, anyone))

    def _volume(self, command: Command) -> Answer:
        speech, percent = self._parts.speech, command.order.value
        before = speech.volume
        is_change = percent[0] in "+-"
        wanted = int(percent) + (round(before * 100) if is_change else 0)
        wanted = min(max(wanted, 0), 100)
        speech.volume = wanted / 100
        self._parts.done(command, partial(setattr, speech, "volume", before))
        return Answer.of("volume", percent=wanted)

    def _status(self, _: Command) -> Answer:
        parts = self._parts
        access = parts.policy.access
        switch = "panic" if access.is_panicking else "on" if access.is_on else "off"
        holds = "".join(f", {hold.value}" for hold in Hold if hold in parts.backlog.holds)
        return Answer.of(
            "status",
            switch=switch + holds,
            count=len(parts.backlog),
            held=f" and {len(parts.approvals)} for approval" if len(parts.approvals) else "",
            percent=round(parts.speech.volume * 100),
        )

    def _approve(self, command: Command) -> Answer:
        parts = self._parts
        if not len(parts.approvals):
            return Answer.of("nothing_held")
        seen = parts.approvals.release(self._chosen(command.order.name))
        return Answer.of("approved", count=sum(map(parts.admission.approve, seen)))

    def _reject(self, command: Command) -> Answer:
        parts = self._parts
        if not len(parts.approvals):
            return Answer.of("nothing_held")
        matches = self._chosen(command.order.name)
        return Answer.of("rejected", count=parts.approvals.remove(DropReason.REJECTED, matches))

    def _who(self, _: Command) -> Answer:
        parts, current = self._parts, self._parts.speech.current
        said = parts.history.last(lambda u: current is None or u.id == current.id)
        if said is None:
            return Answer.of("nobody")
        chatter = said.utterance.chatter
        age = "now" if current is not None else _ago(now() - said.at)
        name, known_by = parts.policy.shown_name(chatter), clean(chatter.login or chatter.name)
        # A name that must not be spoken must not be written by the bot either.
        is_told = name_key(known_by) != name_key(name) and (
            chatter.login or parts.policy.may_say(known_by)
        )
        return Answer.of("who", name=name, login=f" ({known_by})" if is_told else "", age=age)

    def _replay(self, command: Command) -> Answer:
        parts, name = self._parts, command.order.name
        matches = self._of(name) if name else anyone
        chatters = parts.policy.chatters
        said = parts.history.last(
            lambda u: (
                matches(u)
                and not chatters.is_muted(u.chatter)
                and not chatters.has_opted_out(u.chatter)
            )
        )
        access = parts.policy.access
        if said is None or access.is_panicking or not access.is_on:
            return Answer.of("nothing_to_replay")
        if not self._repeat(said.utterance):
            return Answer.of("full")
        return Answer.of("replayed", name=parts.policy.shown_name(said.utterance.chatter))

    def _repeat(self, utterance: Utterance) -> bool:
        """Queue `utterance` once more, behind what was paid for; tell whether there is room."""
        again = structs.replace(
            utterance,
            id=uuid4().hex,
            repeats=utterance.repeats or utterance.id,
            lane=Lane.MODERATOR,
            received_at=now(),
        )
        text = again.prefix + again.body
        self._parts.emit(Accepted.of(again, received_at=again.received_at, text=text))
        return self._parts.backlog.put(again, is_wanted=True)

    def _say_as(self, command: Command) -> Answer:
        parts, word, said = self._parts, command.order.value, command.order.said
        pronunciation = parts.policy.pronunciation
        before = pronunciation.said_for(word)
        if not said and not before:
            return Answer.of("never_said_as", word=word)
        if said and not parts.policy.may_say(said):
            return Answer.of("nick_refused")
        if not pronunciation.say(word, said):
            return Answer.of("full")
        parts.done(command, partial(pronunciation.say, word, before))
        return Answer.of("said_as" if said else "said_plainly", word=word, said=said)

    def _of(self, name: str) -> Callable[[Utterance], bool]:
        """Return what matches the utterances of who is called `name`, or # and a message's id."""
        if name.startswith("#"):
            return lambda u: u.id == name[1:]
        people = {chatter.id for chatter in self._parts.policy.chatters.called(name)}
        return lambda u: u.chatter.id in people or u.chatter.is_called(name)

    def _chosen(self, name: str) -> Callable[[Utterance], bool]:
        """Return what matches those that wait for approval and are meant."""
        if name_key(name) == _ALL:
            return anyone
        if name:
            return self._of(name)
        first = next(iter(self._parts.approvals))
        return lambda u: u is first


def _ago(seconds: float) -> str:
    if seconds < _S_PER_MIN:
        return f"{round(seconds)} s ago"
    return f"{round(seconds / _S_PER_MIN)} min ago"
