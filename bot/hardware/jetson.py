"""Jetson: power mode, clocks, temperatures and throttling, read from the files of its kernel.

Meaning of the files: NVIDIA Jetson Linux Developer Guide, "Platform Power and Performance" (r36).
Every reading takes the root of the file system, so that a tree of files can stand in for a Jetson.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from bot.errors import TransientError
from bot.hardware.host import read_int, read_text, temperatures_c

_GPU = re.compile(r".*\.(gpu|ga10b|gv11b|gp10b)|gpu-gpc-\d+")
"""Names of GPUs among the devices with variable clocks: Orin, Xavier, TX2, Thor."""
_POWER_EVENTS = {1: "low voltage", 2: "mean overcurrent", 3: "peak overcurrent"}
_LOCK = (
    "Run: sudo jetson_clocks; or, now and at every boot: sudo ishowtts service install"
    " --jetson-clocks"
)
_MHZ = 1_000_000
_COST = "speech takes about twice as long (real-time factor 0.352 instead of 0.168 on an Orin)"


class Clock(NamedTuple):
    """Clock whose frequency the kernel changes between two limits, in hertz."""

    name: str
    now_hz: int
    least_hz: int
    most_hz: int
    possible_hz: int
    """Highest that the hardware can do."""

    @property
    def is_locked(self) -> bool:
        """Whether it is fixed at the highest frequency of the hardware."""
        return self.least_hz >= self.most_hz >= self.possible_hz


class Jetson(NamedTuple):
    """A Jetson as it is now."""

    model: str
    release: str
    """Of Jetson Linux, such as R36.4."""
    power_mode: int | None
    power_modes: Mapping[int, str]
    """Names by number."""
    clocks: tuple[Clock, ...]
    """Clocks of the GPU, and of the slowest core of the CPU."""
    temperatures_c: Mapping[str, float]
    throttling: tuple[str, ...]
    """Parts that are slowed down now because of heat."""
    power_events: Mapping[str, int]
    """Number of times that it was slowed down for want of power since its start, by kind."""

    def __str__(self) -> str:
        """Return one line."""
        parts = [f"{self.model}, Jetson Linux {self.release}"]
        if self.power_mode is not None:
            parts.append(f"power mode {self._mode_name(self.power_mode)}")
        for clock in self.clocks:
            state = "locked" if clock.is_locked else "not locked"
            parts.append(f"{clock.name} {clock.now_hz / _MHZ:.0f} MHz ({state})")
        if self.temperatures_c:
            place, degrees = max(self.temperatures_c.items(), key=lambda item: item[1])
            parts.append(f"{degrees:.0f} °C at {place}")
        return ", ".join(parts)

    def warnings(self) -> Iterator[TransientError]:
        """Yield each reason why it is slower than it could be, with its remedy."""
        best = max(
            (mode for mode, name in self.power_modes.items() if name.startswith("MAXN")),
            default=0,
        )
        if self.power_mode is not None and self.power_mode != best:
            yield TransientError(
                f"The power mode is {self._mode_name(self.power_mode)}, not"
                f" {self._mode_name(best)}.",
                remedy=f"Run: sudo nvpmodel -m {best}",
            )
        loose = [clock for clock in self.clocks if not clock.is_locked]
        if loose:
            limits = ", ".join(
                f"{clock.name} {clock.least_hz / _MHZ:.0f} to {clock.most_hz / _MHZ:.0f} of"
                f" {clock.possible_hz / _MHZ:.0f} MHz"
                for clock in loose
            )
            yield TransientError(f"The clocks are not locked ({limits}): {_COST}.", remedy=_LOCK)
        if self.throttling:
            hottest = max(self.temperatures_c.values(), default=0)
            yield TransientError(
                f"It is too hot ({hottest:.0f} °C) and slows down: {', '.join(self.throttling)}.",
                remedy="Give it air: clean the fan, or set its profile: sudo nvpmodel -d cool",
            )
        events = [f"{name} {count} times" for name, count in self.power_events.items() if count]
        if events:
            yield TransientError(
                f"It slowed down for want of power since its start: {', '.join(events)}.",
                remedy="Take a stronger power supply and cable, or a lower power mode.",
            )

    def _mode_name(self, mode: int) -> str:
        name = self.power_modes.get(mode)
        return f"{mode} ({name})" if name else str(mode)


def read(root: Path = Path("/")) -> Jetson | None:
    """Return how this Jetson is set; None where this is none. What cannot be read is left out."""
    release = re.match(
        r"# (R\d+) \(release\), REVISION: ([\d.]+)", read_text(root / "etc/nv_tegra_release")
    )
    model = read_text(root / "proc/device-tree/model").rstrip("\0")
    if not release and "Jetson" not in model:
        return None
    mode = re.search(r"pmode:(\d+)", read_text(root / "var/lib/nvpmodel/status"))
    modes = re.findall(
        r"^<\s*POWER_MODEL\s+ID=(\d+)\s+NAME=(\S+)\s*>",
        read_text(root / "etc/nvpmodel.conf"),
        re.MULTILINE,
    )
    return Jetson(
        model=model or "Jetson",
        release=f"{release[1]}.{release[2]}" if release else "of an unknown release",
        power_mode=int(mode[1]) if mode else None,
        power_modes={int(number): name for number, name in modes},
        clocks=(*_gpus(root), *_cpu(root)),
        temperatures_c={
            name.removesuffix("-thermal"): celsius for name, celsius in temperatures_c(root)
        },
        throttling=tuple(_throttling(root)),
        power_events=dict(_power_events(root)),
    )


def _gpus(root: Path) -> Iterator[Clock]:
    for folder in sorted((root / "sys/class/devfreq").glob("*")):
        if _GPU.fullmatch(folder.name):
            possible = [int(word) for word in read_text(folder / "available_frequencies").split()]
            clock = _clock("GPU", folder, ("cur_freq", "min_freq", "max_freq"), unit_hz=1)
            if clock is not None:
                yield clock._replace(possible_hz=max(possible, default=clock.most_hz))


def _cpu(root: Path) -> Iterator[Clock]:
    """Yield the clock of the core with the most freedom to be slow, if there is one."""
    names = ("scaling_cur_freq", "scaling_min_freq", "scaling_max_freq")
    cores = []
    for folder in sorted((root / "sys/devices/system/cpu").glob("cpu[0-9]*/cpufreq")):
        clock = _clock("CPU", folder, names, unit_hz=1000)
        possible = read_int(folder / "cpuinfo_max_freq")
        if clock is not None:
            cores.append(clock._replace(possible_hz=(possible or 0) * 1000 or clock.most_hz))
    if cores:
        yield min(cores, key=lambda core: (core.is_locked, core.least_hz))


def _clock(name: str, folder: Path, files: tuple[str, str, str], *, unit_hz: int) -> Clock | None:
    now, least, most = (read_int(folder / file) for file in files)
    if now is None or least is None or most is None:
        return None
    return Clock(name, now * unit_hz, least * unit_hz, most * unit_hz, most * unit_hz)


def _throttling(root: Path) -> Iterator[str]:
    for device in sorted((root / "sys/class/thermal").glob("cooling_device*")):
        kind = read_text(device / "type")
        if kind.endswith("-throttle-alert") and read_int(device / "cur_state"):
            yield kind.removesuffix("-throttle-alert")


def _power_events(root: Path) -> Iterator[tuple[str, int]]:
    for folder in sorted((root / "sys/class/hwmon").glob("hwmon*")):
        for number, name in _POWER_EVENTS.items():
            count = read_int(folder / f"oc{number}_event_cnt")
            if count is not None:
                yield name, count
