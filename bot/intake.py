"""Intake of one channel: commands go to moderation, chat through policy to the backlog."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any, Protocol

import structlog

from bot.commands import CommandParser
from bot.config.chat.answers import PLAIN, Answers
from bot.messages import (
    BlockedTerms,
    ChatMessage,
    Command,
    Lane,
    Purge,
    Rejection,
    RejectReason,
    SourceItem,
    StreamStatus,
    Utterance,
)
from bot.moderation import Moderation
from bot.outcomes import Accepted, Applied, Dropped, Outcome, Rejected
from bot.runtime.clock import now

log = structlog.get_logger(__name__)

_KEPT_S = 1.0
"""Longest wait for the disk."""


class Policy(Protocol):
    """Decision on a message."""

    def __call__(self, message: ChatMessage) -> Utterance | Rejection:
        """Return what may be spoken, or why nothing may."""


class Intake:
    """Takes what a channel's sources deliver; never waits, so no command waits behind speech."""

    def __init__(
        self,
        *,
        parse_command: CommandParser,
        policy: Policy,
        moderation: Moderation,
        admit: Callable[[Utterance], None],
        emit: Callable[[Outcome], None],
        answers: Answers = PLAIN,
        refuse: Callable[[Utterance], Rejection | None] = lambda _: None,
        keep: Callable[[ChatMessage], bool] = lambda _: False,
        kept: Callable[[], Awaitable[object] | None] = lambda: None,
        rouse: Callable[[], None] = lambda: None,
        count: Callable[[ChatMessage], None] = lambda _: None,
        accepted: Callable[[ChatMessage], None] = lambda _: None,
        purged: Callable[[Purge], None] = lambda _: None,
    ) -> None:
        """Join the stages of one channel.

        Args:
            parse_command: Finds commands in chat.
            policy: Decides on the others.
            moderation: Applies commands.
            admit: Takes what may be spoken.
            emit: Takes the outcomes.
            answers: Words of the answers to commands.
            refuse: Returns why what policy lets through is not taken in, if it is not.
            keep: Takes what was paid for before it is queued; returns whether it was not kept yet.
            kept: Returns what waits until all that was to be kept is on the disk; None where
                nothing is written. What is said to be so must be so after a power cut.
            rouse: Is called for every message, whatever becomes of it: an idle engine needs
                seconds to be warm.
            count: Counts each message of which something may be spoken for the limits of its
                chatter.
            accepted: Is told each such message.
            purged: Is told what was taken back.
        """
        self._parse_command = parse_command
        self._policy = policy
        self._moderation = moderation
        self._admit = admit
        self._emit = emit
        self._answers = answers
        self._refuse = refuse
        self._keep = keep
        self._kept = kept
        self._rouse = rouse
        self._count = count
        self._accepted = accepted
        self._purged = purged
        self._tasks: set[asyncio.Task[None]] = set()

    def follow(self, parse_command: CommandParser) -> None:
        """Find commands by `parse_command` from now on."""
        self._parse_command = parse_command

    def accept(self, item: SourceItem) -> None:
        """Deal with `item` to the end of what can be done at once."""
        match item:
            case ChatMessage():
                self._take(item)
            case Command():  # it came through a place that is trusted
                self.apply(item, received_at=now())
            case Purge():
                self._moderation.purge(item)
                self._purged(item)
            case BlockedTerms(terms=terms):
                log.info("words blocked by the platform", channel=item.channel, count=len(terms))
                self._go_on(asyncio.to_thread(self._moderation.block, terms))
            case StreamStatus(is_live=is_live):
                event = "the stream is live" if is_live else "the stream ended"
                log.info(event, channel=item.channel)
                self._moderation.set_live(is_live=is_live)

    def _take(self, message: ChatMessage) -> None:
        self._rouse()
        self._moderation.see(message.chatter)
        try:
            verdict = self._verdict(message)
        except Exception:
            # Chat is hostile: a message that breaks a filter is refused, and chat goes on.
            log.exception("a filter raised", id=message.id, channel=message.channel)
            verdict = Rejection(reason=RejectReason.MALFORMED, detail="a filter raised")
        match verdict:
            case Command() as command:
                self.apply(command, received_at=message.received_at)
            case Rejection(reason=reason, detail=detail, mutes=mutes):
                self._emit(
                    Rejected.of(
                        message, received_at=message.received_at, reason=reason, detail=detail
                    )
                )
                if mutes:
                    self._moderation.mute(message.chatter)
            case Utterance(lane=Lane.PAID) as utterance:
                accept = partial(self._accept, message, utterance)
                if self._keep(message):
                    self._when_kept(accept)
                else:
                    accept()
            case Utterance() as utterance:
                self._accept(message, utterance)

    def _verdict(self, message: ChatMessage) -> Command | Utterance | Rejection:
        if self._moderation.is_deleted(message.id):
            return Rejection(reason=RejectReason.DELETED)
        verdict = self._parse_command(message) or self._policy(message)
        return (isinstance(verdict, Utterance) and self._refuse(verdict)) or verdict

    def _accept(self, message: ChatMessage, utterance: Utterance) -> None:
        text = utterance.prefix + utterance.body
        self._emit(Accepted.of(message, received_at=message.received_at, text=text))
        if (reason := self._moderation.taken_back(utterance)) is not None:
            self._emit(Dropped.of(utterance, reason=reason))
        else:
            self._count(message)
            self._accepted(message)
            self._admit(utterance)

    def say(self, utterance: Utterance) -> None:
        """Take what a program wants to be said; its text was checked."""
        self._rouse()
        text = utterance.prefix + utterance.body
        received_at = utterance.received_at
        self._emit(Accepted.of(utterance, received_at=received_at, text=text))
        if (reason := self._moderation.taken_back(utterance)) is not None:
            self._emit(Dropped.of(utterance, reason=reason))
        else:
            self._admit(utterance)

    def apply(self, command: Command, *, received_at: float) -> str:
        """Apply `command` at once; return the answer, which is told once what it set is kept."""
        may = partial(self._parse_command.may, command.chatter)
        answer = self._moderation.apply(command, may)
        text = self._answers.text(answer)
        applied = Applied(
            id=command.id,
            channel=command.channel,
            chatter=command.issuer,
            at=now(),
            received_at=received_at,
            verb=command.order.verb,
            argument=command.order.argument,
            answer=text,
            is_silent=self._answers.is_silent(answer),
            undoes=self._moderation.undone,
        )
        self._when_kept(lambda: self._emit(applied))
        return text

    async def wait_written(self) -> None:
        """Return once all that was to be kept is on the disk, or that takes too long."""
        if (waiting := self._kept()) is not None:
            await _in_time(waiting)

    def close(self) -> None:
        """Accept nothing more: what was kept is for the next start."""
        for task in self._tasks:
            task.cancel()

    def _when_kept(self, then: Callable[[], None]) -> None:
        """Call `then` once all that was to be kept is on the disk, or that takes too long."""
        waiting = self._kept()
        if waiting is None:
            then()
            return
        self._go_on(_after(waiting, then))

    def _go_on(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _after(waiting: Awaitable[object], then: Callable[[], None]) -> None:
    await _in_time(waiting)
    then()


async def _in_time(waiting: Awaitable[object]) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(_KEPT_S):
            await waiting
