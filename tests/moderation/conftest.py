"""A channel without sources, engine and outputs: its moderation, and what happens to messages."""

from collections.abc import Callable

import pytest

from bot.backlog import Backlog
from bot.commands import CommandParser
from bot.config.chat.answers import PLAIN
from bot.config.chat.commands import CommandSettings
from bot.config.chat.moderation import ModerationSettings
from bot.config.chat.policy import PolicySettings
from bot.config.sections.backlog import BacklogSettings
from bot.intake import Intake
from bot.messages import (
    Answer,
    ChatMessage,
    Chatter,
    Command,
    Lane,
    Order,
    Rejection,
    Role,
    Utterance,
    Verb,
)
from bot.moderation import Moderation, Parts
from bot.moderation.history import History
from bot.outcomes import Dropped, DropReason, Outcome
from bot.policy import Policy
from bot.runtime.clock import now
from tests.policy.conftest import Kept

KNOWN_VOICES = ("alto", "bass", "heart")


class SpeechStandIn:
    def __init__(self, current: Utterance | None) -> None:
        self.volume = 1.0
        self.current = current
        self.reason: DropReason | None = None

    def cut(self, reason: DropReason, matches: Callable[[Utterance], bool]) -> bool:
        if self.current is None or not matches(self.current):
            return False
        self.current, self.reason = None, reason
        return True


class Room:
    """A channel in which a1 is spoken while a2 and b1 wait."""

    def __init__(
        self,
        moderation: ModerationSettings | None = None,
        policy: PolicySettings | None = None,
        kept: Kept | None = None,
    ) -> None:
        self.outcomes: list[Outcome] = []
        self.refusal: Rejection | None = None
        """Why nothing more is taken in."""
        self.told: list[str] = []
        self.kept = kept or Kept()
        self.policy = Policy(
            policy or PolicySettings(),
            voice="heart",
            known_voices=KNOWN_VOICES,
            remembered=self.kept,
        )
        self.backlog = Backlog(BacklogSettings(), self.outcomes.append)
        self.speech = SpeechStandIn(utterance("a1", "a"))
        self.history = History()
        self.parts = Parts.join(
            moderation or ModerationSettings(),
            policy=self.policy,
            backlog=self.backlog,
            speech=self.speech,
            history=self.history,
            emit=self.outcomes.append,
            tell=self._tell,
            approved=self.kept("approvals"),
            trigger="!tts",
        )
        self.moderation = Moderation(self.parts)
        self.intake = Intake(
            parse_command=CommandParser(CommandSettings(), reads_text=False),
            policy=self.policy,
            moderation=self.moderation,
            admit=self.parts.admission,
            emit=self.outcomes.append,
            count=self.policy.limits.count,
            refuse=lambda _: self.refusal,
        )
        self.history.add(utterance("a1", "a"))
        self.backlog.put(utterance("a2", "a"))
        self.backlog.put(utterance("b1", "b"))

    def order(
        self,
        verb: Verb,
        name: str = "",
        value: str = "",
        *,
        said: str = "",
        by: Chatter | None = None,
    ) -> str:
        order = Order(verb=verb, name=name, value=value, said=said)
        command = Command(id=verb.value, channel="main", issuer="mod", order=order, chatter=by)
        return PLAIN.text(self.moderation.apply(command))

    def write(
        self,
        text: str,
        name: str = "ana",
        *roles: Role,
        login: str = "",
        chatter_id: str = "",
        message_id: str = "",
    ) -> Outcome:
        """Let somebody write; return the last outcome."""
        chatter = Chatter(
            id=chatter_id or f"id-{name}", name=name, login=login, roles=frozenset(roles)
        )
        self.intake.accept(
            ChatMessage(
                id=message_id or text,
                channel="main",
                source="test",
                chatter=chatter,
                text=text,
                received_at=now(),
            )
        )
        return self.outcomes[-1]

    def is_paused(self) -> bool:
        return self.backlog.is_paused

    @property
    def dropped(self) -> list[tuple[str, DropReason]]:
        return [(o.id, o.reason) for o in self.outcomes if isinstance(o, Dropped)]

    @property
    def waiting(self) -> list[str]:
        return [u.id for u in self.backlog]

    def _tell(self, answer: Answer) -> None:
        self.told.append(PLAIN.text(answer))


def utterance(name: str, chatter: str, *, lane: Lane = Lane.REST) -> Utterance:
    return Utterance(
        id=name,
        channel="main",
        chatter=Chatter(id=f"id-{chatter}", name=chatter),
        prefix="",
        body=name,
        voice="heart",
        lane=lane,
        received_at=now(),
    )


@pytest.fixture
async def room() -> Room:
    return Room()
