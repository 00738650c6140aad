"""`ishowtts voice add`: makes a voice of a recording; needs the packages of the extra `voices`."""

import argparse

from bot.cli import EXIT_OK, fail
from bot.cli.say import play
from bot.cli.shared import complete
from bot.cli.voice import Ask, let_speak, printable
from bot.config import Settings
from bot.errors import IshowttsError, StartError
from bot.runtime.installed import install_command
from bot.voices import voice_files
from bot.voices.cloning import preparation, recording, transcript
from bot.voices.cloning.preparation import Prepared
from bot.voices.folder import About
from bot.voices.judgement import written
from bot.wiring import engines

_LICENCE = (
    "What may the recording be used for? A licence, or for instance: this stream only"
    " (Enter for nothing)"
)
_CONSENT = "Whose voice is it, and when did they agree to its being cloned? (who, when)"


def add(settings: Settings, options: argparse.Namespace, ask: Ask | None) -> int:
    """Make a voice of a recording and let it speak; return the exit code.

    What is None in `options` is asked with `ask`, which is None if nobody is there to answer.

    Raises:
        StartError: the recording is refused, something is missing, or the disk refuses.
    """
    root, name = engines.voice_folders(settings.engine).own, options.name
    voice_files.verify_free(root, name, replace=options.replace)
    recording.verify_there(options.file)
    consent = _consent(settings, options.consent, ask)
    licence = _answer(options.licence, _LICENCE, ask)
    prepared = preparation.prepare(options.file, keep_whole=options.transcript is not None)
    _print_measures(prepared)
    words, language = _transcript(settings, prepared, options, ask)
    about = About(
        language=options.language or language,
        licence=licence,
        consent=consent,
        source=f"Recording {options.file.name}",
        gain_db=0.0,
        speed=1.0,
    )
    folder = voice_files.write(root, name, prepared.audio, words, about, replace=options.replace)
    print(f"{folder} is written; a daemon that runs takes it within some seconds.", flush=True)
    if options.sample:
        try:
            complete(let_speak(settings, name, None, options.output))
        except IshowttsError as error:
            return fail(error, EXIT_OK)  # the voice is there; only here it cannot be heard
    return EXIT_OK


def _print_measures(prepared: Prepared) -> None:
    measures, excerpt = prepared.measures, prepared.excerpt
    print(
        f"{measures.speech_s:.1f} s of speech; the background is"
        f" {measures.above_background_db:.0f} dB fainter, {measures.clipped:.3%} is clipped."
    )
    print(
        f"Taken: {excerpt.start_s:.1f} to {excerpt.end_s:.1f} s, brought from"
        f" {prepared.loudness_lufs:.1f} to {preparation.TARGET_LUFS:.0f} LUFS.",
        flush=True,
    )


def _consent(settings: Settings, given: str | None, ask: Ask | None) -> str:
    """Return who agreed to being cloned; asked before any work is done."""
    answer = _answer(given, _CONSENT, ask)
    if not answer and not engines.voice_folders(settings.engine).allow_unlicensed:
        raise StartError(
            "A voice needs a record of consent.",
            remedy='Add --consent "Jane Doe, 2026-01-31, in chat"; docs/voices.md tells more.',
        )
    return answer


def _answer(given: str | None, question: str, ask: Ask | None) -> str:
    """Return what was given, or what the person answers; empty for nothing."""
    if given is None and ask is not None:
        given = ask(f"{question}\n> ")
    return " ".join((given or "").split())


def _transcript(
    settings: Settings, prepared: Prepared, options: argparse.Namespace, ask: Ask | None
) -> tuple[str, str]:
    """Return what is said in the reference, and in which language, as far as it is known."""
    if options.transcript is not None:
        return written(options.transcript, prepared.audio.duration_s), ""
    text, language = "", ""
    if transcript.is_installed():
        text, language = transcript.write_down(prepared.audio, options.whisper or transcript.MODEL)
        print(f"Heard ({language}): {printable(text)}")
    elif ask is None:
        raise StartError(
            "The transcript is missing: exactly what is said in the recording.",
            remedy="Give it with --transcript, or let faster-whisper write it down:"
            f" {install_command('voices', 'transcribe')}",
        )
    if ask is not None:
        text = _ask_transcript(settings, prepared, text, ask)
    return written(text, prepared.audio.duration_s), language


def _ask_transcript(settings: Settings, prepared: Prepared, heard: str, ask: Ask) -> str:
    question = (
        "Is that exactly what is said? Enter for yes, or type it."
        if heard
        else "Type exactly what is said."
    )
    while True:
        try:
            complete(play(settings, prepared.audio))
        except IshowttsError as error:
            print(f"It cannot be played here: {error.message}")
        answer = ask(f"{question} (r: play it again)\n> ").strip()
        if answer.lower() != "r":
            return answer or heard
