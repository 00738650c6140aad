"""The commands as a user runs them: child processes, their output and their exit codes."""

import json
import os
import signal
import socket
import subprocess
import sys
import wave
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.long import first_ones

DATA = Path(__file__).parents[1] / "data"
FINAL = {"spoken", "dropped", "failed"}
pytestmark = [pytest.mark.parts, pytest.mark.timeout(900)]


def ishowtts(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:  # noqa: ANN401
    return subprocess.run(
        [sys.executable, "-m", "bot", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        **options,
    )


@contextmanager
def running(*command: str, **options: Any) -> Iterator[subprocess.Popen[str]]:  # noqa: ANN401
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, **options
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def config(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "config.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def silent(config: Callable[[str], Path]) -> Path:
    """A configuration without a device, that speaks tones, on a free port."""
    return config(
        "channels: [{name: main, sources: [{type: ingest}]}]\n"
        "server: {port: 0}\nengine: {engines: [tone]}\n"
    )


def outcomes(path: Path) -> dict[str, list[dict[str, Any]]]:
    by_message = defaultdict(list)
    for line in path.read_text(encoding="utf-8").splitlines():
        outcome = json.loads(line)
        by_message[outcome["id"]].append(outcome)
    return by_message


def seconds(path: Path) -> float:
    with wave.open(str(path)) as file:
        return float(file.getnframes() / file.getframerate())


def test_a_replay_is_spoken_into_a_file_and_every_message_is_accounted_for(
    tmp_path: Path, silent: Path
) -> None:
    events, output = tmp_path / "events.jsonl", tmp_path / "out.wav"
    done = ishowtts(
        *("run", "--config", silent, "--replay", DATA / "stream.jsonl", "--speed", "max"),
        *("--output", output, "--events", events),
    )
    by_message = outcomes(events)
    kinds = {name: [o["outcome"] for o in steps] for name, steps in by_message.items()}
    reasons = {name: steps[-1].get("reason") for name, steps in by_message.items()}

    assert (done.returncode, done.stdout) == (0, "")
    assert "Traceback" not in done.stderr
    for name in ("m1", "m5", "m6", "m8", "m14"):
        *before, end = kinds[name]
        assert before[:3] == ["accepted", "queued", "started"], name
        assert set(before[3:]) <= {"continued"}, name  # of several pieces, as they are made
        assert end == "spoken", name
    assert kinds["m11"] == ["obeyed"]
    assert reasons["m2"] == "command"
    assert reasons["m3"] == "bot"
    assert (reasons["m4"], reasons["m7"]) == ("empty", "empty")
    assert (reasons["m9"], reasons["m10"]) == ("deleted", "timed_out")
    assert reasons["m12"] == "not_permitted"
    for steps in kinds.values():
        if steps[0] == "accepted":
            assert [step for step in steps if step in FINAL] == steps[-1:]
    spoken = [o for steps in by_message.values() for o in steps if o["outcome"] == "spoken"]
    assert seconds(output) > sum(o["audio_s"] for o in spoken) > 1


def test_a_paid_message_is_spoken_before_those_that_wait(tmp_path: Path, silent: Path) -> None:
    events = tmp_path / "events.jsonl"
    ishowtts(
        *("run", "--config", silent, "--replay", DATA / "stream.jsonl", "--speed", "max"),
        *("--output", tmp_path / "out.wav", "--events", events),
    )
    started = [
        o["id"]
        for o in map(json.loads, events.read_text(encoding="utf-8").splitlines())
        if o["outcome"] == "started"
    ]

    assert started.index("m8") < started.index("m5")


def test_what_was_recorded_replays_the_same(tmp_path: Path, silent: Path) -> None:
    recorded = tmp_path / "recorded.jsonl"
    texts = []
    for replayed in (DATA / "stream.jsonl", recorded):
        events = tmp_path / f"{replayed.stem}.events"
        record = ("--record", recorded) if not recorded.exists() else ()
        done = ishowtts(
            *("run", "--config", silent, "--replay", replayed, "--speed", "max", *record),
            *("--output", tmp_path / "out.wav", "--events", events),
        )
        assert done.returncode == 0
        texts.append({name: steps[0].get("text") for name, steps in outcomes(events).items()})

    assert texts[0] == texts[1]


def test_without_any_output_a_replay_ends_and_says_why_nothing_was_heard(
    tmp_path: Path, silent: Path
) -> None:
    events = tmp_path / "events.jsonl"
    done = ishowtts(
        *("run", "--config", silent, "--replay", DATA / "stream.jsonl", "--events", events),
    )

    assert done.returncode == 0
    assert outcomes(events)["m1"][-1]["reason"] == "no_output"


def test_hostile_chat_leaves_no_exception_in_the_log(tmp_path: Path, silent: Path) -> None:
    hostile = [
        "Z̸̢̛͚̦̰͒̎ȃ̸͔l̴g̵o̶" * 50,
        "\u202eright to left\u202c \u200b\u200d\ufeff",
        "\x00\x01\x1b[31m",
        "\ud800 alone",
        "💩" * 400,
        "a" * 60_000,
        "<img src=x onerror=alert(1)>",
        "[word](/f\u0259\u02c8n\u026ats/) [[x]] {name} %s \\N{BEL}",
        "9" * 500,
        "http://" * 2000,
        "!tts volume 99999999999999999999999",
        "((((((((((" * 500,
    ]
    replay = tmp_path / "hostile.jsonl"
    lines = [
        json.dumps(
            {"at": 0, "id": f"m{i}", "author": {"id": f"u{i}", "name": text[:50]}, "text": text}
        )
        for i, text in enumerate(hostile)
    ]
    broken = ["", "nonsense", "[]", '{"at": "x"}', '{"at": 1e999, "author": 3, "text": 4}']
    replay.write_bytes("\n".join([*lines, *broken]).encode() + b"\n\xff\xfe\n" + b"x" * 10**6)
    events = tmp_path / "events.jsonl"
    done = ishowtts(
        *("run", "--config", silent, "--replay", replay, "--speed", "max"),
        *("--output", tmp_path / "out.wav", "--events", events),
    )
    by_message = outcomes(events)

    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert "raised" not in done.stderr
    assert by_message.keys() == {f"m{i}" for i in range(len(hostile))}
    assert all(steps[-1]["outcome"] in FINAL | {"rejected"} for steps in by_message.values())


def test_mistakes_in_the_configuration_are_all_reported_and_exit_2(
    config: Callable[[str], Path],
) -> None:
    path = config("channels: [{name: main, voices: x}]\nsever: {port: 1}\n")
    done = ishowtts("run", "--config", path)

    assert done.returncode == 2
    assert "2 mistakes" in done.stderr
    assert "did you mean voice?" in done.stderr
    assert "did you mean server?" in done.stderr


def test_a_port_that_is_taken_is_named_and_exits_3(config: Callable[[str], Path]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        text = "channels: [{name: main, sources: [{type: ingest}]}]\nengine: {engines: [tone]}\n"
        path = config(f"{text}server: {{port: {port}}}\n")
        run, check = ishowtts("run", "--config", path), ishowtts("check", "--config", path)

    assert run.returncode == 3
    assert str(port) in run.stderr
    assert "server.port" in run.stderr
    assert "Traceback" not in run.stderr
    assert check.returncode == 1
    assert "server.port" in check.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "--speed", "fast"], "max"),
        (["run", "--speed", "-1"], "max"),
        (["run", "--channel", "no such channel"], "twitch.tv/NAME"),
        (["run", "--speed", "2"], "--replay"),
        (["fly"], "choose from"),
        ([], "ishowtts --help lists"),
        (["voice", "lst"], "ishowtts voice --help lists"),
        (["--config", "my.yaml", "run"], "belongs behind the command, as in: ishowtts run"),
    ],
)
def test_wrong_arguments_exit_2_with_what_is_right(arguments: list[str], said: str) -> None:
    done = ishowtts(*arguments)

    assert done.returncode == 2
    assert said in done.stderr


def test_a_replay_that_is_not_there_exits_3(tmp_path: Path, silent: Path) -> None:
    done = ishowtts("run", "--config", silent, "--replay", tmp_path / "absent.jsonl")

    assert done.returncode == 3
    assert "absent.jsonl" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("option", first_ones(["--record", "--events", "--output"]))
def test_a_replay_is_never_written_to(tmp_path: Path, silent: Path, option: str) -> None:
    replay = tmp_path / "replay.jsonl"
    replay.write_bytes((DATA / "stream.jsonl").read_bytes())
    done = ishowtts("run", "--config", silent, "--replay", replay, option, replay)

    assert done.returncode == 3
    assert "a file each" in done.stderr
    assert replay.read_bytes() == (DATA / "stream.jsonl").read_bytes()


def test_as_fast_as_possible_loses_no_message_for_want_of_room(
    tmp_path: Path, silent: Path
) -> None:
    replay, events = tmp_path / "replay.jsonl", tmp_path / "events.jsonl"
    lines = [
        json.dumps({"at": 0, "id": f"m{i}", "author": {"id": "u", "name": "u"}, "text": f"no {i}"})
        for i in range(120)
    ]
    replay.write_text("\n".join(lines))
    done = ishowtts(
        *("run", "--config", silent, "--replay", replay, "--speed", "max"),
        *("--output", tmp_path / "out.wav", "--events", events),
    )

    assert done.returncode == 0
    assert {steps[-1]["outcome"] for steps in outcomes(events).values()} == {"spoken"}
    assert len(outcomes(events)) == 120


def test_say_writes_speech_into_a_file(tmp_path: Path) -> None:
    output = tmp_path / "hello.wav"
    done = ishowtts("say", "Hello there.", "-o", output)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert 0.5 < seconds(output) < 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    first_ones(
        [
            (["say", "hello", "--engine", "festival", "-o", "x.wav"], "hibari, kokoro"),
            (["say", "日本語", "-o", "x.wav"], "English"),
            (["say", "hello", "-o", "absent/x.wav"], "absent"),
        ]
    ),
)
def test_say_tells_why_it_could_not(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = ishowtts(*arguments, cwd=tmp_path)

    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_models_are_listed_with_what_their_licences_mean(tmp_path: Path) -> None:
    home = {**os.environ, "ISHOWTTS_HOME": str(tmp_path)}
    listed = ishowtts("model", "list", env=home)
    config = tmp_path / "config.yaml"
    shipped = (Path(__file__).parents[2] / "config.yaml").read_text(encoding="utf-8")
    config.write_text(shipped.replace("model: auto", "model: F5TTS_v1_Base"), encoding="utf-8")
    absent = ishowtts(
        "say", "hello", "--config", config, "--engine", "f5", "-o", tmp_path / "x.wav", env=home
    )

    assert listed.returncode == 0
    assert "forbids commercial use" in listed.stdout
    assert absent.returncode == 1
    assert "ishowtts model fetch F5TTS_v1_Base" in absent.stderr


def test_version_is_that_of_the_distribution() -> None:
    from importlib.metadata import version  # noqa: PLC0415

    assert ishowtts("--version").stdout == f"ishowtts {version('ishowtts')}\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_in_the_middle_of_speech_ends_the_daemon_at_once(
    tmp_path: Path, silent: Path, number: signal.Signals
) -> None:
    events, replay = tmp_path / "events.jsonl", tmp_path / "long.jsonl"
    line = {"author": {"id": "u", "name": "viewer"}, "text": "a long message " * 15}
    replay.write_text(
        "".join(json.dumps(line | {"at": at, "id": f"m{at}"}) + "\n" for at in (0, 0, 3600))
    )
    command = (
        # Under nohup, as these tests may run, it would let the terminal close.
        *("env", "--default-signal=HUP"),
        *(sys.executable, "-m", "bot", "run", "--config", str(silent)),
        *("--replay", str(replay), "--output", str(tmp_path / "out.wav")),
        *("--events", str(events)),
    )
    with running(*command) as process:
        assert process.stderr is not None
        for log in process.stderr:
            if '"speaking"' in log:
                break
        process.send_signal(number)
        _, rest = process.communicate()

    assert process.returncode == 0
    assert "Traceback" not in rest
    assert [o["outcome"] for o in outcomes(events)["m0"]][-1] == "dropped"
    assert outcomes(events)["m0"][-1]["reason"] == "shutdown"
    assert seconds(tmp_path / "out.wav") > 0


def test_bench_names_a_model_that_is_missing(config: Callable[[str], Path], tmp_path: Path) -> None:
    missing = config(
        f"channels: [{{name: main}}]\nengine: {{f5: {{model: {tmp_path / 'none'}}}}}\n"
    )
    done = ishowtts("bench", "--config", missing, "--device", "cpu")

    assert done.returncode == 1
    assert str(tmp_path / "none") in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "problem"),
    first_ones(
        [
            (("--lengths", "1,-3"), "'-3' is no length"),
            (("--lengths", "90"), "'90' is no length"),
            (("--batch", "x3"), "'x3' is no batch"),
            (("--batch", "16x"), "'' is no length"),
            (("--quick", "--full"), "not allowed with argument"),
        ],
        2,
    ),
)
def test_bench_refuses_arguments_that_mean_nothing(
    arguments: tuple[str, ...], problem: str
) -> None:
    done = ishowtts("bench", *arguments)

    assert done.returncode == 2
    assert problem in done.stderr


@pytest.mark.parametrize("arguments", [["model", "list"], ["voice", "list"]])
def test_whoever_stops_reading_gets_no_complaint(arguments: list[str]) -> None:
    command = (sys.executable, "-m", "bot", *arguments)
    with running(*command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.close()
        _, complaint = process.communicate()

    assert (process.returncode, complaint) == (141, "")
