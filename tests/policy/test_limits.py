"""Gates and limits: who is read, and how often."""

from typing import Any

import pytest

from bot.config.chat.policy import PolicySettings
from bot.messages import ChatMessage, Chatter, Event, EventKind, Rejection, RejectReason, Role
from bot.policy import Policy
from bot.runtime.clock import now, unix
from tests.policy.conftest import Kept

DAY_S = 86_400.0
CHEER = Event(kind=EventKind.CHEER, amount=1)


def policy(kept: Kept | None = None, **sections: Any) -> Policy:  # noqa: ANN401 - raw configuration
    settings = PolicySettings.model_validate(sections)
    return Policy(settings, voice="heart", remembered=kept or Kept())


def chatter(
    name: str = "ana",
    *roles: Role,
    follows_s: float | None = None,
    exists_s: float | None = None,
) -> Chatter:
    """Return somebody who has followed, and had an account, for so long."""
    return Chatter(
        id=f"id-{name}",
        name=name,
        roles=frozenset(roles),
        follows_since=None if follows_s is None else unix(now()) - follows_s,
        exists_since=None if exists_s is None else unix(now()) - exists_s,
    )


def message(text: str, **fields: Any) -> ChatMessage:  # noqa: ANN401 - those of a message
    made: dict[str, Any] = {"id": "m1", "channel": "main", "source": "test", "chatter": chatter()}
    return ChatMessage(**made | {"text": text, "received_at": now()} | fields)


def reason(filter_: Policy, message: ChatMessage) -> RejectReason | None:
    """Return why `message` is refused; what is not counts as read."""
    verdict = filter_(message)
    if isinstance(verdict, Rejection):
        return verdict.reason
    filter_.limits.count(message)
    return None


@pytest.mark.parametrize(
    ("gates", "ages", "refused"),
    [
        ({}, {}, None),
        ({"follow_minutes": 10}, {"follows_s": 601}, None),
        ({"follow_minutes": 10}, {"follows_s": 590}, RejectReason.NOT_FOLLOWING),
        ({"follow_minutes": 10}, {}, None),
        ({"follow_minutes": 10, "unknown": False}, {}, RejectReason.NOT_FOLLOWING),
        ({"account_days": 7}, {"exists_s": 8 * DAY_S}, None),
        ({"account_days": 7}, {"exists_s": 6 * DAY_S}, RejectReason.NEW_ACCOUNT),
        ({"account_days": 7}, {}, None),
        ({"account_days": 7, "unknown": False}, {}, RejectReason.NEW_ACCOUNT),
    ],
)
def test_who_is_too_new_is_not_read(
    gates: dict[str, Any], ages: dict[str, Any], refused: RejectReason | None
) -> None:
    sent = message("hello there", chatter=chatter(**ages), received_at=now())
    assert reason(policy(gates=gates), sent) is refused


def test_a_first_message_may_be_refused() -> None:
    filter_ = policy(gates={"first_message": False})
    first = message("hello there", is_first=True)
    assert reason(filter_, first) is RejectReason.FIRST_MESSAGE
    assert reason(filter_, message("hello again")) is None


def test_the_gates_are_open_for_those_who_are_known_and_for_what_was_paid_for() -> None:
    filter_ = policy(gates={"first_message": False})
    subscriber = chatter("sub", Role.SUBSCRIBER)
    regular = chatter("old")
    filter_.chatters.set_regular(regular, to=True)
    for more in ({"chatter": subscriber}, {"chatter": regular}, {"event": CHEER}):
        assert reason(filter_, message("hello there", is_first=True, **more)) is None


def test_a_cooldown_lies_between_what_is_read_of_a_chatter() -> None:
    filter_ = policy(limits={"cooldown_s": 30})
    at = now()

    def write(after_s: float, **more: Any) -> RejectReason | None:  # noqa: ANN401
        return reason(filter_, message("hello there", received_at=at + after_s, **more))

    assert write(0) is None
    assert write(29) is RejectReason.COOLDOWN
    assert write(29, event=CHEER) is None
    assert write(29, chatter=chatter("ben")) is None
    assert write(29, chatter=chatter("mod", Role.MODERATOR)) is None
    assert write(29, chatter=chatter("mod", Role.MODERATOR)) is None
    assert write(30) is None  # what was refused does not count
    assert write(59) is RejectReason.COOLDOWN


def test_what_policy_refuses_does_not_count() -> None:
    filter_ = policy(limits={"cooldown_s": 30, "a_day": 1}, words={"drop": ["badword"]})
    assert reason(filter_, message("badword")) is RejectReason.BLOCKED
    assert reason(filter_, message("hello there")) is None


def test_a_day_has_a_limit_that_outlives_the_daemon_and_ends_at_midnight() -> None:
    kept = Kept()
    at = now()
    for _ in range(2):
        filter_ = policy(kept, limits={"a_day": 2})
        assert reason(filter_, message("hello there", received_at=at)) is None
    filter_ = policy(kept, limits={"a_day": 2})
    assert reason(filter_, message("one more", received_at=at)) is RejectReason.DAILY_LIMIT
    assert reason(filter_, message("I paid", received_at=at, event=CHEER)) is None
    assert reason(filter_, message("tomorrow", received_at=at + DAY_S)) is None
    assert len(kept("daily")) == 1


def test_a_moderator_sets_limits_for_all_and_for_one() -> None:
    filter_ = policy(limits={"a_day": 1})
    ana, ben = chatter("ana"), chatter("ben", Role.MODERATOR)

    def write(by: Chatter) -> RejectReason | None:
        return reason(filter_, message("hello there", chatter=by))

    assert [write(ana), write(ana)] == [None, RejectReason.DAILY_LIMIT]
    filter_.limits.set(None, "2")
    assert [write(ana), write(ana)] == [None, RejectReason.DAILY_LIMIT]
    filter_.limits.set(ana, "off")
    assert [write(ana), write(ana)] == [None, None]
    assert [write(ben), write(ben), write(ben)] == [None] * 3
    filter_.limits.set(ben, "2")
    assert [write(ben), write(ben), write(ben)] == [None, None, RejectReason.DAILY_LIMIT]
