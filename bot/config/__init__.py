"""Configuration: strict, frozen sections, and a loader that reports every mistake at once."""

from bot.config.loading import load, loads
from bot.config.places import default_path, shipped_path
from bot.config.settings import ChannelSettings, Settings

__all__ = ["ChannelSettings", "Settings", "default_path", "load", "loads", "shipped_path"]
