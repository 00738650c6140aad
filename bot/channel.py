"""The stages of one channel, and what can be seen of them from outside."""

from collections import Counter
from typing import NamedTuple

from bot.backlog import Backlog
from bot.intake import Intake
from bot.messages import Lane
from bot.playback.player import Player
from bot.policy import Policy
from bot.sources import Remote, Source
from bot.speaker import Speaker
from bot.state import ChannelState, ConnectionState, Speaking


class Channel(NamedTuple):
    """The stages of one channel."""

    sources: tuple[Source, ...]
    policy: Policy
    backlog: Backlog
    player: Player
    speaker: Speaker
    intake: Intake

    async def wait_room(self) -> None:
        """Return when the next message will not be dropped for want of room, if that can be."""
        if self.player.is_available:
            await self.backlog.wait_room()

    @property
    def state(self) -> ChannelState:
        """What its stages are doing now."""
        current = self.speaker.current
        lanes = Counter(utterance.lane for utterance in self.backlog)
        return ChannelState(
            is_on=self.policy.is_on,
            is_paused=self.backlog.is_paused,
            is_heard=self.player.is_available,
            volume=self.speaker.volume,
            pending=len(self.backlog),
            queue={lane.name.lower(): lanes[lane] for lane in Lane},
            speaking=Speaking(id=current.id, chatter=current.chatter.name) if current else None,
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
