"""Events are told in words, with a hostile name as harmless as in chat."""

from typing import Any

import pytest
from msgspec import structs
from pydantic import ValidationError

from bot.config.chat.events import EventSettings
from bot.config.chat.policy import PolicySettings
from bot.messages import ChatMessage, Event, EventKind, Lane, Rejection, RejectReason, Utterance
from bot.policy import Policy
from tests.policy.conftest import MakeMessage as Make


def told(message: ChatMessage, **settings: Any) -> str | RejectReason:  # noqa: ANN401
    verdict = Policy(PolicySettings.model_validate(settings), voice="heart")(message)
    if isinstance(verdict, Rejection):
        return verdict.reason
    assert isinstance(verdict, Utterance)
    assert not verdict.prefix  # or it would be left out while the same chatter goes on
    assert verdict.lane is not Lane.REST
    return verdict.body


def of(message: ChatMessage, amount: float) -> ChatMessage:
    assert message.event is not None
    return structs.replace(message, event=Event(kind=message.event.kind, amount=amount))


@pytest.mark.parametrize(
    ("kind", "amount", "said"),
    [
        (EventKind.RAID, 42, "viewer raids with forty two viewers."),
        (EventKind.RAID, 1, "viewer raids with one viewer."),
        (EventKind.RAID, 0, "viewer raids."),
        (EventKind.SUB, 1, "viewer just subscribed."),
        (EventKind.RESUB, 12, "viewer has subscribed for twelve months."),
        (EventKind.GIFT, 1, "viewer gives one subscription away."),
        (EventKind.GIFT, 50, "viewer gives fifty subscriptions away."),
        (EventKind.CHEER, 100, "viewer cheers one hundred bits."),
        (EventKind.RESUB, 0, "viewer has subscribed again."),
        (EventKind.GIFT, 0, "viewer gives subscriptions away."),
        (EventKind.CHEER, 0, "viewer cheers."),
        (EventKind.DONATION, 0, "viewer sends a donation."),
        (EventKind.POWER_UP, 20, "viewer uses a power-up of twenty bits."),
        (EventKind.CHARITY, 0, "viewer gives to charity."),
        (EventKind.WATCH_STREAK, 5, "viewer has watched five streams in a row."),
        (EventKind.JOIN, 0, RejectReason.EMPTY),
        (EventKind.FOLLOW, 0, RejectReason.EMPTY),
        (EventKind.REDEEM, 500, RejectReason.EMPTY),
    ],
)
def test_events_without_text(
    kind: EventKind, amount: float, said: str | RejectReason, message: Make
) -> None:
    assert told(of(message("", name="viewer", event=kind), amount)) == said


def test_the_text_of_an_event_comes_after_it(message: Make) -> None:
    sent = message("thanks for everything", name="viewer", event=EventKind.RESUB)
    said = "viewer has subscribed for one hundred months. thanks for everything"
    assert told(sent) == said
    for mode in ("command", "mention"):
        assert told(sent, mode={"read": mode, "names": ["streamer"]}) == said
    assert told(message("!drop", name="viewer", event=EventKind.SUB)) == "viewer just subscribed."


@pytest.mark.parametrize(
    "name", ["[x](/fʌk/)", "<b>", "\u200b", "💩💩", "{name}", "a" * 500, "x{amount}"]
)
def test_a_hostile_name_is_cleaned_like_in_chat(name: str, message: Make) -> None:
    said = told(message("", name=name, event=EventKind.SUB))

    assert isinstance(said, str)
    assert said.endswith(" just subscribed.")
    assert len(said) < 50
    assert not set(said) & set("[]()<>{}/💩")


def test_a_blocked_name_is_not_told(message: Make) -> None:
    raid = of(message("", name="Slur_Man", event=EventKind.RAID), 5)

    assert told(raid, words={"strip": ["slur"]}) == "someone raids with five viewers."
    assert told(raid, words={"drop": ["slur"]}) is RejectReason.BLOCKED


@pytest.mark.parametrize("login", ["", "ananonymousgifter"])
def test_who_wants_no_name_has_none(login: str, message: Make) -> None:
    sent = message("", name="AnAnonymousGifter", login=login, event=EventKind.GIFT)

    assert told(of(sent, 5)) == "someone gives five subscriptions away."


def test_who_may_be_told(message: Make) -> None:
    raid = of(message("", name="viewer", event=EventKind.RAID), 5)
    cheer = of(message("hi", name="viewer", event=EventKind.CHEER), 5)

    assert told(raid, access={"minimum_role": "vip"}) == "viewer raids with five viewers."
    assert told(cheer, access={"minimum_role": "vip"}) is RejectReason.ROLE
    assert told(raid, access={"muted": ["viewer"]}) is RejectReason.MUTED
    assert told(raid, access={"enabled": False}) is RejectReason.OFF
    assert told(raid, events={"minimum": {"raid": 6}}) is RejectReason.EMPTY
    assert told(raid, events={"raid": None}) is RejectReason.EMPTY
    small = Policy(
        PolicySettings.model_validate({"events": {"minimum": {"cheer": 6}}}), voice="heart"
    )
    verdict = small(cheer)
    assert isinstance(verdict, Utterance)
    assert (verdict.prefix, verdict.body) == ("viewer says: ", "hi")


@pytest.mark.parametrize(
    "template", ["{nam}", "{name!r}", "{amount:.2f}", "{amount:a}", "{name", "{0}", "{name.x}", " "]
)
def test_templates_hold_what_there_is_alone(template: str) -> None:
    with pytest.raises(ValidationError):
        EventSettings(raid=template)
    assert EventSettings(raid="{name} kommt mit {amount:Gast|Gästen}").raid


@pytest.mark.parametrize(
    ("amount", "unit", "said"),
    [
        (5.5, "EUR", "five euros and fifty cents"),
        (5, "$", "five dollars"),
        (7, "CA$", "seven Canadian dollars"),
        (500, "¥", "five hundred yen"),
        (500, "JPY", "five hundred yen"),
        (0.5, "£", "fifty pence"),
        (10, "R$", "ten reais"),
        (1, "bits", "one bit"),
        (300, "Stars", "three hundred Stars"),
        (1, "Jewels", "one Jewel"),
        (2, "coins", "two coins"),
        (3, "", "three"),
        (1e6, "KICKs", "one million KICKs"),
    ],
)
def test_an_amount_has_its_own_unit(amount: float, unit: str, said: str, message: Make) -> None:
    event = Event(kind=EventKind.DONATION, amount=amount, unit=unit)
    sent = structs.replace(message("", name="viewer", event=EventKind.DONATION), event=event)
    assert told(sent) == f"viewer sends {said}."


def test_an_amount_is_said_in_the_language_of_chat(message: Make) -> None:
    event = Event(kind=EventKind.DONATION, amount=5.5, unit="EUR")
    sent = structs.replace(message("", name="Ana", event=EventKind.DONATION), event=event)
    said = told(sent, speakable={"language": "de"}, events={"donation": "{name} gibt {amount}"})
    assert said == "Ana gibt fünf Euro und fünfzig Cent"


@pytest.mark.parametrize(
    ("template", "with_amount", "without"),
    [
        ("{name} gives {amount}", "viewer gives five euros", "viewer gives"),
        ("{name}[ of {amount}] gave", "viewer of five euros gave", "viewer gave"),
        ("[VIP] {name} gave[ {amount}]", "VIP viewer gave five euros", "VIP viewer gave"),
        ("{name} [{amount}|something]", "viewer five euros", "viewer something"),
        ("{{{name}}} [x {amount:a|b}|{name}]", "viewer x five euros", "viewer viewer"),
    ],
)
def test_an_event_without_an_amount_says_no_number(
    template: str, with_amount: str, without: str, message: Make
) -> None:
    for amount, said in ((5, with_amount), (0, without)):
        event = Event(kind=EventKind.DONATION, amount=amount, unit="EUR")
        sent = structs.replace(message("", name="viewer", event=EventKind.DONATION), event=event)
        assert told(sent, events={"donation": template}) == said
