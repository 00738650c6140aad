"""Policy decides what may be spoken and in which words; it knows neither queues nor audio."""

from bot.policy.chain import Policy
from bot.policy.cleaning import clean
from bot.policy.mode import without_reply_mention

__all__ = ["Policy", "clean", "without_reply_mention"]
