from collections.abc import Callable

import pytest

from bot.config.chat.policy import AccessSettings
from bot.messages import Rejection, RejectReason, Role
from bot.policy.access import Access
from bot.policy.chatters import Chatters
from bot.policy.draft import Draft
from tests.policy.conftest import Kept

Make = Callable[..., Draft]


def reason(result: Draft | Rejection) -> RejectReason | None:
    return result.reason if isinstance(result, Rejection) else None


def test_everyone_is_heard_by_default(draft: Make) -> None:
    sent = draft("hello")
    assert Access(AccessSettings())(sent) is sent


def test_off_rejects_everybody_until_on(draft: Make) -> None:
    access = Access(AccessSettings(enabled=False))
    assert reason(access(draft())) is RejectReason.OFF
    access.is_on = True
    assert reason(access(draft())) is None


@pytest.mark.parametrize("written", ["viewer1", "Viewer1", "@VIEWER1", " viewer1 "])
def test_a_muted_chatter_is_found_however_the_name_is_written(written: str, draft: Make) -> None:
    chatters = Chatters()
    access = Access(AccessSettings(), chatters)
    chatters.mute_name(written)
    assert reason(access(draft(name="viewer1"))) is RejectReason.MUTED
    assert reason(access(draft(name="viewer2"))) is None
    assert chatters.unmute("viewer1") is True
    assert reason(access(draft(name="viewer1"))) is None


def test_a_chatter_is_muted_by_login_as_well(draft: Make) -> None:
    access = Access(AccessSettings(muted=("tanaka",)))
    assert reason(access(draft(name="田中", login="tanaka"))) is RejectReason.MUTED


def test_unmuting_somebody_who_was_not_muted_says_so() -> None:
    assert Chatters().unmute("nobody") is False


def test_a_mute_is_kept_once_as_it_was_given_last() -> None:
    kept = Kept()
    chatters = Chatters(kept, muted=("Zoe",))
    chatters.mute_name("@Adam")
    chatters.mute_name("adam")
    assert kept("mute") == {"name:adam": "adam"}


@pytest.mark.parametrize("name", ["Nightbot", "StreamElements", "SoundAlerts"])
def test_known_bots_are_not_read(name: str, draft: Make) -> None:
    assert reason(Access(AccessSettings())(draft(name=name))) is RejectReason.BOT


def test_the_list_of_bots_is_configurable(draft: Make) -> None:
    access = Access(AccessSettings(bots=("my_bot",)))
    assert reason(access(draft(name="My_Bot"))) is RejectReason.BOT
    assert reason(access(draft(name="nightbot"))) is None


LADDER = ("everyone", "subscriber", "vip", "moderator", "broadcaster")


@pytest.mark.parametrize("minimum", LADDER)
@pytest.mark.parametrize("role", LADDER)
def test_a_role_includes_those_below(minimum: str, role: str, draft: Make) -> None:
    access = Access(AccessSettings.model_validate({"minimum_role": minimum}))
    roles = frozenset() if role == "everyone" else frozenset({Role(role)})
    is_heard = LADDER.index(role) >= LADDER.index(minimum)
    assert reason(access(draft(roles=roles))) is (None if is_heard else RejectReason.ROLE)
