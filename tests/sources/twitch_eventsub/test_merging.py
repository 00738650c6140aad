"""Two readers of one chat: whatever one of them misses or doubles, each message comes once."""

import heapq
import random
from bisect import bisect
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import (
    ChatMessage,
    Chatter,
    Event,
    EventKind,
    Purge,
    Role,
    SourceItem,
    StreamStatus,
)
from bot.sources.twitch_eventsub.merging import GRACE_S, Merge

MOD = Role.MODERATOR
START = datetime(2026, 1, 1, tzinfo=UTC)


class Bench:
    """A merge with a clock that the test moves."""

    def __init__(self, *, asks_first: bool = False) -> None:
        self.now_s = 0.0
        self.asks_first = asks_first
        self.delivered: list[tuple[float, SourceItem]] = []
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self.merge = Merge(
            lambda item: self.delivered.append((self.now_s, item)),
            lambda delay_s, call: heapq.heappush(
                self._due, (self.now_s + delay_s, len(self._due), call)
            ),
            asks_first=lambda: self.asks_first,
            clock=lambda: self.now_s,
        )

    def wait(self, duration_s: float) -> None:
        end_s = self.now_s + duration_s
        while self._due and self._due[0][0] <= end_s:
            self.now_s, _, call = heapq.heappop(self._due)
            call()
        self.now_s = end_s

    def account(self, item: SourceItem, sent_s: float | None = None) -> None:
        self.merge.from_account(
            item, START + timedelta(seconds=self.now_s if sent_s is None else sent_s)
        )

    def anonymous(self, item: SourceItem, *, hears: bool = True) -> None:
        self.merge.from_anonymous(item, account_hears=hears)

    @property
    def ids(self) -> list[str]:
        return [item.id for _, item in self.delivered if isinstance(item, ChatMessage)]

    @property
    def purges(self) -> list[Purge]:
        return [item for _, item in self.delivered if isinstance(item, Purge)]


def message(key: str, by: str = "1", text: str | None = None, **more: Any) -> ChatMessage:  # noqa: ANN401
    values: dict[str, Any] = {"chatter": Chatter(id=by, name=by)} | more
    return ChatMessage(
        id=key,
        channel="main",
        source="test",
        text=key if text is None else text,
        received_at=0.0,
        **values,
    )


def notice(key: str, by: str = "1", kind: EventKind = EventKind.RAID) -> ChatMessage:
    return message(key, by, text="", event=Event(kind=kind))


def test_while_the_account_hears_the_other_reader_says_nothing() -> None:
    bench = Bench()
    for key in ("m1", "m2"):
        bench.anonymous(message(key))
        bench.account(message(key))
        bench.anonymous(message(key))
    bench.wait(60)

    assert bench.ids == ["m1", "m2"]
    assert bench.merge.taken_over == 0


def test_what_the_account_misses_comes_from_the_other_reader_within_the_grace() -> None:
    bench = Bench()
    bench.anonymous(message("m1"))
    bench.wait(60)
    bench.account(message("m1"))  # very late

    assert bench.delivered == [(GRACE_S, message("m1"))]
    assert bench.merge.taken_over == 1


def test_while_the_account_is_known_to_hear_nothing_the_other_reader_is_heard_at_once() -> None:
    bench = Bench()
    bench.anonymous(message("m1"), hears=False)
    bench.account(message("m1"))
    bench.account(message("m2"))
    bench.anonymous(message("m2"), hears=False)

    assert bench.ids == ["m1", "m2"]


def test_what_waits_is_released_when_the_account_is_lost() -> None:
    bench = Bench()
    bench.anonymous(message("m1"))
    bench.merge.release_all()
    bench.wait(60)

    assert bench.delivered == [(0.0, message("m1"))]


def test_what_was_deleted_while_it_waited_is_never_heard() -> None:
    for purge in (
        Purge(channel="main", message_id="m1"),
        Purge(channel="main", chatter_id="1"),
        Purge(channel="main"),
    ):
        bench = Bench()
        bench.anonymous(message("m1"))
        bench.anonymous(purge)
        bench.wait(60)
        bench.account(message("m1"), sent_s=0.0)

        assert bench.ids == []
        assert bench.purges == [purge]


def test_a_deletion_that_comes_before_its_message_counts() -> None:
    bench = Bench()
    bench.account(Purge(channel="main", message_id="m1"))
    bench.account(message("m1"))
    bench.account(message("m2"))

    assert bench.ids == ["m2"]


def test_a_message_that_was_sent_before_its_chatter_was_timed_out_is_not_heard_after_it() -> None:
    bench = Bench()
    bench.account(Purge(channel="main", chatter_id="1"), sent_s=100.0)
    bench.account(message("m1"), sent_s=99.0)
    bench.account(message("other", by="2"), sent_s=99.0)
    bench.account(message("m2"), sent_s=200.0)  # the time-out is over
    bench.account(Purge(channel="main"), sent_s=300.0)
    bench.account(message("m3"), sent_s=299.0)

    assert bench.ids == ["other", "m2"]


def test_a_deletion_that_both_bring_is_passed_on_once() -> None:
    bench = Bench()
    purge = Purge(channel="main", chatter_id="1")
    for _ in range(2):
        bench.anonymous(purge)
        bench.account(purge)
        bench.wait(60)
    bench.account(purge)
    bench.account(purge)  # twice by the same reader is twice

    assert bench.purges == [purge] * 4


def test_what_only_the_account_hears_is_passed_on() -> None:
    bench = Bench()
    live = StreamStatus(channel="main", is_live=True)
    bench.account(live)

    assert bench.delivered == [(0.0, live)]


@pytest.mark.parametrize("other", ["n1", "another id"])
@pytest.mark.parametrize("hears", [True, False])
@pytest.mark.parametrize("pause_s", [0.0, 3.0])
def test_a_notice_is_heard_once_under_whatever_ids(
    other: str, pause_s: float, *, hears: bool
) -> None:
    for first in ("account", "anonymous"):
        bench = Bench()
        for reader in (first, {"account": "anonymous", "anonymous": "account"}[first]):
            if reader == "account":
                bench.account(notice("n1"))
            else:
                bench.anonymous(notice(other), hears=hears)
            bench.wait(pause_s)
        bench.wait(60)

        assert len(bench.ids) == 1


def test_notices_that_differ_are_not_taken_for_one() -> None:
    bench = Bench()
    bench.account(notice("n1"))
    bench.anonymous(notice("n1"))
    bench.anonymous(notice("n2"))  # which the account calls n5
    bench.anonymous(notice("n3", kind=EventKind.SUB))
    bench.anonymous(notice("n4", by="2"))
    bench.account(notice("n5"))
    bench.account(notice("n6"))  # twice by the same reader is twice
    bench.wait(60)

    assert sorted(bench.ids) == ["n1", "n3", "n4", "n5", "n6"]


@pytest.mark.parametrize("order", [("account", "anonymous"), ("anonymous", "account")])
def test_a_message_is_its_chatters_first_one_where_the_anonymous_reader_is_told_so(
    order: tuple[str, str],
) -> None:
    bench = Bench(asks_first=True)
    for reader in order:
        if reader == "account":
            bench.account(message("m1"))
        else:
            bench.anonymous(message("m1", is_first=True))
        bench.wait(0.1)
    bench.wait(60)

    assert bench.delivered == [(0.1, message("m1", is_first=True))]


def test_a_message_waits_no_longer_than_the_grace_for_who_tells_of_first_ones() -> None:
    bench = Bench(asks_first=True)
    bench.account(message("m1"))
    bench.account(message("n1", text="", event=Event(kind=EventKind.FOLLOW)))
    bench.account(message("m2", chatter=Chatter(id="2", name="m", roles=frozenset({MOD}))))
    bench.wait(60)
    bench.anonymous(message("m1"))
    bench.wait(60)

    assert [(at, item.id) for at, item in bench.delivered if isinstance(item, ChatMessage)] == [
        (0.0, "n1"),
        (0.0, "m2"),
        (GRACE_S, "m1"),
    ]


def test_what_waits_for_that_keeps_its_order_when_a_reader_is_lost() -> None:
    bench = Bench(asks_first=True)
    bench.account(message("m1"))
    bench.asks_first = False
    bench.account(message("m2"))
    bench.merge.release_all()
    bench.anonymous(message("m3"), hears=False)

    assert bench.ids == ["m1", "m2", "m3"]


@pytest.mark.parametrize("purge", [{"message_id": "m1"}, {"chatter_id": "1"}, {}])
def test_what_is_deleted_while_it_waits_for_that_is_never_heard(purge: dict[str, str]) -> None:
    bench = Bench(asks_first=True)
    bench.account(message("m1"))
    bench.account(Purge(channel="main", **purge))
    bench.anonymous(message("m1"))
    bench.wait(60)

    assert bench.ids == []


_WAYS = st.tuples(
    st.lists(st.sampled_from(["account", "anonymous"]), min_size=1, max_size=4),
    st.floats(0, 10),
    st.booleans(),
)


@given(st.lists(_WAYS, max_size=30), st.booleans())
def test_however_messages_come_each_is_delivered_once(
    ways: list[tuple[list[str], float, bool]],
    asks_first: bool,  # noqa: FBT001 - drawn
) -> None:
    bench = Bench(asks_first=asks_first)
    for number, (readers, pause_s, hears) in enumerate(ways):
        for reader in readers:
            if reader == "account":
                bench.account(message(f"m{number}"))
            else:
                bench.anonymous(message(f"m{number}"), hears=hears)
            bench.wait(pause_s)
    bench.wait(GRACE_S)

    assert sorted(bench.ids) == sorted(f"m{number}" for number in range(len(ways)))


class Weather:
    """When a reader is connected: a list of moments at which that changes, drawn at random."""

    def __init__(self, draw: random.Random, *, shortest_s: float, longest_s: float) -> None:
        self.changes = [0.0]
        while self.changes[-1] < LASTS_S:
            self.changes.append(self.changes[-1] + draw.uniform(shortest_s, longest_s))

    def is_up(self, at_s: float) -> bool:
        return bisect(self.changes, at_s) % 2 == 1


LASTS_S = 300.0
MESSAGES = 400


@pytest.mark.parametrize("seed", range(40))
def test_over_many_switches_each_message_is_heard_once_within_five_seconds(seed: int) -> None:
    """The account comes and goes, which is noticed late; so does the other reader."""
    draw = random.Random(seed)
    account = Weather(draw, shortest_s=0.2, longest_s=12)
    other = Weather(draw, shortest_s=0.2, longest_s=20)
    notices_late_s = draw.choice([0.0, 1.0, 15.0])
    bench = Bench()
    at: list[tuple[float, int, Callable[[], None]]] = []

    def plan(when_s: float, call: Callable[[], None]) -> None:
        heapq.heappush(at, (when_s, len(at), call))

    def hears() -> bool:
        """Tell what the connection believes: a half-open socket is noticed late."""
        return account.is_up(bench.now_s) or account.is_up(bench.now_s - notices_late_s)

    def bring_anonymously(item: ChatMessage) -> None:
        bench.anonymous(item, hears=hears())

    for change_s in account.changes[1::2]:
        plan(change_s + notices_late_s, lambda: None if hears() else bench.merge.release_all())
    sent: dict[str, float] = {}
    for number in range(MESSAGES):
        sent_s = draw.uniform(0, LASTS_S)
        is_notice = draw.random() < 0.1
        names = (f"m{number}", f"other{number}" if is_notice else f"m{number}")
        make = notice if is_notice else message
        copies = draw.choice([1, 1, 1, 2]) if account.is_up(sent_s) else 0
        for _ in range(copies):  # now and then it comes twice
            item = make(names[0], f"u{number}")
            delay_s = draw.choice([draw.uniform(0, 1), draw.uniform(0, 4)])
            plan(sent_s + delay_s, partial(bench.account, item, sent_s))
        if is_heard := other.is_up(sent_s):
            item = make(names[1], f"u{number}")
            plan(sent_s + draw.uniform(0, 2), partial(bring_anonymously, item))
        if copies or is_heard:
            sent[f"u{number}"] = sent_s
    while at:
        when_s, _, call = heapq.heappop(at)
        bench.wait(when_s - bench.now_s)
        call()
    bench.wait(60)

    heard_of = [
        (item.chatter.id, s) for s, item in bench.delivered if isinstance(item, ChatMessage)
    ]
    assert sorted(key for key, _ in heard_of) == sorted(sent)
    assert max(s - sent[key] for key, s in heard_of) <= 5.0
    assert len(account.changes) > 30
