"""Judgement of a voice's recording and transcript: what engines refuse, and why.

One judgement for the engine that speaks with a voice and for the commands that list and show it.
The ends are trimmed as upstream does (`preprocess_ref_audio_text`). A recording over 12 s is
refused, where upstream cuts it and keeps the whole transcript, which makes the speech too fast.
"""

import math

import numpy as np

from bot.errors import StartError
from bot.messages import AudioChunk, Samples
from bot.voices.wav import parse

MIN_DURATION_S = 1.0
MAX_DURATION_S = 12.0
MODEL_RATE_HZ = 24_000
_EDGE_DBFS = -42.0
_EDGE_WINDOW_S = 0.010
_TAIL_S = 0.050
_MAX_PEAK = 10.0
"""Limit on floating-point samples: far beyond full scale are integers written as such."""
_MAX_BYTES_PER_S = 60.0
"""Limit on transcripts: one that is denser belongs to another recording."""
_LETTERS_PER_S = (2.0, 30.0)
"""Limits of the pace, from a slow reader of Chinese to a fast one of English."""
_MAX_TAPS = 20_000_000
"""Limit on taps of the filter that resamples: 160 MB of float64, a few times over; 44,100 Hz to
24,000 needs 12,000."""


def judged(recording: bytes, what: str) -> tuple[Samples, int]:
    """Return the samples of a WAV file without its quiet ends, mono `[n]`, and their rate in Hz.

    `what` names it in errors.

    Raises:
        StartError: it cannot be a reference; the error says why.
    """
    sound = parse(recording, what)
    if not np.isfinite(sound.samples).all():
        raise _refusal(what, "holds samples that are not finite")
    again = "Export it again as WAV, 16 bit, 44100 or 48000 Hz."
    if not _is_common(sound.sample_rate_hz):
        raise _refusal(what, f"has the odd rate of {sound.sample_rate_hz} Hz", again)
    if (peak := float(np.abs(sound.samples).max(initial=0.0))) > _MAX_PEAK:
        raise _refusal(what, f"is up to {peak:.3g} times as loud as full scale", again)
    return _trim(sound, what), sound.sample_rate_hz


def sentence(transcript: str, duration_s: float, what: str) -> str:
    """Return the transcript, with the end of a sentence, of a recording that lasts so long.

    Raises:
        StartError: it is empty, or too long for the recording.
    """
    ended = _end_sentence(transcript, what)
    if len(ended.encode()) > _MAX_BYTES_PER_S * duration_s:
        raise _refusal(
            what,
            f"lasts {duration_s:.1f} s, too short for a transcript of {len(transcript)} characters",
            "Write down exactly what is said in the recording, and nothing else.",
        )
    return ended


def written(transcript: str, duration_s: float) -> str:
    """Return the transcript of a new voice on one line.

    That is stricter than `sentence`, by which folders are judged that somebody wrote by hand.

    Raises:
        StartError: nobody says so much, or so little, in this time.
    """
    line = " ".join(transcript.split())
    letters = sum(character.isalnum() for character in line)
    low, high = (round(rate * duration_s) for rate in _LETTERS_PER_S)
    if not low <= letters <= high:
        raise StartError(
            f"The transcript has {letters} letters, and the recording lasts {duration_s:.1f} s:"
            " they do not belong together."
            if line
            else "The transcript is missing.",
            remedy="Write down exactly what is said in the recording, every word and nothing else.",
        )
    return line


def _is_common(rate_hz: int) -> bool:
    """Tell whether resampling to the model's rate takes little memory."""
    return rate_hz * MODEL_RATE_HZ // math.gcd(rate_hz, MODEL_RATE_HZ) ** 2 <= _MAX_TAPS


def _trim(sound: AudioChunk, what: str) -> Samples:
    """Return the recording without its quiet ends, with 50 ms of silence behind."""
    wave, rate_hz = sound.samples, sound.sample_rate_hz
    start = _quiet_samples(wave, rate_hz)
    if start >= len(wave):
        raise _refusal(what, "is silent")
    wave = wave[start : len(wave) - _quiet_samples(wave[::-1], rate_hz)]
    duration_s = len(wave) / rate_hz
    if not MIN_DURATION_S <= duration_s <= MAX_DURATION_S:
        raise _refusal(
            what,
            f"has {duration_s:.1f} s of speech; {MIN_DURATION_S:.0f} to {MAX_DURATION_S:.0f} s "
            "are needed",
            "Cut it to 3 to 10 s, and its transcript to the words that remain.",
        )
    return np.concatenate([wave, np.zeros(round(_TAIL_S * rate_hz), np.float32)])


def _quiet_samples(wave: Samples, rate_hz: int) -> int:
    """Return how many samples pass before the first 10 ms that are loud.

    As pydub's `detect_leading_silence`, loudness by RMS.
    """
    window = max(round(_EDGE_WINDOW_S * rate_hz), 1)
    padded = np.pad(wave, (0, -len(wave) % window)).reshape(-1, window).astype(np.float64)
    loud = np.flatnonzero(np.sqrt(np.mean(padded**2, axis=1)) >= 10 ** (_EDGE_DBFS / 20))
    return int(loud[0]) * window if len(loud) else len(wave)


def _end_sentence(transcript: str, what: str) -> str:
    """Return the transcript with a full stop and a space, unless it ends a sentence in Chinese."""
    text = transcript.strip()
    if not text:
        raise _refusal(what, "has no transcript", "Write down what is said in the recording.")
    if text.endswith("。"):
        return text
    return text + (" " if text.endswith(".") else ". ")


def _refusal(what: str, problem: str, remedy: str = "") -> StartError:
    return StartError(
        f"The recording {what} {problem}.",
        remedy=remedy or "Record 3 to 10 s of clear speech, with a little silence at the end.",
    )
