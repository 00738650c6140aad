"""Pieces and their lengths are upstream's, except where upstream runs into what it never learnt."""

import ast
import re
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bot.engine.f5.batching import join_pieces
from bot.engine.f5.text.duration import (
    ESTIMATES,
    MAX_FRAMES,
    Estimate,
    paced_frames,
    piece_bytes,
    split_text,
    total_frames,
)
from bot.engine.f5.voice.reference import Reference

REFERENCE = Reference(torch.zeros(563, 100), "Some call me nature, others call me. ", 144_000, 0.1)


@pytest.fixture(scope="module")
def chunk_text() -> Callable[..., list[str]]:
    """Upstream's function, cut out of a module that needs matplotlib, pydub and transformers."""
    spec = find_spec("f5_tts")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    path = Path(spec.submodule_search_locations[0]) / "infer" / "utils_infer.py"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    tree.body = [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name == "chunk_text"
    ]
    names: dict[str, Any] = {"re": re}
    exec(compile(tree, str(path), "exec"), names)
    function: Callable[..., list[str]] = names["chunk_text"]
    return function


TEXTS = [
    "One. Two! Three? Four; five: six, seven.",
    "A sentence of middling length, with a comma. " * 12,
    "你好，世界！我在学中文。" * 20,
    "Short",
    "Mixed 你好。and more, of it! " * 9,
]


@pytest.mark.parametrize("text", TEXTS)
def test_pieces_equal_upstream(text: str, chunk_text: Callable[..., list[str]]) -> None:
    per_s = len(REFERENCE.transcript.encode()) / REFERENCE.duration_s
    limit = int(per_s * (22 - REFERENCE.duration_s))
    assert piece_bytes(REFERENCE) == limit
    assert split_text(text, limit) == chunk_text(text, max_chars=limit)


@pytest.mark.parametrize("text", ["x" * 10_000, "word " * 2_000, "喂" * 3_000, "a" * 300 + " b"])
def test_no_piece_is_longer_than_the_model_has_learnt(text: str) -> None:
    pieces = split_text(text, piece_bytes(REFERENCE))
    assert "".join(pieces).replace(" ", "") == text.replace(" ", "")
    for piece in pieces:
        assert total_frames(piece, REFERENCE, len(piece), 1.0) < MAX_FRAMES


@pytest.mark.parametrize("limit", [-3, 0, 1, 3])
@pytest.mark.parametrize("text", ["word " * 9, "喂喂，喂", "😀😀"])
def test_a_limit_below_one_character_gives_pieces_of_one(text: str, limit: int) -> None:
    pieces = split_text(text, limit)
    assert "".join(pieces).replace(" ", "") == text.replace(" ", "")
    assert max(len(piece.encode()) for piece in pieces) <= 4


@pytest.mark.parametrize("text", ["", " ", "\n\t "])
def test_nothing_gives_no_piece(text: str) -> None:
    assert split_text(text, piece_bytes(REFERENCE)) == []


@pytest.mark.parametrize(("text", "rate"), [("Hello chat, how are you?", 1.2), ("Hi", 0.3)])
def test_length_equals_upstream(text: str, rate: float) -> None:
    frames = REFERENCE.samples // 256
    transcript = len(REFERENCE.prompt.encode())
    expected = frames + int(frames / transcript * len(text.encode()) / rate)
    assert total_frames(text, REFERENCE, len(text), 1.2) == expected


@pytest.mark.parametrize("estimate", ESTIMATES.values())
def test_every_token_gets_a_frame(estimate: Estimate) -> None:
    assert estimate("Hi there, chat", REFERENCE, 1_500, 1.0) == 1_501


def speech_s(text: str, speed: float = 1.0) -> float:
    return (paced_frames(text, REFERENCE, 1, speed) - REFERENCE.frames) * 256 / 24_000


def test_the_reference_says_its_own_words_in_its_own_time() -> None:
    assert speech_s(REFERENCE.transcript) == pytest.approx(REFERENCE.duration_s, rel=0.02)
    assert speech_s(REFERENCE.transcript, 2.0) == pytest.approx(REFERENCE.duration_s / 2, rel=0.02)


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("Hello chat, how are you", "Привет chat, how are you"),
        ("naïve café été", "naive cafe ete"),
        ("naïve café", "naive cafe"),
    ],
)
def test_letters_take_the_same_time_whatever_their_bytes(text: str, other: str) -> None:
    longer = len(other) / len(text)
    assert speech_s(text) == pytest.approx(speech_s(other) / max(longer, 1), rel=0.1)


def test_a_syllable_takes_longer_than_a_letter_and_punctuation_takes_time() -> None:
    assert speech_s("你好世界你好") > 2 * speech_s("abcdef")
    assert speech_s("one, two, three, four") > speech_s("one two three four") + 0.5


@pytest.mark.parametrize("text", ["gg", "no", "a", "hello"])
def test_a_lone_word_has_time_to_end(text: str) -> None:
    assert 0.44 < speech_s(text) < 1.2


def upstream_join(waves: list[Any]) -> Any:
    """Join as `infer_batch_process` does."""
    final = waves[0]
    for following in waves[1:]:
        overlap = min(3600, len(final), len(following))
        fade = np.linspace(0, 1, overlap)
        mixed = final[len(final) - overlap :] * (1 - fade) + following[:overlap] * fade
        final = np.concatenate([final[: len(final) - overlap], mixed, following[overlap:]])
    return final


@pytest.mark.parametrize("lengths", [[9_000], [9_000, 8_000, 7_000], [100, 9_000, 50], [5_000, 1]])
def test_joined_pieces_equal_upstream(lengths: list[int]) -> None:
    rng = np.random.default_rng(0)
    waves = [rng.standard_normal(length).astype(np.float32) for length in lengths]
    joined = join_pieces(waves, overlap=True)
    assert joined.dtype == np.float32
    np.testing.assert_allclose(joined, upstream_join(waves), atol=1e-6)
    np.testing.assert_array_equal(join_pieces(waves, overlap=False), np.concatenate(waves))
