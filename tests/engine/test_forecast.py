"""Forecasts of engines from requests that were measured."""

import pytest

from bot.engine.forecast import Forecast
from bot.messages import SpeechRequest


def request(letters: int, nfe: int = 7, due_s: float = 0.0) -> SpeechRequest:
    return SpeechRequest(id="m1", text="x" * letters, voice="heart", nfe=nfe, due_s=due_s)


def measure(forecast: Forecast, letters: int, took_s: float, nfe: int = 7) -> None:
    forecast.answered(forecast.begin(request(letters, nfe)), took_s)


def taught(load: float = 1.0) -> Forecast:
    """A forecast of an engine that takes 0.02 s and 0.001 s a letter for each evaluation."""
    forecast = Forecast()
    for letters in (10, 80, 30, 60, 20, 100):
        measure(forecast, letters, load * 7 * (0.02 + 0.001 * letters))
    return forecast


def test_nothing_is_known_before_the_first_answer() -> None:
    forecast = Forecast()

    assert not forecast.is_known
    assert forecast.service_s(40, 7) == 0.0


@pytest.mark.parametrize(("letters", "nfe"), [(40, 7), (40, 5), (120, 7), (5, 7)])
def test_the_cost_of_a_request_and_of_a_letter_are_told_apart(letters: int, nfe: int) -> None:
    expected_s = nfe * (0.02 + 0.001 * letters)

    assert taught().service_s(letters, nfe) == pytest.approx(expected_s, rel=0.1)


def test_one_slow_answer_changes_little_and_two_quick_ones_bring_it_back() -> None:
    forecast = taught()
    usual_s = forecast.service_s(40, 7)
    measure(forecast, 40, 10 * usual_s)
    assert forecast.service_s(40, 7) < 1.5 * usual_s
    measure(forecast, 40, 10 * usual_s)
    assert forecast.service_s(40, 7) > 5 * usual_s
    measure(forecast, 40, usual_s)
    measure(forecast, 40, usual_s)
    assert forecast.service_s(40, 7) < 1.5 * usual_s


def test_what_is_needed_sooner_is_waited_for() -> None:
    forecast = taught()
    alone_s = forecast.expect_s(40, 7)
    forecast.begin(request(40))
    forecast.begin(request(40, due_s=5.0))

    assert forecast.expect_s(40, 7, due_s=1.0) == pytest.approx(2 * alone_s, rel=0.2)
    assert forecast.expect_s(40, 7, due_s=9.0) == pytest.approx(3 * alone_s, rel=0.2)


def test_what_is_given_up_tells_that_it_would_have_taken_longer() -> None:
    forecast = taught(load=1e-6)  # whatever it takes here is more
    before_s = forecast.service_s(40, 7)
    for _ in range(2):
        forecast.given_up(forecast.begin(request(40)))

    assert forecast.service_s(40, 7) > before_s


def test_a_new_process_is_as_quick_as_usual() -> None:
    forecast = taught()
    usual_s = forecast.service_s(40, 7)
    for _ in range(2):
        measure(forecast, 40, 10 * usual_s)
    forecast.forget_load()

    assert forecast.service_s(40, 7) < 2 * usual_s


def test_what_only_waited_and_is_given_up_changes_nothing_of_what_is_computed() -> None:
    forecast = taught(load=1e6)
    at_work = forecast.begin(request(40))
    waiting = forecast.begin(request(40, due_s=5.0))
    left_s = forecast.wait_s(due_at=0.0)
    forecast.given_up(waiting)

    assert forecast.wait_s(due_at=0.0) <= left_s  # its time goes on
    before_s = forecast.service_s(40, 7)
    forecast.answered(at_work, 0.0)
    assert forecast.service_s(40, 7) == before_s


def test_a_trial_that_runs_is_waited_for_by_what_is_more_urgent() -> None:
    forecast = taught()
    alone_s = forecast.expect_s(40, 7)
    forecast.begin(request(40, due_s=60.0))

    assert forecast.expect_s(40, 7) == pytest.approx(2 * alone_s, rel=0.2)


def test_what_is_given_up_before_anything_is_known_teaches_nothing() -> None:
    forecast = Forecast()
    forecast.given_up(forecast.begin(request(40)))

    assert not forecast.is_known


def test_nobody_waits_for_an_engine_that_speaks_several_at_once() -> None:
    forecast = taught()
    forecast.at_once = 2
    alone_s = forecast.expect_s(40, 7)
    forecast.begin(request(40))
    assert forecast.expect_s(40, 7) == alone_s
    forecast.begin(request(40))
    assert forecast.expect_s(40, 7) > 1.5 * alone_s
