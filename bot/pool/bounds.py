"""Bounds of what a streamer asks a worker: nothing that it sends may hurt others' speech."""

import math
from collections.abc import Sequence

from msgspec.structs import replace

from bot.engine.guests.pool.wire import Ask
from bot.errors import UtteranceError

_MOST_TEXT = 10_000
_LATEST_S = 300.0
"""Limit of when speech may be needed, in seconds."""
_SPEEDS = (0.25, 4.0)
"""Those of the configuration: of the engine times that of a busy chat."""
_MOST_NFE = 64
"""Of an engine that does not tell which numbers it is prepared for."""


def bounded(ask: Ask, nfe_choices: Sequence[int]) -> Ask:
    """Return `ask` with numbers that an engine prepared for `nfe_choices` can take.

    Raises:
        UtteranceError: no honest daemon asks for this.
    """
    request = ask.request
    if not all(map(math.isfinite, (request.speed, request.due_s, ask.deadline_s))):
        raise UtteranceError("A speed or a time of the request is no number.")
    if len(request.text) > _MOST_TEXT:
        raise UtteranceError(f"The text is longer than {_MOST_TEXT} characters.")
    slowest, fastest = _SPEEDS
    request = replace(
        request,
        speed=min(max(request.speed, slowest), fastest),
        nfe=_nfe(request.nfe, nfe_choices),
        due_s=_within(request.due_s),
    )
    return replace(ask, request=request, deadline_s=_within(ask.deadline_s))


def _nfe(nfe: int, choices: Sequence[int]) -> int:
    """Return the nearest number that the engine is prepared for: it keeps a plan for each."""
    if nfe == 0 or not choices:
        return min(max(nfe, 0), _MOST_NFE)
    return min(choices, key=lambda choice: abs(choice - nfe))


def _within(seconds: float) -> float:
    return min(max(seconds, 0.0), _LATEST_S)
