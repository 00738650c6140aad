"""Commands about chatters: whether they are read, with which voice and by which name."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from bot.messages import Answer, Chatter, Command, Utterance, Verb
from bot.moderation.parts import Handler, Parts
from bot.outcomes import DropReason
from bot.policy.limits import NO_LIMIT
from bot.runtime.text.cleaning import clean, name_key

_RESET = "reset"


class ChatterCommands:
    """Handlers of one channel."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._chatters = parts.policy.chatters
        self.handlers: Mapping[Verb, Handler] = {
            Verb.MUTE: self._mute,
            Verb.UNMUTE: self._unmute,
            Verb.REGULAR: partial(self._count_regular, to=True),
            Verb.UNREGULAR: partial(self._count_regular, to=False),
            Verb.VOICE: self._voice,
            Verb.NICK: self._nick,
            Verb.LIMIT: self._limit,
            Verb.OPT_OUT: partial(self._opt, out=True),
            Verb.OPT_IN: partial(self._opt, out=False),
        }
        """Applies each command."""

    def _mute(self, command: Command) -> Answer:
        name = command.order.name
        people = self._chatters.called(name)
        was_muted = (
            all(map(self._chatters.is_muted, people))
            if people
            else self._chatters.is_name_muted(name)
        )
        self._mute_all(name, people)
        if not was_muted:
            self._parts.done(command, partial(self._chatters.unmute, name))
        ids = {chatter.id for chatter in people}
        count = self._parts.drop(
            DropReason.MUTED, lambda u: u.chatter.id in ids or u.chatter.is_called(name)
        )
        is_known = people or count
        return Answer.of("muted" if is_known else "muted_unseen", name=clean(name), count=count)

    def _unmute(self, command: Command) -> Answer:
        name = command.order.name
        muted = [c for c in self._chatters.called(name) if self._chatters.is_muted(c)]
        was_muted = self._chatters.unmute(name)
        if was_muted:
            self._parts.done(command, partial(self._mute_all, name, muted))
        return Answer.of("unmuted" if was_muted else "not_muted", name=clean(name))

    def _mute_all(self, name: str, people: Sequence[Chatter]) -> None:
        for chatter in people:
            self._chatters.mute(chatter)
        if not people:
            self._chatters.mute_name(name)

    def _count_regular(self, command: Command, *, to: bool) -> Answer:
        name = command.order.name
        people = self._chatters.called(name)
        if not people:
            return Answer.of("unknown", name=clean(name))
        changed = [c for c in people if self._chatters.is_regular(c) is not to]
        for chatter in changed:
            self._chatters.set_regular(chatter, to=to)
        if changed:
            self._parts.done(command, partial(self._set_regulars, changed, to=not to))
        return Answer.of("regular" if to else "not_regular", name=clean(name))

    def _set_regulars(self, people: list[Chatter], *, to: bool) -> None:
        for chatter in people:
            self._chatters.set_regular(chatter, to=to)

    def _voice(self, command: Command) -> Answer:
        voices, order = self._parts.policy.voices, command.order
        if not order.name:
            if command.chatter is None:
                return Answer.of("chatters_only")
            self._chatters.note(command.chatter)
            return voices.choose(command.chatter, order.value)
        people = self._chatters.called(order.name)
        if not people:
            return Answer.of("unknown", name=clean(order.name))
        before = [partial(voices.restore, chatter, voices.kept_of(chatter)) for chatter in people]
        answer = self._assign(people, order.value)
        if answer.name != "voice_set":
            return answer
        self._parts.done(command, partial(_call_all, before))
        return Answer.of("voice_of", name=clean(order.name), **answer.fields)

    def _assign(self, people: Sequence[Chatter], voice: str) -> Answer:
        for chatter in people:
            self._chatters.note(chatter)
        answers = [self._parts.policy.voices.assign(chatter, voice) for chatter in people]
        return answers[0]

    def _nick(self, command: Command) -> Answer:
        order, policy = command.order, self._parts.policy
        nickname = "" if name_key(order.value) == _RESET else clean(order.value)
        if order.name:
            people = self._chatters.called(order.name)
            if not people:
                return Answer.of("unknown", name=clean(order.name))
        elif command.chatter is None:
            return Answer.of("chatters_only")
        else:
            people = [command.chatter]
        if nickname and not policy.may_say(nickname):
            return Answer.of("nick_refused")
        if nickname and self._chatters.is_of_another(nickname, people):
            return Answer.of("nick_taken", nickname=nickname)
        before = [
            partial(self._chatters.call, chatter, self._chatters.nicknames.get(chatter.id, ""))
            for chatter in people
        ]
        for chatter in people:
            self._chatters.call(chatter, nickname)
        if order.name:
            self._parts.done(command, partial(_call_all, before))
        name = "nick" if nickname else "nick_reset"
        fields = {"nickname": nickname} if nickname else {}
        if order.name:
            return Answer.of(f"{name}_of", name=clean(order.name), **fields)
        return Answer.of(name, **fields)

    def _limit(self, command: Command) -> Answer:
        limits, order = self._parts.policy.limits, command.order
        people: Sequence[Chatter | None] = [None]
        if order.name and not (people := self._chatters.called(order.name)):
            return Answer.of("unknown", name=clean(order.name))
        before = [partial(limits.set, chatter, limits.of(chatter)) for chatter in people]
        for chatter in people:
            if chatter is not None:
                self._chatters.note(chatter)
            limits.set(chatter, "" if order.value == _RESET else order.value)
        self._parts.done(command, partial(_call_all, before))
        answer = {NO_LIMIT: "unlimited", _RESET: "limit_reset"}.get(order.value, "limited")
        fields = {"count": order.value} if answer == "limited" else {}
        if order.name:
            return Answer.of(f"{answer}_of", name=clean(order.name), **fields)
        return Answer.of(answer, **fields)

    def _opt(self, command: Command, *, out: bool) -> Answer:
        chatter = command.chatter
        if chatter is None:
            return Answer.of("chatters_only")
        self._chatters.opt(chatter, out=out)
        if out:
            self._parts.drop(DropReason.OPTED_OUT, _is_of(chatter))
            self._parts.history.forget(_is_of(chatter))
        return Answer.of("opted_out" if out else "opted_in")


def _is_of(chatter: Chatter) -> Callable[[Utterance], bool]:
    return lambda utterance: utterance.chatter.id == chatter.id


def _call_all(actions: list[partial[None]]) -> None:
    for action in actions:
        action()
