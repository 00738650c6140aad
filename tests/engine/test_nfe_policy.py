import math

import pytest

from bot.engine.nfe_policy import NfePolicy

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
