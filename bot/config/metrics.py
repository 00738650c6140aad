"""Section `metrics`: figures for Prometheus."""

from bot.config.base import Section


class MetricsSettings(Section):
    """What `/metrics` tells; see docs/monitoring.md."""

    enabled: bool = True
    """Whether `GET /metrics` is there."""
