"""Section `policy`: what may be spoken, and in which words."""

from bot.config.base import Section


class PolicySettings(Section):
    """The ordered chain of filters."""
