"""An engine in a real process, and everything that can happen to it."""

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import aclosing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from structlog.testing import capture_logs

from bot.engine import create
from bot.engine.process import protocol
from bot.engine.process.client import EngineLostError
from bot.engine.process.supervisor import Host
from bot.engine.process.worker import Orders, Service
from bot.errors import StartError, UtteranceError
from bot.messages import AudioChunk, SpeechRequest, encode
from bot.runtime import child
from bot.runtime.frames import frame, receive
from tests.engine.conftest import QUICK

if TYPE_CHECKING:
    from tests.engine.conftest import MakeHost

_DEADLINE_S = 30


def request(text: str) -> SpeechRequest:
    return SpeechRequest(id="m1", text=text, voice="heart")


async def speak(host: Host, text: str) -> list[AudioChunk]:
    async with asyncio.timeout(_DEADLINE_S):
        return [chunk async for chunk in host.synthesize(request(text))]


async def warm(host: Host) -> Host:
    async with asyncio.timeout(_DEADLINE_S):
        await host.warm_up()
    return host


async def wait_gone(pid: int) -> None:
    async with asyncio.timeout(_DEADLINE_S):
        with suppress(ProcessLookupError):
            while True:
                os.kill(pid, 0)
                await asyncio.sleep(0.01)


async def test_speech_through_a_process_is_the_same_speech() -> None:
    alone = create("tone", {"speed": 1.0})
    expected = [chunk async for chunk in alone.synthesize(request("hello there"))]
    host = await warm(Host("tone", lambda: {"speed": 1.0}))
    try:
        chunks = await speak(host, "hello there")
    finally:
        await host.close()

    assert [c.sample_rate_hz for c in chunks] == [c.sample_rate_hz for c in expected]
    for chunk, other in zip(chunks, expected, strict=True):
        np.testing.assert_array_equal(chunk.samples, other.samples)


async def test_requests_at_the_same_time_do_not_mix(make_host: "MakeHost") -> None:
    host = await warm(make_host())
    texts = ["one", "one pause two", "pause one pause two pause three"]
    spoken = await asyncio.gather(*(speak(host, text) for text in texts))

    assert [len(chunks) for chunks in spoken] == [len(text.split()) for text in texts]


async def test_what_is_closed_is_cancelled_in_the_process(make_host: "MakeHost") -> None:
    host = await warm(make_host())
    async with aclosing(host.synthesize(request("one wait"))) as chunks:
        await anext(chunks)

    assert len(await speak(host, "one two")) == 2
    assert host.restarts == 0


async def test_an_engine_that_let_go_of_what_was_cancelled_is_idle() -> None:
    orders: Orders = asyncio.Queue()
    reports: asyncio.Queue[protocol.Report] = asyncio.Queue()
    engine = "tests.engine.stand_ins:Obedient"
    orders.put_nowait(protocol.Start(version=protocol.VERSION, engine=engine, options={}))
    running = asyncio.create_task(Service(reports.put_nowait).run(orders))
    pong: protocol.Report | None = None
    async with asyncio.timeout(_DEADLINE_S):
        assert isinstance(await reports.get(), protocol.Ready)
        orders.put_nowait(protocol.Speak(number=1, request=request("one wait")))
        assert isinstance(await reports.get(), protocol.Chunk)
        orders.put_nowait(protocol.Cancel(number=1))
        orders.put_nowait(protocol.Speak(number=2, request=request("refuse")))
        assert isinstance(await reports.get(), protocol.Failed)
        while not isinstance(pong, protocol.Pong) or pong.speaking:
            orders.put_nowait(protocol.Ping(number=1))
            pong = await reports.get()
        orders.put_nowait(None)
        await running

    assert isinstance(pong, protocol.Pong)
    assert pong.quiet_s == 0


async def test_an_engine_may_take_longer_for_longer_texts(make_host: "MakeHost") -> None:
    host = await warm(make_host())
    await speak(host, "nap")
    await speak(host, "long_nap " + "a" * 400)

    assert host.restarts == 0


async def test_an_engine_that_tells_of_its_steps_may_take_as_long_as_it_makes_some(
    make_host: "MakeHost",
) -> None:
    host = await warm(make_host(engine="Stepping"))
    assert len(await speak(host, "compute")) == 1  # twice as long as QUICK lets others
    assert host.restarts == 0


@pytest.mark.parametrize("fault", ["hang", "block", "stop"])
async def test_an_engine_that_tells_of_its_steps_is_not_waited_for_as_long_as_slow_ones_are(
    make_host: "MakeHost", fault: str
) -> None:
    never = QUICK._replace(slow_s=3600.0, unknown_s=3600.0, slower=20.0)
    host = await warm(make_host(engine="Stepping", patience=never))
    await speak(host, "compute")
    with pytest.raises(EngineLostError):
        await speak(host, f"one {fault} two")
    await warm(host)

    assert host.restarts == 1


async def test_an_engine_that_does_not_let_go_of_what_was_cancelled_is_replaced(
    make_host: "MakeHost",
) -> None:
    host = await warm(make_host())
    async with aclosing(host.synthesize(request("one cling"))) as chunks:
        await anext(chunks)
    with suppress(EngineLostError):  # it waits behind what hangs
        await speak(host, "two")
    await warm(host)

    assert len(await speak(host, "one two")) == 2
    assert host.restarts == 1


async def test_text_that_cannot_be_spoken_costs_the_process_nothing(make_host: "MakeHost") -> None:
    host = await warm(make_host())
    pid = host.pid
    for text in ("refuse", "nan", "name"):
        with pytest.raises(UtteranceError):
            await speak(host, text)
    with pytest.raises(UnicodeEncodeError):
        await speak(host, "half a surrogate pair: \ud800")
    assert len(await speak(host, "one")) == 1
    assert host._link is not None
    assert not host._link._requests

    assert host.pid == pid


@pytest.mark.parametrize(
    "fault", ["exit", "kill", "stop", "raise", "memory", "exhaust", "hang", "block"]
)
async def test_a_process_that_breaks_is_noticed_and_replaced(
    make_host: "MakeHost", fault: str
) -> None:
    host = await warm(make_host())
    await speak(host, "one")
    pid = host.pid
    assert pid is not None
    with capture_logs() as logs:
        with pytest.raises(EngineLostError):
            await speak(host, f"one {fault} two")
        await wait_gone(pid)
        await warm(host)

    assert len(await speak(host, "one two")) == 2
    assert host.restarts == 1
    assert [e["event"] for e in logs if e["log_level"] == "warning"] == ["engine is away"]


async def test_memory_that_runs_out_again_and_again_is_left_alone_though_some_is_spoken(
    make_host: "MakeHost",
) -> None:
    host = make_host()
    for _ in range(3):
        await warm(host)
        for _ in range(2):
            await speak(host, "one")
        with pytest.raises(EngineLostError, match="no memory left") as caught:
            await speak(host, "exhaust")
        assert caught.value.remedy
        async with asyncio.timeout(_DEADLINE_S):
            await host.wait_changed()

    assert host.state == "away: There is no memory left. Close other programs."
    assert host._pause_s > 0


async def test_memory_that_lasted_for_long_is_replaced_at_once(make_host: "MakeHost") -> None:
    host = make_host()
    for _ in range(3):
        await warm(host)
        for _ in range(20):
            await speak(host, "one")
        with pytest.raises(EngineLostError):
            await speak(host, "exhaust")
    await warm(host)

    assert host._pause_s == 0


async def test_what_was_spoken_beside_what_found_no_memory_is_heard(make_host: "MakeHost") -> None:
    host = await warm(make_host(engine="Together"))
    first = asyncio.ensure_future(speak(host, "nap"))  # what comes meanwhile is spoken together
    await asyncio.sleep(0)
    given = await asyncio.gather(
        first, speak(host, "exhaust"), speak(host, "one two"), return_exceptions=True
    )

    assert [isinstance(each, EngineLostError) for each in given] == [False, True, False]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
async def test_an_idle_process_that_dies_or_stops_is_replaced(
    make_host: "MakeHost", number: signal.Signals
) -> None:
    host = await warm(make_host())
    pid = host.pid
    assert pid is not None
    os.kill(pid, number)
    await wait_gone(pid)
    await warm(host)

    assert len(await speak(host, "one")) == 1


async def test_what_libraries_print_does_not_reach_the_daemon_as_speech(
    make_host: "MakeHost",
) -> None:
    host = await warm(make_host())
    assert len(await speak(host, "print print one")) == 3


async def test_the_last_words_of_a_process_are_told(make_host: "MakeHost") -> None:
    host = await warm(make_host())
    with suppress(EngineLostError):
        await speak(host, "exit")
    async with asyncio.timeout(_DEADLINE_S):
        while host.is_ready or host.restarts == 0:
            await asyncio.sleep(0.01)

    assert host.state == "away: its process ended unexpectedly last words"


def answering(*reports: bytes) -> tuple[str, ...]:
    """A process that says `reports` and nothing else."""
    code = f"import sys; sys.stdout.buffer.write({b''.join(reports)!r}); sys.stdout.flush()"
    return (sys.executable, "-c", code + "; sys.stdin.buffer.read()")


HELLO = frame(encode(protocol.Hello(version=protocol.VERSION, python="3")))


@pytest.mark.parametrize(
    ("said", "trouble"),
    [
        ([b"garbage on the pipe"], "no report"),
        ([frame(b"\xc1")], "no report"),
        ([frame(encode(protocol.Ready(name="x")))], "greeting"),
        ([HELLO, frame(b"\x81\xa4type\xa4Nope")], "no report"),
        ([HELLO, b"\xff\xff\xff\xff"], "no report"),
    ],
)
async def test_garbage_on_the_pipe_ends_the_process(
    make_host: "MakeHost", said: list[bytes], trouble: str
) -> None:
    host = make_host(command=answering(*said))
    host.start()
    async with asyncio.timeout(_DEADLINE_S):
        await host.wait_changed()

    assert trouble in host.state
    assert not host.is_ready


async def test_another_version_of_the_protocol_is_refused(make_host: "MakeHost") -> None:
    hello = frame(encode(protocol.Hello(version=99, python="3")))
    with pytest.raises(StartError, match=r"version 99 .* the same version"):
        await warm(make_host(command=answering(hello)))


def test_the_process_refuses_another_version_and_ends() -> None:
    start = protocol.Start(version=99, engine="tone", options={})
    process = subprocess.run(
        [sys.executable, "-m", "bot.engine.process.entry"],
        input=frame(encode(start)),
        capture_output=True,
        check=True,
        timeout=_DEADLINE_S,
    )

    assert b"version 1 of the protocol, the daemon 99" in process.stdout


@pytest.mark.parametrize("said", [b"no order at all", frame(b"\xc1"), b"\x05\0\0\0half"])
def test_the_process_ends_when_the_daemon_says_what_is_no_order(said: bytes) -> None:
    subprocess.run(
        [sys.executable, "-m", "bot.engine.process.entry"],
        input=said,
        capture_output=True,
        check=True,
        timeout=_DEADLINE_S,
    )


async def test_an_interpreter_that_is_not_there_is_refused(make_host: "MakeHost") -> None:
    with pytest.raises(StartError, match=r"engine\.python"):
        await warm(make_host(command=("no-such-interpreter",)))


async def test_an_interpreter_without_the_packages_is_refused_with_its_complaint(
    make_host: "MakeHost",
) -> None:
    command = (sys.executable, "-c", "import no_such_package")
    with pytest.raises(StartError, match="No module named 'no_such_package'"):
        await warm(make_host(command=command))


async def test_a_package_that_is_missed_while_warming_up_is_named_with_its_remedy(
    make_host: "MakeHost",
) -> None:
    with pytest.raises(StartError, match=r"no_such_package.*pip install no_such_package"):
        await warm(make_host(imports="no_such_package"))


async def test_an_engine_that_cannot_run_is_refused_and_tried_again(
    make_host: "MakeHost", tmp_path: Path
) -> None:
    missing = tmp_path / "missing"
    missing.touch()
    host = make_host(refuses=str(missing))
    with pytest.raises(StartError, match=r"It is not there\. Bring it\."):
        await warm(host)
    missing.unlink()
    while host.refusal is not None:
        async with asyncio.timeout(_DEADLINE_S):
            await host.wait_changed()

    assert host.is_ready


async def test_options_that_cannot_be_told_leave_no_process(make_host: "MakeHost") -> None:
    host = make_host(once=os.fsdecode(b"caf\xe9"))
    with pytest.raises(StartError, match=r"called 'caf\\udce9', which is no UTF-8\. Give it"):
        await warm(host)

    assert host.pid is None


async def test_closing_ends_the_process_and_what_waits(make_host: "MakeHost") -> None:
    host = await warm(make_host())
    pid = host.pid
    assert pid is not None
    async with aclosing(host.synthesize(request("one wait"))) as chunks:
        await anext(chunks)
        waiting = asyncio.ensure_future(anext(chunks))
        await host.close()
        with pytest.raises(EngineLostError):
            await waiting
    await wait_gone(pid)


async def test_only_the_end_of_its_orders_ends_the_process() -> None:
    command = (sys.executable, "-m", "bot.engine.process.entry")
    process = await child.start(command)
    assert process.stdout is not None
    async with asyncio.timeout(_DEADLINE_S):
        hello = protocol.report(await receive(process.stdout))
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    await child.end(process, grace_s=_DEADLINE_S)

    assert isinstance(hello, protocol.Hello)
    assert process.returncode == 0


async def test_a_process_that_hangs_is_not_left_by_who_cannot_wait_for_its_end() -> None:
    process = await child.start((sys.executable, "-c", "import time; time.sleep(3600)"))
    ending = asyncio.create_task(child.end(process, grace_s=3600))
    await asyncio.sleep(0)
    ending.cancel()
    async with asyncio.timeout(_DEADLINE_S):
        with pytest.raises(asyncio.CancelledError):
            await ending

    assert process.returncode == -signal.SIGKILL


async def test_what_a_process_started_does_not_hold_up_its_end() -> None:
    code = "import subprocess; subprocess.Popen(['sleep', '3600'], stdin=-3); print(flush=True)"
    process = await child.start((sys.executable, "-c", code), has_stderr=True)
    assert process.stdout is not None
    async with asyncio.timeout(_DEADLINE_S):
        await process.stdout.readline()
        await child.end(process, grace_s=0.1)
