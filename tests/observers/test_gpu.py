"""The GPU of a Jetson, whose files a folder stands in for."""

from pathlib import Path

from bot.observers.gpu import Gpu, read


def zone(root: Path, number: int, kind: str, temp: str) -> None:
    folder = root / "sys" / "class" / "thermal" / f"thermal_zone{number}"
    folder.mkdir(parents=True)
    (folder / "type").write_text(f"{kind}\n")
    (folder / "temp").write_text(temp)


def test_the_temperature_of_a_jetson_is_that_of_its_gpu_zone(tmp_path: Path) -> None:
    zone(tmp_path, 0, "cpu-thermal", "60000\n")
    zone(tmp_path, 1, "gpu-thermal", "48500\n")

    assert list(read(tmp_path)) == [Gpu("jetson", temperature_c=48.5)]


def test_a_zone_that_is_switched_off_is_left_out(tmp_path: Path) -> None:
    zone(tmp_path, 0, "GPU-therm", "")

    assert list(read(tmp_path)) == []


def test_a_machine_without_gpu_has_none(tmp_path: Path) -> None:
    assert list(read(tmp_path)) == []
