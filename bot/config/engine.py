"""Section `engine`: TTS engines."""

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, field_validator

from bot.config.base import Count, Number, Section, matching

EngineName = Literal["hibari", "f5", "upstream", "tone"]
Option: TypeAlias = bool | float | str | list[int] | None
"""Value of a keyword argument that an engine is made with."""
Nfe = Annotated[Count, Field(ge=1, le=64)]


class F5Settings(Section):
    """F5-TTS: cloned voices, on a GPU, or slowly on the CPU."""

    model: Annotated[str, Field(min_length=1)] = "auto"
    """Name from `ishowtts model list`, or a folder with the weights and their vocab.txt; auto is
    the official model where it is installed and there is a GPU, else the bundled one."""
    vocoder: Annotated[str, Field(min_length=1)] = "auto"
    """Name from `ishowtts model list`, or a folder with config.yaml and the weights; auto is the
    model's own."""
    voices: Path = Path("voices")
    """Folder of your own voices, one folder each, besides the shipped ones."""
    allow_unlicensed: bool = False
    """Whether voices whose voice.yaml names no consent or no licence may speak."""
    cache: Path = Path("cache/f5")
    """Folder for prepared voices; may be deleted at any time."""
    nfe: Literal["auto"] | Nfe = 7
    """Number of function evaluations: more is slower and closer to the model; auto takes fewer
    while messages wait."""
    nfe_idle: Nfe = 10
    """With auto: while nothing else waits."""
    nfe_normal: Nfe = 7
    """With auto: while others wait."""
    nfe_least: Nfe = 5
    """Least number of function evaluations: before a lighter engine speaks instead and, with auto,
    when messages would expire before their turn."""
    durations: Literal["paced", "upstream"] = "paced"
    """Estimate of the duration of speech, for a model without one of its own: paced counts letters,
    syllables and pauses, upstream counts bytes."""
    cfg_strength: Literal["auto"] | Annotated[Number, Field(ge=0, le=10)] = "auto"
    """Strength of classifier-free guidance; auto is the model's own."""
    device: Annotated[str, matching(r"auto|cpu|cuda(:\d+)?", "auto, cpu, cuda or cuda:1")] = "auto"
    """Device for the computation; auto is the GPU where there is one."""
    precision: Literal["auto", "float32", "float16", "bfloat16", "int8"] = "auto"
    """Numbers of the computation; auto is the fastest whose speech was judged: float16 on a GPU,
    int8 on a CPU that is fast in it, for the bundled model, else float32."""

    def options(self) -> dict[str, Option]:
        """Return these keyword arguments of an engine."""
        options: dict[str, Option] = self.model_dump(
            mode="json", exclude={"nfe", "nfe_idle", "nfe_normal", "nfe_least"}
        )
        if self.cfg_strength == "auto":
            options["cfg_strength"] = None
        if self.nfe != "auto":
            return options | {"nfe": self.nfe}
        # The engine warms up for each choice in turn. Idle first: most channels are idle mostly.
        choices = [self.nfe_idle, self.nfe_normal, self.nfe_least]
        return options | {"nfe": self.nfe_normal, "nfe_choices": choices}


class PauseSettings(Section):
    """Silence between the pieces of an utterance, by the punctuation before it."""

    sentence_ms: Annotated[Count, Field(ge=0, le=2000)] = 300
    """Milliseconds after a full stop, question or exclamation mark."""
    clause_ms: Annotated[Count, Field(ge=0, le=2000)] = 120
    """Milliseconds after a comma, colon or semicolon."""


class EngineSettings(Section):
    """TTS engines, and how they speak."""

    engines: Annotated[tuple[EngineName, ...], Field(min_length=1)] = ("f5", "hibari")
    """In order of preference: the next one speaks while one warms up or fails. f5 is F5-TTS, hibari
    a light local voice for English, upstream unmodified f5-tts, tone a sine."""
    python: str | None = None
    """Python interpreter for f5 and upstream, if torch is not installed for the daemon's; it needs
    msgspec and numpy too. null is the daemon's."""
    speed: Annotated[Number, Field(ge=0.5, le=2.0)] = 1.0
    """Speaking rate; 1 is the voice's own."""
    patience_s: Annotated[Number, Field(gt=0)] = 1.5
    """Seconds that a listener may wait for the first sound of an utterance whose turn has come; the
    best engine that is expected in time speaks."""
    stall_s: Annotated[Number, Field(gt=0)] = 20.0
    """Seconds in which no engine gives any sound, after which an utterance has failed and the next
    one follows."""
    ahead_s: Annotated[Number, Field(gt=0)] = 10.0
    """Seconds of audio that each channel makes ahead of playback, of the current utterance and of
    those that wait."""
    pauses: PauseSettings = PauseSettings()
    """Silence between the pieces of an utterance."""
    f5: F5Settings = F5Settings()
    """Options of f5 and upstream."""

    @field_validator("engines")
    @classmethod
    def _engines_differ(cls, engines: tuple[EngineName, ...]) -> tuple[EngineName, ...]:
        if len(set(engines)) < len(engines):
            raise ValueError("an engine is listed twice")
        return engines

    def options(self, name: str) -> dict[str, Option]:
        """Return the keyword arguments of the engine `name`."""
        options: dict[str, Option] = {"speed": self.speed}
        if name in {"f5", "upstream"}:
            options |= self.f5.options()
        return options
