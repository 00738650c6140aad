"""Rehearsal: an evening's recorded chat goes through a configuration without sound.

The stages are those of the daemon. Their time is simulated, so hours take seconds; speech takes as
long as its text lets expect.
"""

from bot.rehearsal.evening import Evening
from bot.rehearsal.rehearse import End, Rehearsal, Result, rehearse

__all__ = ["End", "Evening", "Rehearsal", "Result", "rehearse"]
