"""An engine in a real process, and everything that can happen to it."""

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from structlog.testing import capture_logs

from bot.engine.contract import speak_one
from bot.engine.process import protocol
from bot.engine.process.client import EngineLostError
from bot.engine.process.supervisor import Supervisor
from bot.engine.process.worker import Worker
from bot.engine.tone import ToneEngine
from bot.errors import StartError, UtteranceError
from bot.messages import AudioChunk, SpeechRequest
from bot.runtime.concurrency.waiting import cancel
from bot.runtime.installed import engine_command
from bot.runtime.processes import child
from bot.runtime.processes.frames import Receiver, frame
from bot.runtime.processes.packing import encode
from tests.engine.conftest import DEADLINE_S, PATIENT, QUICK, limits_for

pytestmark = pytest.mark.parts

if TYPE_CHECKING:
    from tests.engine.conftest import MakeSupervisor


def request(text: str) -> SpeechRequest:
    return SpeechRequest(id="m1", text=text, voice="heart")


async def speak(supervisor: Supervisor, text: str) -> AudioChunk:
    async with asyncio.timeout(DEADLINE_S):
        return await supervisor.speak(request(text))


async def words_of(supervisor: Supervisor, text: str) -> int:
    """Return how many words were spoken of `text`."""
    return round(len((await speak(supervisor, text)).samples) / 2_400)


async def speaking(supervisor: Supervisor, text: str) -> asyncio.Task[AudioChunk]:
    """Return the speech of `text`, which the process has begun to make."""
    task = asyncio.create_task(speak(supervisor, text))
    async with asyncio.timeout(DEADLINE_S):
        while supervisor._client is None or not supervisor._client._watchdog._pong.speaking:
            await asyncio.sleep(0.005)
    return task


async def warm(supervisor: Supervisor) -> Supervisor:
    async with asyncio.timeout(DEADLINE_S):
        await supervisor.warm_up()
    return supervisor


async def wait_gone(pid: int) -> None:
    async with asyncio.timeout(DEADLINE_S):
        with suppress(ProcessLookupError):
            while True:
                os.kill(pid, 0)
                await asyncio.sleep(0.01)


async def test_speech_through_a_process_is_the_same_speech() -> None:
    expected = await speak_one(ToneEngine(), request("hello there"))
    supervisor = await warm(Supervisor("tone", lambda: {"speed": 1.0}))
    try:
        chunk = await speak(supervisor, "hello there")
    finally:
        await supervisor.close()

    assert chunk.sample_rate_hz == expected.sample_rate_hz
    assert chunk.engine == "tone"
    np.testing.assert_array_equal(chunk.samples, expected.samples)


async def test_the_hardware_that_an_engine_tells_is_in_its_state(
    make_supervisor: "MakeSupervisor",
) -> None:
    telling = await warm(make_supervisor(engine="Together"))
    silent = await warm(make_supervisor())

    assert (telling.state.hardware, silent.state.hardware) == ("abacus, 4 bits", "")


async def test_requests_at_the_same_time_do_not_mix(make_supervisor: "MakeSupervisor") -> None:
    supervisor = await warm(make_supervisor())
    texts = ["one", "one pause two", "pause one pause two pause three"]
    spoken = await asyncio.gather(*(words_of(supervisor, text) for text in texts))

    assert spoken == [len(text.split()) for text in texts]


async def test_an_engine_speaks_as_many_at_a_time_as_it_says(
    make_supervisor: "MakeSupervisor",
) -> None:
    supervisor = await warm(make_supervisor(engine="Aside"))
    waiting = await speaking(supervisor, "one wait")
    alone = asyncio.create_task(words_of(supervisor, "one two"))
    await cancel(waiting)  # which leaves the other one as it is
    spoken = await asyncio.gather(*(words_of(supervisor, "one") for _ in range(5)))

    assert await alone == 2
    assert spoken == [1] * 5
    assert supervisor.restarts == 0


async def test_what_is_cancelled_is_cancelled_in_the_process(
    make_supervisor: "MakeSupervisor",
) -> None:
    supervisor = await warm(make_supervisor())
    await cancel(await speaking(supervisor, "one wait"))

    assert await words_of(supervisor, "one two") == 2
    assert supervisor.restarts == 0


async def test_an_engine_that_let_go_of_what_was_cancelled_is_idle() -> None:
    events: asyncio.Queue[protocol.Event] = asyncio.Queue()
    worker = Worker(events.put_nowait)

    async def ping() -> protocol.Pong:
        await asyncio.sleep(0)  # the worker needs a turn
        worker.take(protocol.Ping(number=1))
        pong = await events.get()
        assert isinstance(pong, protocol.Pong)
        return pong

    engine = "tests.engine.stand_ins:Obedient"
    worker.take(protocol.Start(version=protocol.VERSION, engine=engine, options={}))
    running = asyncio.create_task(worker.run())
    async with asyncio.timeout(DEADLINE_S):
        assert isinstance(await events.get(), protocol.Ready)
        worker.take(protocol.Speak(number=1, request=request("one wait")))
        while not (await ping()).speaking:
            pass
        worker.take(protocol.Cancel(number=1))
        worker.take(protocol.Speak(number=2, request=request("refuse")))
        assert isinstance(await events.get(), protocol.Failed)
        while (pong := await ping()).speaking:
            pass
        worker.take(None)
        await running

    assert pong.quiet_s == 0


async def test_an_engine_that_reports_progress_may_take_as_long_as_it_makes_some(
    make_supervisor: "MakeSupervisor",
) -> None:
    others_lost = PATIENT._replace(slow_s=0.0, unknown_s=0.0)
    supervisor = await warm(make_supervisor(engine="Stepping", limits=others_lost))
    assert await words_of(supervisor, "compute") == 1
    assert supervisor.restarts == 0


@pytest.mark.parametrize("fault", ["hang", "block", "stop"])
async def test_an_engine_that_reports_progress_is_not_waited_for_as_long_as_slow_ones_are(
    make_supervisor: "MakeSupervisor", fault: str
) -> None:
    never = QUICK._replace(slow_s=3600.0, unknown_s=3600.0, slower=20.0)
    supervisor = await warm(make_supervisor(engine="Stepping", limits=never))
    await speak(supervisor, "compute")
    with pytest.raises(EngineLostError):
        await speak(supervisor, f"one {fault} two")
    await warm(supervisor)

    assert supervisor.restarts == 1


async def test_an_engine_that_does_not_let_go_of_what_was_cancelled_is_replaced(
    make_supervisor: "MakeSupervisor",
) -> None:
    supervisor = await warm(make_supervisor(limits=QUICK))
    await cancel(await speaking(supervisor, "one cling"))
    with suppress(EngineLostError):  # it waits behind what hangs
        await speak(supervisor, "two")
    await warm(supervisor)

    assert await words_of(supervisor, "one two") == 2
    assert supervisor.restarts == 1


async def test_text_that_cannot_be_spoken_costs_the_process_nothing(
    make_supervisor: "MakeSupervisor",
) -> None:
    supervisor = await warm(make_supervisor())
    pid = supervisor.pid
    for text in ("refuse", "nan", "name"):
        with pytest.raises(UtteranceError):
            await speak(supervisor, text)
    with pytest.raises(UnicodeEncodeError):
        await speak(supervisor, "half a surrogate pair: \ud800")
    assert await words_of(supervisor, "one") == 1
    assert supervisor._client is not None
    assert not supervisor._client._answers

    assert supervisor.pid == pid


@pytest.mark.parametrize(
    ("engine", "text"), [("Careless", "nothing"), ("Careless", "uncounted"), ("Mute", "broken")]
)
async def test_an_engine_that_breaks_its_contract_is_replaced(
    make_supervisor: "MakeSupervisor", engine: str, text: str
) -> None:
    supervisor = await warm(make_supervisor(engine=engine))
    with pytest.raises(EngineLostError):
        await speak(supervisor, text)
    await warm(supervisor)

    assert await words_of(supervisor, "one two") == 2
    assert supervisor.restarts == 1


@pytest.mark.parametrize(
    "fault", ["exit", "kill", "stop", "raise", "memory", "exhaust", "hang", "block"]
)
async def test_a_process_that_breaks_is_noticed_and_replaced(
    make_supervisor: "MakeSupervisor", fault: str
) -> None:
    supervisor = await warm(make_supervisor(limits=limits_for(fault)))
    await speak(supervisor, "one")
    pid = supervisor.pid
    assert pid is not None
    with capture_logs() as logs:
        with pytest.raises(EngineLostError):
            await speak(supervisor, f"one {fault} two")
        await wait_gone(pid)
        await warm(supervisor)

    assert await words_of(supervisor, "one two") == 2
    assert supervisor.restarts == 1
    assert [e["event"] for e in logs if e["log_level"] == "warning"] == ["engine lost"]


async def test_each_loss_is_told_though_its_reason_is_the_same(
    make_supervisor: "MakeSupervisor",
) -> None:
    supervisor = await warm(make_supervisor())
    with capture_logs() as logs:
        for _ in range(2):
            with pytest.raises(EngineLostError):
                await speak(supervisor, "one kill two")
            await warm(supervisor)

    assert [e["event"] for e in logs if e["log_level"] == "warning"] == ["engine lost"] * 2


async def test_memory_that_runs_out_again_and_again_is_left_alone_though_some_is_spoken(
    make_supervisor: "MakeSupervisor",
) -> None:
    supervisor = make_supervisor()
    for _ in range(3):
        await warm(supervisor)
        for _ in range(2):
            await speak(supervisor, "one")
        with pytest.raises(EngineLostError, match="no memory left") as caught:
            await speak(supervisor, "exhaust")
        assert caught.value.remedy
        async with asyncio.timeout(DEADLINE_S):
            await supervisor.wait_changed()

    assert supervisor.state.state == "away: There is no memory left. Close other programs."
    assert supervisor._pause_s > 0


async def test_memory_that_lasted_for_long_is_replaced_at_once(
    make_supervisor: "MakeSupervisor",
) -> None:
    supervisor = make_supervisor()
    for _ in range(3):
        await warm(supervisor)
        for _ in range(20):
            await speak(supervisor, "one")
        with pytest.raises(EngineLostError):
            await speak(supervisor, "exhaust")
    await warm(supervisor)

    assert supervisor._pause_s == 0


async def test_what_was_spoken_beside_what_found_no_memory_is_heard(
    make_supervisor: "MakeSupervisor",
) -> None:
    supervisor = await warm(make_supervisor(engine="Together"))
    first = asyncio.ensure_future(
        speak(supervisor, "nap")
    )  # what comes meanwhile is spoken together
    await asyncio.sleep(0)
    given = await asyncio.gather(
        first, speak(supervisor, "exhaust"), speak(supervisor, "one two"), return_exceptions=True
    )

    assert [isinstance(each, EngineLostError) for each in given] == [False, True, False]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
async def test_an_idle_process_that_dies_or_stops_is_replaced(
    make_supervisor: "MakeSupervisor", number: signal.Signals
) -> None:
    supervisor = await warm(make_supervisor(limits=QUICK))
    pid = supervisor.pid
    assert pid is not None
    os.kill(pid, number)
    async with asyncio.timeout(DEADLINE_S):
        while supervisor.pid == pid:  # it may be gone before that is noticed
            await asyncio.sleep(0.01)
    await warm(supervisor)

    assert await words_of(supervisor, "one") == 1


async def test_what_libraries_print_does_not_reach_the_daemon_as_speech(
    make_supervisor: "MakeSupervisor",
) -> None:
    supervisor = await warm(make_supervisor())
    assert await words_of(supervisor, "print print one") == 3


async def test_the_last_words_of_a_process_are_told(make_supervisor: "MakeSupervisor") -> None:
    supervisor = await warm(make_supervisor())
    with suppress(EngineLostError):
        await speak(supervisor, "exit")
    async with asyncio.timeout(DEADLINE_S):
        while supervisor.is_ready or supervisor.restarts == 0:
            await asyncio.sleep(0.01)

    assert supervisor.state.state == "away: engine process ended unexpectedly last words"


def answering(*events: bytes) -> tuple[str, ...]:
    """A process that sends `events` and nothing else."""
    code = f"import sys; sys.stdout.buffer.write({b''.join(events)!r}); sys.stdout.flush()"
    return (sys.executable, "-c", code + "; sys.stdin.buffer.read()")


HELLO = frame(encode(protocol.Hello(version=protocol.VERSION, python="3")))


@pytest.mark.parametrize(
    ("said", "trouble"),
    [
        ([b"garbage on the pipe"], "invalid event"),
        ([frame(b"\xc1")], "invalid event"),
        ([frame(encode(protocol.Ready(name="x", longest_piece=9)))], "greeting"),
        ([HELLO, frame(b"\x81\xa4type\xa4Nope")], "invalid event"),
        ([HELLO, b"\xff\xff\xff\xff"], "invalid event"),
    ],
)
async def test_garbage_on_the_pipe_ends_the_process(
    make_supervisor: "MakeSupervisor", said: list[bytes], trouble: str
) -> None:
    supervisor = make_supervisor(command=answering(*said))
    supervisor.start()
    async with asyncio.timeout(DEADLINE_S):
        await supervisor.wait_changed()

    assert trouble in supervisor.state.state
    assert not supervisor.is_ready


async def test_another_version_of_the_protocol_is_refused(
    make_supervisor: "MakeSupervisor",
) -> None:
    hello = frame(encode(protocol.Hello(version=99, python="3")))
    with pytest.raises(StartError, match=r"version 99 .* the same version"):
        await warm(make_supervisor(command=answering(hello)))


def test_the_process_refuses_another_version_and_ends() -> None:
    start = protocol.Start(version=99, engine="tone", options={})
    process = subprocess.run(
        [sys.executable, "-m", "bot.engine.process.entry"],
        input=frame(encode(start)),
        capture_output=True,
        check=True,
        timeout=DEADLINE_S,
    )

    told = f"version {protocol.VERSION} of the protocol, the daemon 99"
    assert told.encode() in process.stdout


@pytest.mark.parametrize("said", [b"no request at all", frame(b"\xc1"), b"\x05\0\0\0half"])
def test_the_process_ends_when_the_daemon_says_what_is_no_request(said: bytes) -> None:
    subprocess.run(
        [sys.executable, "-m", "bot.engine.process.entry"],
        input=said,
        capture_output=True,
        check=True,
        timeout=DEADLINE_S,
    )


async def test_an_interpreter_that_is_not_there_is_refused(
    make_supervisor: "MakeSupervisor",
) -> None:
    with pytest.raises(StartError, match=r"engine\.python"):
        await warm(make_supervisor(command=("no-such-interpreter",)))


async def test_an_interpreter_without_the_packages_is_refused_with_its_complaint(
    make_supervisor: "MakeSupervisor",
) -> None:
    command = (sys.executable, "-c", "import no_such_package")
    with pytest.raises(StartError, match="No module named 'no_such_package'") as caught:
        await warm(make_supervisor(command=command))
    assert caught.value.remedy.endswith(f": {engine_command(sys.executable)}")


async def test_a_package_that_is_missed_while_warming_up_is_named_with_its_remedy(
    make_supervisor: "MakeSupervisor",
) -> None:
    with pytest.raises(StartError, match=r"no_such_package.*pip install no_such_package"):
        await warm(make_supervisor(imports="no_such_package"))


async def test_an_engine_that_cannot_run_is_refused_and_tried_again(
    make_supervisor: "MakeSupervisor", tmp_path: Path
) -> None:
    missing = tmp_path / "missing"
    missing.touch()
    supervisor = make_supervisor(refuses=str(missing))
    with pytest.raises(StartError, match=r"It is not there\. Bring it\."):
        await warm(supervisor)
    missing.unlink()
    while supervisor.refusal is not None:
        async with asyncio.timeout(DEADLINE_S):
            await supervisor.wait_changed()

    assert supervisor.is_ready


async def test_options_that_cannot_be_told_leave_no_process(
    make_supervisor: "MakeSupervisor",
) -> None:
    supervisor = make_supervisor(once=os.fsdecode(b"caf\xe9"))
    with pytest.raises(StartError, match=r"called 'caf\\udce9', which is no UTF-8\. Give it"):
        await warm(supervisor)

    assert supervisor.pid is None


async def test_closing_ends_the_process_and_what_waits(make_supervisor: "MakeSupervisor") -> None:
    supervisor = await warm(make_supervisor())
    pid = supervisor.pid
    assert pid is not None
    waiting = await speaking(supervisor, "one wait")
    await supervisor.close()
    with pytest.raises(EngineLostError):
        await waiting
    await wait_gone(pid)


async def test_only_the_end_of_its_requests_ends_the_process() -> None:
    command = (sys.executable, "-m", "bot.engine.process.entry")
    process = await child.start(command)
    assert process.stdout is not None
    async with asyncio.timeout(DEADLINE_S):
        hello = protocol.decode_event(await Receiver(process.stdout).next())
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    await child.end(process, grace_s=DEADLINE_S)

    assert isinstance(hello, protocol.Hello)
    assert process.returncode == 0


async def test_a_process_that_hangs_is_not_left_by_who_cannot_wait_for_its_end() -> None:
    process = await child.start((sys.executable, "-c", "import time; time.sleep(3600)"))
    ending = asyncio.create_task(child.end(process, grace_s=3600))
    await asyncio.sleep(0)
    ending.cancel()
    async with asyncio.timeout(DEADLINE_S):
        with pytest.raises(asyncio.CancelledError):
            await ending

    assert process.returncode == -signal.SIGKILL


async def test_what_a_process_started_does_not_hold_up_its_end() -> None:
    code = "import subprocess; subprocess.Popen(['sleep', '3600'], stdin=-3); print(flush=True)"
    process = await child.start((sys.executable, "-c", code), has_stderr=True)
    assert process.stdout is not None
    async with asyncio.timeout(DEADLINE_S):
        await process.stdout.readline()
        await child.end(process, grace_s=0.1)
