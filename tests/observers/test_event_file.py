import json
from pathlib import Path

import pytest

from bot.errors import StartError
from bot.messages import ChatMessage, Chatter
from bot.observers.event_file import EventFile
from bot.outcomes import Failed, Outcome


def outcome(number: int, name: str = "viewer1") -> Outcome:
    message = ChatMessage(
        id=f"m{number}",
        channel="main",
        source="test",
        chatter=Chatter(id="u1", name=name),
        text="hi",
        received_at=1.0,
    )
    return Failed.of(message, error="why")


def test_every_outcome_is_a_line_in_order_when_the_file_closes(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    with EventFile(path) as events:
        for number in range(1000):
            events.observe(outcome(number))
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    assert [line["id"] for line in lines] == [f"m{number}" for number in range(1000)]
    assert lines[0] | {"at": 0} == {
        "outcome": "failed",
        "id": "m0",
        "channel": "main",
        "chatter": "viewer1",
        "at": 0,
        "error": "why",
    }


def test_a_second_run_appends(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    for number in range(2):
        with EventFile(path) as events:
            events.observe(outcome(number))

    assert len(path.read_text(encoding="utf-8").splitlines()) == 2


def test_a_hostile_name_stays_one_line(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    with EventFile(path) as events:
        events.observe(outcome(1, 'a"\n\r\u2028<b>\x00'))
    text = path.read_text(encoding="utf-8")

    assert text.count("\n") == 1
    assert json.loads(text)["chatter"] == 'a"\n\r\u2028<b>\x00'


def test_a_path_that_cannot_be_written_is_a_start_error(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="cannot be written"):
        EventFile(tmp_path / "absent" / "events.jsonl")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_loses_events_and_says_so_but_raises_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with EventFile(Path("/dev/full")) as events:
        events.observe(outcome(1))

    assert "not written" in capsys.readouterr().out
