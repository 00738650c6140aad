"""Download of model files from the Hugging Face hub: resumed, verified, put in place atomically.

The hub's own client asks and transfers, but its download functions do not write the files: newer
versions throw away a part of a file when they are interrupted.
"""

import errno
import hashlib
import os
import shutil
from pathlib import Path
from typing import BinaryIO, NamedTuple

from bot.engine.f5.weights.catalogue import HubFile, KnownModel, find
from bot.engine.f5.weights.installed import folder_of, missing, readable_size
from bot.errors import IshowttsError, StartError, TransientError
from bot.runtime.files.folders import write_whole
from bot.runtime.installed import install_command

_BLOCK_BYTES = 1 << 20
_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})
_SERVER_ERROR = 500
_TOO_MANY_REQUESTS = 429


class Offer(NamedTuple):
    """Metadata of a file on the hub."""

    url: str
    """Address of exactly this version."""
    size_bytes: int
    digest: str
    """SHA-256 in 64 digits for large files, the SHA-1 of git's blob in 40 for the others."""


class _Source(NamedTuple):
    """Model, its folder and the hub that its files come from."""

    model: KnownModel
    folder: Path
    endpoint: str

    def url(self, file: HubFile, revision: str) -> str:
        """Return the address of a file, as https://huggingface.co/docs/hub/models-downloading."""
        from huggingface_hub import hf_hub_url  # noqa: PLC0415 - optional

        repository = self.model.repository
        return hf_hub_url(repository, file.path, revision=revision, endpoint=self.endpoint)

    def by_hand(self) -> str:
        """Return a remedy for when the hub cannot be reached."""
        return "\n".join(
            (
                "Or download these files elsewhere and put them there:",
                *(
                    f"  {self.url(file, self.model.revision)} -> {self.folder / file.name}"
                    for file in self.model.files
                ),
            )
        )


def fetch(name: str) -> None:
    """Download the model `name` of the catalogue, for `ishowtts model fetch NAME`.

    Files that are there already are checked and kept. `$HF_ENDPOINT` chooses another hub.

    Raises:
        StartError: there is no such model, package, file or room, or the file is damaged.
        TransientError: the hub cannot be reached; what was received is kept for the next time.
    """
    model = find(name)
    folder = folder_of(model)
    _say(f"{model.name} is under the licence {model.licence.name}. {model.licence.meaning}")
    if model.remark:
        _say(model.remark)
    download(model, folder)
    _say(f"The {model.kind} {model.name} is in {folder}.")
    vocoder = find("vocos-mel-24khz")
    if model.kind == "model" and missing(vocoder, folder_of(vocoder)):
        _say(f"It needs a vocoder, too. Fetch it with: ishowtts model fetch {vocoder.name}")


def download(model: KnownModel, folder: Path, endpoint: str = "") -> None:
    """Download the files of `model` into `folder`, each complete and verified or not at all.

    `endpoint` is the hub's address, without it the one that the hub's client is set to.

    Raises:
        StartError, TransientError: as `fetch`.
    """
    try:
        from filelock import FileLock, Timeout  # noqa: PLC0415 - comes with the hub's client
        from huggingface_hub import constants  # noqa: PLC0415 - optional
    except ModuleNotFoundError as error:
        raise StartError(
            f"Fetching models needs the Python package {error.name}.",
            remedy=f"Install what it needs with: {install_command('fetch')}",
        ) from error
    source = _Source(model, folder, (endpoint or constants.ENDPOINT).rstrip("/"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".fetch.lock", timeout=0):
            if model.config:
                write_whole(folder / "model.yaml", model.config.encode())
            for file in model.files:
                _bring(source, file)
    except Timeout as error:
        raise StartError(
            f"{model.name} is being fetched already.",
            remedy="Wait until the other `ishowtts model fetch` has ended.",
        ) from error
    except OSError as error:
        raise _disk_error(folder, error) from error


def _bring(source: _Source, file: HubFile) -> None:
    target = source.folder / file.name
    if target.is_file() and file.sha256 and digest_of(target, file.sha256) == file.sha256:
        _say(f"{file.name} is there already.")
        return
    offer = _ask(source, file)
    if target.is_file() and digest_of(target, offer.digest) == offer.digest:
        _say(f"{file.name} is there already.")
        return
    # The digest in the name keeps parts of different versions apart.
    partial = source.folder / f".{file.name}.{offer.digest[:16]}.incomplete"
    _transfer(source, file, offer, partial)
    actual = digest_of(partial, offer.digest)
    if actual != offer.digest:
        partial.unlink()
        raise StartError(
            f"{file.name} arrived damaged and was removed: "
            f"its checksum is {actual}, not {offer.digest}.",
            remedy=f"Fetch it again with: ishowtts model fetch {source.model.name}",
        )
    partial.replace(target)
    for outdated in source.folder.glob(f".{file.name}.*.incomplete"):
        outdated.unlink()


def _ask(source: _Source, file: HubFile) -> Offer:
    from huggingface_hub import get_hf_file_metadata  # noqa: PLC0415 - optional

    try:
        # Every known model is public, so no token is sent.
        found = get_hf_file_metadata(source.url(file, source.model.revision), token=False)
    except Exception as error:  # the client passes on those of its HTTP library, which changes
        raise _hub_error(source, file, error) from error
    digest, size_bytes = found.etag or "", found.size
    if len(digest) not in (40, 64) or size_bytes is None:
        raise StartError(
            f"{source.endpoint} gives no checksum or no size for {file.path} of "
            f"{source.model.repository}; it does not behave like the hub.",
            remedy=f"Check $HF_ENDPOINT and the network's proxy. {source.by_hand()}",
        )
    if file.sha256 and file.sha256 != digest:
        raise StartError(
            f"{source.endpoint} offers another {file.path} of {source.model.repository} than the "
            f"one that is known: its checksum is {digest}, not {file.sha256}.",
            remedy="Check $HF_ENDPOINT, or update ishowtts.",
        )
    return Offer(source.url(file, found.commit_hash or source.model.revision), size_bytes, digest)


def _transfer(source: _Source, file: HubFile, offer: Offer, partial: Path) -> None:
    """Append the rest of the file to `partial`; retry as long as attempts receive something."""
    if partial.exists() and partial.stat().st_size > offer.size_bytes:
        partial.unlink()
    partial.touch()
    lacking_bytes = offer.size_bytes - partial.stat().st_size
    free_bytes = shutil.disk_usage(source.folder).free
    if free_bytes < lacking_bytes:
        raise StartError(
            f"{file.name} needs {readable_size(lacking_bytes)}, but "
            f"{source.folder} has {readable_size(free_bytes)} left.",
            remedy="Make room, or choose another disk with $ISHOWTTS_HOME.",
        )
    while (received := partial.stat().st_size) < offer.size_bytes:
        with partial.open("ab") as sink:
            _append(source, file, offer, sink, received)
            sink.flush()
            os.fsync(sink.fileno())


def _append(
    source: _Source, file: HubFile, offer: Offer, sink: BinaryIO, received_bytes: int
) -> None:
    from huggingface_hub.file_download import http_get  # noqa: PLC0415 - optional

    try:
        http_get(
            offer.url,
            sink,
            resume_size=received_bytes,
            headers={"Accept-Encoding": "identity"},  # compressed transfers cannot be resumed
            expected_size=offer.size_bytes,
            displayed_filename=file.name,
        )
    except Exception as error:  # as in `_ask`
        if isinstance(error, OSError) and error.errno in _NO_SPACE:
            raise
        if sink.tell() <= received_bytes:
            raise _hub_error(source, file, error) from error


def _hub_error(source: _Source, file: HubFile, error: Exception) -> IshowttsError:
    what = f"{file.path} of {source.model.repository}"
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status and status < _SERVER_ERROR and status != _TOO_MANY_REQUESTS:
        return StartError(
            f"{source.endpoint} does not give {what} (HTTP status {status}).",
            remedy=f"Check $HF_ENDPOINT, or update ishowtts. {source.by_hand()}",
        )
    reason = str(error).partition("\n")[0] or type(error).__name__
    return TransientError(
        f"{what} could not be fetched from {source.endpoint}: {reason.rstrip('.')}.",
        remedy="Check the network and fetch again; what has arrived is kept. " + source.by_hand(),
    )


def _disk_error(folder: Path, error: OSError) -> StartError:
    if error.errno in _NO_SPACE:
        return StartError(
            f"The disk is full: nothing more fits into {folder}.",
            remedy="Make room and fetch again, what has arrived is kept; or choose another disk "
            "with $ISHOWTTS_HOME.",
        )
    return StartError(
        f"{folder} cannot be written: {error}.",
        remedy="Mend its permissions, or choose another folder with $ISHOWTTS_HOME.",
    )


def digest_of(path: Path, like: str) -> str:
    """Return the digest of a file in hexadecimal, of the kind that `like` is; see `Offer`."""
    # https://git-scm.com/book/en/v2/Git-Internals-Git-Objects
    is_git_blob = len(like) == hashlib.sha1(usedforsecurity=False).digest_size * 2
    if is_git_blob:
        digest = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    else:
        digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _say(sentence: str) -> None:
    print(sentence, flush=True)  # noqa: T201 - the command's output
