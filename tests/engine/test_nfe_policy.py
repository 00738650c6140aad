import math

import pytest

from bot.config.sections.engine import EngineSettings
from bot.engine.nfe_policy import NfePolicy
from bot.wiring.engines import nfe_policy

POLICY = NfePolicy(idle=10, normal=7, least=5)


@pytest.mark.parametrize(
    ("waiting", "expires_in_s", "expected"),
    [
        (0, math.inf, 10),
        (1, 120, 7),
        (10, math.inf, 7),
        (10, 41, 7),
        (10, 39, 5),
        (1, -3, 5),
    ],
)
def test_the_nfe_follows_what_waits(waiting: int, expires_in_s: float, expected: int) -> None:
    chosen = POLICY.choose(waiting=waiting, each_s=4.0, expires_in_s=expires_in_s)

    assert chosen == expected


def test_without_numbers_the_engine_chooses() -> None:
    assert NfePolicy().choose(waiting=3, each_s=4.0, expires_in_s=1.0) == 0


def test_the_least_alone_is_for_who_asks_for_it() -> None:
    policy = NfePolicy(least=5)
    assert policy.choose(waiting=9, each_s=4.0, expires_in_s=1.0) == 0


@pytest.mark.parametrize(("chosen", "least"), [(7, 5), (4, 4), ("auto", 5)])
def test_the_ladder_has_a_least_number_whatever_is_set(chosen: int | str, least: int) -> None:
    settings = EngineSettings.model_validate({"f5": {"nfe": chosen}})
    assert nfe_policy(settings).least == least
