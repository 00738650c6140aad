"""One channel: its stages, built from the configuration, and their state."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple, NoReturn

import structlog

from bot.archive.recorder import Recorder
from bot.backlog import Backlog
from bot.commands import CommandParser
from bot.config import ChannelSettings, Settings
from bot.config.chat.answers import Answers
from bot.config.sections.playback import OutputSettings
from bot.engine.narrator import SpeechEngine
from bot.engine.nfe_policy import NfePolicy
from bot.intake import Intake
from bot.lookahead import Lookahead
from bot.messages import Answer, ChatMessage, Lane
from bot.moderation import Moderation, Parts
from bot.moderation.history import History
from bot.moderation.parts import anyone
from bot.outcomes import DropReason, Notice, Outcome
from bot.overload import Crowd, Ladder
from bot.playback import Output
from bot.playback.player import Player
from bot.playback.routing import Routing
from bot.policy import Policy, clean, without_reply_mention
from bot.runtime.clock import now
from bot.sources import Asked, Remote, Resuming, Source, Sources
from bot.speaker import Speaker
from bot.state import ChannelState, ConnectionState
from bot.store import Store
from bot.voices.catalogue import VoiceCatalog
from bot.voices.sounds import SoundCatalog

log = structlog.get_logger(__name__)

_MAX_COMMAND = 200
"""Characters of a message in which a command is looked for."""


_LOOK_S = 2.0
"""How often it is looked whether a file of blocked words changed."""


class Shared(NamedTuple):
    """Parts of the daemon that its channels share."""

    settings: Settings
    engine: SpeechEngine
    nfe_policy: NfePolicy
    outputs: Mapping[OutputSettings, Output]
    voices: VoiceCatalog | None
    sounds: SoundCatalog
    sources: Sources
    store: Store
    emit: Callable[[Outcome], None]
    archive: Recorder | None = None


class Channel:
    """The stages of one channel, from its sources to its outputs."""

    def __init__(self, settings: ChannelSettings, shared: Shared) -> None:
        """Build what `settings` describe.

        Raises:
            StartError: a source can never work.
        """
        every, store = shared.settings, shared.store
        answers = Answers(every.commands.answers)
        remembered = partial(store.remembered, channel=settings.name)
        self._settings = settings
        self.policy = Policy(
            settings.policy,
            voice=settings.voice,
            trigger=every.commands.trigger,
            remembered=remembered,
            known_voices=shared.voices,
            known_sounds=shared.sounds,
            spoken=lambda: shared.engine.languages,
            say=answers.text,
        )
        self.name = settings.name
        self.history = history = History()
        """What was said lately."""
        self.backlog = Backlog(every.backlog, shared.emit)
        self._routing = Routing((o, shared.outputs[o.place]) for o in settings.outputs)
        places = dict.fromkeys(shared.outputs[o.place] for o in settings.outputs)
        self.player = Player(places, every.playback)
        tell = partial(_tell, shared.emit, settings.name, answers)
        self.ladder = Ladder(
            every.overload,
            self.backlog,
            channel=settings.name,
            emit=shared.emit,
            tell=tell,
            is_heard=self._routing.reaches,
        )
        lookahead = Lookahead(
            self.backlog,
            shared.engine,
            stall_s=every.engine.stall_s,
            max_age_s=every.backlog.max_age_s,
            prefix_again_after_s=settings.policy.name.again_after_s,
            ahead_s=every.engine.ahead_s,
            nfe_policy=shared.nfe_policy,
            hold=store.journal.hold,
            introduced=store.journal.progress.introduced,
            is_heard=self._routing.reaches,
            relief=lambda: self.ladder.relief,
            sounds=shared.sounds.get,
        )
        archive = shared.archive
        self.speaker = Speaker(
            backlog=self.backlog,
            lookahead=lookahead,
            player=self.player,
            route=self._routing,
            emit=shared.emit,
            max_age_s=every.backlog.max_age_s,
            begun=history.add,
            ended=archive.keep if archive else lambda _: None,
            progress=store.journal.progress,
        )
        parts = Parts.join(
            every.moderation,
            policy=self.policy,
            backlog=self.backlog,
            speech=self.speaker,
            history=history,
            emit=shared.emit,
            tell=tell,
            approved=remembered("approvals"),
            trigger=every.commands.trigger,
        )
        self._moderated = parts
        self._volume = every.playback.volume
        self.approvals, self.presence, self.undo = parts.approvals, parts.presence, parts.undo
        self.intake = Intake(
            parse_command=command_parser(every, settings),
            policy=self.policy,
            moderation=Moderation(parts),
            admit=parts.admission,
            emit=shared.emit,
            answers=answers,
            refuse=Crowd(self.ladder, self.policy.raids, self.backlog).refuse,
            keep=store.journal.keep,
            kept=store.written,
            rouse=shared.engine.rouse,
            count=self.policy.limits.count,
            accepted=archive.note if archive else lambda _: None,
            purged=archive.purge if archive else lambda _: None,
        )
        gates = settings.policy.gates
        asked = Asked(
            follow=gates.follow_minutes > 0,
            account=gates.account_days > 0,
            first=not gates.first_message,
            live=every.moderation.away.offline,
        )
        self.sources: tuple[Source, ...] = (
            *shared.sources.create_all(
                settings.sources, settings.name, remembered("joined"), asked
            ),
        )

    @property
    def state(self) -> ChannelState:
        """What its stages are doing now."""
        lanes = Counter(utterance.lane for utterance in self.backlog)
        return ChannelState(
            is_on=self.policy.access.is_on,
            is_panicking=self.policy.access.is_panicking,
            is_paused=self.backlog.is_paused,
            is_heard=self._routing.is_heard,
            volume=self.speaker.volume,
            pending=len(self.backlog),
            held=len(self.approvals),
            rung=self.ladder.rung,
            holds=tuple(sorted(hold.value for hold in self.backlog.holds)),
            queue={lane.name.lower(): lanes[lane] for lane in Lane},
            speaking=self.speaker.speaking,
            sources={source.name: source.state for source in self.sources},
            connections={
                source.name: ConnectionState(
                    is_connected=source.is_connected, reconnects=source.reconnects
                )
                for source in self.sources
                if isinstance(source, Remote)
            },
            outputs=self.player.states,
        )

    async def follow(self, settings: ChannelSettings, every: Settings) -> None:
        """Do as `settings`, and those of `every` channel, say from now on, as far as that can be.

        These are policy, voice, backlog, moderation and volume. What waits and what is known stays.
        """
        before, self._settings = self._settings, settings
        if (settings.policy, settings.voice) != (before.policy, before.voice):
            rules = await asyncio.to_thread(self.policy.prepare, settings.policy)
            self.policy.follow(settings.policy, rules, voice=settings.voice)
            self.intake.follow(command_parser(every, settings))
        self.backlog.follow(every.backlog)
        self.speaker.follow(
            max_age_s=every.backlog.max_age_s,
            prefix_again_after_s=settings.policy.name.again_after_s,
        )
        self._moderated.follow(every.moderation)
        if every.playback.volume != self._volume:
            self._volume = every.playback.volume
            self.speaker.volume = self._volume / 100

    async def watch_words(self) -> NoReturn:
        """Read files of blocked words again when they change, until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_S)
            await self.policy.words.look()

    def clear(self, reason: DropReason) -> None:
        """Drop everything that waits, and what is about to; the channel is used no more."""
        self.intake.close()
        self.approvals.remove(reason, anyone)
        self.backlog.clear(reason)

    async def wait_room(self) -> None:
        """Return when the next message will not be dropped for want of room, if that can be."""
        if self.player.is_available:
            await self.backlog.wait_room()

    def resume(self, message: ChatMessage) -> None:
        """Tell the sources that settle what was paid for: it comes to its end in this run."""
        for source in self.sources:
            if isinstance(source, Resuming):
                source.resume(message)


def _tell(emit: Callable[[Outcome], None], channel: str, answers: Answers, answer: Answer) -> None:
    """Tell everybody in chat, unless that answer is kept out of it."""
    text = answers.text(answer)
    log.info("told chat", channel=channel, text=text)
    if not answers.is_silent(answer):
        emit(Notice(id="", channel=channel, chatter="", at=now(), text=text))


def command_parser(every: Settings, channel: ChannelSettings) -> CommandParser:
    """Return what finds the commands in a channel's chat."""
    reads_text = channel.policy.mode.read == "command"
    return CommandParser(every.commands, reads_text=reads_text, plain=_plain)


def _plain(message: ChatMessage) -> str:
    """Return what the chatter typed, as far as it may be a command."""
    return without_reply_mention(clean(message.text[:_MAX_COMMAND]), message.reply_to)
