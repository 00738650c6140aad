"""Everything that reads a small file whole, for `test_small_files.py`, which gives it bad ones.

Run as `python -m tests.attack.small_files FOLDER KIND`: in a process of its own, which may hang.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import torch

from bot import config
from bot.config.sections.mqtt import MqttSettings
from bot.engine.f5.text.vocabulary import load_vocabulary
from bot.engine.f5.voice.reference import ReferenceCache
from bot.engine.f5.weights.measured import Measured
from bot.engine.f5.weights.model_folder import guidance
from bot.engine.guests import piper
from bot.engine.guests.openai import OpenaiEngine
from bot.engine.upstream import patches
from bot.errors import IshowttsError
from bot.mqtt import connection
from bot.playback.pulse import null_sinks
from bot.report import parts, secrets
from bot.runtime.files.credentials import read_secret
from bot.sources import emote_names
from bot.sources.twitch_eventsub.accounts import AccountStore
from bot.speedcheck import results, speed
from bot.speedcheck.history import History
from bot.voices import folder as voices

MOST_SHOWN = 2000
"""Characters of what may be told of a bad file."""


def _piper(path: Path) -> object:
    path.with_name("voice.onnx").touch()
    return piper._read(str(path.with_name("voice.onnx")))


def _tls(**tls: str) -> object:
    return connection._tls_context(MqttSettings.model_validate({"tls": {"enabled": True, **tls}}))


def _text(path: Path) -> object:
    return len(parts.text_of(path)) < MOST_SHOWN


LOADERS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "configuration": ("config.yaml", config.load),
    "voice's licence": ("voice.yaml", lambda p: voices.read_about(p.parent, allow_unlicensed=True)),
    "voice's recording": ("reference.wav", lambda p: voices.read_recording(p.parent)),
    "voice's transcript": ("reference.txt", lambda p: voices.read_transcript(p.parent)),
    "secret": ("password", lambda p: read_secret("mqtt-password", file=p)),
    "credential": (
        "mqtt-password",
        lambda p: read_secret(
            "mqtt-password", environment={"CREDENTIALS_DIRECTORY": str(p.parent)}
        ),
    ),
    "known secrets": ("twitch-1.json", lambda p: list(secrets._values(p))),
    "text for a report": ("log.txt", _text),
    "log-in": ("twitch-1.json", lambda p: AccountStore(p.parent).load()),
    "emotes": ("emotes.json", emote_names._read),
    "results": ("results.json", results.load),
    "history": ("run.json", lambda p: History(p.parent).runs()),
    "speed": ("speed.json", lambda p: speed.load(p.parent)),
    "precision": (
        "precisions.json",
        lambda p: Measured(p.parent, p.parent, [torch.float32]).fastest,
    ),
    "piper's voice": ("voice.onnx.json", _piper),
    "vocabulary": ("vocab.txt", load_vocabulary),
    "model": ("model.yaml", lambda p: guidance(p.parent)),
    "patch": ("1.patch", lambda p: patches._read_patches(p.parent)),
    "cached voice": ("x.safetensors", lambda p: ReferenceCache(p.parent).recall("x")),
    "PulseAudio's file": ("default.pa", null_sinks._read),
    "authority of MQTT": ("ca.pem", lambda p: _tls(ca=str(p))),
    "certificate of MQTT": ("cert.pem", lambda p: _tls(certificate=str(p), key=str(p))),
    "key of MQTT": ("key.pem", lambda p: _tls(certificate=str(_certificate()), key=str(p))),
    "authority of a server": (
        "ca.pem",
        lambda p: OpenaiEngine(url="https://localhost/v1", ca=str(p))._open(),
    ),
}


def _certificate() -> Path:
    return Path(__file__)  # not looked into before the key was read


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _sparse(path: Path) -> None:
    path.touch()
    os.truncate(path, 1 << 40)


def _nested(path: Path) -> None:
    path.write_text('{"schema":' + "[" * 60_000, encoding="utf-8")


def _folder(path: Path) -> None:
    path.mkdir()


def _loop(path: Path) -> None:
    path.symlink_to(path)


KINDS = {
    "pipe": _pipe,
    "endless": _endless,
    "sparse": _sparse,
    "nested": _nested,
    "folder": _folder,
    "loop": _loop,
}
_WAITS = {("configuration", "pipe")}
"""What waits on purpose: `--config <(...)` has a writer."""


def main(folder: Path, kind: str) -> None:
    """Give each loader a file of this kind; end with what went wrong."""
    wrong = []
    for number, (name, (file, load)) in enumerate(LOADERS.items()):
        if (name, kind) in _WAITS:
            continue
        place = folder / str(number)
        place.mkdir()
        KINDS[kind](place / file)
        sys.stderr.write(f"{name}...\n")  # the last one is the one that hangs
        try:
            load(place / file)
        except (IshowttsError, OSError) as error:
            if len(str(error)) > MOST_SHOWN:
                wrong.append(f"{name}: told in {len(str(error))} characters")
        except Exception as error:  # noqa: BLE001 - each is told
            wrong.append(f"{name}: {type(error).__name__}: {str(error)[:200]}")
    sys.exit("\n".join(wrong) or 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
