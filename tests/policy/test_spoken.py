"""Most of a corpus by another hand is read as a person would; `python -m tests.bench.spoken`."""

from tests.bench.spoken import read

LEAST_SEEN, LEAST_UNSEEN = 0.95, 0.89


def test_most_of_the_corpus_is_read_rightly() -> None:
    lines = list(read())
    assert len(lines) > 1_500
    for is_seen, least in ((True, LEAST_SEEN), (False, LEAST_UNSEEN)):
        half = [line for line in lines if line.is_seen is is_seen]
        assert sum(line.is_right for line in half) >= least * len(half)
