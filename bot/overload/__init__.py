"""Overload: what a channel does when more is written than can be spoken."""

from bot.overload.crowd import Crowd
from bot.overload.ladder import Ladder, Relief

__all__ = ["Crowd", "Ladder", "Relief"]
