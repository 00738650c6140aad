"""Moderation: applies commands and purges to one channel, without waiting behind speech."""

from collections.abc import Callable, Mapping
from typing import Protocol

from bot.messages import Chatter, Command, Purge, Utterance, Verb
from bot.outcomes import DropReason


class PolicyControl(Protocol):
    """What moderation may do to policy."""

    @property
    def is_on(self) -> bool:
        """Whether anything is let through."""

    def switch(self, *, on: bool) -> None:
        """Let messages through, or none."""

    def mute(self, name: str) -> None:
        """Let nothing of this chatter through."""

    def unmute(self, name: str) -> bool:
        """Let the chatter through again; tell whether it was muted."""

    def choose_voice(self, chatter: Chatter, name: str) -> str:
        """Let the chatter be heard with this voice; return the answer."""


class BacklogControl(Protocol):
    """What moderation may do to the backlog."""

    @property
    def is_paused(self) -> bool:
        """Whether nothing is handed out."""

    def __len__(self) -> int:
        """Return how many utterances wait."""

    def pause(self) -> None:
        """Hand nothing out."""

    def resume(self) -> None:
        """Hand out again."""

    def remove(self, reason: DropReason, matches: Callable[[Utterance], bool]) -> int:
        """Drop what matches; return how many."""


class SpeechControl(Protocol):
    """What moderation may do to speech under way."""

    volume: float
    """0 to 1."""

    def cut(self, reason: DropReason, matches: Callable[[Utterance], bool]) -> bool:
        """Fall silent at once if the utterance being spoken matches; tell whether it did."""


class Moderation:
    """The commands of one channel."""

    def __init__(
        self, policy: PolicyControl, backlog: BacklogControl, speech: SpeechControl
    ) -> None:
        self._policy = policy
        self._backlog = backlog
        self._speech = speech
        self._verbs: Mapping[Verb, Callable[[str], str]] = {
            Verb.SKIP: self._skip,
            Verb.CLEAR: self._clear,
            Verb.PAUSE: self._pause,
            Verb.RESUME: self._resume,
            Verb.ON: self._on,
            Verb.OFF: self._off,
            Verb.MUTE: self._mute,
            Verb.UNMUTE: self._unmute,
            Verb.VOLUME: self._volume,
            Verb.STATUS: self._status,
        }

    def apply(self, command: Command) -> str:
        """Apply `command` at once; return the answer for who gave it."""
        if command.verb is Verb.VOICE:
            return self._voice(command)
        return self._verbs[command.verb](command.argument)

    def purge(self, purge: Purge) -> int:
        """Drop what the platform took back, also while it is heard; return how many utterances."""
        if purge.message_id is not None:
            return self._drop(DropReason.DELETED, lambda u: u.id == purge.message_id)
        if purge.chatter_id is not None:
            return self._drop(DropReason.TIMED_OUT, lambda u: u.chatter.id == purge.chatter_id)
        return self._drop(DropReason.CLEARED, lambda _: True)

    def _skip(self, name: str) -> str:
        if name:
            return f"skipped {self._drop(DropReason.SKIPPED, _is_of(name))} of {name}"
        was_speaking = self._speech.cut(DropReason.SKIPPED, lambda _: True)
        return "skipped" if was_speaking else "nothing is being spoken"

    def _clear(self, _: str) -> str:
        return f"cleared {self._backlog.remove(DropReason.CLEARED, lambda _: True)}"

    def _pause(self, _: str) -> str:
        self._backlog.pause()
        return "paused"

    def _resume(self, _: str) -> str:
        self._backlog.resume()
        return "resumed"

    def _on(self, _: str) -> str:
        self._policy.switch(on=True)
        return "on"

    def _off(self, _: str) -> str:
        self._policy.switch(on=False)
        return f"off, {self._drop(DropReason.OFF, lambda _: True)} dropped"

    def _mute(self, name: str) -> str:
        self._policy.mute(name)
        return f"{name} is muted, {self._drop(DropReason.MUTED, _is_of(name))} dropped"

    def _unmute(self, name: str) -> str:
        return f"{name} is heard again" if self._policy.unmute(name) else f"{name} was not muted"

    def _volume(self, percent: str) -> str:
        self._speech.volume = int(percent) / 100
        return f"volume {percent}"

    def _voice(self, command: Command) -> str:
        if command.chatter is None:
            return "only a chatter can choose a voice"
        return self._policy.choose_voice(command.chatter, command.argument)

    def _status(self, _: str) -> str:
        switch = "on" if self._policy.is_on else "off"
        paused = ", paused" if self._backlog.is_paused else ""
        volume = round(self._speech.volume * 100)
        return f"{switch}{paused}, {len(self._backlog)} waiting, volume {volume}"

    def _drop(self, reason: DropReason, matches: Callable[[Utterance], bool]) -> int:
        # The backlog first: else the next one of the same kind would start at once.
        count = self._backlog.remove(reason, matches)
        return count + self._speech.cut(reason, matches)


def _is_of(name: str) -> Callable[[Utterance], bool]:
    return lambda utterance: utterance.chatter.is_called(name)
