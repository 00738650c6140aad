"""Section `engine`: what speaks."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from bot.config.base import Count, Number, Section, matching

EngineName = Literal["hibari", "f5", "upstream", "tone"]


Nfe = Annotated[Count, Field(ge=1, le=64)]


class F5Settings(Section):
    """F5-TTS: cloned voices, on a GPU or slowly on the processor."""

    model: Annotated[str, Field(min_length=1)] = "auto"
    """Name from `ishowtts model list`, or a folder with the weights and their vocab.txt; auto is
    the official model where it is installed and there is a GPU, else the bundled one."""
    vocoder: Annotated[str, Field(min_length=1)] = "auto"
    """Name from `ishowtts model list`, or a folder with config.yaml and the weights; auto is what
    belongs to the model."""
    voices: Path = Path("voices")
    """Folder of your voices, one folder each, besides those that come along."""
    allow_unlicensed: bool = False
    """Whether voices speak whose voice.yaml names no consent or no licence."""
    cache: Path = Path("cache/f5")
    """Folder for prepared voices; may be deleted at any time."""
    nfe: Literal["auto"] | Nfe = 7
    """Number of function evaluations: more is slower and closer to the model; auto follows what
    waits."""
    nfe_idle: Nfe = 10
    """With auto: while nothing else waits."""
    nfe_normal: Nfe = 7
    """With auto: while others wait."""
    nfe_least: Nfe = 5
    """With auto: when what waits would expire before its turn."""
    durations: Literal["paced", "upstream"] = "paced"
    """How long a model speaks that has no durations of its own: paced counts letters, syllables and
    pauses, upstream counts bytes."""
    cfg_strength: Literal["auto"] | Annotated[Number, Field(ge=0, le=10)] = "auto"
    """Strength of classifier-free guidance; auto is what the model is meant for."""
    device: Annotated[str, matching(r"auto|cpu|cuda(:\d+)?", "auto, cpu, cuda or cuda:1")] = "auto"
    """auto is the GPU where there is one."""


class PauseSettings(Section):
    """Silence where an utterance is made of pieces, by the punctuation in front of it."""

    sentence_ms: Annotated[Count, Field(ge=0, le=2000)] = 300
    """Milliseconds behind a full stop, question or exclamation mark."""
    clause_ms: Annotated[Count, Field(ge=0, le=2000)] = 120
    """Milliseconds behind a comma, colon or semicolon."""


class EngineSettings(Section):
    """The engines and how they speak."""

    engines: Annotated[tuple[EngineName, ...], Field(min_length=1)] = ("f5", "hibari")
    """In order of preference: the next one speaks while one warms up or fails. hibari is a light
    local voice for English, f5 is F5-TTS, upstream is unmodified f5-tts, tone is a sine."""
    python: str | None = None
    """Interpreter of f5 and upstream, where torch is installed for another one than the daemon's;
    it needs msgspec and numpy too."""
    speed: Annotated[Number, Field(ge=0.5, le=2.0)] = 1.0
    """Speaking rate; 1 is the voice's own."""
    stall_s: Annotated[Number, Field(gt=0)] = 20.0
    """Seconds without sound after which an utterance has failed and the next one's turn comes."""
    ahead_s: Annotated[Number, Field(gt=0)] = 10.0
    """Seconds of audio that are made before it is their turn, of an utterance and of those that
    wait behind it in the channel."""
    pauses: PauseSettings = PauseSettings()
    """Silence between the pieces of an utterance."""
    f5: F5Settings = F5Settings()
    """For f5 and upstream."""

    @field_validator("engines")
    @classmethod
    def _engines_differ(cls, engines: tuple[EngineName, ...]) -> tuple[EngineName, ...]:
        if len(set(engines)) < len(engines):
            raise ValueError("an engine stands there twice; once is enough")
        return engines

    def options(self, name: str) -> dict[str, Any]:
        """Return what the engine `name` is made with."""
        options: dict[str, Any] = {"speed": self.speed}
        if name in {"f5", "upstream"}:
            options |= self.f5.model_dump(
                mode="json", exclude={"nfe", "nfe_idle", "nfe_normal", "nfe_least"}
            )
            if self.f5.cfg_strength == "auto":
                options["cfg_strength"] = None
            options["nfe"] = self.f5.nfe_normal if self.f5.nfe == "auto" else self.f5.nfe
            if self.f5.nfe == "auto":
                # Idle first: in most channels nothing waits most of the time.
                options["nfe_choices"] = [
                    self.f5.nfe_idle,
                    self.f5.nfe_normal,
                    self.f5.nfe_least,
                ]
        return options
