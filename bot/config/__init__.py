"""Configuration: strict, frozen sections, and a loader that reports every mistake at once."""

from bot.config.loading import default_path, load, loads
from bot.config.settings import ChannelSettings, Settings

__all__ = ["ChannelSettings", "Settings", "default_path", "load", "loads"]
