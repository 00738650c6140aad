"""Sections that time whole requests: ways to compile, evaluations, guidance, row lengths, gaps."""

from functools import partial

import torch

from bot.engine.f5.mel import BANDS
from bot.engine.f5.model.layout import Item, describe, pack
from bot.engine.f5.model.runner import Runner
from bot.engine.f5.model.synthesis import fill
from bot.engine.f5.text.vocabulary import Vocabulary
from bot.engine.f5.weights.loading import load_runner
from bot.engine.f5.weights.model_folder import load_model
from tests.bench.f5.verdicts.bench import NFE, Bench, Figures
from tests.bench.f5.workload import Load, single


def compiling(bench: Bench) -> None:
    """Time our graphs and kernels beside torch.compile, recorded and launched.

    `first_s` is the first request: compiling, recording.
    """
    tested = bench.tested
    folders = tested.model, tested.vocoder, tested.device
    ways = {
        "graphs": partial(load_runner, *folders, tested.dtype),
        "torch": partial(load_runner, *folders, tested.weights_dtype, compile_by="torch"),
    }
    if bench.on_gpu:
        ways |= {
            "graphs of torch's operations": partial(_plain, bench),
            "torch, launched": partial(
                load_runner, *folders, tested.dtype, compile_by="torch", on_demand=False
            ),
            "own kernels, launched": partial(load_runner, *folders, tested.dtype, on_demand=False),
        }
    for way, load_model_in in ways.items():
        try:
            runner = load_model_in()[0]
        except Exception as error:  # noqa: BLE001 - one way must not cost the others
            bench.put(way, partial(_failed, error))
            continue
        for load in bench.loads:
            bench.put(f"{way}/{load.name}", partial(bench.request, runner, load))


def _failed(error: Exception) -> None:
    raise error


def _plain(bench: Bench) -> tuple[Runner, Vocabulary]:
    tested = bench.tested
    acoustic, vocabulary = load_model(tested.model, tested.device, tested.dtype)
    return Runner(acoustic, tested.vocos(), tested.device), vocabulary


def evaluations(bench: Bench) -> None:
    """Time 5, 6, 7 and 10 function evaluations."""
    runner, _ = bench.tested.runner()
    for nfe in (5, 6, 7, 10):
        for load in bench.loads:
            bench.put(f"{nfe}/{load.name}", partial(bench.request, runner, load, nfe))


def guidance(bench: Bench) -> None:
    """Time rows with and without guidance: what leaving it out at some steps saves.

    Steps are alike, so between none and all of them it is linear.
    """
    tested = bench.tested
    runner, _ = tested.runner()
    for load in bench.loads:
        for strength in (2.0, 0.0):
            bench.put(
                f"{load.name}/{strength:g}", partial(_guided_ms, bench, runner, load, strength)
            )
        of_load = bench.figures.get(load.name, {})
        if all(isinstance(of_load.get(key), float) for key in ("2", "0")):
            step_ms = (of_load["2"] - of_load["0"]) / NFE
            for skipped in range(1, NFE):
                left = of_load["2"] - skipped * step_ms
                bench.put(f"{load.name}/without at {skipped} steps", partial(round, left, 3))


def _guided_ms(bench: Bench, runner: Runner, load: Load, strength: float) -> float:
    sampling = bench.tested.sampling(NFE)._replace(cfg_strength=strength)
    items = bench.workload.items(load)
    return bench.ms(lambda: runner.run(items, sampling))


def row_lengths(bench: Bench) -> None:
    """Time one item at every length of the row: where another wave of tiles begins."""
    runner, _ = bench.tested.runner()
    for frames in bench.extent.frames:
        bench.put(str(frames), partial(_row, bench, runner, frames))


def _row(bench: Bench, runner: Runner, frames: int) -> Figures:
    item = bench.workload.item(1.0)._replace(frames=frames)
    sampling = bench.tested.sampling(NFE)
    whole = bench.ms(lambda: runner.run([item], sampling))
    replay = runner.latest_graph
    graph = bench.ms(replay) if replay else None
    return {"request_ms": whole, "graph_ms": graph}


def gaps(bench: Bench) -> None:
    """Time what is not the graph: a message's host work, part by part."""
    runner, _ = bench.tested.runner()
    for load in bench.loads:
        bench.put(f"{load.name}/request", partial(bench.request, runner, load))
        items = bench.workload.items(load)
        for part, call in _host_parts(bench, items).items():
            bench.put(f"{load.name}/{part}", partial(bench.ms, call))
    bench.put("text to tokens", lambda: bench.ms(lambda: bench.workload.items(single(3.0))))


def _host_parts(bench: Bench, items: list[Item]) -> Figures:
    layout = pack(items)
    rows = describe(items, layout)
    noise, reference = torch.zeros(2, layout.length, BANDS, device=bench.device)
    wave = torch.zeros(layout.length * 256, device=bench.device)
    target = torch.empty(len(wave), pin_memory=bench.on_gpu)
    return {
        "pack and describe": lambda: describe(items, pack(items)),
        "rows to the device": lambda: torch.from_numpy(rows).to(bench.device),
        "noise and references": lambda: fill(items, layout, noise, reference),
        "wave to the host": lambda: target.copy_(wave),
        "wave out of pinned memory": lambda: target.numpy().copy(),
    }
