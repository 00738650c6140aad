"""F5 on one GPU: upstream and ours in one run, in the full F5TTS_v1_Base shape.

    python tests/bench/f5_gpu.py OUT.json [section ...]

Times are those of whole requests on the host's clock: text to tokens, text encoding, sampling,
vocoder and the copy to host memory. The weights are random, the reference is 6 s of noise.
"""

import copy
import json
import platform
import statistics
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import torch

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2])]

from f5_models import V1_BASE, ours, same_noise, upstream_cfm, upstream_vocos, vocabulary

from bot.engine.f5.layout import Item
from bot.engine.f5.mel import HOP_SAMPLES, SAMPLE_RATE_HZ, log_mel
from bot.engine.f5.runner import Runner, bucket
from bot.engine.f5.sampler import Sampling, draw_noise
from bot.engine.f5.text import to_ids, tokenize

GPU = torch.device("cuda")
REFERENCE_S = 6.0
TARGETS_S = (1.0, 3.0, 5.0, 10.0)
RUNS = 20
TRANSCRIPT = (
    "Some call me nature, others call me mother nature, and I have been here for ages now. "
)
SENTENCE = "The quick brown fox jumps over the lazy dog while the chat is watching the stream. "
FRAMES_PER_S = SAMPLE_RATE_HZ / HOP_SAMPLES


class Bench:
    """Models, inputs and the results so far."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.results: dict[str, Any] = {}
        self.vocabulary = vocabulary()
        self.cfm = upstream_cfm(V1_BASE)
        self.vocoder = upstream_vocos()
        self.wave = torch.randn(int(REFERENCE_S * SAMPLE_RATE_HZ)) * 0.1
        self.mel = log_mel(self.wave.to(GPU))
        acoustic, vocos = ours(self.cfm, self.vocoder, V1_BASE, GPU, torch.float16)
        self.runner = Runner(acoustic, vocos, GPU, kernels=True)

    def put(self, key: str, value: Any) -> None:
        self.results[key] = value
        self.path.write_text(json.dumps(self.results, indent=1))
        print(key, json.dumps(value), flush=True)

    def text(self, target_s: float) -> str:
        return (SENTENCE * 6)[: int(target_s * 14)]

    def frames(self, target_s: float) -> int:
        return int((REFERENCE_S + target_s) * FRAMES_PER_S)

    def item(self, target_s: float, seed: int = 0) -> Item:
        tokens = to_ids(TRANSCRIPT + self.text(target_s), self.vocabulary)
        reference_frames = len(self.wave) // HOP_SAMPLES
        return Item(self.mel, tokens, self.frames(target_s), reference_frames, seed)

    def ours(self, target_s: float) -> None:
        self.runner.run([self.item(target_s)], Sampling())

    def upstream(self, target_s: float, steps: int, wave: Any, cfm: Any, vocoder: Any) -> Any:
        with torch.inference_mode():
            mel, _ = cfm.sample(
                cond=wave,
                text=[tokenize(TRANSCRIPT + self.text(target_s))],
                duration=self.frames(target_s),
                steps=steps,
                cfg_strength=2.0,
                sway_sampling_coef=-1.0,
                seed=0,
            )
            speech = mel[:, len(self.wave) // HOP_SAMPLES :].float().permute(0, 2, 1)
            return mel, vocoder.decode(speech).squeeze().cpu().numpy()


def timed(call: Callable[[], Any], runs: int = RUNS, warm: int = 3) -> dict[str, float]:
    """Return milliseconds: median, 95th percentile, standard deviation over mean."""
    for _ in range(warm):
        call()
    times = []
    for _ in range(runs):
        torch.cuda.synchronize()
        start = time.perf_counter()
        call()
        torch.cuda.synchronize()
        times.append((time.perf_counter() - start) * 1e3)
    return {
        "p50_ms": round(statistics.median(times), 3),
        "p95_ms": round(sorted(times)[int(0.95 * (len(times) - 1))], 3),
        "std_over_mean": round(statistics.stdev(times) / statistics.mean(times), 4),
    }


def machine(bench: Bench) -> None:
    query = "name,driver_version,clocks.sm,clocks.mem,power.limit"
    smi = subprocess.run(
        ["nvidia-smi", f"--query-gpu={query}", "--format=csv,noheader"],
        capture_output=True, text=True, check=False,
    ).stdout.strip()  # fmt: skip
    a, b = (torch.randn(8192, 8192, device=GPU, dtype=torch.float16) for _ in range(2))
    ms = timed(lambda: a @ b, 30, 10)["p50_ms"]
    source = torch.randn(1 << 30, device=GPU)
    target = torch.empty_like(source)
    copy_ms = timed(lambda: target.copy_(source))["p50_ms"]
    bench.put(
        "machine",
        {
            "gpu": smi, "torch": torch.__version__, "python": platform.python_version(),
            "gemm_tflops": round(2 * 8192**3 / ms / 1e9, 1),
            "copy_tb_per_s": round(2 * source.nbytes / copy_ms / 1e9, 2),
        },
    )  # fmt: skip


def first(bench: Bench) -> None:
    start = time.perf_counter()
    bench.ours(1.0)
    first_s = time.perf_counter() - start
    start = time.perf_counter()
    bench.ours(3.0)
    bench.put(
        "first_request", {"compiles_s": first_s, "next_length_s": time.perf_counter() - start}
    )


def single(bench: Bench) -> None:
    for target_s in TARGETS_S:
        frames = bench.frames(target_s)
        times = timed(partial(bench.ours, target_s))
        flops = dit_flops([frames], 7)
        ceiling = bench.results["machine"]["gemm_tflops"]
        bench.put(
            f"ours_nfe7_{target_s:g}s",
            {**times, "frames": frames, "row": bucket(frames),
             "dit_tflop": round(flops / 1e12, 3),
             "share_of_gemm_ceiling": round(flops / times["p50_ms"] / 1e9 / ceiling, 3)},
        )  # fmt: skip


def dit_flops(frames: list[int], steps: int, width: int = 1024, depth: int = 22) -> float:
    """Return the floating point operations of the transformer with guidance, without padding."""
    linear = depth * 2 * width * width * (3 + 1 + 2 + 2) + 2 * width * 200
    convolution = 2 * 2 * width * (width // 16) * 31
    return sum(2 * steps * n * (linear + convolution + depth * 4 * n * width) for n in frames)


def batches(bench: Bench) -> None:
    items = [bench.item(3.0, seed) for seed in range(16)]
    sampling = Sampling()
    bench.runner.compute(items, sampling)
    times = timed(lambda: bench.runner.compute(items, sampling))
    recording = list(bench.runner._recordings.values())[-1]
    graph = timed(recording.graph.replay)
    flops = dit_flops([item.frames for item in items], 7)
    ceiling = bench.results["machine"]["gemm_tflops"]
    bench.put(
        "ours_batch_16x3s",
        {**times, "graph_ms": graph["p50_ms"], "dit_tflop": round(flops / 1e12, 2),
         "graph_share_of_gemm_ceiling": round(flops / graph["p50_ms"] / 1e9 / ceiling, 3)},
    )  # fmt: skip
    mixed = [bench.item(1.0 + 0.5 * seed, seed) for seed in range(8)]
    bench.runner.compute(mixed, sampling)
    bench.put("ours_batch_8_mixed_1_to_4.5s", timed(lambda: bench.runner.compute(mixed, sampling)))
    chunks = [bench.item(13.9, seed) for seed in range(2)]
    bench.runner.compute(chunks, sampling)
    bench.put("ours_27.8s_as_2_chunks", timed(lambda: bench.runner.compute(chunks, sampling)))


def upstream(bench: Bench) -> None:
    cfm, vocoder = copy.deepcopy(bench.cfm).half().to(GPU), copy.deepcopy(bench.vocoder).to(GPU)
    wave = bench.wave[None].to(GPU)
    for steps, targets in ((7, TARGETS_S), (32, (5.0,))):
        for target_s in targets:
            times = timed(partial(bench.upstream, target_s, steps, wave, cfm, vocoder), warm=2)
            bench.put(f"upstream_nfe{steps}_{target_s:g}s", times)

    def chunks() -> None:
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda _: bench.upstream(13.9, 7, wave, cfm, vocoder), range(2)))

    bench.put("upstream_nfe7_27.8s_as_2_chunks_in_its_thread_pool", timed(chunks, warm=1))

    def in_turn() -> None:
        for _ in range(2):
            bench.upstream(13.9, 7, wave, cfm, vocoder)

    bench.put("upstream_nfe7_27.8s_as_2_chunks_in_turn", timed(in_turn, warm=1))


def compiled_upstream(bench: Bench) -> None:
    cfm, vocoder = copy.deepcopy(bench.cfm).half().to(GPU), copy.deepcopy(bench.vocoder).to(GPU)
    wave = bench.wave[None].to(GPU)
    for block in cfm.transformer.transformer_blocks:
        block.compile()
    for target_s in TARGETS_S:
        start = time.perf_counter()
        bench.upstream(target_s, 7, wave, cfm, vocoder)
        compile_s = time.perf_counter() - start
        times = timed(partial(bench.upstream, target_s, 7, wave, cfm, vocoder), warm=2)
        bench.put(f"upstream_compiled_blocks_nfe7_{target_s:g}s", {**times, "first_s": compile_s})


def errors(bench: Bench) -> None:
    """Relative L2 against upstream in float32 with the same noise, of mel and wave."""
    exact, half = copy.deepcopy(bench.cfm).to(GPU), copy.deepcopy(bench.cfm).half().to(GPU)
    vocoder = copy.deepcopy(bench.vocoder).to(GPU)
    wave = bench.wave[None].to(GPU)
    original = torch.randn
    for target_s in (1.0, 5.0):
        noise = draw_noise(bench.frames(target_s), 0, GPU)
        torch.randn = same_noise(noise)
        try:
            mel, sound = bench.upstream(target_s, 7, wave, exact, vocoder)
            half_mel, half_sound = bench.upstream(target_s, 7, wave, half, vocoder)
        finally:
            torch.randn = original
        batch = bench.runner.compute([bench.item(target_s)], Sampling())
        start = len(bench.wave) // HOP_SAMPLES + 1
        mel, half_mel = (x[0, start:].float() for x in (mel, half_mel))
        our_mel = batch.mel[start : bench.frames(target_s)]
        bench.put(
            f"relative_l2_against_fp32_upstream_{target_s:g}s",
            {
                "upstream_fp16_mel": float((half_mel - mel).norm() / mel.norm()),
                "ours_fp16_mel": float((our_mel - mel).norm() / mel.norm()),
                "upstream_fp16_wave": relative(half_sound, sound),
                "ours_fp16_wave": relative(batch.waves[0], sound),
            },
        )
        together = bench.runner.compute(
            [bench.item(2.0, 5), bench.item(target_s), bench.item(4.0, 6)], Sampling()
        )
        bench.put(
            f"ours_in_a_batch_against_alone_{target_s:g}s",
            relative(together.waves[1], batch.waves[0]),
        )


def relative(result: Any, expected: Any) -> float:
    return float(((result - expected) ** 2).sum() ** 0.5 / (expected**2).sum() ** 0.5)


def consistency(bench: Bench) -> None:
    """An item alone, in a batch, recorded or eager: relative L2 of its mel."""
    items = [bench.item(2.0, 5), bench.item(5.0), bench.item(4.0, 6)]
    plain = Runner(bench.runner._acoustic, bench.runner._vocoder, GPU)
    eager = Runner(bench.runner._acoustic, bench.runner._vocoder, GPU)
    eager._records = False

    def mels(runner: Runner, batch: list[Item]) -> list[torch.Tensor]:
        result = runner.compute(batch, Sampling())
        return [result.mel[start:end].clone() for start, end in result.layout.spans]

    base = mels(eager, items[1:2])[0]
    for name, runner in (("eager", eager), ("flash", plain), ("compiled", bench.runner)):
        alone = mels(runner, items[1:2])[0]
        again = mels(runner, items[1:2])[0]
        together = mels(runner, items)[1]
        twice = mels(runner, [items[1], items[1]])
        bench.put(
            f"consistency_{name}",
            {
                "alone_against_eager": float((alone - base).norm() / base.norm()),
                "again_against_alone": float((again - alone).norm() / base.norm()),
                "together_against_alone": float((together - alone).norm() / base.norm()),
                "first_of_two": float((twice[0] - alone).norm() / base.norm()),
                "second_of_two": float((twice[1] - alone).norm() / base.norm()),
            },
        )


def memory(bench: Bench) -> None:
    torch.cuda.synchronize()
    lengths = sorted({bucket(n) for n in range(300, int(30 * FRAMES_PER_S), 32)})
    before = torch.cuda.mem_get_info()[0]
    allocated = torch.cuda.memory_allocated()
    start = time.perf_counter()
    bench.runner.warm_up(lengths, Sampling())
    seconds = time.perf_counter() - start
    torch.cuda.empty_cache()
    after = torch.cuda.mem_get_info()[0]
    bench.put(
        "graphs_up_to_30s",
        {"graphs": len(lengths), "recording_s": seconds,
         "gpu_mb_more": (before - after) / 1e6, "weights_and_inputs_mb": allocated / 1e6,
         "allocated_mb": torch.cuda.memory_allocated() / 1e6,
         "reserved_mb": torch.cuda.memory_reserved() / 1e6,
         "whole_process_mb": (torch.cuda.mem_get_info()[1] - after) / 1e6},
    )  # fmt: skip


def profile(bench: Bench) -> None:
    from torch.profiler import ProfilerActivity, profile

    for name, items in (
        ("1s", [bench.item(1.0)]),
        ("5s", [bench.item(5.0)]),
        ("16x3s", [bench.item(3.0, seed) for seed in range(16)]),
    ):
        bench.runner.compute(items, Sampling())
        with profile(activities=[ProfilerActivity.CUDA]) as trace:
            bench.runner.compute(items, Sampling())
        print(name, trace.key_averages().table(
            sort_by="cuda_time_total", row_limit=22, max_name_column_width=70
        ), flush=True)  # fmt: skip


def sweep(bench: Bench) -> None:
    """The graph alone, for rows of every 32 frames: where lengths fit the hardware badly."""
    rows = {}
    for length in range(608, 1700, 32):
        item = bench.item(1.0)._replace(frames=length)
        bench.runner._forget_recordings()
        bench.runner.run([item], Sampling())
        [recording] = bench.runner._recordings.values()
        rows[str(recording.noise.shape[0])] = timed(recording.graph.replay, 8, 2)["p50_ms"]
    bench.put("graph_ms_by_row", rows)


SECTIONS: dict[str, Callable[[Bench], None]] = {
    "machine": machine, "first": first, "single": single, "batches": batches, "profile": profile,
    "errors": errors, "consistency": consistency, "memory": memory, "sweep": sweep,
    "upstream": upstream, "compiled_upstream": compiled_upstream,
}  # fmt: skip


def main() -> None:
    bench = Bench(Path(sys.argv[1]))
    for name in sys.argv[2:] or SECTIONS:
        start = time.perf_counter()
        try:
            SECTIONS[name](bench)
        except Exception as error:  # noqa: BLE001 - must not cost the other sections their run
            traceback.print_exc()
            bench.put(f"failed_{name}", repr(error))
        print(f"-- {name}: {time.perf_counter() - start:.1f} s", flush=True)


if __name__ == "__main__":
    main()
