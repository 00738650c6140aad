"""What a game loses while the daemon speaks beside it, and how soon speech is heard beside a game.

Run from the repository: `python -m tests.bench.game [--messages N] [--save NAME]`. The game is a
loop of 60 frames a second on each core, of about 14 ms of work a frame, first alone, then while the
daemon speaks with the bundled F5-TTS or hibari into a PulseAudio null sink.

`python -m tests.bench.game --gpu [--device cuda]` has a loop of about 12 ms of matrix products a
frame on the GPU in a process of its own, and the engine in this one. It needs torch, numpy,
msgspec, safetensors, platformdirs, rjieba, pyyaml and hibari alone; `--device cpu` tries it without
a GPU. With `--random SHAPE` a model of another size, with random weights, speaks noise.
"""

import argparse
import asyncio
import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

import bot
from bot.messages import SpeechRequest
from tests.bench.load import CORES
from tests.bench.report import environment, save, spread_ms
from training import heldout

_FRAME_S = 1 / 60
_WORK_S = {"core": 0.014, "gpu": 0.012}
_CALIBRATE_S = 3.0
_SIZE = {"cuda": 4096, "cpu": 256}
_MIB = 2**20


def core_work() -> Callable[[int], None]:
    """Return what does so many steps of work on one core."""

    def work(steps: int) -> None:
        for _ in range(steps):
            pass

    return work


def gpu_work(device: str) -> Callable[[int], None]:
    """Return what does so many steps of work on the device, and waits for them."""
    import torch  # noqa: PLC0415 - the loop on cores needs none

    torch.set_num_threads(1)
    size = _SIZE[torch.device(device).type]
    matrix = torch.randn(size, size, device=device)
    result = torch.empty_like(matrix)

    def work(steps: int) -> None:
        for _ in range(steps):
            torch.mm(matrix, matrix, out=result)
        if result.is_cuda:
            torch.cuda.synchronize()

    return work


def steps_for(work: Callable[[int], None], work_s: float) -> int:
    """Return how many steps take so long, in the median."""
    steps = 1
    while _took_s(work, steps) < work_s:
        steps *= 2
    until = time.perf_counter() + _CALIBRATE_S
    each_s = []
    while time.perf_counter() < until:
        each_s.append(_took_s(work, steps) / steps)
        time.sleep(max(_FRAME_S - work_s, 0.0))
    return max(round(work_s / float(np.median(each_s))), 1)


def _took_s(work: Callable[[int], None], steps: int) -> float:
    begun = time.perf_counter()
    work(steps)
    return time.perf_counter() - begun


def play(kind: str, device: str, steps: int) -> None:
    """Be the game: draw frames until the standard input ends, then tell how long each took.

    A frame begins with the next picture of the screen; one that is late begins later.
    """
    work = gpu_work(device) if kind == "gpu" else core_work()
    steps = steps or steps_for(work, _WORK_S[kind])
    work(steps)
    print(json.dumps(steps), flush=True)
    frames_s: list[float] = []
    begun = time.perf_counter()
    while not select.select([sys.stdin], [], [], 0)[0]:
        since_s = time.perf_counter() - begun
        time.sleep(_FRAME_S - since_s % _FRAME_S)
        due_s = begun + round((time.perf_counter() - begun) / _FRAME_S) * _FRAME_S
        work(steps)
        frames_s.append(time.perf_counter() - due_s)
    print(json.dumps(frames_s), flush=True)


class Game:
    """Loops in processes of their own."""

    def __init__(self, kind: str, device: str, loops: int, steps: int = 0) -> None:
        """Start so many, of so many steps a frame; 0 finds out how many are right."""
        command = [sys.executable, "-m", "tests.bench.game", "--loop", kind, "--device", device]
        command += ["--steps", str(steps)]
        self._loops = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            for _ in range(loops)
        ]
        self.steps: int = round(sum(self._answer(loop) for loop in self._loops) / loops)

    @staticmethod
    def _answer(loop: subprocess.Popen[bytes]) -> Any:  # noqa: ANN401 - JSON
        assert loop.stdout is not None
        return json.loads(loop.stdout.readline())

    def end(self) -> list[float]:
        """End it; return the seconds from each frame's turn to its end."""
        for loop in self._loops:
            assert loop.stdin is not None
            loop.stdin.close()
        frames_s = [frame_s for loop in self._loops for frame_s in self._answer(loop)]
        for loop in self._loops:
            loop.wait()
        return frames_s


def frames(frames_s: Sequence[float]) -> dict[str, Any]:
    """Return how long frames took, and how many were late."""
    late = sum(frame_s > _FRAME_S for frame_s in frames_s)
    return spread_ms(frames_s) | {"late": late, "late_share": round(late / len(frames_s), 4)}


@contextmanager
def playing(kind: str, device: str, loops: int, steps: int, into: dict[str, Any]) -> Iterator[None]:
    """Let the game run while the block does; put what became of its frames `into`."""
    game = Game(kind, device, loops, steps)
    frames_s: list[float] = []
    try:
        yield
    finally:
        frames_s = game.end()
    into |= frames(frames_s)


def calibrated(kind: str, device: str, loops: int) -> int:
    """Return the steps of a frame, found while all loops run."""
    game = Game(kind, device, loops)
    game.end()
    return game.steps


def compared(alone: dict[str, Any], beside: dict[str, Any]) -> dict[str, Any]:
    """Return what the game lost."""
    return {
        "added_at_p99_ms": round(beside["p99_ms"] - alone["p99_ms"], 2),
        "added_late_share": round(beside["late_share"] - alone["late_share"], 4),
    }


def on_cores(messages: int, seconds: float) -> dict[str, Any]:
    """Measure a game on all cores, the daemon, and both."""
    # They need a sound server and pytest, which a machine with a GPU may lack.
    from tests.bench.daemon import Daemon, sound_server  # noqa: PLC0415
    from tests.bench.soak import wait_for_f5  # noqa: PLC0415
    from tests.bench.starved import Ear, start, summary  # noqa: PLC0415

    def hear(ear: Ear) -> dict[str, Any]:
        heard = []
        for _ in range(messages):
            ear.pause()
            heard += ear.hear()
        return summary(heard)

    steps = calibrated("core", "cpu", CORES)
    alone: dict[str, Any] = {}
    idle: dict[str, Any] = {}
    beside: dict[str, Any] = {}
    with playing("core", "cpu", CORES, steps, alone):
        time.sleep(seconds)
    with tempfile.TemporaryDirectory() as name, sound_server(Path(name)) as pulse:
        daemon: Daemon = start(Path(name), pulse)
        try:
            wait_for_f5(daemon)
            ear = Ear(daemon, pulse.record(), Path(name) / "clips.wav", seed=1)
            ear.hear()
            quiet = hear(ear)
            with playing("core", "cpu", CORES, steps, idle):
                time.sleep(seconds)
            with playing("core", "cpu", CORES, steps, beside):
                starved = hear(ear)
        finally:
            daemon.stop()
    return {
        "loops": CORES,
        "game_alone": alone,
        "game_beside_an_idle_daemon": idle | compared(alone, idle),
        "game_beside_speech": beside | compared(alone, beside),
        "speech_alone": quiet,
        "speech_beside_the_game": starved,
    }


def on_gpu(device: str, random: str, messages: int, seconds: float) -> dict[str, Any]:
    """Measure a game on the GPU, the engine, and both."""
    from bot.engine.f5.engine import F5Engine  # noqa: PLC0415 - needs torch
    from tests.bench.f5 import checkpoints  # noqa: PLC0415 - needs torch

    root = Path(bot.__file__).parents[1]
    folders = (root / "bot/engine/f5/bundled", root / "voices")
    steps = calibrated("gpu", device, 1)
    free_before = free_bytes(device)
    resident_before = resident_mib()
    alone: dict[str, Any] = {}
    beside: dict[str, Any] = {}
    with playing("gpu", device, 1, steps, alone):
        time.sleep(seconds)
    with tempfile.TemporaryDirectory() as name, asyncio.Runner() as runner:
        scratch = Path(name)
        if random:
            checkpoints.write(scratch, checkpoints.shape_named(random))
            folders = (scratch, scratch / "voices")
        engine = F5Engine(
            model=str(folders[0] / "model"),
            vocoder=str(folders[0] / "vocoder"),
            voices=str(folders[1]),
            cache=str(scratch / "cache"),
            device=device,
            nfe=7,
        )
        runner.run(engine.warm_up())

        def speak() -> dict[str, Any]:
            texts = heldout.sentences("chat")[:messages]
            voice = checkpoints.VOICE if random else "heart"
            took_s = [runner.run(_speak(engine, text, voice)) for text in texts]
            return spread_ms(took_s)

        speak()
        quiet = speak()
        with playing("gpu", device, 1, steps, beside):
            until = time.perf_counter() + seconds
            starved = speak()
            while time.perf_counter() < until:
                speak()
        taken = free_before - free_bytes(device)
        resident = resident_mib() - resident_before
        hardware = engine.hardware
        runner.run(engine.close())
    return {
        "model": random or "bundled",
        "engine": hardware,
        "engine_gpu_mib": round(taken / _MIB),
        "engine_ram_mib": round(resident),
        "game_alone": alone,
        "game_beside_speech": beside | compared(alone, beside),
        "piece_alone": quiet,
        "piece_beside_the_game": starved,
    }


async def _speak(engine: Any, text: str, voice: str) -> float:  # noqa: ANN401 - it needs torch
    request = SpeechRequest(id=text, text=text, voice=voice)
    begun = time.perf_counter()
    (chunk,) = await engine.speak([request])
    if isinstance(chunk, Exception):
        raise chunk
    return time.perf_counter() - begun


def free_bytes(device: str) -> int:
    """Return the free memory of the GPU as another process sees it; 0 without one."""
    if not device.startswith("cuda"):
        return 0
    code = f"import torch; print(torch.cuda.mem_get_info({device!r})[0])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    return int(answer.stdout)


def resident_mib() -> float:
    """Return the memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / _MIB


def main() -> None:
    """Measure, print and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gpu", action="store_true", help="a game on the GPU, and the engine")
    parser.add_argument("--device", default="cuda", help="of --gpu: cuda, or cpu to try it")
    parser.add_argument("--random", default="", metavar="SHAPE", help="of --gpu: F5TTS_v1_Base")
    parser.add_argument("--messages", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=30.0, help="of the game alone")
    parser.add_argument("--save", default="", help="name of the result; none is only printed")
    parser.add_argument("--loop", choices=_WORK_S, help=argparse.SUPPRESS)
    parser.add_argument("--steps", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.loop:
        play(options.loop, options.device, options.steps)
        return
    begun = time.monotonic()
    result: dict[str, Any] = environment("torch", "numpy")
    if options.gpu:
        if options.device.startswith("cuda"):
            from torch import cuda  # noqa: PLC0415 - the game on cores needs none

            result["gpu"] = cuda.get_device_name(options.device)
        result |= on_gpu(options.device, options.random, options.messages, options.seconds)
    else:
        result |= on_cores(options.messages, options.seconds)
    save(options.save, result)
    print(f"took {time.monotonic() - begun:.0f} s in all")


if __name__ == "__main__":
    main()
