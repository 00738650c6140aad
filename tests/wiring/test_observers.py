"""Observers that fail, and who still hears."""

from contextlib import ExitStack

from structlog.testing import capture_logs

from bot.config import loads
from bot.outcomes import Failed, Outcome
from bot.wiring.observers import Observers
from tests.observers.samples import message, state


class Broken:
    def observe(self, outcome: Outcome) -> None:
        raise ZeroDivisionError(outcome.id)


class Listening:
    def __init__(self) -> None:
        self.heard: list[Outcome] = []

    def observe(self, outcome: Outcome) -> None:
        self.heard.append(outcome)


def test_an_observer_that_fails_is_logged_and_keeps_nothing_from_the_others() -> None:
    settings = loads("channels: [{name: main}]")
    listening = Listening()
    with ExitStack() as files, capture_logs() as logs:
        observers = Observers(settings, state, events=None, files=files)
        observers.add([Broken(), listening])
        observers.emit(Failed.of(message(), error="why"))

    assert [outcome.id for outcome in listening.heard] == ["m1"]
    assert ("observer failed", "Broken") in [
        (entry["event"], entry.get("observer")) for entry in logs
    ]


def test_without_a_broker_no_client_of_one_is_loaded_nor_any_figure_where_none_is_wanted() -> None:
    settings = loads("channels: [{name: main}]\nmetrics: {enabled: false}")
    with ExitStack() as files:
        observers = Observers(settings, state, events=None, files=files)

    assert observers.mqtt is None
    assert {route.path for route in observers.routes} == {"/api/status", "/healthz", "/readyz"}
