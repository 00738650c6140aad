"""Every command, word, alias and role, written by chatters of Twitch to the whole daemon."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from bot.config import Settings, loads
from bot.config.chat.commands import CommandSettings
from bot.config.chat.verbs import SPECS, VERBS
from bot.messages import Verb
from tests.json_lines import read_json_lines
from tests.test_daemon import Viewer, running, until
from tests.twitch_server import TwitchServer

pytestmark = pytest.mark.parts

CONFIG = """
channels:
  - name: main
    sources:
      - {{type: twitch_irc, channel: streamer, emotes: []}}
      - {{type: ingest}}
    outputs: [{{type: wavefile, path: {folder}/speech.wav, pace: fast}}]
server: {{port: 0}}
engine: {{engines: [tone]}}
"""
BADGES = {
    "everyone": "",
    "subscriber": "subscriber/12",
    "vip": "vip/1",
    "moderator": "moderator/1",
    "broadcaster": "broadcaster/1",
}
"""Badge of each rank, in ascending order."""
DEFAULTS = CommandSettings()


class Case(NamedTuple):
    line: str
    verb: Verb
    rank: str
    """Least rank that may give it."""


def cases() -> Iterator[Case]:
    """Yield each command in each of its words with each of its usages, and the aliases."""
    for verb, spec in SPECS.items():
        for word in (verb.value, *spec.words):
            for usage in spec.usage:
                is_for_another = verb in {Verb.VOICE, Verb.NICK} and "NAME" in usage
                rank = DEFAULTS.others if is_for_another else DEFAULTS.roles[verb]
                written = usage.replace("NAME", "somebody")
                yield Case(f"{DEFAULTS.trigger} {word} {written}".strip(), verb, rank)
    for alias, command in DEFAULTS.aliases.items():
        verb = VERBS[command]
        yield Case(f"{alias} {SPECS[verb].usage[0]}".strip(), verb, DEFAULTS.roles[verb])


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return loads(CONFIG.format(folder=tmp_path))


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[TwitchServer]:
    server = TwitchServer()
    await server.start()
    server.use(monkeypatch)
    server.add_user("streamer")
    yield server
    await server.close()


async def test_every_command_obeys_those_who_may_give_it(
    settings: Settings, server: TwitchServer, tmp_path: Path
) -> None:
    ranks = list(BADGES)
    asked = [(case, rank) for case in cases() for rank in ranks]
    path = tmp_path / "events.jsonl"
    async with running(settings, path):
        await until(lambda: bool(server.listeners["streamer"]))
        for number, (case, rank) in enumerate(asked):
            await say(server, f"c{number}", case.line, rank)
        last = f"c{len(asked) - 1}"
        await until(lambda: any(event["id"] == last for event in ends(path)))
        ended = {event["id"]: event for event in ends(path)}

    for number, (case, rank) in enumerate(asked):
        event = ended.pop(f"c{number}")
        if ranks.index(rank) < ranks.index(case.rank):
            assert (event["outcome"], event["reason"]) == ("rejected", "not_permitted"), case
        else:
            assert (event["outcome"], event["verb"]) == ("obeyed", case.verb.value), (case, event)
            assert 0 < len(event["answer"].splitlines()[0]) == len(event["answer"]) <= 200, event
    assert ended == {}


async def test_every_command_is_obeyed_over_http(settings: Settings, tmp_path: Path) -> None:
    async with running(settings, tmp_path / "events.jsonl") as viewer:
        for case in cases():
            if case.line.startswith(f"{DEFAULTS.trigger} "):
                text = case.line.removeprefix(f"{DEFAULTS.trigger} ")
                assert await command(viewer, text), case


async def say(server: TwitchServer, message_id: str, text: str, rank: str) -> None:
    tags = f"@id={message_id};user-id={len(rank)};display-name={rank};badges={BADGES[rank]}"
    await server.say(
        "streamer", f"{tags} :{rank}!{rank}@{rank}.tmi.twitch.tv PRIVMSG #streamer :{text}"
    )


def ends(path: Path) -> list[dict[str, Any]]:
    return [
        event
        for event in read_json_lines(path)
        if event["outcome"] in {"obeyed", "rejected"} and event["id"].startswith("c")
    ]


async def command(viewer: Viewer, text: str) -> str:
    async with viewer.http.post("/api/command", json={"command": text}) as answer:
        body: dict[str, Any] = await answer.json()
        assert answer.status == 200, body
        return str(body["answer"])
