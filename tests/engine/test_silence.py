import numpy as np

from bot.engine.silence import trim

RATE_HZ = 1000


def test_only_the_edges_are_cut_and_a_margin_is_kept() -> None:
    speech = np.zeros(1000, np.float32)
    speech[300:400] = 0.5
    speech[500:600] = -0.5

    trimmed = trim(speech, RATE_HZ, lead_s=0.02, tail_s=0.1)

    assert np.array_equal(trimmed, speech[280:700])


def test_a_margin_that_is_not_there_is_not_invented() -> None:
    speech = np.full(10, 0.5, np.float32)

    assert trim(speech, RATE_HZ, lead_s=1, tail_s=1).size == 10


def test_silence_becomes_nothing() -> None:
    assert trim(np.full(100, 1e-5, np.float32), RATE_HZ, lead_s=1, tail_s=1).size == 0
    assert trim(np.zeros(0, np.float32), RATE_HZ, lead_s=1, tail_s=1).size == 0
