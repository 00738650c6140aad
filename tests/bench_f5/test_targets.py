"""What is asked, and the sentence about what is missed."""

from tests.bench.f5.results import Memory, Roofline, Times
from tests.bench.f5.targets import ratios, targets

from .conftest import make_case, make_results


def test_ratios_are_those_to_our_time_beside_where_there_is_one() -> None:
    results = make_results(a=10, b=10)
    results.put("upstream", "a", make_case(100))
    turns = make_case(100)
    turns.times = Times(p50_ms=100, p95_ms=100, std_over_mean=0, runs=3, beside_ms=20)
    results.put("upstream", "b", turns)
    results.put("upstream", "a, in turn", make_case(50))

    assert ratios(results) == {"upstream": {"a": 10, "b": 5, "a, in turn": 5}}


def test_a_missed_target_says_what_bounds_it() -> None:
    results = make_results(**{"1 s": 20})
    results.put("upstream", "1 s", make_case(180))
    case = results.cases["ours"]["1 s"]
    case.graph = make_case(18).times
    case.roofline = Roofline(
        dit_tflop=1, other_tflop=0, moved_gb=1, compute_ms=5, memory_ms=1, bound="compute",
        share=0.25, dit_share=0.25,
    )  # fmt: skip
    results.ratios = ratios(results)
    missed, spread = targets(results, is_base=True)

    assert (missed.asked, missed.reached, missed.is_met) == ("12x", "9.0x", False)
    assert "takes 20.0 ms, asked 15.0 ms; GPU 18.0 ms, host 2.0 ms" in missed.bound
    assert "5.0 ms of products at the ceiling" in missed.bound
    assert spread.is_met


def test_a_target_that_is_met_needs_no_excuse() -> None:
    results = make_results(**{"1 s": 10})
    results.put("upstream", "1 s", make_case(120))
    results.memory = Memory(
        graphs=60, recording_s=20, weights_mb=500, graphs_mb=2100, process_mb=3000
    )
    results.ratios = ratios(results)
    found = {target.what: target for target in targets(results, is_base=True)}

    assert found["1 s against upstream"].is_met
    assert not found["1 s against upstream"].bound
    assert not found["GPU memory of all graphs up to 30 s"].is_met


def test_another_shape_is_asked_nothing() -> None:
    assert targets(make_results(**{"1 s": 10}), is_base=False) == []
