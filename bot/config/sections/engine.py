"""Section `engine`: TTS engines."""

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from bot.config.sections.base import Count, Number, Section, matching
from bot.config.sections.guests import (
    NOT_FOR_THE_ENGINE,
    EspeakSettings,
    GuestSettings,
    KokoroSettings,
    NamedGuest,
    OpenaiSettings,
    PiperSettings,
    PoolSettings,
)

KINDS = ("f5", "hibari", "openai", "kokoro", "piper", "espeak", "pool", "upstream", "tone")
"""Kinds of engines, each of which is also the name of one."""
Option: TypeAlias = bool | float | str | list[int] | list[str] | dict[str, str] | None
"""Value of a keyword argument that an engine is made with."""
Nfe = Annotated[Count, Field(ge=1, le=64)]


def _own_name(name: str) -> str:
    if name in KINDS:
        raise ValueError(f"{name} is the name of a kind of engine: choose another one")
    return name


def _existing(name: str, info: ValidationInfo) -> str:
    named = info.data.get("named")
    known = (*KINDS, *(named or ()))
    if name not in known and named is not None:  # else a mistake there is told already
        expected = ", ".join(f"'{each}'" for each in known)
        raise PydanticCustomError("literal_error", "unknown", {"expected": expected})
    return name


EngineName = Annotated[str, AfterValidator(_existing)]
"""A kind of engine, or a name in `named`."""
OwnName = Annotated[
    str,
    matching(r"[a-z][a-z0-9_-]{0,39}", "small letters, digits, - and _, at most 40"),
    AfterValidator(_own_name),
]


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
    """Whether voices whose voice.yaml names no consent may speak."""
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
    languages: tuple[Annotated[str, matching(r"[a-z]{2,3}", "codes such as en")], ...] = ()
    """ISO 639 codes of what the model speaks, if it was trained for others than English (and
    Chinese, of official ones)."""
    durations: Literal["paced", "upstream"] = "paced"
    """Estimate of the duration of speech, for a model without one of its own: paced counts letters,
    syllables and pauses, upstream counts bytes."""
    cfg_strength: Literal["auto"] | Annotated[Number, Field(ge=0, le=10)] = "auto"
    """Strength of classifier-free guidance; auto is the model's own."""
    device: Annotated[str, matching(r"auto|cpu|cuda(:\d+)?", "auto, cpu, cuda or cuda:1")] = "auto"
    """Device for the computation; auto is the GPU where there is one."""
    precision: Literal["auto", "float32", "float16", "bfloat16", "int8"] = "auto"
    """Numbers of the computation; auto is the fastest whose speech was judged: float16 on a GPU;
    on a CPU the fastest of float32 and what the model names, measured at the first start."""

    compile: Literal["graphs", "torch"] = "graphs"
    """What makes the computation fast: graphs records it on a GPU, with kernels of its own, and has
    operations of its own on a CPU; torch is torch.compile instead, to compare."""

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

    named: dict[OwnName, NamedGuest] = {}
    """More engines of a kind, under names of their own."""
    engines: Annotated[tuple[EngineName, ...], Field(min_length=1)] = ("f5", "hibari")
    """In order of preference: the next one speaks while one warms up or fails. f5 is F5-TTS, hibari
    a light local voice for English, upstream unmodified f5-tts, tone a sine, pool workers on other
    machines, the others guests."""
    python: str | None = None
    """Python interpreter for f5 and upstream, if torch is not installed for the daemon's, with the
    packages that `make setup ENGINE_PYTHON=...` gives it. null is the daemon's."""
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
    threads: Literal["auto"] | Annotated[Count, Field(ge=1, le=256)] = "auto"
    """Threads of f5 and upstream on a CPU; auto is as many as have a core to themselves, looked at
    again and again."""
    priority: Literal["normal", "low"] = "normal"
    """Priority of the engines' processes; low gives way to a game, and is late beside one."""
    cores: Annotated[tuple[Annotated[Count, Field(ge=0)], ...], Field(min_length=1)] | None = None
    """Cores that the engines may use, from 0; null is all. Linux alone."""
    idle_s: Annotated[Number, Field(gt=0)] | None = None
    """Seconds without use after which an engine gives its memory back until somebody writes; the
    last of several stays. null is never."""
    pauses: PauseSettings = PauseSettings()
    """Silence between the pieces of an utterance."""
    f5: F5Settings = F5Settings()
    """Options of f5 and upstream."""
    openai: OpenaiSettings = OpenaiSettings()
    """A server with OpenAI's speech API."""
    kokoro: KokoroSettings = KokoroSettings()
    """Kokoro-82M, from files on this machine."""
    piper: PiperSettings = PiperSettings()
    """Piper, a program of its own."""
    espeak: EspeakSettings = EspeakSettings()
    """espeak-ng, a program of its own."""
    pool: PoolSettings = PoolSettings()
    """Workers on other machines."""

    @field_validator("engines")
    @classmethod
    def _engines_differ(cls, engines: tuple[EngineName, ...]) -> tuple[EngineName, ...]:
        if len(set(engines)) < len(engines):
            raise ValueError("an engine is listed twice")
        return engines

    def kind_of(self, name: str) -> str:
        """Return the kind of the engine `name`."""
        return self.named[name].type if name in self.named else name

    def guest(self, name: str) -> GuestSettings | None:
        """Return the section of the engine `name`; None if it is no guest."""
        guests: dict[str, GuestSettings] = {
            "openai": self.openai,
            "kokoro": self.kokoro,
            "piper": self.piper,
            "espeak": self.espeak,
            "pool": self.pool,
            **self.named,
        }
        return guests.get(name)

    def options(self, name: str) -> dict[str, Option]:
        """Return the keyword arguments of the engine `name`, without secrets."""
        options: dict[str, Option] = {"speed": self.speed}
        if name in {"f5", "upstream"}:
            threads = None if self.threads == "auto" else self.threads
            options |= self.f5.options() | {"threads": threads}
        guest = self.guest(name)
        if isinstance(guest, PoolSettings):  # the voices that may travel are those of f5
            options |= {"voices": str(self.f5.voices), "allow_unlicensed": self.f5.allow_unlicensed}
        if guest is not None:
            options |= guest.model_dump(mode="json", exclude=set(NOT_FOR_THE_ENGINE))
        return options
