"""How soon speech is heard, whether it has gaps, and what happens when many speak at once.

Run from the repository: `python -m tests.bench.speech [--engine f5|hibari] [--save NAME]`. It
measures what the daemon uses: the engine in a process of its own, fallback and pieces; nothing is
played. The full shape with random weights on a GPU needs torch, numpy, safetensors, msgspec,
structlog, platformdirs, rjieba and pyyaml alone:
`python -m tests.bench.speech --random F5TTS_v1_Base --device cuda --save speech_h100`.

Every figure that is judged is a ratio within one run, taken in turn.
"""

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, NamedTuple

from bot.engine.fallback import FallbackEngine
from bot.engine.narrator import Narrator
from bot.engine.nfe_policy import NfePolicy
from bot.engine.process.supervisor import Supervisor
from bot.messages import SpeechRequest
from tests.bench.report import environment, save, spread_ms

_LENGTHS = (10, 50, 150, 300)
_FIRST_SENTENCE = 48
_LETTERS_PER_S = {True: 14.3, False: 19.0}
"""Of random weights behind their reference, and of the voice heart."""
_TOGETHER = 16
_EVERY_S = 2.0
_NFE_POLICY = NfePolicy(idle=10, normal=7, least=5)
_MAX_AGE_S = 120.0
_TYPICAL_S = 3.0
_CHAT = (
    "hello chat this game is so good what a play nice one no way that was close can you try"
    " the other door why did you do that first time here love the stream well played again"
)
_WORDS = _CHAT.split()


class Heard(NamedTuple):
    """One utterance as a listener would have it."""

    ttfa_s: float
    """From the request to the first sound."""
    gaps_s: tuple[float, ...]
    """Silence before each later piece because it was not there in time."""
    audio_s: float
    took_s: float
    """From the request to the last sound's arrival."""
    nfe: int


def text_of(rng: random.Random, letters: int) -> str:
    """Return chat of so many letters whose first sentence is a short one."""
    words: list[str] = []
    while len(" ".join(words)) < letters:
        words.append(rng.choice(_WORDS))
        if len(" ".join(words)) > _FIRST_SENTENCE and not any("." in word for word in words):
            words[-1] += "."
    return " ".join(words)[:letters].strip()


def first_sentence(text: str) -> str:
    """Return the first sentence of `text`."""
    return text.partition(".")[0] + "."


class Listener:
    """Asks a narrator as a channel would."""

    def __init__(self, narrator: Narrator, voice: str, *, is_random: bool) -> None:
        self._narrator = narrator
        self._voice = voice
        self.text_3_s = text_of(random.Random(6), round(3 * _LETTERS_PER_S[is_random]))
        self._count = 0

    async def hear(self, text: str, *, nfe: int = 0) -> Heard:
        """Return how `text` would be heard by somebody who waits for it."""
        self._count += 1
        request = SpeechRequest(id=f"m{self._count}", text=text, voice=self._voice, nfe=nfe)
        asked_at = time.perf_counter()
        first_at = audio_s = ran_dry_s = 0.0
        gaps_s: list[float] = []
        used = 0
        async with aclosing(self._narrator.synthesize(request)) as chunks:
            async for chunk in chunks:
                at = time.perf_counter()
                used = used or chunk.nfe
                if first_at:
                    late_s = max(at - first_at - audio_s - ran_dry_s, 0.0)
                    gaps_s.append(late_s)
                    ran_dry_s += late_s
                first_at = first_at or at
                audio_s += chunk.duration_s
        took_s = time.perf_counter() - asked_at
        return Heard(first_at - asked_at, tuple(gaps_s), audio_s, took_s, used)


async def first_sounds(listener: Listener, rounds: int) -> dict[str, Any]:
    """Measure the first sound and the gaps of messages of several lengths, in turn."""
    rng = random.Random(5)
    heard: dict[int, list[Heard]] = {letters: [] for letters in _LENGTHS}
    ratios = []
    for _ in range(rounds):
        for letters in _LENGTHS:
            text = text_of(rng, letters)
            heard[letters].append(await listener.hear(text))
        alone = await listener.hear(first_sentence(text))
        ratios.append(heard[_LENGTHS[-1]][-1].ttfa_s / alone.ttfa_s)
    return {
        "by_letters": {
            letters: {
                "ttfa": spread_ms([each.ttfa_s for each in found]),
                "gap_before_a_piece": spread_ms([g for each in found for g in each.gaps_s] or [0]),
                "audio_s": round(statistics.mean(each.audio_s for each in found), 2),
                "rtf": round(statistics.median(each.took_s / each.audio_s for each in found), 4),
            }
            for letters, found in heard.items()
        },
        "ttfa_of_300_over_its_first_sentence": round(statistics.median(ratios), 3),
    }


async def together(listener: Listener, rounds: int) -> dict[str, Any]:
    """Measure messages of 3 s that arrive together against one after the other."""
    shares, first = [], []
    one_s: list[float] = []
    for _ in range(rounds):
        begun = time.perf_counter()
        alone = [await listener.hear(listener.text_3_s) for _ in range(_TOGETHER)]
        in_turn_s = time.perf_counter() - begun
        begun = time.perf_counter()
        at_once = await asyncio.gather(
            *(listener.hear(listener.text_3_s) for _ in range(_TOGETHER))
        )
        shares.append((time.perf_counter() - begun) / in_turn_s)
        usual_s = statistics.median(each.ttfa_s for each in alone)
        one_s.append(usual_s)
        first.append(min(each.ttfa_s for each in at_once) / usual_s)
    return {
        "messages": _TOGETHER,
        "audio_s": round(alone[0].audio_s, 2),
        "alone_ms": round(statistics.median(one_s) * 1000, 1),
        "time_over_one_after_the_other": round(statistics.median(shares), 3),
        "start_of_the_first_over_alone": round(statistics.median(first), 3),
    }


async def sustained(listener: Listener, duration_s: float) -> dict[str, Any]:
    """Ask for a message of 3 s every 2 s, with the evaluations that what waits allows."""
    waiting: list[int] = []
    tasks: list[asyncio.Task[Heard]] = []
    begun = time.perf_counter()
    while (elapsed_s := time.perf_counter() - begun) < duration_s:
        pending = sum(not task.done() for task in tasks)
        waiting.append(pending)
        expires_s = _MAX_AGE_S - pending * _EVERY_S
        nfe = _NFE_POLICY.choose(waiting=pending, each_s=_TYPICAL_S, expires_in_s=expires_s)
        tasks.append(asyncio.create_task(listener.hear(listener.text_3_s, nfe=nfe)))
        await asyncio.sleep(begun + len(tasks) * _EVERY_S - begun - elapsed_s)
    heard = await asyncio.gather(*tasks)
    half = len(waiting) // 2
    return {
        "duration_s": duration_s,
        "messages": len(heard),
        "audio_s_each": round(statistics.mean(each.audio_s for each in heard), 2),
        "waiting_max_of_first_half": max(waiting[:half]),
        "waiting_max_of_second_half": max(waiting[half:]),
        "nfe": {nfe: sum(each.nfe == nfe for each in heard) for nfe in {e.nfe for e in heard}},
    }


def random_model(folder: Path, shape: str) -> dict[str, Any]:
    """Return the options of F5-TTS with random weights of `shape`, written below `folder`."""
    from tests.bench.f5 import checkpoints  # noqa: PLC0415 - needs torch

    checkpoints.write(folder, checkpoints.shape_named(shape))
    parts = {name: str(folder / name) for name in ("model", "vocoder", "voices")}
    return {**parts, "cache": str(folder / "cache"), "allow_unlicensed": True}


def bundled_model(folder: Path) -> dict[str, Any]:
    """Return the options of the F5-TTS model that comes along."""
    from bot.engine.f5.weights.installed import choose  # noqa: PLC0415 - needs torch

    here, _ = choose("bundled", "bundled")
    voices = Path(__file__).parents[2] / "voices"
    return {
        "model": str(here.model),
        "vocoder": str(here.vocoder),
        "voices": str(voices),
        "cache": str(folder / "cache"),
    }


async def measure(
    supervisor: Supervisor, voice: str, options: argparse.Namespace
) -> dict[str, Any]:
    """Return all figures of one engine."""
    narrator = Narrator(FallbackEngine([supervisor], stall_s=120.0))
    listener = Listener(narrator, voice, is_random=bool(options.random))
    result: dict[str, Any] = {}
    parts: Mapping[str, Callable[[], Awaitable[dict[str, Any]]]] = {
        "first_sound": lambda: first_sounds(listener, options.rounds),
        "together": lambda: together(listener, max(options.rounds // 3, 1)),
        "sustained": lambda: sustained(listener, options.sustain_s),
    }
    try:
        begun = time.perf_counter()
        await narrator.warm_up()
        result["start_to_warm_s"] = round(time.perf_counter() - begun, 1)
        await listener.hear(listener.text_3_s)
        for name in options.parts:
            print(f"{name} ...", file=sys.stderr)
            result[name] = await parts[name]()
        result["restarts"] = supervisor.restarts
    finally:
        await narrator.close()
    return result


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=("f5", "hibari"), default="f5")
    parser.add_argument("--random", default="", help="a shape with random weights: F5TTS_v1_Base")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--batch-frames", type=int, help="budget of a batch instead of the usual")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--sustain-s", type=float, default=60.0)
    parser.add_argument("--parts", nargs="*", default=["first_sound", "together", "sustained"])
    parser.add_argument("--save", default="", help="name of the result; none is only printed")
    return parser.parse_args(argv)


def main() -> None:
    """Measure, print and write the results."""
    options = arguments()
    packages = ["torch", "numpy"] if options.engine == "f5" else ["hibari-tts", "numpy"]
    result: dict[str, Any] = environment(*packages)
    with tempfile.TemporaryDirectory() as name:
        made: dict[str, Any] = {}
        voice = "heart"
        if options.engine == "f5":
            made = random_model(Path(name), options.random) if options.random else {}
            made = made or bundled_model(Path(name))
            voice = "noise" if options.random else "heart"
            made |= {"device": options.device, "nfe_choices": [10, 7, 5], "nfe": 7}
            if options.batch_frames is not None:
                made["batch_frames"] = options.batch_frames
        if options.device.startswith("cuda"):
            from torch import cuda  # noqa: PLC0415 - hibari needs none

            result["gpu"] = cuda.get_device_name()
        result |= {"engine": options.engine, "model": options.random or "bundled"}
        result |= asyncio.run(measure(Supervisor(options.engine, lambda: made), voice, options))
    save(options.save, result)


if __name__ == "__main__":
    main()
