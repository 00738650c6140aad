"""A container's image without a container engine: a Containerfile's own lines, in Debian's roots.

Each stage begins as a fresh root made by mmdebstrap; `RUN` runs in it by chroot in namespaces.
What a network needs here (name servers, certificates, what pip is told) is lent from the machine.
"""

from __future__ import annotations

import fnmatch
import os
import re
import shlex
import shutil
import ssl
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
NEEDS = {"mmdebstrap": "mmdebstrap", "unshare": "util-linux", "setpriv": "util-linux"}
"""Programs, and the Debian packages that have them."""
BASES = {"debian:bookworm-slim": "bookworm"}
"""Suites of Debian that stand for images; of the slim ones documentation is left out besides."""
_CERTIFICATES = "/run/lent.pem"
_VARIABLE = re.compile(r"\$\{?(\w+)\}?")
# Its arguments: the root; how many files and folders are lent; each, and its place in the root;
# then the command in there.
_ENTER = """
set -e
root=$1; count=$2; shift 2
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
while [ "$count" -gt 0 ]; do
  if [ -d "$1" ]; then mkdir -p "$root$2"; else mkdir -p "$root${2%/*}"; touch "$root$2"; fi
  mount --bind -o ro "$1" "$root$2"
  shift 2; count=$((count - 1))
done
exec chroot "$root" "$@"
"""


@dataclass
class Stage:
    """A root on its way to an image, with what the lines so far say of it."""

    root: Path
    variables: dict[str, str] = field(default_factory=dict)
    """Of `ARG`, for the lines themselves."""
    environment: dict[str, str] = field(default_factory=dict)
    """Of `ENV`, for what runs in it, too."""
    user: str = "0"
    folder: str = "/"
    health: str = ""
    """Command of the health check."""
    entry: tuple[str, ...] = ()
    command: tuple[str, ...] = ()

    def filled(self, text: str) -> str:
        """Return `text` with the variables that are known; others stay for the shell."""
        known = self.variables | self.environment
        return _VARIABLE.sub(lambda match: known.get(match[1], ""), text)


def instructions(text: str) -> list[tuple[str, str]]:
    """Return name and arguments of each instruction, its lines joined."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [(name, rest.strip()) for line in joined.split("\n") if line.strip()
            for name, _, rest in [line.partition(" ")]]  # fmt: skip


def build(containerfile: Path, folder: Path, **arguments: str) -> Stage:
    """Return the last stage of `containerfile`, built in `folder`; ends with what fails."""
    given: dict[str, str] = {}
    stages: dict[str, Stage] = {}
    stage = Stage(folder)
    for name, rest in instructions(containerfile.read_text("utf-8")):
        print(f"{name} {rest}", flush=True)  # noqa: T201 - it takes minutes
        if name == "FROM":
            base, _, label = Stage(folder, given).filled(rest).partition(" AS ")
            stage = Stage(_fresh_root(BASES[base], folder / (label or "image"), folder))
            stages[label or "image"] = stage
        elif name == "ARG":
            key, is_set, value = rest.partition("=")
            here = stage.variables if stages else given
            here[key] = arguments.get(key, value if is_set else given.get(key, ""))
        else:
            _obey(stage, stages, name, rest)
    return stage


def _obey(stage: Stage, stages: dict[str, Stage], name: str, rest: str) -> None:
    if name == "RUN":
        run(stage, "sh", "-c", rest)
    elif name == "COPY":
        _copy(stage, stages, rest)
    elif name == "ENV":
        stage.environment |= dict(word.split("=", 1) for word in shlex.split(stage.filled(rest)))
    elif name == "USER":
        stage.user = rest
    elif name == "WORKDIR":
        stage.folder = rest
    elif name == "HEALTHCHECK":
        stage.health = rest.partition("CMD ")[2]
    elif name in {"ENTRYPOINT", "CMD"}:
        words = tuple(word.strip('" ') for word in rest.strip("[]").split(","))
        stage.entry, stage.command = (words, ()) if name == "ENTRYPOINT" else (stage.entry, words)
    elif name not in {"VOLUME", "EXPOSE"}:
        raise AssertionError(f"{name} is not understood")


def debian(suite: str, target: Path, *options: str) -> None:
    """Fetch Debian into `target`, a folder or an archive."""
    sources = list(Path("/etc/apt").glob("sources.list.d/debian.sources"))
    sources = sources or [Path("/etc/apt/sources.list")]
    slim = ["--variant=minbase", "--quiet", "--dpkgopt=path-exclude=/usr/share/doc/*"]
    slim += ["--dpkgopt=path-exclude=/usr/share/locale/*"]
    subprocess.run(["mmdebstrap", *slim, *options, suite, target, *sources], check=True)


def _fresh_root(suite: str, root: Path, cache: Path) -> Path:
    """Unpack Debian, fetched once."""
    archive = cache / f"{suite}.tar"
    if not archive.exists():
        debian(suite, archive)
    root.mkdir()
    subprocess.run(["tar", "-xf", archive, "-C", root], check=True)
    return root


def _copy(stage: Stage, stages: dict[str, Stage], rest: str) -> None:
    words = rest.split()
    if words[0].startswith("--from="):
        source = stages[words[0].partition("=")[2]].root / words[1].lstrip("/")
        shutil.copytree(source, stage.root / words[2].lstrip("/"), symlinks=True)
        return
    assert words[0] == ".", rest
    target = stage.root / words[1].lstrip("/")
    for name in copied(REPOSITORY):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(REPOSITORY / name, target / name)


def copied(folder: Path) -> list[str]:
    """Return the files that .dockerignore leaves: here all is left out but what it names."""
    lines = (folder / ".dockerignore").read_text("utf-8").split("\n")
    kept = [line[1:] for line in lines if line.startswith("!")]
    dropped = [line.removeprefix("**/") for line in lines if line.startswith("**/")]
    found = [p for top in kept for p in ([folder / top, *(folder / top).rglob("*")])]
    return [
        str(path.relative_to(folder))
        for path in found
        if path.is_file() and not any(fnmatch.filter(path.parts, name) for name in dropped)
    ]


def run(stage: Stage, *command: str) -> None:
    """Run a command in the root, with the machine's way to packages."""
    places = [name for pair in lent() for name in pair]
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive"}
    environment |= pip_variables()
    enter = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", _ENTER, "enter"]
    subprocess.run(
        [*enter, str(stage.root), str(len(places) // 2), *places, *command],
        env=environment | stage.variables | stage.environment,
        check=True,
    )


def pip_variables() -> dict[str, str]:
    """Return what pip is told here by variables, for a root to which `lent` was lent."""
    told = {key: value for key, value in os.environ.items() if key.startswith("PIP_")}
    return told | {"PIP_CERT": _CERTIFICATES}


def lent() -> list[tuple[str, str]]:
    """Return the files and folders that the network and pip need, with their places."""
    told = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    ).stdout
    own = os.environ.get("PIP_CERT") or ssl.get_default_verify_paths().cafile
    paths = set(re.findall(r"(?:file://)?(/[\w./-]+)", " ".join([told, *pip_variables().values()])))
    paths |= {"/etc/resolv.conf", "/etc/hosts", "/etc/pip.conf"}
    # Of certificates a root has its own, once it has some: those here are lent beside them.
    places = [(path, path) for path in sorted(paths - {own}) if Path(path).exists()]
    return [*places, (own, _CERTIFICATES)] if own else places


def started(stage: Stage, *volumes: tuple[Path, str], **environment: str) -> list[str]:
    """Return the command that starts the image as process 1 of namespaces of its own.

    `volumes` are files or folders with their places in it.
    """
    mounts = [
        (f'mkdir -p "$1{place}"' if path.is_dir() else f'install -D /dev/null "$1{place}"')
        + f'; mount --bind "{path}" "$1{place}"'
        for path, place in volumes
    ]
    variables = [f"{key}={value}" for key, value in (stage.environment | environment).items()]
    script = "\n".join([
        "set -e", *mounts, 'mount -t proc proc "$1/proc"', 'mount --rbind /dev "$1/dev"',
        "root=$1; shift",
        'exec chroot "$root" "$@"',
    ])  # fmt: skip
    rights = ["setpriv", f"--reuid={stage.user}", f"--regid={stage.user}", "--init-groups"]
    rights += ["--no-new-privs", "--bounding-set=-all"]
    inside = ["env", "--ignore-environment", f"--chdir={stage.folder}", *variables]
    return [
        *("unshare", "--mount", "--pid", "--uts", "--ipc", "--fork"),
        *("sh", "-c", script, "start", str(stage.root)),
        *rights, *inside, *stage.entry, *stage.command,
    ]  # fmt: skip


def size_bytes(root: Path) -> int:
    """Return how much the files of an image take on the disk."""
    told = subprocess.run(["du", "-sxB1", root], capture_output=True, text=True, check=True)
    return int(told.stdout.split()[0])
