"""Sections of the guests: engines of others, and several of one kind under names of their own."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr

from bot.config.sections.base import Count, Number, Section, matching

_Name = Annotated[str, Field(min_length=1, max_length=200)]
_Token = Annotated[str, matching(r"[A-Za-z0-9_-]{1,40}", "letters, digits, - and _, at most 40")]
_Program = Annotated[str, matching(r"[^-\s].*", "the name or the path of a program")]
_EspeakVoice = Annotated[
    str, matching(r"[A-Za-z0-9][A-Za-z0-9_()+/-]*", "a language such as en-us, or de+f3")
]


class OpenaiSettings(Section):
    """A server with OpenAI's speech API."""

    url: Annotated[str, matching(r"https?://[^\s@]+", "http://HOST:PORT/v1 or https://HOST/v1")] = (
        "http://127.0.0.1:8880/v1"
    )
    """What stands before /audio/speech."""
    model: _Name = "tts-1"
    """Its model."""
    voice: _Name = "alloy"
    """Its voice that speaks."""
    voices: dict[_Name, _Name] = {}
    """Others of its voices, by ours."""
    sound: Literal["pcm", "wav"] = "pcm"
    """Kind of sound that is asked for: raw samples of 16 bits, or WAV."""
    sample_rate_hz: Annotated[Count, Field(ge=8000, le=192_000)] = 24_000
    """Sample rate of pcm, unless the server names one."""
    silent_s: Annotated[Number, Field(ge=1, le=60)] = 10.0
    """Seconds without a byte after which it counts as hanging."""
    api_key: SecretStr | None = None
    """Key of the server; better kept in a file, a credential or the environment."""
    api_key_file: Path | None = None
    """File that holds the key, and nothing else."""
    ca: Path | None = None
    """PEM file of the authority that signed the server's certificate; null for the system's."""
    languages: tuple[Annotated[str, matching(r"[a-z]{2,3}", "codes such as en")], ...] = ()
    """What its voices speak, since the API does not tell."""
    licence: Annotated[str, Field(max_length=200)] = ""
    """Licence of its model, for the same reason."""


class KokoroSettings(Section):
    """Kokoro-82M, from files on this machine."""

    model: Path = Path("models/kokoro/kokoro-v1.0.int8.onnx")
    """The network."""
    voices_file: Path = Path("models/kokoro/voices-v1.0.bin")
    """Styles of its voices."""
    voice: _Name = "af_heart"
    """Its voice that speaks."""
    voices: dict[_Name, _Name] = {}
    """Others of its voices, by ours."""
    threads: Annotated[Count, Field(ge=1, le=64)] | None = None
    """Number of threads; null is one for each processor, at most 4."""


class PiperSettings(Section):
    """Piper, a program of its own."""

    program: _Program = "piper"
    """Name or path of the program."""
    voice: _Name = "models/piper/en_US-lessac-medium.onnx"
    """File of the voice that speaks, beside its .onnx.json; #3 behind it is a speaker."""
    voices: dict[_Name, _Name] = {}
    """Files of other voices, by ours."""
    varied: bool = False
    """Whether the same text sounds a little different each time."""


class EspeakSettings(Section):
    """espeak-ng, a program of its own."""

    program: _Program = "espeak-ng"
    """Name or path of the program."""
    voice: _EspeakVoice = "en-us"
    """Its voice that speaks: a language, with a variant behind a plus sign."""
    voices: dict[_Name, _EspeakVoice] = {}
    """Others of its voices, by ours."""


class PoolSettings(Section):
    """Workers on other machines, reached through NATS; docs/deploy/pool.md."""

    servers: Annotated[
        tuple[
            Annotated[str, matching(r"(nats|tls)://[^\s@]+", "nats://HOST:PORT or tls://HOST")], ...
        ],
        Field(min_length=1),
    ] = ("nats://127.0.0.1:4222",)
    """Addresses of NATS: all of one cluster."""
    user: _Token | None = None
    """Account there; null for none."""
    password: SecretStr | None = None
    """Password of `user`; better kept in a file, a credential or the environment."""
    password_file: Path | None = None
    """File that holds the password, and nothing else."""
    ca: Path | None = None
    """PEM file of the authority that signed the servers' certificates; null for the system's."""
    certificate: Path | None = None
    """PEM file of our own certificate; null for none."""
    key: Path | None = None
    """PEM file of the key of `certificate`; null if it is in the same file."""
    subject: Annotated[
        str, matching(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*", "words between dots")
    ] = "ishowtts"
    """First part of all subjects: that of the workers too."""
    streamer: _Token | None = None
    """Our name there, which the server lets nobody else use; null is that of the user, or main."""
    priority: Annotated[Count, Field(ge=0, le=9)] = 0
    """Which of several daemons of one streamer comes first: the greater one."""
    silent_s: Annotated[Number, Field(ge=0.5, le=10)] = 0.8
    """Seconds without a sign of life after which a worker is lost, and another one asked."""


class NamedOpenai(OpenaiSettings):
    """Another server."""

    type: Literal["openai"]


class NamedKokoro(KokoroSettings):
    """Another Kokoro."""

    type: Literal["kokoro"]


class NamedPiper(PiperSettings):
    """Another Piper."""

    type: Literal["piper"]


class NamedEspeak(EspeakSettings):
    """Another espeak-ng."""

    type: Literal["espeak"]


class NamedPool(PoolSettings):
    """Another pool."""

    type: Literal["pool"]


GuestSettings = OpenaiSettings | KokoroSettings | PiperSettings | EspeakSettings | PoolSettings
NamedGuest = Annotated[
    NamedOpenai | NamedKokoro | NamedPiper | NamedEspeak | NamedPool, Field(discriminator="type")
]
NOT_FOR_THE_ENGINE = frozenset({"type", "api_key", "api_key_file", "password", "password_file"})
"""Keys that are no keyword arguments of the engine."""
