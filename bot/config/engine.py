"""Section `engine`: what speaks."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from bot.config.base import Count, Number, Section, matching

EngineName = Literal["hibari", "f5", "upstream", "tone"]


class F5Settings(Section):
    """F5-TTS: cloned voices, on a GPU or slowly on the processor."""

    model: Annotated[str, Field(min_length=1)] = "F5TTS_v1_Base"
    """Name from `ishowtts model list`, or a folder with the weights and their vocab.txt."""
    vocoder: Annotated[str, Field(min_length=1)] = "vocos-mel-24khz"
    """Name from `ishowtts model list`, or a folder with config.yaml and the weights."""
    voices: Path = Path("voices")
    """Folder of the voices, one folder each."""
    cache: Path = Path("cache/f5")
    """Folder for prepared voices; may be deleted at any time."""
    nfe: Annotated[Count, Field(ge=1, le=64)] = 7
    """Number of function evaluations: more is slower and closer to the model."""
    cfg_strength: Annotated[Number, Field(ge=0, le=10)] = 2.0
    """Strength of classifier-free guidance."""
    device: Annotated[str, matching(r"auto|cpu|cuda(:\d+)?", "auto, cpu, cuda or cuda:1")] = "auto"
    """auto is the GPU where there is one."""


class EngineSettings(Section):
    """The engine and how it speaks."""

    name: EngineName = "hibari"
    """hibari is a light local voice for English, f5 is F5-TTS, upstream is unmodified f5-tts, tone
    is a sine for tests."""
    speed: Annotated[Number, Field(ge=0.5, le=2.0)] = 1.0
    """Speaking rate; 1 is the voice's own."""
    stall_s: Annotated[Number, Field(gt=0)] = 20.0
    """Seconds without sound after which an utterance has failed and the next one's turn comes."""
    f5: F5Settings = F5Settings()
    """For f5 and upstream."""

    def options(self, name: str) -> dict[str, Any]:
        """Return what the engine `name` is made with."""
        options: dict[str, Any] = {"speed": self.speed}
        if name in {"f5", "upstream"}:
            options |= self.f5.model_dump(mode="json")
        return options
