"""Fetching from a hub on the loopback: resumed, verified, atomic, and clear when it cannot be."""

import hashlib
import os
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import torch

from bot.engine.f5.weights import installed
from bot.engine.f5.weights.catalogue import MIT, HubFile, KnownModel, find
from bot.engine.f5.weights.fetch import digest_of, download, fetch
from bot.engine.f5.weights.model_folder import load_model, load_vocoder, read_model
from bot.errors import StartError, TransientError

pytestmark = pytest.mark.parts

MEGA = 1 << 20
COMMIT = "c0ffee" + "0" * 34
CPU = torch.device("cpu")


def noise(size_bytes: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size_bytes)


@dataclass
class Hub:
    """Answers as the hub does to its client: metadata, redirect to the store, ranges."""

    repositories: dict[str, dict[str, bytes]] = field(default_factory=dict)
    stored: set[str] = field(default_factory=set)
    """Paths of large files, which are redirected to the store under their SHA-256."""
    hang_after: list[int] = field(default_factory=list)
    """For the next transfers: send so many bytes, then nothing more."""
    cut_after: list[int] = field(default_factory=list)
    """For the next transfers: send so many bytes, then close the connection."""
    damage: bool = False
    """Send other bytes than announced."""
    announced_bytes: int | None = None
    etag: str | None = None
    transfers: list[tuple[str, int, int]] = field(default_factory=list)
    """What was sent: path, first byte, number of bytes."""
    authorizations: list[str | None] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    port: int = 0

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def add(self, repository: str, path: str, content: bytes, *, large: bool = False) -> HubFile:
        self.repositories.setdefault(repository, {})[path] = content
        if large:
            self.stored.add(path)
        return HubFile(path, hashlib.sha256(content).hexdigest() if large else "")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, *_: Any) -> None:
        """Be quiet."""

    def do_HEAD(self) -> None:
        self.answer(with_body=False)

    def do_GET(self) -> None:
        self.answer(with_body=True)

    def answer(self, *, with_body: bool) -> None:
        hub = self.hub
        hub.authorizations.append(self.headers.get("Authorization"))
        if self.path.startswith("/store/"):
            digest = self.path.removeprefix("/store/")
            [(path, content)] = (
                (path, content)
                for files in hub.repositories.values()
                for path, content in files.items()
                if hashlib.sha256(content).hexdigest() == digest
            )
            self.send_content(path, content)
            return
        repository, _, rest = self.path[1:].partition("/resolve/")
        revision, _, path = rest.partition("/")
        files = hub.repositories.get(repository)
        if files is None:
            self.refuse(401, "RepoNotFound")  # the hub does not tell strangers what is private
        elif path not in files:
            self.refuse(404, "EntryNotFound")
        elif path in hub.stored:
            self.redirect(files[path])
        elif with_body:
            assert revision == COMMIT  # whatever happens to the branch after the metadata
            self.send_content(path, files[path])
        else:
            blob = b"blob %d\0" % len(files[path]) + files[path]
            self.send_response(200)
            self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("ETag", hub.etag or f'"{hashlib.sha1(blob).hexdigest()}"')
            self.send_header("Content-Length", str(hub.announced_bytes or len(files[path])))
            self.end_headers()

    def refuse(self, status: int, code: str) -> None:
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def redirect(self, content: bytes) -> None:
        digest = hashlib.sha256(content).hexdigest()
        self.send_response(302)
        # Another host, as on the hub; its client reads the metadata from the redirect then.
        self.send_header("Location", f"http://localhost:{self.hub.port}/store/{digest}")
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("X-Linked-Etag", f'"{digest}"')
        self.send_header("X-Linked-Size", str(self.hub.announced_bytes or len(content)))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def send_content(self, path: str, content: bytes) -> None:
        hub = self.hub
        asked = self.headers.get("Range")
        begin = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
        body = content[begin:]
        if hub.damage:
            body = bytes(len(body))
        self.send_response(206 if asked else 200)
        if asked:
            last = len(content) - 1
            self.send_header("Content-Range", f"bytes {begin}-{last}/{len(content)}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        hangs = bool(hub.hang_after)
        stops = hub.hang_after or hub.cut_after
        sent = body[: stops.pop(0)] if stops else body
        hub.transfers.append((path, begin, len(sent)))
        self.wfile.write(sent)
        self.wfile.flush()
        if hangs:
            hub.released.wait()
        self.close_connection = len(sent) < len(body)


@pytest.fixture
def hub() -> Iterator[Hub]:
    hub = Hub()
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), type("HubHandler", (Handler,), {"hub": hub}), bind_and_activate=True
    )
    hub.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield hub
    hub.released.set()
    server.shutdown()
    server.server_close()
    thread.join()


def parrot(*files: HubFile, config: str = "") -> KnownModel:
    return KnownModel(
        name="parrot",
        kind="model",
        repository="birds/parrot",
        revision="main",
        files=files,
        licence=MIT,
        language="any",
        size="",
        config=config,
    )


@pytest.fixture
def small(hub: Hub) -> KnownModel:
    return parrot(
        hub.add("birds/parrot", "v1/vocab.txt", noise(500, seed=2)),
        hub.add("birds/parrot", "v1/model.safetensors", noise(300_000), large=True),
    )


def contents(folder: Path) -> dict[str, bytes]:
    """Return what is in the folder, apart from the lock."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != ".fetch.lock"}


def whole(hub: Hub) -> dict[str, bytes]:
    return {
        path.rpartition("/")[2]: content
        for path, content in hub.repositories["birds/parrot"].items()
    }


def test_the_files_arrive_flat_in_the_folder(
    hub: Hub, small: KnownModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "a-secret")
    download(small, tmp_path / "a" / "b", hub.endpoint)
    assert contents(tmp_path / "a" / "b") == whole(hub)
    assert hub.authorizations
    assert set(hub.authorizations) == {None}


def test_the_second_time_nothing_is_transferred(
    hub: Hub, small: KnownModel, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    download(small, tmp_path, hub.endpoint)
    transfers = list(hub.transfers)
    download(small, tmp_path, hub.endpoint)
    assert hub.transfers == transfers
    assert "model.safetensors is there already." in capsys.readouterr().out


def test_a_file_that_was_damaged_on_disk_is_replaced(
    hub: Hub, small: KnownModel, tmp_path: Path
) -> None:
    download(small, tmp_path, hub.endpoint)
    for name in ("vocab.txt", "model.safetensors"):
        (tmp_path / name).write_bytes(b"rotten")
    download(small, tmp_path, hub.endpoint)
    assert contents(tmp_path) == whole(hub)


def test_a_cut_connection_is_resumed_at_once(hub: Hub, tmp_path: Path) -> None:
    # The hub's client hands over blocks of 10 MiB.
    model = parrot(hub.add("birds/parrot", "model.pt", noise(24 * MEGA), large=True))
    hub.cut_after = [21 * MEGA]
    download(model, tmp_path, hub.endpoint)
    assert hub.transfers == [
        ("model.pt", 0, 21 * MEGA),
        ("model.pt", 20 * MEGA, 4 * MEGA),
    ]
    assert contents(tmp_path) == whole(hub)


FETCH = """
import sys
from pathlib import Path
from bot.engine.f5.weights.fetch import download
from bot.engine.f5.weights import installed
from bot.engine.f5.weights.catalogue import MIT, HubFile, KnownModel

folder, endpoint, path, digest = sys.argv[1:]
files = (HubFile(path, digest),)
model = KnownModel("parrot", "model", "birds/parrot", "main", files, MIT, "any", "")
download(model, Path(folder), endpoint)
"""


def test_a_killed_fetch_is_resumed_by_the_next(hub: Hub, tmp_path: Path) -> None:
    content = noise(24 * MEGA)
    file = hub.add("birds/parrot", "model.pt", content, large=True)
    hub.hang_after = [21 * MEGA]
    arguments = [str(tmp_path), hub.endpoint, file.path, file.sha256]
    process = subprocess.Popen([sys.executable, "-c", FETCH, *arguments], stderr=subprocess.PIPE)
    with process:
        partial = tmp_path / f".model.pt.{file.sha256[:16]}.incomplete"
        deadline_s = time.monotonic() + 60
        while not partial.exists() or partial.stat().st_size < 20 * MEGA:
            assert process.poll() is None
            assert time.monotonic() < deadline_s
            time.sleep(0)
        with pytest.raises(StartError, match="is being fetched already"):
            download(parrot(file), tmp_path, hub.endpoint)
        assert not (tmp_path / "model.pt").exists()
        process.kill()
    assert partial.read_bytes() == content[: 20 * MEGA]
    download(parrot(file), tmp_path, hub.endpoint)
    assert hub.transfers == [("model.pt", 0, 21 * MEGA), ("model.pt", 20 * MEGA, 4 * MEGA)]
    assert contents(tmp_path) == {"model.pt": content}


def test_parts_of_another_version_are_not_used(hub: Hub, small: KnownModel, tmp_path: Path) -> None:
    (tmp_path / ".model.safetensors.0123456789abcdef.incomplete").write_bytes(b"old")
    digest = small.files[1].sha256
    (tmp_path / f".model.safetensors.{digest[:16]}.incomplete").write_bytes(noise(400_000))
    download(small, tmp_path, hub.endpoint)
    assert contents(tmp_path) == whole(hub)


@pytest.mark.parametrize("large", [True, False])
def test_damaged_content_is_refused_and_removed(hub: Hub, tmp_path: Path, large: bool) -> None:  # noqa: FBT001
    model = parrot(hub.add("birds/parrot", "model.pt", noise(1000), large=large))
    hub.damage = True
    with pytest.raises(StartError, match=r"model\.pt arrived damaged and was removed: its check"):
        download(model, tmp_path, hub.endpoint)
    assert contents(tmp_path) == {}
    hub.damage = False
    download(model, tmp_path, hub.endpoint)
    assert contents(tmp_path) == whole(hub)


def test_another_version_than_the_known_one_is_refused_unread(hub: Hub, tmp_path: Path) -> None:
    hub.add("birds/parrot", "model.pt", noise(1000), large=True)
    model = parrot(HubFile("model.pt", "0" * 64))
    with pytest.raises(StartError, match=r"offers another model\.pt of birds/parrot than the one"):
        download(model, tmp_path, hub.endpoint)
    assert hub.transfers == []


def test_a_hub_without_checksums_is_refused(hub: Hub, small: KnownModel, tmp_path: Path) -> None:
    hub.etag = '"1234"'
    with pytest.raises(StartError, match=r"gives no checksum .* for v1/vocab\.txt"):
        download(small, tmp_path, hub.endpoint)
    assert contents(tmp_path) == {}


def test_without_network_every_file_is_named_with_its_place(
    small: KnownModel, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        endpoint = f"http://127.0.0.1:{server.getsockname()[1]}"
    with pytest.raises(TransientError) as caught:
        download(small, tmp_path, endpoint)
    assert "Connection refused" in caught.value.message
    for path in ("v1/vocab.txt", "v1/model.safetensors"):
        target = tmp_path / path.rpartition("/")[2]
        line = f"{endpoint}/birds/parrot/resolve/main/{path} -> {target}"
        assert line in caught.value.remedy
    assert contents(tmp_path) == {}


def test_files_put_there_by_hand_need_no_network(hub: Hub, tmp_path: Path) -> None:
    content = noise(1000)
    model = parrot(hub.add("birds/parrot", "model.pt", content, large=True))
    (tmp_path / "model.pt").write_bytes(content)
    with socket.create_server(("127.0.0.1", 0)) as server:
        endpoint = f"http://127.0.0.1:{server.getsockname()[1]}"
    download(model, tmp_path, endpoint)


@pytest.mark.parametrize(
    ("repository", "path", "status"),
    [("birds/parrot", "gone.pt", 404), ("birds/dodo", "model.pt", 401)],
)
def test_what_the_hub_does_not_have_is_named(
    hub: Hub, small: KnownModel, tmp_path: Path, repository: str, path: str, status: int
) -> None:
    model = small._replace(repository=repository, files=(HubFile(path),))
    complaint = rf"does not give {path} of {repository} \(HTTP status {status}\)"
    with pytest.raises(StartError, match=complaint) as caught:
        download(model, tmp_path, hub.endpoint)
    assert f"{repository}/resolve/main/{path} -> {tmp_path / path}" in caught.value.remedy


def test_a_file_that_cannot_fit_is_not_begun(hub: Hub, small: KnownModel, tmp_path: Path) -> None:
    hub.announced_bytes = 10**18
    with pytest.raises(StartError, match=r"needs 1,000,000,000 GB, but .* left\. Make room"):
        download(small, tmp_path, hub.endpoint)
    assert hub.transfers == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
def test_a_disk_that_fills_up_is_reported(hub: Hub, small: KnownModel, tmp_path: Path) -> None:
    digest = small.files[1].sha256
    (tmp_path / f".model.safetensors.{digest[:16]}.incomplete").symlink_to("/dev/full")
    with pytest.raises(StartError, match=rf"The disk is full: nothing more fits into {tmp_path}"):
        download(small, tmp_path, hub.endpoint)
    assert not (tmp_path / "model.safetensors").exists()


def test_a_folder_that_cannot_be_made_is_reported(
    hub: Hub, small: KnownModel, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StartError, match=r"cannot be written: .* \$ISHOWTTS_HOME"):
        download(small, tmp_path / "file" / "folder", hub.endpoint)


@pytest.mark.parametrize("package", ["huggingface_hub", "filelock"])
def test_the_missing_package_is_named(
    small: KnownModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    complaint = rf"needs the Python package {package}\. Install what it needs with: .*\[fetch\]"
    with pytest.raises(StartError, match=complaint):
        download(small, tmp_path)


def test_the_command_shows_the_licence_first_and_the_folder_last(hub: Hub, tmp_path: Path) -> None:
    # In a process of its own, because the hub's client reads $HF_ENDPOINT when it is imported.
    known = find("OpenF5-TTS-Base")
    files = {file.path: noise(1000, seed) for seed, file in enumerate(known.files)}
    hub.repositories[known.repository] = files
    result = subprocess.run(
        [
            sys.executable,
            "-c",
            f"from bot.engine.f5.weights.fetch import fetch; fetch({known.name!r})",
        ],
        env=os.environ | {"HF_ENDPOINT": hub.endpoint, "ISHOWTTS_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=150,
    )
    folder = tmp_path / "models" / known.name
    assert contents(folder) == files
    sentences = result.stdout.splitlines()
    assert sentences[0].startswith("OpenF5-TTS-Base is under the licence Apache-2.0. It allows")
    assert sentences[-2:] == [
        f"The model OpenF5-TTS-Base is in {folder}.",
        "It needs a vocoder, too. Fetch it with: ishowtts model fetch vocos-mel-24khz",
    ]


def test_an_unknown_model_is_not_fetched() -> None:
    with pytest.raises(StartError, match="There is no model 'parrot' to fetch"):
        fetch("parrot")


def test_the_bundled_model_has_a_path_as_the_list_names_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    installed.path("bundled")
    assert (Path(capsys.readouterr().out.strip()) / "model" / "model.safetensors").is_file()


def test_the_engine_loads_what_was_fetched(
    hub: Hub, folders: dict[str, Any], tmp_path: Path
) -> None:
    for kind in ("model", "vocoder"):
        files = sorted(Path(folders[kind]).iterdir())
        model = parrot(*(hub.add("birds/parrot", path.name, path.read_bytes()) for path in files))
        download(model, tmp_path / "fetched" / kind, hub.endpoint)
    acoustic, vocabulary = load_model(tmp_path / "fetched" / "model", CPU, torch.float32)
    assert acoustic.tokens == len(vocabulary)
    load_vocoder(tmp_path / "fetched" / "vocoder", CPU, torch.float32)


def test_the_architecture_of_the_older_model_goes_with_it(
    hub: Hub, folders: dict[str, Any], tmp_path: Path
) -> None:
    files = [path for path in Path(folders["model"]).iterdir() if path.suffix != ".yaml"]
    model = parrot(
        *(hub.add("birds/parrot", path.name, path.read_bytes()) for path in files),
        config=find("F5TTS_Base").config,
    )
    download(model, tmp_path / "fetched", hub.endpoint)
    _, traits, _ = read_model(tmp_path / "fetched")
    assert not traits.text_mask_padding
    assert traits.pe_attn_head == 1


def test_digests_are_those_of_git_and_sha256sum(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"what is up, doc?")
    # The example of "Pro Git", chapter 10.2.
    assert digest_of(file, "0" * 40) == "bd9dbf5aae1a3862dd1526723246b20206e5fc37"
    assert digest_of(file, "0" * 64) == hashlib.sha256(b"what is up, doc?").hexdigest()
