"""What no honest daemon asks: a worker refuses it, and what it has of others stays theirs."""

import math
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from nats.aio.client import Client
from nats.aio.msg import Msg

from bot.engine.guests.pool import wire
from bot.engine.guests.pool.connection import Access, Connection
from bot.engine.guests.pool.voices import name_at_worker
from bot.engine.process.supervisor import Supervisor
from bot.errors import UtteranceError
from bot.messages import SpeechRequest
from bot.pool.bounds import bounded
from bot.pool.figures import Figures
from bot.pool.load import Limits
from bot.pool.queue import Waiting
from bot.pool.voices import Voices
from bot.pool.worker import Worker
from bot.runtime.processes.packing import encode

CHOICES = (7, 5, 10)
OTHERS = name_at_worker("alice", "v0")


def asked(*, deadline_s: float = 10.0, **request: Any) -> wire.Ask:  # noqa: ANN401 - any field
    spoken = replace(SpeechRequest(id="m", text="Hello.", voice="heart"), **request)
    return wire.Ask(version=wire.VERSION, attempt="a", request=spoken, deadline_s=deadline_s)


@pytest.mark.parametrize(
    "wrong",
    [
        {"speed": math.nan},
        {"speed": math.inf},
        {"due_s": math.nan},
        {"deadline_s": math.nan},
        {"text": "a" * 10_001},
    ],
    ids=str,
)
def test_what_is_no_number_or_too_long_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UtteranceError):
        bounded(asked(**wrong), CHOICES)


@pytest.mark.parametrize(
    ("field", "value", "taken"),
    [
        ("speed", 0.0, 0.25),
        ("speed", 1e-6, 0.25),
        ("speed", -1.0, 0.25),
        ("speed", 1e9, 4.0),
        ("speed", 1.2, 1.2),
        ("nfe", 10_000_000, 10),
        ("nfe", -3, 5),
        ("nfe", 0, 0),
        ("nfe", 7, 7),
        ("due_s", -1.0, 0.0),
        ("due_s", 1e9, 300.0),
    ],
)
def test_what_engines_are_asked_for_is_bounded(field: str, value: float, taken: float) -> None:
    assert getattr(bounded(asked(**{field: value}), CHOICES).request, field) == taken


def test_an_engine_that_tells_no_numbers_gets_no_impossible_ones() -> None:
    assert [bounded(asked(nfe=nfe), ()).request.nfe for nfe in (-3, 32, 10**9)] == [0, 32, 64]


async def test_nobody_speaks_with_another_streamer_s_voice_by_its_name(tmp_path: Path) -> None:
    (tmp_path / OTHERS).mkdir()
    for folder in (tmp_path, None):
        voices = Voices(nowhere(), root="x", folder=folder)
        assert await voices.here("bob", "", "heart") == "heart"
        with pytest.raises(UtteranceError, match="by its name"):
            await voices.here("bob", "", OTHERS)


def nowhere() -> Connection:
    return Connection(Access(["nats://127.0.0.1:9"]), name="test", inbox="_INBOX_worker")


def a_worker(voices: Path | None = None) -> Worker:
    return Worker(
        nowhere(),
        Supervisor("tone", dict),
        root="x",
        name="w",
        voices=voices,
        limits=Limits(),
        figures=Figures(),
    )


async def test_streamers_voices_are_told_to_nobody() -> None:
    worker = a_worker()
    worker._supervisor.voices = ("heart", OTHERS)
    assert worker.beat().voices == ("heart",)


async def told(worker: Worker) -> bytes:
    body = (await worker._figures.metrics(None)).body  # type: ignore[arg-type]
    assert isinstance(body, bytes)
    return body


async def test_whatever_fails_ends_a_request(tmp_path: Path) -> None:
    folder = tmp_path / "voices"
    folder.write_bytes(b"")  # which no folder can be in
    worker = a_worker(folder)
    ask = replace(asked(), key="v0")
    await worker._speak(Waiting("alice", "reply", ask, due_at=0.0, deadline_at=9.0, came_at=0.0))
    assert b'ishowtts_pool_requests_total{result="lost"} 1.0' in await told(worker)


async def test_an_attempt_is_taken_once() -> None:
    worker = a_worker()
    worker._supervisor._is_ready = True
    worker._supervisor._client = Running()  # type: ignore[assignment]

    def message(streamer: str) -> Msg:
        reply = f"{wire.inbox(streamer)}.a"
        return Msg(Client(), f"x.ask.w.{streamer}", reply, encode(asked()))

    for streamer in ("alice", "alice", "bob"):
        await worker._take(message(streamer))
    assert [each.streamer for each in worker._queue] == ["alice", "bob"]


class Running:
    """An engine's process that is there."""

    is_open = True

    def doubts(self, _after_s: float) -> bool:
        return False
