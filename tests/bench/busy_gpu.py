"""Speech while other programs take the GPU: who speaks, and whether anybody waits.

Run from the repository: `python -m tests.bench.busy_gpu [--minutes M] [--seed S] [--save NAME]`. A
chain of the bundled F5-TTS on the GPU and the same on the processor, each in a process of its own,
speaks one utterance after the other, each asked for when the one before has been heard. Meanwhile
programs that do nothing but multiply matrices on the GPU come and go at random, and now and then
the process of F5-TTS is stopped for some seconds. An utterance counts as late when its first sound
comes more than a second past the chain's patience. It needs torch, numpy, msgspec, safetensors,
structlog, platformdirs, rjieba and pyyaml alone, and hibari for its phonemes; `--device cpu` tries
it without a GPU.
"""

import argparse
import asyncio
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import bot
from bot.engine.fallback import FallbackEngine
from bot.engine.narrator import Narrator
from bot.engine.process.supervisor import Supervisor
from bot.errors import UtteranceError
from bot.messages import SpeechRequest
from tests.bench.report import environment, save, spread_ms
from training import heldout

_LONGEST_S = 4.0
"""The longest time for which programs take the GPU, or leave it alone."""
_PAUSE_S = 5.0
_STALL_S = 20.0
_MAX_LATE_S = 1.0
_END_S = 60.0
_SIZE = {"cuda": 8192, "cpu": 512}
_PROGRAMS = 4
_HOG = """
import sys, time, torch
device, size = sys.argv[1], int(sys.argv[2])
torch.set_num_threads(1)
kind = torch.float16 if device.startswith("cuda") else torch.float32
matrix = torch.randn(size, size, device=device, dtype=kind)
result = torch.empty_like(matrix)
print("ready", flush=True)
for line in sys.stdin:
    end = time.perf_counter() + float(line)
    while time.perf_counter() < end:
        for _ in range(8):
            torch.mm(matrix, matrix, out=result)
        if device.startswith("cuda"):
            torch.cuda.synchronize()
"""


class Heard(NamedTuple):
    """One utterance."""

    engines: tuple[str, ...]
    """Who spoke; empty if nobody did."""
    first_s: float
    """From its turn to its first sound."""
    gap_s: float
    """The longest silence in it that nobody meant."""
    programs: int
    """How many programs had the GPU when its turn came."""


class Programs:
    """Programs that take the GPU when told, each in a process of its own."""

    def __init__(self, device: str, count: int) -> None:
        """Start `count` of them, which do nothing yet."""
        size = str(_SIZE[device.partition(":")[0]])
        self._processes = [
            subprocess.Popen(
                [sys.executable, "-c", _HOG, device, size],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(count)
        ]
        for process in self._processes:
            assert process.stdout is not None
            process.stdout.readline()
        self._until = [0.0] * count

    @property
    def busy(self) -> int:
        """How many have the GPU now."""
        return sum(until > time.monotonic() for until in self._until)

    def take(self, count: int, seconds: float) -> None:
        """Let `count` of them that are idle multiply for so long."""
        for number, process in enumerate(self._processes):
            if count and self._until[number] <= time.monotonic():
                assert process.stdin is not None
                process.stdin.write(f"{seconds}\n")
                process.stdin.flush()
                self._until[number] = time.monotonic() + seconds
                count -= 1

    def end(self) -> None:
        """End them."""
        for process in self._processes:
            process.kill()
            process.wait()


async def disturb(
    programs: Programs, f5: Supervisor, rng: random.Random, happened: Counter[str]
) -> None:
    """Take the GPU and give it back at random; stop the engine now and then."""
    while True:
        await asyncio.sleep(rng.uniform(0.2, _LONGEST_S))
        if rng.random() < 1 / 6 and f5.pid is not None:
            pid = f5.pid
            happened["engine stopped"] += 1
            os.kill(pid, signal.SIGSTOP)
            await asyncio.sleep(_PAUSE_S)
            with suppress(ProcessLookupError):  # the watchdog may have replaced it
                os.kill(pid, signal.SIGCONT)
            continue
        count = rng.randint(1, _PROGRAMS)
        happened[f"GPU taken by {count}"] += 1
        programs.take(count, rng.uniform(0.5, 2 * _LONGEST_S))


async def hear(narrator: Narrator, text: str, identity: str, programs: Programs) -> Heard:
    """Ask for one utterance now, and listen to its end."""
    request = SpeechRequest(id=identity, text=text, voice="heart", due_s=0.0)
    begun = time.monotonic()
    busy = programs.busy
    engines: list[str] = []
    first_s = gap_s = heard_until = 0.0
    with suppress(UtteranceError):
        async with asyncio.timeout(_END_S):
            async for chunk in narrator.synthesize(request):
                at = time.monotonic()
                if engines:
                    gap_s = max(gap_s, at - heard_until)
                else:
                    first_s, heard_until = at - begun, at
                engines += [chunk.engine] if chunk.engine not in engines else []
                heard_until = max(heard_until, at) + chunk.duration_s
    await asyncio.sleep(max(heard_until - time.monotonic(), 0.0))
    return Heard(tuple(engines), first_s, gap_s, busy)


async def measure(device: str, seconds: float, seed: int, folder: Path) -> dict[str, Any]:
    """Speak for so long while the GPU is taken and given back."""
    root = Path(bot.__file__).parents[1]
    bundled = root / "bot/engine/f5/bundled"
    options = {
        "model": str(bundled / "model"),
        "vocoder": str(bundled / "vocoder"),
        "voices": str(root / "voices"),
        "cache": str(folder),
        "nfe": 10,
        "nfe_choices": (7, 5),
    }
    f5 = Supervisor("f5", lambda: options | {"device": device})
    second = Supervisor("f5-on-processor", lambda: options | {"device": "cpu"}, engine="f5")
    engine = FallbackEngine((f5, second), stall_s=_STALL_S, nfe_least=5)
    narrator = Narrator(engine)
    rng = random.Random(seed)
    programs = Programs(device, _PROGRAMS)
    happened: Counter[str] = Counter()
    heard: list[Heard] = []
    try:
        narrator.start()
        await asyncio.gather(f5.warm_up(), second.warm_up())
        lines = heldout.sentences("chat") + heldout.sentences("short")
        await hear(narrator, lines[0], "first", programs)  # what is slow only once
        disturbing = asyncio.create_task(disturb(programs, f5, rng, happened))
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            await asyncio.sleep(rng.uniform(0.0, 0.5))
            heard.append(await hear(narrator, rng.choice(lines), f"m{len(heard)}", programs))
        disturbing.cancel()
        state = {name: each.hardware for name, each in engine.states.items()}
        handovers = {name: each.handovers for name, each in engine.states.items()}
    finally:
        programs.end()
        await narrator.close()
    late_after_s = engine.patience_s + _MAX_LATE_S
    return {
        "engines": state,
        "patience_s": engine.patience_s,
        "faults": dict(sorted(happened.items())),
        **summary(heard, late_after_s),
        "handovers": handovers,
        "by_programs_that_had_the_gpu": {
            str(busy): summary([each for each in heard if each.programs == busy], late_after_s)
            for busy in sorted({each.programs for each in heard})
        },
    }


def summary(heard: Sequence[Heard], late_after_s: float) -> dict[str, Any]:
    """Return who spoke, and how soon."""
    spoken = [each for each in heard if each.engines]
    return {
        "utterances": len(heard),
        "spoken": len(spoken),
        "spoken_by": dict(Counter("+".join(each.engines) or "nobody" for each in heard)),
        "to_first_sound": spread_ms([each.first_s for each in spoken]) if spoken else None,
        "late": sum(each.first_s > late_after_s for each in spoken),
        "longest_gap_ms": round(max((each.gap_s for each in spoken), default=0.0) * 1000, 1),
    }


def main() -> int:
    """Measure, print, and return the exit code: 1 if an utterance was late or lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda", help="cuda, or cpu to try it")
    parser.add_argument("--minutes", type=float, default=4.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save", default="", help="name of the result; none is only printed")
    options = parser.parse_args()
    result: dict[str, Any] = environment("torch", "numpy")
    if options.device.startswith("cuda"):
        from torch import cuda  # noqa: PLC0415 - trying it needs none

        result["gpu"] = cuda.get_device_name(options.device)
    result |= {"minutes": options.minutes, "seed": options.seed}
    with tempfile.TemporaryDirectory() as name:
        seconds = options.minutes * 60
        result |= asyncio.run(measure(options.device, seconds, options.seed, Path(name)))
    save(options.save, result)
    return int(result["late"] > 0 or result["spoken"] != result["utterances"])


if __name__ == "__main__":
    sys.exit(main())
