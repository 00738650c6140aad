"""Patches for the installed f5-tts: apply, verify, revert.

The changes and their reasons stand in `patches/`. Each patch names the hash of every file before
and after, so a file's hash alone tells which patches it has, and a file that matches none is left
as it is. The diffs are applied here because `git` and `patch` may not be installed, and both also
accept files that differ.
"""

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from enum import Enum
from importlib.metadata import distributions
from importlib.util import find_spec
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from bot.engine.upstream.importing import VERSION
from bot.engine.upstream.unified_diff import Change, git_hash, parse
from bot.errors import IshowttsError
from bot.runtime.files.folders import read_bounded, resource
from bot.runtime.installed import install_command

_MOST_BYTES = 16 << 20
_REINSTALL = f"pip install --force-reinstall --no-deps f5-tts=={VERSION}"


class PatchError(IshowttsError):
    """The installed f5-tts cannot be patched or reverted."""


class State(Enum):
    """State of an installed file, or of all of them together."""

    RELEASED = "as released"
    PATCHED = "patched"
    PARTLY = "patched in part"
    FOREIGN = "changed by something else"
    MISSING = "missing"


_BAD = (State.MISSING, State.FOREIGN)
"""States that are neither patched nor reverted."""


class Report(NamedTuple):
    """The installed package, file by file."""

    folder: Path
    """The `site-packages` that holds f5-tts."""
    states: Mapping[str, State]
    """State of each file that a patch touches, by its path relative to `folder`."""
    written: Sequence[str] = ()
    """The files that were just changed."""

    @property
    def state(self) -> State:
        """State of all files together."""
        states = set(self.states.values())
        if bad := [state for state in _BAD if state in states]:
            return bad[0]
        return states.pop() if len(states) == 1 else State.PARTLY

    @property
    def remedy(self) -> str:
        """Remedy for a state that is wrong; empty for the others."""
        if self.state in _BAD:
            return f"Install the package anew: {_REINSTALL}"
        if self.state is State.PARTLY:
            return "Run `ishowtts upstream patch`, or `revert`, to finish."
        return ""

    def __str__(self) -> str:
        """Return sentences, and the files where they differ."""
        sentences = [f"f5-tts {VERSION} in {self.folder} is {self.state.value}."]
        if self.written:
            sentences.append(f"{len(self.written)} files were changed.")
        sentences.append(self.remedy)
        lines = [" ".join(filter(None, sentences))]
        if self.remedy:
            lines += [f"  {path}: {state.value}" for path, state in self.states.items()]
        return "\n".join(lines)


class Upstream:
    """f5-tts and the patches for it."""

    def __init__(self, folder: Path | None = None) -> None:
        """Take the package in `folder`, a `site-packages` or a copy; the installed one by default.

        Raises:
            PatchError: f5-tts is not installed, has another version, or a patch is damaged.
        """
        self._folder = folder or find_package()
        changes = sorted(_read_patches(resource("patches")), key=attrgetter("path"))
        self._chains = {path: tuple(chain) for path, chain in groupby(changes, attrgetter("path"))}

    def verify(self) -> Report:
        """Return which files are patched; change nothing."""
        states = {path: self._state(path, chain) for path, chain in self._chains.items()}
        return Report(self._folder, states)

    def apply(self) -> Report:
        """Patch every file that is not patched yet.

        Raises:
            PatchError: a file was changed by something else, or cannot be written.
        """
        return self._change(self._chains)

    def revert(self) -> Report:
        """Bring every file back as it was released.

        Raises:
            PatchError: a file was changed by something else, or cannot be written.
        """
        return self._change(
            {
                path: tuple(change.reversed() for change in reversed(chain))
                for path, chain in self._chains.items()
            }
        )

    def _state(self, path: str, chain: Sequence[Change]) -> State:
        content = self._read(path)
        if content is None:
            return State.MISSING
        hashed = git_hash(content)
        if hashed == chain[0].before:
            return State.RELEASED
        if hashed == chain[-1].after:
            return State.PATCHED
        return State.PARTLY if hashed in {step.after for step in chain} else State.FOREIGN

    def _change(self, chains: Mapping[str, Sequence[Change]]) -> Report:
        report = self.verify()
        bad = [f"{path} is {state.value}" for path, state in report.states.items() if state in _BAD]
        if bad:
            raise PatchError(
                f"Nothing was done: in {self._folder}, {', '.join(bad)}.", remedy=report.remedy
            )
        contents = {}
        for path, chain in chains.items():
            old = self._read(path) or b""
            new = _through(chain, old)
            if new != old:
                contents[path] = new
        _replace({self._folder / path: content for path, content in contents.items()})
        return self.verify()._replace(written=tuple(contents))

    def _read(self, path: str) -> bytes | None:
        try:
            return read_bounded(self._folder / path, _MOST_BYTES)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise PatchError(
                f"{self._folder / path} cannot be read: {error.strerror}.",
                remedy="Run this as the user that installed f5-tts.",
            ) from error


def run(action: str) -> int:
    """Run `ishowtts upstream ACTION`, print the result, and return the exit code.

    `verify` returns 1 unless every file is patched.

    Raises:
        PatchError: f5-tts is not installed, has another version, or cannot be changed.
    """
    upstream = Upstream()
    do = {"patch": upstream.apply, "verify": upstream.verify, "revert": upstream.revert}[action]
    report = do()
    print(report)  # noqa: T201 - its answer
    return int(action == "verify" and report.state is not State.PATCHED)


def find_package() -> Path:
    """Return the folder that holds the installed f5-tts, without importing it.

    Raises:
        PatchError: it is not installed, or has another version.
    """
    spec = find_spec("f5_tts")
    if spec is None or not spec.submodule_search_locations:
        raise PatchError(
            "f5-tts is not installed for this Python.",
            remedy=f"Install it with: {install_command('upstream')}",
        )
    folder = Path(next(iter(spec.submodule_search_locations))).parent
    found = [package.version for package in distributions(name="f5-tts", path=[str(folder)])]
    if found != [VERSION]:
        what = f"f5-tts {' and '.join(map(str, found))}" if found else "an f5-tts of no version"
        raise PatchError(
            f"{folder} holds {what}; the patches are for {VERSION} alone.",
            remedy=f"Install that one: {_REINSTALL}",
        )
    return folder


def _read_patches(folder: Path) -> list[Change]:
    """Return the changes of all patches to all files, in the order of the patches."""
    patches = sorted(folder.glob("*.patch"))
    if not patches:
        raise _damaged(str(folder))
    try:
        return [change for path in patches for change in parse(read_bounded(path, _MOST_BYTES))]
    except (OSError, ValueError) as error:
        raise _damaged(str(folder)) from error


def _through(chain: Sequence[Change], content: bytes) -> bytes:
    """Return `content` with the rest of the changes of `chain` applied."""
    try:
        for change in chain:
            if git_hash(content) == change.before:
                content = change.apply(content)
    except ValueError as error:
        raise _damaged(chain[0].path) from error
    return content


def _damaged(what: str) -> PatchError:
    return PatchError(
        f"The patches that came with ishowtts are damaged ({what}).",
        remedy="Install ishowtts anew.",
    )


def _replace(contents: Mapping[Path, bytes]) -> None:
    """Write every file beside its target before renaming the first.

    A full disk or a read-only folder therefore changes nothing, a reader never sees half a file,
    and a file that an installer linked into its cache is replaced and not written through.
    """
    staged: dict[Path, Path] = {}
    try:
        for path, content in contents.items():
            with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
                staged[path] = Path(file.name)
                file.write(content)
            shutil.copymode(path, staged[path])
        for path, temporary in staged.items():
            temporary.replace(path)
    except OSError as error:
        raise PatchError(
            f"The files of f5-tts in {path.parent} cannot be written: {error.strerror}.",
            remedy="Run this as the user that installed f5-tts, and see that its disk has room.",
        ) from error
    finally:
        for temporary in staged.values():
            temporary.unlink(missing_ok=True)
