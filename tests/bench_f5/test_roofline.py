"""Counted work against the work that torch counts."""

from functools import partial

import pytest
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from bot.engine.f5.model.operations import Operations
from bot.engine.f5.model.sampler import Sampling
from bot.engine.f5.weights.model_folder import load_model
from tests.bench.f5 import roofline
from tests.bench.f5.model_under_test import ModelUnderTest
from tests.bench.f5.results import Ceilings
from tests.bench.f5.workload import Workload, batch

pytestmark = pytest.mark.parts


@pytest.mark.parametrize("items", [1, 2])
def test_the_counted_work_is_what_the_runner_computes(tiny: ModelUnderTest, items: int) -> None:
    runner, vocabulary = tiny.runner()
    acoustic, _ = load_model(tiny.model, tiny.device, tiny.dtype)
    workload = Workload(tiny.voices, vocabulary, tiny.device)
    asked = workload.items(batch(items, 0.5))
    count = partial(
        roofline.work,
        tiny.architecture(),
        roofline.vocoder_sizes(tiny.vocos()),
        frames=[item.frames for item in asked],
        speech_frames=sum(item.frames - item.decode_from for item in asked),
        bytes_per_value=4,
    )
    # Torch counts products, so attention only where it is made of them, and not those that oneDNN
    # computes together with what follows (`processor`): plain operations do the same work.
    runner._model = runner._model._replace(operations=Operations(), acoustic=acoustic)
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):
        runner.run(asked, Sampling(steps=5))
    work = count(sampling=Sampling(steps=5))

    # The row has gaps between its items, which attend to nothing and are computed all the same.
    share = (work.dit_flop + work.other_flop) / counter.get_total_flops()
    assert 0.95 < share < 1.05
    assert count(sampling=Sampling(steps=10)).dit_flop == pytest.approx(2 * work.dit_flop)
    unguided = count(sampling=Sampling(steps=5, cfg_strength=0.0))
    assert unguided.dit_flop == pytest.approx(work.dit_flop / 2)


def test_the_longer_of_both_bounds_decides() -> None:
    ceilings = Ceilings(gemm_tflop_per_s=1, gemm_size=1, copy_gb_per_s=1)
    compute = roofline.roofline(roofline.Work(2e9, 0, 1e6), ceilings, 4)
    memory = roofline.roofline(roofline.Work(2e9, 0, 8e6), ceilings, 16)

    assert (compute.bound, compute.share, compute.dit_share) == ("compute", 0.5, 0.5)
    assert (memory.bound, memory.share, memory.dit_share) == ("memory", 0.5, 0.125)
