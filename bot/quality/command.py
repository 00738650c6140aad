"""`ishowtts quality`: speaks, compares and writes the page."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bot.bench.checkpoints import VOICE
from bot.bench.hardware import hardware, versions
from bot.bench.subject import Subject, subject
from bot.config.engine import F5Settings
from bot.engine.f5.voice.folder import Voice, load_voice
from bot.engine.f5.voice.reference import ReferenceCache
from bot.errors import StartError
from bot.quality.page import About, write
from bot.quality.renditions import dtypes, speak
from bot.runtime.folders import resource
from bot.voices import folder

DEFAULT_VOICE = "heart"
TEXTS = (
    "Hello chat, welcome back to the stream!",
    "That was the best round of the whole night, and nobody saw it coming.",
    "Wait, what? No, no, no. Okay, we try that again, but this time without falling off.",
)


def quality(
    settings: F5Settings,
    folder: Path,
    *,
    texts: Sequence[str] = (),
    voice: str | None = None,
    random: str | None = None,
    device: str | None = None,
) -> int:
    """Write the page about the configured model, or one of random weights, to `folder`.

    Args:
        settings: Of the configuration.
        folder: Is made if it is not there.
        texts: What is spoken; a few chat messages by default.
        voice: Its name; that of the shipped configuration by default, noise for random weights.
        random: A shape of `bot.bench.checkpoints`, in place of the configured model.
        device: In place of the configured one.

    Raises:
        StartError: the model or the voice is not there, or the folder cannot be written to.
        UtteranceError: the model knows no character of a text.
    """
    with subject(settings, random, device) as measured:
        name, spoken_by = _voice(settings, measured, voice)
        facts = tuple(_facts(measured))
        spoken = []
        for each in speak(measured, spoken_by, tuple(texts) or TEXTS, dtypes(measured)):
            spoken.append(each)
            print(f"Spoke {len(each.renditions)} times: {each.text}", flush=True)  # noqa: T201
        about = About(measured.name, name, measured.is_random, facts)
    index = write(folder, about, spoken)
    print(f"Open {index.absolute()} in a browser.")  # noqa: T201
    return 0


def _voice(settings: F5Settings, measured: Subject, name: str | None) -> tuple[str, Voice]:
    folders = folder.find((resource("voices"), settings.voices))
    if name is None and measured.is_random:
        folders = {VOICE: measured.voices / VOICE}
    chosen = name or (DEFAULT_VOICE if DEFAULT_VOICE in folders else next(iter(folders), "any"))
    if chosen not in folders:
        raise StartError(
            f"There is no voice {chosen!r} in {settings.voices}.",
            remedy=f"Choose from {', '.join(folders)}." if folders else "Make its folder there.",
        )
    return chosen, load_voice(folders[chosen], ReferenceCache())


def _facts(measured: Subject) -> list[str]:
    machine = hardware(measured.device)
    packages = versions()
    where = machine.gpu or machine.processor
    return [
        f"{where}, torch {packages['torch']}, ishowtts {packages['ishowtts']}",
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
    ]
