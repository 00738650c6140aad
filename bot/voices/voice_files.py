"""Changes to the folders of voices: each is done whole or not at all."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from bot.errors import StartError, shown
from bot.messages import AudioChunk
from bot.voices.folder import ABOUT, RECORDING, TAKEN, TRANSCRIPT, About, is_name, is_voice
from bot.voices.wav import encode


def verify_free(root: Path, name: str, *, replace: bool) -> Path:
    """Return the folder that the voice `name` would have.

    Raises:
        StartError: no voice may be called so, or there is one and it is not to be replaced.
    """
    if name.casefold() in TAKEN:
        raise StartError(
            f"No voice can be called {shown(name)}: in chat `!voice {name}` means something else.",
            remedy="Choose another name.",
        )
    folder = root / _verified(name)
    if (folder.exists() or folder.is_symlink()) and not replace:
        raise StartError(
            f"There is a voice {name} in {root}.", remedy="Choose another name, or add --replace."
        )
    return folder


def write(
    root: Path,
    name: str,
    recording: AudioChunk,
    transcript: str,
    about: About,
    *,
    replace: bool,
) -> Path:
    """Write the voice `name` below `root` and return its folder.

    Raises:
        StartError: as `verify_free`, or the disk refuses.
    """
    folder = verify_free(root, name, replace=replace)
    fields = about._asdict()
    fields["gain"] = fields.pop("gain_db")
    with _on_disk(root), _beside(root) as made:
        (made / RECORDING).write_bytes(encode(recording))
        (made / TRANSCRIPT).write_text(transcript + "\n", encoding="utf-8")
        (made / ABOUT).write_text(
            yaml.safe_dump(fields, allow_unicode=True, sort_keys=False), encoding="utf-8"
        )
        made.chmod(0o755)
        with _beside(root) as old:
            if folder.exists():
                folder.rename(old / name)
            try:
                made.rename(folder)
            except OSError:
                if (old / name).exists():
                    (old / name).rename(folder)
                raise
    return folder


def remove(root: Path, name: str) -> None:
    """Remove the voice `name` below `root`; of a link, the link alone.

    Raises:
        StartError: there is none, or the disk refuses.
    """
    folder = root / _verified(name)
    if not is_voice(folder):
        raise StartError(
            f"There is no voice {name} in {root}.",
            remedy="See which there are: ishowtts voice list",
        )
    with _on_disk(root):
        if folder.is_symlink():
            folder.unlink()
            return
        with _beside(root) as gone:
            folder.rename(gone / name)  # at once: half a folder would be a broken voice


def _verified(name: str) -> str:
    if not is_name(name):
        raise StartError(
            f"A voice cannot be called {shown(name[:40])}.",
            remedy="Use letters, digits, - and _, at most 64, and begin with a letter or a digit.",
        )
    return name


@contextmanager
def _beside(root: Path) -> Iterator[Path]:
    """Yield a hidden folder in `root`, which is no voice, and remove it if it is still there."""
    root.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=root, prefix=".voice-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _on_disk(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StartError(
            f"The folder {root} cannot be changed: {error}.",
            remedy="Make it writable, or free some space; engine.f5.voices names another one.",
        ) from error
