"""Policy decides what may be spoken and in which words; it knows neither queues nor audio."""

from bot.policy.chain import Policy

__all__ = ["Policy"]
