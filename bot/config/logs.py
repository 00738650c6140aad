"""Section `log`: what the daemon tells about itself."""

from typing import Literal

from bot.config.base import Section


class LogSettings(Section):
    """Log lines on standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least important line that is shown."""
    format: Literal["auto", "text", "json"] = "auto"
    """auto is text in a terminal, fields in systemd's journal, and JSON elsewhere."""
