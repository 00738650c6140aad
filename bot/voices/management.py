"""The voices of an installation: which there are, and which may speak."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bot.errors import StartError
from bot.messages import AudioChunk
from bot.voices.folder import RECORDING, find, is_name, read_about, read_recording, read_transcript
from bot.voices.judgement import judged, sentence
from bot.voices.wav import parse

_INVENTED = "synthetic"
"""Consent of the voices that come along."""


class VoiceFolders(NamedTuple):
    """Where voices lie, and which of them may speak."""

    shipped: Path
    """Folder of the voices that come with the package."""
    own: Path
    """Folder of the user's voices; of two with one name this one's counts."""
    allow_unlicensed: bool
    """Whether voices speak whose voice.yaml names no consent."""

    @property
    def roots(self) -> tuple[Path, Path]:
        """Return both folders; voices in later ones win."""
        return self.shipped, self.own

    def find(self) -> dict[str, Path]:
        """Return the folder of each voice, by name."""
        return find(self.roots)

    def find_one(self, name: str) -> Path:
        """Return the folder of the voice `name`.

        Raises:
            StartError: there is no such voice.
        """
        folders = self.find()
        if name not in folders:
            shown = name if is_name(name) else "of this name"
            raise StartError(
                f"There is no voice {shown}.", remedy=f"There are: {', '.join(folders) or 'none'}."
            )
        return folders[name]

    def problem(self, folder: Path) -> StartError | None:
        """Return what keeps the voice in `folder` from speaking."""
        try:
            read_about(folder, allow_unlicensed=self.allow_unlicensed)
            what = str(folder / RECORDING)
            samples, rate_hz = judged(read_recording(folder), what)
            sentence(read_transcript(folder), len(samples) / rate_hz, what)
        except StartError as error:
            return error
        return None

    def problems(self) -> Iterator[tuple[str, StartError]]:
        """Yield what keeps a voice from speaking, by its name."""
        for name, folder in self.find().items():
            if (problem := self.problem(folder)) is not None:
                yield name, problem

    def is_own(self, folder: Path) -> bool:
        """Tell whether the voice in `folder` is the user's.

        In a checkout both kinds lie in one folder: there those that nobody lent count as shipped.
        """
        own = self.own.resolve()
        if folder.parent.resolve() != own:
            return False
        return own != self.shipped.resolve() or not _is_invented(folder)

    def find_own(self, name: str) -> Path:
        """Return the folder of the voice `name`, which can be removed.

        Raises:
            StartError: there is no such voice, or it comes with the package.
        """
        folder = self.find_one(name)
        if not self.is_own(folder):
            raise StartError(
                f"{name} comes with the package and cannot be removed.",
                remedy="A voice of your own with the same name takes its place.",
            )
        return folder


def _is_invented(folder: Path) -> bool:
    try:
        return read_about(folder, allow_unlicensed=True).consent == _INVENTED
    except StartError:
        return False


def read_sound(folder: Path) -> AudioChunk:
    """Return the recording of the voice in `folder`.

    Raises:
        StartError: it cannot be read.
    """
    return parse(read_recording(folder), str(folder / RECORDING))
