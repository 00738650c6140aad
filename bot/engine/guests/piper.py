"""Piper as a program of its own: voices in some forty languages (GPL-3, not imported).

It is started before it is needed and waits with its voice loaded; it speaks one text and ends, and
the next one starts.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from bot.engine.guests import sound
from bot.engine.guests.guest import LONGEST_SPEECH_S, WARM_UP, Guest
from bot.engine.guests.program import SILENT_S, Program, find
from bot.errors import StartError, TransientError, UtteranceError, raised
from bot.messages import AudioChunk
from bot.runtime.files.folders import read_bounded

_MOST_BYTES = 1 << 20
"""Limit of what tells about a voice."""
_REMEDY = "Install it in an environment of its own: pipx install piper-tts"
_BYTES_PER_SAMPLE = 2


class _Model(NamedTuple):
    """A voice's files."""

    path: Path
    speaker: str
    """Number of the speaker; empty for a voice of one."""
    sample_rate_hz: int
    language: str
    length_scale: float
    """Duration of its phonemes; more is slower."""


class _Waiting(NamedTuple):
    """Program that waits for a text."""

    voice: str
    """The one that it has loaded."""
    speed: float
    program: Program


class PiperEngine(Guest):
    """Keeps one program waiting, for the voice that spoke last, at its speed."""

    name = "piper"
    licence = "GPL-3.0-or-later (a program of its own); the voice's: its MODEL_CARD"
    hardware = "CPU"

    def __init__(
        self,
        *,
        speed: float = 1.0,
        program: str = "piper",
        voice: str = "",
        voices: Mapping[str, str] | None = None,
        varied: bool = False,
    ) -> None:
        """Take the program and its voices: files NAME.onnx beside NAME.onnx.json; #3 is a speaker.

        `varied` lets the same text sound a little different each time, as voices are made to.
        """
        super().__init__(speed=speed, voice=voice, voices=voices)
        self._program = program
        self._varied = varied
        self._path = ""
        self._models: dict[str, _Model] = {}
        self._waiting: _Waiting | None = None

    async def warm_up(self) -> None:
        """Find the program and the voices, and let the default one say something."""
        self._path = find(self._program, _REMEDY)
        self._models = {voice: _read(voice) for voice in self.named_voices}
        self.voices = tuple(Path(voice).name for voice in self.named_voices)
        self.languages = tuple(sorted({m.language for m in self._models.values() if m.language}))
        try:
            await self.say(WARM_UP, self._voice)
        except (UtteranceError, TransientError) as error:
            raise StartError(
                f"piper cannot speak with {self._voice}: {error.message}", remedy=_REMEDY
            ) from error

    def language_of(self, voice: str) -> str:
        """Return the language of a voice, as its file tells."""
        return self._models[voice].language if voice in self._models else ""

    def voice_for(self, language: str) -> str:
        """Return the first voice of the configuration that speaks `language`."""
        return next((v for v in self.named_voices if self.language_of(v) == language), "")

    async def say(self, text: str, voice: str) -> AudioChunk:
        """Return the speech of `text`."""
        run = await self._take(voice)
        model = self._models[voice]
        try:
            data = await run.speak(
                text,
                self.progress,
                silent_s=SILENT_S,
                most_bytes=int(LONGEST_SPEECH_S * model.sample_rate_hz * _BYTES_PER_SAMPLE),
            )
        finally:
            if self._waiting is None:
                self._waiting = _Waiting(voice, self._speed, await self._start(voice))
        return sound.from_pcm(data, model.sample_rate_hz)

    async def _take(self, voice: str) -> Program:
        """Return a program for `voice` at this speed: the one that waits, if it still does."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            is_fit = (waiting.voice, waiting.speed) == (voice, self._speed)
            if is_fit and waiting.program.is_running:
                return waiting.program
            await waiting.program.end()
        return await self._start(voice)

    async def _start(self, voice: str) -> Program:
        model = self._models[voice]
        # Spelt so that the older program in C++ understands it too.
        command = [self._path, "--model", str(model.path), "--output_raw"]
        command += ["--length_scale", f"{model.length_scale / self._speed:.3f}"]
        if not self._varied:
            noise = ["--noise_scale", "0", "--noise_w", "0"]
            command += noise
        if model.speaker:
            command += ["--speaker", model.speaker]
        return await Program.start(command)

    async def close(self) -> None:
        """End the program that waits."""
        if self._waiting is not None:
            await self._waiting.program.end()
            self._waiting = None


def _read(voice: str) -> _Model:
    """Return what the files of `voice` say.

    Raises:
        StartError: a file is missing or damaged.
    """
    name, _, speaker = voice.partition("#")
    path = Path(name).expanduser().absolute()
    about = path.with_name(f"{path.name}.json")
    if not path.is_file() or not about.is_file():
        lacking = path if not path.is_file() else about
        raise StartError(
            f"Piper's voice {lacking} is not there.",
            remedy="Fetch NAME.onnx and NAME.onnx.json: python3 -m piper.download_voices"
            " en_US-lessac-medium, in piper's environment; then name the file in `voice`.",
        )
    try:
        told: dict[str, Any] = json.loads(read_bounded(about, _MOST_BYTES))
        language = str(told.get("language", {}).get("family", ""))
        spoken = language or str(told.get("espeak", {}).get("voice", "")).partition("-")[0]
        return _Model(
            path=path,
            speaker=str(int(speaker)) if speaker else "",
            sample_rate_hz=int(told["audio"]["sample_rate"]),
            language=spoken,
            length_scale=float(told.get("inference", {}).get("length_scale", 1.0)),
        )
    except (
        OSError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
        RecursionError,
    ) as error:
        raise StartError(
            f"Piper's voice {voice} cannot be read: {raised(error)}.",
            remedy=f"Fetch {about.name} anew; behind # belongs the number of a speaker.",
        ) from error
