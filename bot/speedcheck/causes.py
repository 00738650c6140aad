"""Likely causes of a drift, as sentences: clocks, heat, other programs, new versions."""

from collections.abc import Iterator, Mapping

from bot.speedcheck.results import Conditions, Results

_LOWER_CLOCK = 0.93
"""Share of the clock that it was, or may be, below which it explains a drift."""
_HOT_C = 85.0
_HOTTER_C = 10.0
_STOLEN = 0.03
_BUSY_CORES = 0.2

NO_CAUSE = "nothing to be seen: clocks, temperature, other processes and versions are as before"


def likely_causes(
    now: Results, then: Results, setup_now: Mapping[str, str], setup_then: Mapping[str, str]
) -> list[str]:
    """Return sentences on the differences to `then`, the likeliest first; never empty.

    The setups are the versions that decide on speed.
    """
    here, before = now.conditions or Conditions(), then.conditions or Conditions()
    found = [
        *_clocks(here, before),
        *_heat(here, before),
        *_others(here, before),
        *_versions(setup_now, setup_then),
    ]
    return found or [NO_CAUSE]


def _clocks(here: Conditions, before: Conditions) -> Iterator[str]:
    yield from (warning.rstrip(".") for warning in here.jetson if warning not in before.jetson)
    if here.throttled:
        yield f"the GPU is slowed down by {' and '.join(here.throttled)}"
    for what, mhz, was, most in (
        ("GPU", here.gpu_mhz, before.gpu_mhz, here.gpu_max_mhz),
        ("CPU", here.cpu_mhz, before.cpu_mhz, here.cpu_max_mhz),
    ):
        if was and mhz and mhz < _LOWER_CLOCK * was:
            yield f"the {what}'s clock is lower: {mhz:.0f} MHz instead of {was:.0f}"
        elif not was and most and mhz < _LOWER_CLOCK * most:
            yield f"the {what}'s clock is {mhz:.0f} MHz of {most:.0f}"
    if here.governor != before.governor and here.governor and before.governor:
        yield f"the CPU's governor is {here.governor} instead of {before.governor}"


def _heat(here: Conditions, before: Conditions) -> Iterator[str]:
    for what, c, was in (
        ("GPU", here.gpu_temperature_c, before.gpu_temperature_c),
        ("machine", here.temperature_c, before.temperature_c),
    ):
        if c >= _HOT_C or (was and c >= was + _HOTTER_C):
            yield f"the {what} has {c:.0f} °C" + (f" instead of {was:.0f}" if was else "")


def _others(here: Conditions, before: Conditions) -> Iterator[str]:
    busy_before = {each.name: each.cores for each in before.others}
    for each in here.others:
        if each.cores > busy_before.get(each.name, 0.0) + _BUSY_CORES:
            yield f"{each.name} (process {each.pid}) used {each.cores:.1f} CPU cores"
    on_gpu_before = {each.name for each in before.gpu_others}
    for each in here.gpu_others:
        if each.name not in on_gpu_before:
            yield f"{each.name} (process {each.pid}) uses the GPU, {each.gpu_mb:.0f} MB of it"
    if here.stolen > before.stolen + _STOLEN:
        yield f"the virtual machine's host took {here.stolen:.0%} of the time for others"
    if here.quota_wait > before.quota_wait + _STOLEN:
        yield "the control group's CPU quota was used up"


def _versions(now: Mapping[str, str], then: Mapping[str, str]) -> Iterator[str]:
    for name in sorted({*now, *then}):
        new, old = now.get(name, ""), then.get(name, "")
        if new != old:
            yield f"{name} is {new or 'gone'} instead of {old or 'none'}"
