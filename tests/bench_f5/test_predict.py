"""Estimates for machines that are not here: the arithmetic, and that they say what they are."""

from pathlib import Path

import pytest

from tests.bench.f5 import predict
from tests.bench.f5.predict import H100, MACHINES
from tests.bench.f5.results import load
from tests.bench.f5.workload import LONG, single

RESULTS = load(predict.RESULTS)
SHARES = predict.measured_shares(RESULTS)


@pytest.mark.parametrize("load", [single(1), single(5), LONG])
def test_the_h100_itself_is_predicted_as_it_was_measured(load: object) -> None:
    shares = SHARES._replace(host_ms=0.0)
    estimate = predict.estimate(H100, shares, predict.official(), load)  # type: ignore[arg-type]
    measured = RESULTS.cases["ours"][estimate.workload].times.p50_ms

    assert estimate.ms == pytest.approx(measured, rel=0.01)


def test_half_the_clock_takes_twice_as_long() -> None:
    machine = MACHINES["orin-64"]
    half = machine._replace(
        peak_tflop_per_s=machine.peak_tflop_per_s / 2,
        bandwidth_gb_per_s=machine.bandwidth_gb_per_s / 2,
    )
    shares = SHARES._replace(host_ms=0.0)
    fast, slow = (
        predict.estimate(each, shares, predict.official(), single(3)) for each in (machine, half)
    )

    assert slow.ms == pytest.approx(2 * fast.ms, rel=1e-4)
    assert fast.fastest_ms <= fast.ms <= fast.slowest_ms


def test_peaks_are_a_quarter_of_the_sparse_int8_operations_of_the_data_sheets() -> None:
    sparse_int8_tops = {"orin-64": 170, "orin-32": 108, "orin-nano": 40, "orin-nano-super": 67}

    for name, tops in sparse_int8_tops.items():
        assert MACHINES[name].peak_tflop_per_s == pytest.approx(tops / 4, rel=0.03)


def test_estimates_say_that_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    predict.show("orin-nano")
    printed = capsys.readouterr().out

    assert printed.startswith("ESTIMATE for Jetson Orin Nano 8 GB: counted, not measured")
    for word in ("625 MHz", "68 GB/s", "ms, estimated", "bundled", "F5TTS_v1_Base", "H100"):
        assert word in printed


def test_the_documented_table_is_what_is_predicted() -> None:
    page = (Path(__file__).parents[2] / "docs" / "speed.md").read_text(encoding="utf-8")

    assert "\n".join(predict.documented()) in page
