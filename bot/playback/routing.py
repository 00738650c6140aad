"""Which outputs of a channel speak an utterance."""

from collections.abc import Iterable

from bot.config.sections.playback import OutputSettings
from bot.messages import Utterance
from bot.playback import Output


class Routing:
    """Rules of one channel: outputs with a selector that matches, else those without any."""

    def __init__(self, outputs: Iterable[tuple[OutputSettings, Output]]) -> None:
        """Take the channel's outputs with their settings; several entries may share one output."""
        self._entries = tuple(outputs)
        self._rest = _different(output for entry, output in self._entries if not entry.is_selective)

    def __call__(self, utterance: Utterance) -> tuple[Output, ...]:
        """Return the outputs that play `utterance`."""
        selected = _different(
            output
            for entry, output in self._entries
            if entry.is_selective and entry.selects(utterance.voice, utterance.event)
        )
        return selected or self._rest

    def reaches(self, utterance: Utterance) -> bool:
        """Tell whether one of the outputs that play `utterance` is there."""
        return any(output.is_available for output in self(utterance))

    @property
    def is_heard(self) -> bool:
        """Whether any utterance would be heard now, whichever outputs it is for."""
        return any(output.is_available for output in self._rest) and all(
            output.is_available for entry, output in self._entries if entry.is_selective
        )


def _different(outputs: Iterable[Output]) -> tuple[Output, ...]:
    return tuple(dict.fromkeys(outputs))
