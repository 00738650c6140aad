"""Number of function evaluations (NFE): more when nobody waits, less when some would expire."""

from typing import NamedTuple


class NfePolicy(NamedTuple):
    """NFE by how much waits; 0 leaves the choice to the engine.

    Without `normal` it is always the engine's, but for who asks for the least.
    """

    idle: int = 0
    """While nothing else waits."""
    normal: int = 0
    """While others wait."""
    least: int = 0
    """When what waits would expire before its turn, or speech is to cost least."""

    def choose(self, *, waiting: int, each_s: float, expires_in_s: float) -> int:
        """Return the NFE of the next utterance.

        Args:
            waiting: How many utterances wait behind it.
            each_s: How long one takes, roughly.
            expires_in_s: When the first of them is dropped; infinity if none is.
        """
        if not waiting or not self.normal:
            return self.idle
        return self.least if waiting * each_s > expires_in_s else self.normal
