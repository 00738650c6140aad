"""Times that the simulation of a pool takes: those of the files, and straight lines between."""

import pytest

from tests.bench.f5 import predict
from tests.bench.f5.results import OURS, load
from tests.bench.pool_cards import between, cards


def test_what_was_measured_is_taken_as_it_is() -> None:
    official, bundled, *counted = cards()
    measured = load(predict.RESULTS).cases[OURS]

    for length in (1.0, 3.0, 5.0, 10.0):
        ms = measured[f"{length:g} s"].times.p50_ms
        assert official.alone_s(length) == pytest.approx(ms / 1e3)
    together_s = official.share(16) * 16 * official.alone_s(3.0)
    assert together_s == pytest.approx(measured["16 x 3 s"].times.p50_ms / 1e3)
    assert 16 * bundled.share(16) * bundled.alone_s(3.27) == pytest.approx(0.0155)
    assert official.is_measured
    assert bundled.is_measured
    assert counted
    assert not any(card.is_measured for card in counted)
    for card in (official, bundled, *counted):
        assert card.share(1) == 1.0
        assert 0 < card.share(100) == card.share(16) < 1


def test_between_points_the_way_is_straight() -> None:
    points = [(1.0, 10.0), (3.0, 20.0), (4.0, 40.0)]

    assert [between(points, at) for at in (1.0, 2.0, 3.0, 3.5, 5.0)] == [10, 15, 20, 30, 60]
