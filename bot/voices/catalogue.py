"""Catalogue of the voices that may speak, looked up again every few seconds."""

import asyncio
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import structlog

from bot.errors import StartError
from bot.voices.folder import RECORDING, TRANSCRIPT, Signature, find, read_about, read_signature

log = structlog.get_logger(__name__)

_POLL_S = 3.0


class VoiceCatalog(Collection[str]):
    """Names of the voices that may speak; whether a voice can, the engine finds out."""

    def __init__(self, roots: Sequence[Path], *, allow_unlicensed: bool) -> None:
        """Look up the voices in `roots` once; `run` does it again and again."""
        self._roots = tuple(roots)
        self._allow_unlicensed = allow_unlicensed
        self._judged: dict[Path, tuple[Signature, bool]] = {}
        self._names: frozenset[str] = frozenset()
        self.refresh()

    def __contains__(self, name: object) -> bool:
        """Tell whether there is this voice."""
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names, in no order."""
        return iter(self._names)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._names)

    def refresh(self) -> None:
        """Look up the voices now. Blocks for some milliseconds."""
        before, self._judged = self._judged, {}
        for folder in find(self._roots).values():
            signature = read_signature(folder)
            judged = before.get(folder)
            if judged is None or judged[0] != signature:
                judged = signature, self._judge(folder)
            self._judged[folder] = judged
        self._names = frozenset(path.name for path, (_, is_good) in self._judged.items() if is_good)

    async def run(self) -> None:
        """Look up the voices every few seconds until cancelled."""
        while True:
            await asyncio.sleep(_POLL_S)
            try:
                await asyncio.to_thread(self.refresh)
            except OSError as error:  # a disk that is away comes back
                log.info("voices cannot be looked up", reason=str(error))

    def _judge(self, folder: Path) -> bool:
        try:
            read_about(folder, allow_unlicensed=self._allow_unlicensed)
        except StartError:
            return False  # the engine reports it
        return all((folder / name).is_file() for name in (RECORDING, TRANSCRIPT))
