"""F5 on the processor: upstream and ours in one run, the 9.7 M architecture, float32.

python tests/bench/f5_cpu.py OUT.json
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2])]

from f5_models import SMALL, ours, upstream_cfm, upstream_vocos, vocabulary

from bot.engine.f5.engine import _choose_dtype
from bot.engine.f5.layout import Item
from bot.engine.f5.mel import HOP_SAMPLES, SAMPLE_RATE_HZ, log_mel
from bot.engine.f5.runner import Runner
from bot.engine.f5.sampler import Sampling
from bot.engine.f5.text import to_ids, tokenize

CPU = torch.device("cpu")
RUNS = 10
TEXT = "Some call me nature, others not.  Hello chat, this is a short message."


def processor() -> str:
    """Return the model's name."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))


def median_s(calls: dict[str, Callable[[], Any]]) -> dict[str, float]:
    """Return the median of each; they take turns, since the machine is shared."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for run in range(RUNS + 1):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            if run:
                times[name].append(time.perf_counter() - start)
    return {name: round(statistics.median(values), 4) for name, values in times.items()}


def main() -> None:
    """Measure 3 s of reference and 2.3 s of speech at NFE 7."""
    torch.set_num_threads(2)
    cfm, vocoder = upstream_cfm(SMALL), upstream_vocos()
    runners = {}
    for name, dtype in (("float32", torch.float32), ("bfloat16", torch.bfloat16)):
        acoustic, vocos = ours(cfm, vocoder, SMALL, CPU, dtype)
        runners[name] = Runner(acoustic, vocos, CPU)
    tokens = vocabulary()
    wave = torch.randn(3 * SAMPLE_RATE_HZ) * 0.1
    mel, reference_frames = log_mel(wave), len(wave) // HOP_SAMPLES
    frames = int(5.3 * SAMPLE_RATE_HZ / HOP_SAMPLES)

    def upstream() -> None:
        with torch.inference_mode():
            result, _ = cfm.sample(
                cond=wave[None], text=[tokenize(TEXT)], duration=frames, steps=7,
                cfg_strength=2.0, sway_sampling_coef=-1.0, seed=0,
            )  # fmt: skip
            vocoder.decode(result[:, reference_frames:].permute(0, 2, 1)).numpy()

    def own(runner: Runner) -> None:
        runner.run([Item(mel, to_ids(TEXT, tokens), frames, reference_frames, 0)], Sampling())

    calls: dict[str, Callable[[], Any]] = {"upstream_float32_s": upstream}
    calls |= {f"ours_{name}_s": partial(own, runner) for name, runner in runners.items()}
    seconds = median_s(calls)
    result = {
        "processor": processor(), "threads": 2, "torch": torch.__version__,
        "parameters": sum(p.numel() for p in cfm.parameters()), **seconds,
        **{
            f"speed_up_{name}": round(
                seconds["upstream_float32_s"] / seconds[f"ours_{name}_s"], 2
            )
            for name in runners
        },
        "has_avx512_bf16": _choose_dtype(CPU) is torch.bfloat16,
    }  # fmt: skip
    Path(sys.argv[1]).write_text(json.dumps(result, indent=1))
    print(json.dumps(result))


if __name__ == "__main__":
    main()
