"""Utterances of a channel in which much is written, and its backlog."""

import pytest

from bot.backlog import Backlog
from bot.config.sections.backlog import BacklogSettings
from bot.messages import Chatter, Lane, Utterance
from bot.outcomes import Outcome

LINE = "buy followers at the cheap shop of the badword people today"


def utterance(
    number: int, body: str = LINE, *, lane: Lane = Lane.REST, received_at: float = 1000.0
) -> Utterance:
    return Utterance(
        id=f"m{number}",
        channel="main",
        chatter=Chatter(id=f"u{number}", name=f"viewer{number}"),
        prefix=f"viewer{number} says: ",
        body=body,
        voice="heart",
        lane=lane,
        received_at=received_at,
    )


@pytest.fixture
def outcomes() -> list[Outcome]:
    return []


@pytest.fixture
async def backlog(outcomes: list[Outcome]) -> Backlog:
    settings = BacklogSettings(max_age_s=1e9)
    return Backlog(settings, outcomes.append, clock=lambda: 1000.0)
