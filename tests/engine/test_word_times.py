import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from bot.engine.joining import fit_piece
from bot.engine.word_times import estimate, with_words, written_words
from bot.messages import AudioChunk, Samples, WordTime
from bot.playback.clip import Clip

RATE_HZ = 8_000
TEXTS = st.text(alphabet="abc,. 5-你", max_size=60)
SOUNDS = st.lists(
    st.tuples(st.sampled_from([0.0, 0.0005, 0.4]), st.integers(400, 4_000)), max_size=8
)


def sound(*parts: tuple[float, int]) -> Samples:
    """Tones of so much level, for so many samples."""
    return np.concatenate(
        [np.zeros(0, np.float32)]
        + [level * np.cos(np.arange(count), dtype=np.float32) for level, count in parts]
    )


def is_in_order(words: tuple[WordTime, ...] | list[WordTime]) -> bool:
    times_s = [time_s for word in words for time_s in (word.start_s, word.end_s)]
    return times_s == sorted(times_s)


@given(TEXTS, SOUNDS)
def test_estimates_are_every_word_once_in_order_and_inside(
    text: str, parts: list[tuple[float, int]]
) -> None:
    samples = sound(*parts)
    words = estimate(text, samples, RATE_HZ)

    assert [word.text for word in words] == written_words(text)
    assert is_in_order(words)
    assert not any(word.is_exact for word in words)
    if words:
        assert words[0].start_s >= 0
        assert words[-1].end_s <= len(samples) / RATE_HZ + 0.001


def test_words_share_what_is_heard_and_a_silence_is_that_of_the_comma() -> None:
    samples = sound((0, 1_600), (0.4, 8_000), (0, 2_400), (0.4, 4_000), (0, 1_600))
    words = estimate("one two three four, five", samples, RATE_HZ)

    assert words[0].start_s == pytest.approx(0.2, abs=0.011)
    assert words[3].end_s == pytest.approx(1.2, abs=0.011)
    assert words[4].start_s == pytest.approx(1.5, abs=0.011)
    assert words[4].end_s == pytest.approx(2.0, abs=0.011)
    assert words[2].end_s - words[2].start_s > words[1].end_s - words[1].start_s


def test_twice_as_fast_is_half_as_late() -> None:
    text = "Some words, and more. The end!"
    parts = [(0.4, 6_000), (0.0, 2_000), (0.4, 5_000)]
    slow = estimate(text, sound(*parts), RATE_HZ)
    fast = estimate(text, sound(*parts), 2 * RATE_HZ)

    assert [word.start_s for word in fast] == pytest.approx(
        [word.start_s / 2 for word in slow], abs=0.02
    )


def test_what_an_engine_tells_is_not_estimated() -> None:
    told = (WordTime("a", 0.1, 0.2, is_exact=True),)
    chunk = AudioChunk(samples=sound((0.4, 4_000)), sample_rate_hz=RATE_HZ, words=told)

    assert with_words(chunk, "a").words == told
    assert [word.text for word in with_words(replace(chunk, words=()), "a b").words] == ["a", "b"]


def first_s(samples: Samples) -> float:
    """Return when something is heard at first."""
    return float(np.flatnonzero(np.abs(samples) > 0.01)[0]) / RATE_HZ


@given(
    st.lists(st.tuples(TEXTS, SOUNDS), min_size=1, max_size=4), st.sampled_from([0.0, 0.03, 0.3])
)
def test_joins_move_words_with_their_sound(
    pieces: list[tuple[str, list[tuple[float, int]]]], pause_s: float
) -> None:
    clip = Clip()
    said: list[str] = []
    for number, (text, parts) in enumerate(pieces):
        chunk = AudioChunk(samples=sound(*parts), sample_rate_hz=RATE_HZ)
        is_last = number == len(pieces) - 1
        before_s = clip.duration_s
        whole = with_words(chunk, text)
        piece = fit_piece(whole, is_first=number == 0, is_last=is_last, pause_s=pause_s)
        if piece is None:
            continue
        clip.append(piece)
        assert is_in_order(clip.words)
        moved_s = before_s + first_s(piece.samples) - first_s(chunk.samples)
        for told, moved in zip(whole.words, clip.words[len(said) :], strict=True):
            expected_s = min(max(told.start_s + moved_s, before_s), clip.duration_s)
            assert moved.start_s == pytest.approx(expected_s, abs=0.006)
        said += written_words(text)

    assert [word.text for word in clip.words] == said
    if clip.words:
        assert clip.words[0].start_s >= 0
        assert clip.words[-1].end_s <= clip.duration_s + 0.001
