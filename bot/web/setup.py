"""First run: what is still missing, the choices that make it complete, and a sentence to try it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Annotated, Any, Final
from uuid import uuid4

import msgspec
from aiohttp import web

from bot.channel import Channel
from bot.config import Settings
from bot.config.sections.sources import ConsoleSettings, IngestSettings
from bot.errors import IshowttsError, StartError
from bot.messages import Chatter, Lane, Utterance
from bot.outcomes import FINAL, Dropped, Failed, Outcome, Spoken, Started
from bot.playback.listing import Listed, listed
from bot.runtime.clock import now
from bot.runtime.endpoints import Caller, Form, endpoint
from bot.web.channels import one_of
from bot.web.settings import LiveSettings

_HEARD_S: Final = 60.0
"""Longest time for the sentence to be spoken."""
_LONGEST: Final = 300


class SetupAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a first run needs to know."""

    missing: list[str]
    """What nobody chose yet: `chat`, `output`."""
    channels: list[str]
    twitch: list[str]
    """Twitch channels that are read."""
    outputs: dict[str, str]
    """One clause about each output of the first channel, by its name."""
    devices: list[Listed]
    """Sound devices that could be an output."""
    voice: str
    """Voice of the first channel."""
    may_restart: bool
    """Whether the daemon can start again by itself."""


class SetupBody(Form, frozen=True):
    """Choices for the first channel; what is left out stays."""

    twitch: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_]{1,25}$")] | None = None
    """Twitch channel to read, without an account."""
    device: str | None = None
    """Sound device of the output."""
    browser: bool | None = None
    """Whether the speech is heard by the overlay in OBS."""
    voice: str | None = None
    """Voice of its chatters."""


class ChosenAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the choices."""

    restarts: bool
    """Whether the daemon starts again now, to follow them."""
    next_start: list[str]
    """Keys that count when the daemon starts again."""


class TestBody(Form, frozen=True):
    """Sentence to try."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=_LONGEST)]
    channel: str = ""
    """Name of the channel; the first one by default."""


class TestAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the sentence."""

    spoken: bool
    reason: str = ""
    """Why it was not, if so."""
    first_sound_s: float | None = None
    """Seconds from the request to its first sample."""
    audio_s: float | None = None
    """Length of the speech."""
    engine: str = ""
    """Which one spoke."""


class Setup:
    """Endpoints of a first run; an observer, to know what became of a sentence."""

    def __init__(
        self,
        live: LiveSettings,
        channels: Mapping[str, Channel],
        restart: Callable[[], Awaitable[None]] | None,
    ) -> None:
        """Change `live`; `restart` lets the daemon start again, None where it must not.

        It raises a StartError where the daemon would not start.
        """
        self._live = live
        self._channels = channels
        self._restart = restart
        self._tried: dict[str, asyncio.Queue[Outcome]] = {}
        least = Caller.STREAMER
        self.routes = [
            endpoint("GET", "/api/setup", self._get, least=least),
            endpoint("POST", "/api/setup", self._post, least=least),
            endpoint("POST", "/api/test", self._test, least=Caller.MODERATOR),
            endpoint("POST", "/api/restart", self._post_restart, least=least),
        ]

    def observe(self, outcome: Outcome) -> None:
        """Take note of what becomes of a sentence that is tried."""
        queue = self._tried.get(outcome.id)
        if queue is not None:
            queue.put_nowait(outcome)

    async def _get(self) -> SetupAnswer:
        """Get what is chosen, what is missing, and what there is to choose from."""
        settings = self._live.settings
        first = settings.channels[0]
        channel = self._channels[first.name]
        outputs = dict(channel.player.states)
        kinds = [s for s in first.sources if not isinstance(s, ConsoleSettings | IngestSettings)]
        missing = ["chat"] * (not kinds) + ["output"] * (not channel.player.is_available)
        return SetupAnswer(
            missing=missing,
            channels=list(self._channels),
            twitch=[str(getattr(s, "channel", "")) for s in kinds if s.type.startswith("twitch")],
            outputs=outputs,
            devices=await listed(),
            voice=first.voice,
            may_restart=self._restart is not None,
        )

    async def _post(self, body: SetupBody) -> ChosenAnswer:
        """Choose chat, output and voice of the first channel; the daemon starts again for it."""
        try:
            answer = await self._live.change(partial(_changes, body))
        except IshowttsError as error:
            raise web.HTTPUnprocessableEntity(text=str(error)) from None
        restarts = bool(answer.next_start) and self._restart is not None
        if restarts:
            await self._start_again("It is written, but it would not start like this.")
        return ChosenAnswer(restarts=restarts, next_start=answer.next_start)

    async def _post_restart(self) -> None:
        """Start the daemon again, so that it follows what was changed."""
        await self._start_again("It would not start like this.")

    async def _start_again(self, refusal: str) -> None:
        if self._restart is None:
            raise web.HTTPConflict(text="It was started with files to write: start it again there.")
        try:
            await self._restart()
        except StartError as error:
            raise web.HTTPConflict(text=f"{refusal} {error}") from None

    async def _test(self, body: TestBody) -> TestAnswer:
        """Say a sentence the way chat is said, and tell when it was heard."""
        name = one_of(self._channels, body.channel)
        channel, asked_at = self._channels[name], now()
        text = await asyncio.to_thread(channel.policy.read, body.text)
        if not text:
            return TestAnswer(spoken=False, reason="Nothing of it may or can be said.")
        utterance = Utterance(
            id=uuid4().hex,
            channel=name,
            chatter=Chatter(id="test", name="test"),
            prefix="",
            body=text,
            voice=next(c.voice for c in self._live.settings.channels if c.name == name),
            lane=Lane.MODERATOR,
            received_at=asked_at,
        )
        queue = self._tried[utterance.id] = asyncio.Queue()
        try:
            channel.intake.say(utterance)
            async with asyncio.timeout(_HEARD_S):
                return await _heard(queue, asked_at)
        except TimeoutError:
            states = "; ".join(f"{out}: {clause}" for out, clause in channel.player.states.items())
            return TestAnswer(spoken=False, reason=f"It was not spoken in time. {states}")
        finally:
            del self._tried[utterance.id]


async def _heard(queue: "asyncio.Queue[Outcome]", asked_at: float) -> TestAnswer:
    first_sound_s, engine = None, ""
    while True:
        outcome = await queue.get()
        if isinstance(outcome, Started):
            first_sound_s, engine = round(outcome.at - asked_at, 3), outcome.engine
        if isinstance(outcome, FINAL):
            break
    match outcome:
        case Spoken(audio_s=audio_s):
            return TestAnswer(
                spoken=True,
                first_sound_s=first_sound_s,
                audio_s=round(audio_s, 3),
                engine=engine,
            )
        case Dropped(reason=reason):
            why = f"It was dropped: {reason}."
        case Failed(error=error):
            why = f"It could not be spoken: {error}."
        case _:
            why = ""
    return TestAnswer(spoken=False, reason=why, first_sound_s=first_sound_s)


def _changes(body: SetupBody, settings: Settings) -> dict[str, Any]:
    """Return what `body` changes, by the keys of the configuration."""
    first = settings.channels[0]
    before: dict[str, Any] = {
        "sources": [each.model_dump(mode="json", exclude_unset=True) for each in first.sources],
        "outputs": [each.model_dump(mode="json", exclude_unset=True) for each in first.outputs],
        "voice": first.voice,
    }
    after = dict(before)
    if body.twitch:
        after["sources"] = _with_twitch(before["sources"], body.twitch.lower())
    if body.device is not None:
        after["outputs"] = _with_plain(after["outputs"], {"type": "device", "device": body.device})
    if body.browser is not None:
        kind = "device" if body.browser else "browser"  # both would be heard twice
        after["outputs"] = [it for it in after["outputs"] if not _is_plain(it, kind)]
        if body.browser:
            after["outputs"] = _with_plain(after["outputs"], {"type": "browser"})
    if body.voice is not None:
        after["voice"] = body.voice
    return {f"channels[0].{key}": value for key, value in after.items() if value != before[key]}


def _with_twitch(sources: list[dict[str, Any]], login: str) -> list[dict[str, Any]]:
    """Return `sources` with this channel of Twitch in place of the one that was typed before."""
    read = [source for source in sources if source["type"].startswith("twitch_")]
    if login in {source["channel"].removeprefix("#").lower() for source in read}:
        return sources
    typed = read[0] if len(read) == 1 and read[0]["type"] == "twitch_irc" else None
    wanted = {"type": "twitch_irc", **(typed or {}), "channel": login}
    return [*(source for source in sources if source is not typed), wanted]


def _with_plain(outputs: list[dict[str, Any]], wanted: dict[str, Any]) -> list[dict[str, Any]]:
    """Return `outputs` in which the one of this type that plays everything is `wanted`."""
    plain = next((each for each in outputs if _is_plain(each, wanted["type"])), None)
    if plain is None:
        return [*outputs, wanted]
    return [each | wanted if each is plain else each for each in outputs]


def _is_plain(output: Mapping[str, Any], kind: str) -> bool:
    return output["type"] == kind and not output.get("voices") and not output.get("events")
