"""Machines that are not here: what their makers say of them, for estimates.

Peak of the Jetsons: tensor cores x 512 operations a clock (dense, half precision) x clock, which
gives a quarter of the sparse INT8 operations that the data sheets name for the GPU alone.
"""

from typing import NamedTuple


class Machine(NamedTuple):
    """A GPU at its highest clock."""

    title: str
    peak_tflop_per_s: float
    """Dense products in half precision, accumulated in float32."""
    bandwidth_gb_per_s: float
    clock_mhz: float
    memory_gb: float
    """Shared with the processor on a Jetson."""
    mode: str
    """Power mode that the clock belongs to."""


def _orin(
    title: str, mode: str, *, cores: int, mhz: float, gb_per_s: float, memory_gb: float
) -> Machine:
    peak = cores * 512 * mhz / 1e6
    return Machine(title, round(peak, 1), gb_per_s, mhz, memory_gb, mode)


MACHINES = {
    "orin-64": _orin(
        "Jetson AGX Orin 64 GB", "MAXN", cores=64, mhz=1300, gb_per_s=204.8, memory_gb=64
    ),
    "orin-32": _orin(
        "Jetson AGX Orin 32 GB", "MAXN", cores=56, mhz=930, gb_per_s=204.8, memory_gb=32
    ),
    "orin-nx-16": _orin(
        "Jetson Orin NX 16 GB", "MAXN, not super", cores=32, mhz=918, gb_per_s=102.4, memory_gb=16
    ),
    "orin-nx-8": _orin(
        "Jetson Orin NX 8 GB", "MAXN, not super", cores=32, mhz=765, gb_per_s=102.4, memory_gb=8
    ),
    "orin-nano": _orin(
        "Jetson Orin Nano 8 GB", "15 W", cores=32, mhz=625, gb_per_s=68, memory_gb=8
    ),
    "orin-nano-super": _orin(
        "Jetson Orin Nano 8 GB Super", "MAXN SUPER", cores=32, mhz=1020, gb_per_s=102, memory_gb=8
    ),
}
H100 = Machine("H100 SXM", 989.4, 3350.0, 1830, 80, "700 W")
"""What the shares are measured on."""
