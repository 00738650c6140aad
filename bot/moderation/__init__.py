"""Moderation: applies commands and purges to one channel, without waiting behind speech."""

from collections.abc import Callable, Mapping
from typing import Protocol

from bot.backlog import Backlog
from bot.messages import Command, Purge, Utterance, Verb
from bot.outcomes import DropReason
from bot.policy import Policy


class SpeechControl(Protocol):
    """What moderation may do to speech under way."""

    volume: float
    """0 to 1."""

    def cut(self, reason: DropReason, matches: Callable[[Utterance], bool]) -> bool:
        """Fall silent at once if the utterance being spoken matches; tell whether it did."""


class Moderation:
    """The commands of one channel."""

    def __init__(self, policy: Policy, backlog: Backlog, speech: SpeechControl) -> None:
        self._access = policy.access
        self._voices = policy.voices
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
        self._access.is_on = True
        return "on"

    def _off(self, _: str) -> str:
        self._access.is_on = False
        return f"off, {self._drop(DropReason.OFF, lambda _: True)} dropped"

    def _mute(self, name: str) -> str:
        self._access.mute(name)
        return f"{name} is muted, {self._drop(DropReason.MUTED, _is_of(name))} dropped"

    def _unmute(self, name: str) -> str:
        return f"{name} is heard again" if self._access.unmute(name) else f"{name} was not muted"

    def _volume(self, percent: str) -> str:
        is_change = percent[0] in "+-"
        wanted = int(percent) + (round(self._speech.volume * 100) if is_change else 0)
        wanted = min(max(wanted, 0), 100)
        self._speech.volume = wanted / 100
        return f"volume {wanted}"

    def _voice(self, command: Command) -> str:
        if command.chatter is None:
            return "only a chatter can choose a voice"
        return self._voices.choose(command.chatter, command.argument)

    def _status(self, _: str) -> str:
        switch = "on" if self._access.is_on else "off"
        paused = ", paused" if self._backlog.is_paused else ""
        volume = round(self._speech.volume * 100)
        return f"{switch}{paused}, {len(self._backlog)} waiting, volume {volume}"

    def _drop(self, reason: DropReason, matches: Callable[[Utterance], bool]) -> int:
        # The backlog first: else the next one of the same kind would start at once.
        count = self._backlog.remove(reason, matches)
        return count + self._speech.cut(reason, matches)


def _is_of(name: str) -> Callable[[Utterance], bool]:
    return lambda utterance: utterance.chatter.is_called(name)
