"""The GPU of a Jetson, whose files a folder stands in for."""

from pathlib import Path

import pytest

from bot.hardware.gpu import Gpu, read


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "nv_tegra_release").write_text("# R36 (release), REVISION: 4.3, GCID: 1")
    return tmp_path


def zone(root: Path, number: int, kind: str, temp: str) -> None:
    folder = root / "sys" / "class" / "thermal" / f"thermal_zone{number}"
    folder.mkdir(parents=True)
    (folder / "type").write_text(f"{kind}\n")
    (folder / "temp").write_text(temp)


def test_the_temperature_of_a_jetson_is_that_of_its_gpu_zone(root: Path) -> None:
    zone(root, 0, "cpu-thermal", "60000\n")
    zone(root, 1, "gpu-thermal", "48500\n")

    assert list(read(root)) == [Gpu("jetson", temperature_c=48.5)]


def test_a_zone_that_is_switched_off_is_left_out(root: Path) -> None:
    zone(root, 0, "GPU-therm", "")

    assert list(read(root)) == []


def test_the_gpu_of_another_machine_is_not_that_of_a_jetson(tmp_path: Path) -> None:
    zone(tmp_path, 0, "gpu-thermal", "48500\n")

    assert list(read(tmp_path)) == []
