import asyncio
from typing import Any

import pytest
from msgspec import structs

from bot.backlog import Backlog
from bot.commands import CommandParser
from bot.config.chat.commands import CommandSettings
from bot.config.chat.moderation import ModerationSettings
from bot.config.chat.policy import PolicySettings
from bot.config.sections.backlog import BacklogSettings
from bot.intake import Intake
from bot.messages import (
    ChatMessage,
    Chatter,
    Command,
    Event,
    EventKind,
    Order,
    Rejection,
    RejectReason,
    Utterance,
    Verb,
)
from bot.moderation import Moderation, Parts
from bot.moderation.history import History
from bot.outcomes import Applied, DropReason, Outcome, Rejected
from bot.policy import Policy
from bot.runtime.clock import now
from tests.moderation.conftest import SpeechStandIn


class FragilePolicy(Policy):
    """A policy with a filter that breaks its promise."""

    def __call__(self, message: ChatMessage) -> Utterance | Rejection:
        if message.text == "breaks":
            raise ZeroDivisionError
        return super().__call__(message)


@pytest.fixture
def outcomes() -> list[Outcome]:
    return []


def no_strangers(utterance: Utterance) -> Rejection | None:
    """Take in nobody but u1 under load."""
    is_known = utterance.chatter.id == "u1"
    return None if is_known else Rejection(reason=RejectReason.OVERLOAD, detail="rung 5")


@pytest.fixture
async def intake(outcomes: list[Outcome]) -> Intake:
    return made(outcomes)


def made(outcomes: list[Outcome], **more: Any) -> Intake:  # noqa: ANN401 - arguments of Intake
    policy = FragilePolicy(PolicySettings(), voice="heart")
    backlog = Backlog(BacklogSettings(), outcomes.append)
    parts = Parts.join(
        ModerationSettings(),
        policy=policy,
        backlog=backlog,
        speech=SpeechStandIn(None),
        history=History(),
        emit=outcomes.append,
        tell=lambda _: None,
        approved={},
        trigger="!tts",
    )
    return Intake(
        parse_command=CommandParser(CommandSettings(), reads_text=False),
        policy=policy,
        moderation=Moderation(parts),
        admit=parts.admission,
        emit=outcomes.append,
        refuse=no_strangers,
        **more,
    )


def message(text: str, identifier: str = "u1") -> ChatMessage:
    chatter = Chatter(id=identifier, name="viewer")
    return ChatMessage(
        id=text, channel="main", source="test", chatter=chatter, text=text, received_at=now()
    )


async def test_a_filter_that_raises_costs_its_message_alone(
    intake: Intake, outcomes: list[Outcome]
) -> None:
    intake.accept(message("breaks"))
    intake.accept(message("hello"))

    first, *rest = outcomes
    assert isinstance(first, Rejected)
    assert first.reason is RejectReason.MALFORMED
    assert [type(outcome).__name__ for outcome in rest] == ["Accepted", "Queued"]


async def test_each_message_has_its_own_outcome(intake: Intake, outcomes: list[Outcome]) -> None:
    for text in ("hello", "!play", "!tts skip", ""):
        intake.accept(message(text))
    kinds = {o.id: type(o).__name__ for o in outcomes}

    assert kinds == {
        "hello": "Queued",
        "!play": "Rejected",
        "!tts skip": "Rejected",
        "": "Rejected",
    }
    assert not [o for o in outcomes if getattr(o, "reason", None) is DropReason.FULL]


async def test_an_order_from_a_trusted_place_is_obeyed_and_told(
    intake: Intake, outcomes: list[Outcome]
) -> None:
    intake.accept(message("hello"))
    intake.accept(Command(id="o1", channel="main", issuer="MQTT", order=Order(verb=Verb.CLEAR)))

    *_, obeyed = outcomes
    assert isinstance(obeyed, Applied)
    assert (obeyed.id, obeyed.chatter, obeyed.answer) == ("o1", "MQTT", "cleared 1")


async def test_every_message_rouses_the_engine_before_it_is_judged(
    intake: Intake, outcomes: list[Outcome]
) -> None:
    judged_at_rouse = list[int]()
    intake._rouse = lambda: judged_at_rouse.append(len(outcomes))
    intake.accept(message("!play"))

    assert judged_at_rouse == [0]
    assert outcomes


async def test_what_is_not_taken_in_under_load_is_rejected_and_commands_are_not(
    intake: Intake, outcomes: list[Outcome]
) -> None:
    intake.accept(message("hello", "u2"))
    intake.accept(message("!tts voice", "u2"))
    rejected, applied = outcomes

    assert isinstance(rejected, Rejected)
    assert rejected.reason is RejectReason.OVERLOAD
    assert isinstance(applied, Applied)


async def test_nothing_is_accepted_after_the_end(outcomes: list[Outcome]) -> None:
    written = asyncio.Event()
    intake = made(outcomes, keep=lambda _: True, kept=written.wait)
    paid = structs.replace(message("hello"), event=Event(kind=EventKind.CHEER, amount=100))
    intake.accept(paid)
    await asyncio.sleep(0.01)
    intake.close()
    written.set()
    await asyncio.sleep(0.05)
    assert outcomes == []  # the next start finds it in the journal
