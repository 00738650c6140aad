"""Section `log`: log lines of the daemon."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from bot.config.sections.base import Count, Number, Section


class LogSettings(Section):
    """Log lines on standard error, and in a file."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """Least important lines that are written."""
    format: Literal["auto", "text", "json"] = "auto"
    """auto is text in a terminal, fields in systemd's journal, and JSON elsewhere."""
    file: Path | None = None
    """File that gets the lines too, as JSON; null is none."""
    file_mb: Annotated[Number, Field(ge=0.1, le=10_000)] = 10.0
    """Megabytes after which the file is renamed to FILE.1, FILE.1 to FILE.2, and so on."""
    older_files: Annotated[Count, Field(ge=1, le=100)] = 4
    """Number of renamed files that are kept."""
