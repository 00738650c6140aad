"""An evening's chat on simulated time: what became of it, and what other settings would change."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.config import loads
from bot.errors import StartError
from bot.rehearsal import End, Evening, Rehearsal, rehearse
from bot.runtime import clock
from tests.cli.test_command_line import ishowtts

Write = Callable[..., Path]
CONFIG = """
channels:
  - name: main
    sources: [{type: console}]
    outputs: [{type: device}]
engine: {engines: [tone]}
policy: {name: {again_after_s: 0}}
"""
STRICT = CONFIG.replace("policy: {", "policy: {words: {drop: [badword]}, ")
MODERATOR = {"id": "mod", "name": "mod", "roles": ["moderator"]}


def line(at: float, text: str, by: str = "ana", **more: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"at": at, "id": f"{at:g}", "author": {"id": by, "name": by}, "text": text} | more


def order(at: float, text: str) -> dict[str, Any]:
    return line(at, text, author=MODERATOR)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(*lines: dict[str, Any] | str, name: str = "evening.jsonl") -> Path:
        path = tmp_path / name
        path.write_text("\n".join(x if isinstance(x, str) else json.dumps(x) for x in lines))
        return path

    return write


def played(path: Path, config: str = CONFIG) -> Rehearsal:
    return rehearse(Evening(path, channel="main"), loads(config))


def test_every_message_has_one_end(write: Write) -> None:
    long = "a message that takes its time " * 8  # it is cut at some 5 s
    path = write(
        line(0, long),
        line(1, "the next one", "ben"),
        line(2, "badword", "cas"),
        line(3, "deleted at once", "dan"),
        {"at": 3.5, "delete": "3"},
        order(4, "!tts skip"),
        line(1000, "hours later", "ben"),
        order(2000, "!tts mute ana"),
        line(2001, "not heard"),
    )
    before = clock.now()
    results = played(
        path, CONFIG.replace("policy: {", "policy: {words: {drop: [badword]}, ")
    ).results

    ends = {key: (result.end, result.reason) for key, result in results.items()}
    assert ends == {
        "0": (End.DROPPED, "skipped"),
        "1": (End.SAID, ""),
        "2": (End.REFUSED, "blocked"),
        "3": (End.DROPPED, "deleted"),
        "4": (End.OBEYED, "skip"),
        "1000": (End.SAID, ""),
        "2000": (End.OBEYED, "mute"),
        "2001": (End.REFUSED, "muted"),
    }
    assert results["1"].said == "ben says: the next one"
    assert results["1"].waited_s == pytest.approx(3, abs=0.01)
    assert results["1000"].waited_s == pytest.approx(0, abs=0.01)
    assert clock.now() - before < 1000  # an hour takes no hour


def test_what_waits_too_long_expires_and_what_is_held_is_told(write: Write) -> None:
    long = "a message that takes its time " * 8
    path = write(*(line(number / 10, long, f"viewer{number}") for number in range(40)))
    config = CONFIG.replace("policy: {", "policy: {raids: {chatters: 0}, ")
    counts = played(path, config).counts()
    assert counts[End.SAID] > 1
    assert counts["dropped: expired"] > 1
    assert counts[End.SAID] + counts[End.DROPPED] == 40

    held = config + "moderation: {approval: {enabled: true, expires_s: 86400}}"
    assert played(path, held).counts() == {End.HELD: 40}


def test_a_line_that_many_paste_is_said_once(write: Write) -> None:
    text = "everybody look at our captain tonight"
    path = write(line(0, "hello there"), *(line(1 + n / 9, text, f"viewer{n}") for n in range(20)))
    results = played(path).results.values()
    ends = Counter((result.end, result.reason) for result in results)

    assert sum(text in result.said for result in results) == 1
    assert ends[End.REFUSED, "duplicate"] + ends[End.DROPPED, "duplicate"] == 19


def test_times_that_run_backwards_and_lines_that_are_none(write: Write) -> None:
    path = write(line(50, "one"), "no json", line(10, "two"), line(12, "two"), '{"at": 1}')
    evening = Evening(path, channel="main")

    assert [at for at, _ in evening.messages] == [50, 50, 52]
    assert len(evening.mistakes) == 2
    assert evening.mistakes[0].startswith("line 2 ")


def test_what_is_no_recording_is_told(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    for path in (tmp_path / "none", tmp_path, empty):
        with pytest.raises(StartError, match="recording"):
            Evening(path, channel="main")


@pytest.mark.long
def test_two_configurations_are_shown_side_by_side(write: Write) -> None:
    evening = write(line(0, "hello there"), line(9, "hello badword"), line(19, "\x1b[31mred"))
    mine, other = write(CONFIG, name="mine.yaml"), write(STRICT, name="other.yaml")

    def shown(*arguments: object, code: int = 0) -> str:
        done = ishowtts("rehearse", evening, "--config", mine, *map(str, arguments))
        assert done.returncode == code, done.stderr
        return done.stdout

    alone = shown()
    assert "hello there" not in alone
    assert "red" in alone
    assert "\x1b" not in alone
    both = shown("--against", other)
    assert "hello there" not in both
    assert "mine.yaml   said     ana says: hello badword" in both
    assert "other.yaml  refused  blocked (badword)" in both
    assert "1 messages differ" in both
    shown("--against", other, "--fail-on-difference", code=1)
    assert "hello there" not in shown("--against", mine, "--fail-on-difference")
    assert "hello there" in shown("--all")


def test_programs_get_an_object_for_each_message(write: Write) -> None:
    evening, config = write(line(0, "hello there")), write(CONFIG, name="mine.yaml")
    done = ishowtts("rehearse", evening, "--config", config, "--json")
    message, counts = map(json.loads, done.stdout.splitlines())

    assert message["text"] == "hello there"
    assert message["results"]["mine.yaml"]["said"] == "ana says: hello there"
    assert counts["counts"]["mine.yaml"]["said"] == 1


def test_a_recording_of_another_form_is_told_by_its_first_line(tmp_path: Path) -> None:
    path = tmp_path / "other.jsonl"
    path.write_text('{"at": 0, "message": {"text": "hello"}}\n', encoding="utf-8")

    with pytest.raises(StartError, match=r"holds no chat: line 1 .*[^.]\. Record one"):
        Evening(path, channel="main")
