"""Judging of a recording in a process of its own: it takes seconds, and may take gigabytes."""

import asyncio
import sys
from pathlib import Path
from typing import Final

import msgspec

from bot.errors import StartError
from bot.messages import AudioChunk
from bot.runtime.processes import child
from bot.voices import wav

_DEADLINE_S: Final = 180.0
_GRACE_S: Final = 1.0
_MOST_BYTES: Final = 16 << 20
"""Ten seconds at 48 kHz are one megabyte."""
_MISSING: Final = "the packages for adding voices are not installed"


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured of a recording, and the part that serves as a reference."""

    speech_s: float
    """Seconds of speech in the recording."""
    above_background_db: float
    """Level of speech above that of pauses."""
    clipped: float
    """Share of the samples of speech that are clipped."""
    start_s: float
    """Where the reference begins in the recording."""
    end_s: float
    loudness_lufs: float
    """Loudness before it was brought to the target."""
    heard: str
    """What a recogniser of speech heard in it; empty where there is none."""
    language: str
    """ISO 639-1 code of that."""


class _Refused(msgspec.Struct, frozen=True, kw_only=True):
    problem: str
    remedy: str


class _Answer(msgspec.Struct, frozen=True, kw_only=True):
    judged: Judged | None = None
    refused: _Refused | None = None


async def judge(path: Path, *, keep_whole: bool, listen: bool) -> tuple[Judged, AudioChunk]:
    """Return what is to be known of the recording at `path`, and the reference made of it.

    Args:
        path: The recording, of any audio format.
        keep_whole: Whether all of it is taken, else its best part.
        listen: Whether what is said is written down, where a recogniser is installed.

    Raises:
        StartError: it cannot be a reference; the error says why.
    """
    flags = [flag for flag, is_set in (("whole", keep_whole), ("listen", listen)) if is_set]
    process = await child.start(child.module_command(__name__, str(path), *flags))
    assert process.stdout is not None
    try:
        async with asyncio.timeout(_DEADLINE_S):
            head = await process.stdout.readline()
            body = bytearray()
            while block := await process.stdout.read(1 << 16):
                body += block
                if len(body) > _MOST_BYTES:
                    raise StartError("The recording cannot be judged: the reference is too large.")
        answer = msgspec.json.decode(head, type=_Answer)
    except (TimeoutError, ValueError, msgspec.MsgspecError):
        raise StartError(
            "The recording cannot be judged: that took too long, or failed.",
            remedy="Try a shorter one, as WAV.",
        ) from None
    finally:
        await child.end(process, grace_s=_GRACE_S)
    if answer.refused is not None:
        raise StartError(answer.refused.problem, remedy=answer.refused.remedy)
    assert answer.judged is not None
    return answer.judged, wav.parse(bytes(body), "The reference")


def main(name: str, *flags: str) -> None:
    """Judge in the child process: a line of JSON, then the reference as a WAV file."""
    child.end_with_parent()
    output = child.claim_stdout(others=2)
    try:
        judged, audio = _judge(Path(name), keep_whole="whole" in flags, listen="listen" in flags)
    except StartError as error:
        refused = _Refused(problem=error.message, remedy=error.remedy)
        output.write(msgspec.json.encode(_Answer(refused=refused)) + b"\n")
    except ModuleNotFoundError as error:
        refused = _Refused(
            problem=f"A voice cannot be added: {_MISSING} ({error.name}).",
            remedy="Install the extra `voices`; docs/voices.md tells how.",
        )
        output.write(msgspec.json.encode(_Answer(refused=refused)) + b"\n")
    else:
        output.write(msgspec.json.encode(_Answer(judged=judged)) + b"\n")
        output.write(wav.encode(audio))
    output.flush()


def _judge(path: Path, *, keep_whole: bool, listen: bool) -> tuple[Judged, AudioChunk]:
    # An extra: the daemon imports this module too.
    from bot.voices.cloning import preparation, transcript  # noqa: PLC0415

    prepared = preparation.prepare(path, keep_whole=keep_whole)
    heard, language = "", ""
    if listen and transcript.is_installed():
        heard, language = transcript.write_down(prepared.audio)
    judged = Judged(
        speech_s=round(prepared.measures.speech_s, 2),
        above_background_db=round(prepared.measures.above_background_db, 1),
        clipped=round(prepared.measures.clipped, 6),
        start_s=round(prepared.excerpt.start_s, 2),
        end_s=round(prepared.excerpt.end_s, 2),
        loudness_lufs=round(prepared.loudness_lufs, 1),
        heard=heard,
        language=language,
    )
    return judged, prepared.audio


if __name__ == "__main__":
    main(*sys.argv[1:])
