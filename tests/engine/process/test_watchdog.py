"""Judgements of the watchdog, on a clock that is set by hand."""

import numpy as np
import pytest

from bot.engine.process import protocol, watchdog
from bot.engine.process.watchdog import Limits, Watchdog
from bot.messages import AudioChunk, SpeechRequest

LIMITS = Limits(
    heartbeat_s=1.0,
    silent_s=2.0,
    loading_s=10.0,
    start_s=20.0,
    working_s=2.0,
    slower=5.0,
    quick_s=0.25,
    slow_s=15.0,
    unknown_s=30.0,
)
SPEECH = protocol.Speech(
    number=1, audio=AudioChunk(samples=np.ones(9, np.float32), sample_rate_hz=24_000)
)
HANGS, DEAD = "engine process hangs", "engine process does not answer"


class Process:
    """An engine's process as its watchdog sees it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = 100.0
        monkeypatch.setattr(watchdog, "awake", lambda: self.at)
        self.watchdog = Watchdog(LIMITS)

    def be_ready(self) -> None:
        self.watchdog.hear(protocol.Ready(name="x", longest_piece=160))

    def ask(self, letters: int = 10, number: int = 1) -> None:
        self.watchdog.ask(number, SpeechRequest(id="m", text="a" * letters, voice="heart"))

    def speak(self, took_s: float) -> None:
        self.ask()
        self.at += took_s
        self.watchdog.hear(SPEECH)

    def is_lost(self, *, quiet_s: float, step_s: float | None = None, speaking: int = 1) -> bool:
        pong = protocol.Pong(number=1, speaking=speaking, quiet_s=quiet_s, step_s=step_s)
        self.watchdog.hear(pong)
        trouble = self.watchdog.judge()
        assert not trouble or trouble == f"{HANGS}: no progress for {quiet_s:.1f} s"
        return bool(trouble)


@pytest.fixture
def process(monkeypatch: pytest.MonkeyPatch) -> Process:
    return Process(monkeypatch)


def test_a_process_that_misses_heartbeats_is_dead_later_while_it_loads(process: Process) -> None:
    assert [process.watchdog.judge() for _ in range(10)] == [""] * 9 + [DEAD]
    process.be_ready()
    assert [process.watchdog.judge() for _ in range(3)] == ["", "", DEAD]


def test_a_process_that_answers_may_not_load_for_ever(process: Process) -> None:
    process.at += 20.0
    assert not process.is_lost(quiet_s=0)
    process.at += 0.1
    process.watchdog.hear(protocol.Pong(number=1, speaking=0, quiet_s=0))
    assert process.watchdog.judge() == "engine process is not warm after 20 s"


def test_the_first_answer_may_take_long(process: Process) -> None:
    process.be_ready()
    process.ask()
    assert not process.is_lost(quiet_s=30.0)
    assert process.is_lost(quiet_s=30.1)


def test_an_engine_that_was_always_quick_may_not_take_long(process: Process) -> None:
    process.be_ready()
    process.speak(took_s=0.2)
    process.ask()
    assert not process.is_lost(quiet_s=2.0)
    assert process.is_lost(quiet_s=2.1)


def test_an_engine_that_was_slow_once_may_take_longer(process: Process) -> None:
    process.be_ready()
    process.speak(took_s=0.3)
    process.ask()
    assert not process.is_lost(quiet_s=15.0)
    assert process.is_lost(quiet_s=15.1)


@pytest.mark.parametrize(
    ("letters", "speaking", "limit_s"), [(10, 1, 50), (60, 1, 100), (10, 3, 150)]
)
def test_an_engine_may_take_longer_for_longer_texts_and_for_several(
    process: Process, letters: int, speaking: int, limit_s: float
) -> None:
    process.be_ready()
    process.speak(took_s=10.0)
    process.ask(letters)
    assert not process.is_lost(quiet_s=limit_s - 0.1, speaking=speaking)
    assert process.is_lost(quiet_s=limit_s + 0.1, speaking=speaking)


def test_what_was_cancelled_may_still_be_computed(process: Process) -> None:
    process.be_ready()
    process.speak(took_s=10.0)
    process.ask(number=2)
    process.watchdog.cancel(2)
    process.ask(number=3)
    assert not process.is_lost(quiet_s=99.9)
    assert process.is_lost(quiet_s=100.1)


def test_an_engine_that_reports_progress_is_judged_by_its_steps(process: Process) -> None:
    process.be_ready()
    process.ask()
    assert not process.is_lost(quiet_s=2.0, step_s=0.1)
    assert process.is_lost(quiet_s=2.1, step_s=0.1)
    assert not process.is_lost(quiet_s=5.0, step_s=1.0)
    assert process.is_lost(quiet_s=5.1, step_s=1.0)


def test_doubts_come_sooner_than_the_judgement(process: Process) -> None:
    assert not process.watchdog.doubts(0.7)  # it loads
    process.be_ready()
    for _ in range(4):
        process.speak(took_s=0.1)
    process.at += 0.5
    assert not process.watchdog.doubts(0.7)
    process.at += 0.5
    assert process.watchdog.doubts(0.7)  # it is silent
    assert not process.is_lost(quiet_s=0.5)
    assert not process.watchdog.doubts(0.7)
    assert not process.is_lost(quiet_s=1.0)  # it works on something
    assert process.watchdog.doubts(0.7)
    assert not process.is_lost(quiet_s=1.0, step_s=0.3)
    assert not process.watchdog.doubts(0.7)  # its steps take as long
