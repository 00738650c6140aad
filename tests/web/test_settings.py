"""Settings that are changed while the daemon runs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from bot.config import load
from bot.config.changeable import path_of, when
from tests.web.conftest import configured_daemon
from tests.web.test_api import ends, events_until, is_

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.web.conftest import Api

_MESSAGES = 1_000
_CONFIG = """\
# mine
version: 1
channels:
  - name: main # my stream
    sources: [{{type: ingest}}]
    outputs: [{{type: wavefile, path: "{folder}/speech.wav", pace: fast}}]
policy:
  words:
    default_list: false
backlog: {{max_pending: 10000, max_per_chatter: 10000, max_age_s: 600}}
engine: {{engines: [tone]}}
server: {{port: 0, token: secret-of-mine}}
"""


@pytest.fixture
async def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Api]:
    async with configured_daemon(tmp_path, monkeypatch, _CONFIG) as api:
        yield api


async def change(api: Api, **changes: object) -> tuple[int, Any]:
    body = {"changes": {key.replace("__", "."): value for key, value in changes.items()}}
    async with api.http.patch("/api/settings", json=body) as answer:
        return answer.status, await answer.json()


async def test_what_is_changed_counts_at_once_and_stands_in_the_file(
    api: Api, tmp_path: Path
) -> None:
    status, answer = await change(
        api, policy__words__drop=["badword"], playback__volume=20, log__level="debug"
    )
    assert (status, answer) == (
        200,
        {"applied": ["policy.words.drop", "playback.volume"], "next_start": ["log.level"]},
    )

    async with api.http.ws_connect("/api/events") as events:
        await api.say("you badword")
        await api.say("hello")
        got = await events_until(events, ends(1))
    assert [event["reason"] for event in got if is_(event, "rejected")] == ["blocked"]
    assert (await api.get("/api/status"))["channels"]["main"]["volume"] == 0.2
    text = (tmp_path / "own.yaml").read_text("utf-8")
    assert text.startswith("# mine\nversion: 1\nchannels:\n  - name: main # my stream\n")
    assert load(tmp_path / "own.yaml").policy.words.drop == ("badword",)


async def test_settings_are_listed_without_secrets(api: Api) -> None:
    answer = await api.get("/api/settings")
    rows = {row["key"]: row for row in answer["settings"]}

    assert "secret-of-mine" not in str(answer)
    assert rows["server.token"]["is_secret"]
    assert rows["server.token"]["is_set"]
    volume = rows["playback.volume"]
    assert (volume["kind"], volume["least"], volume["most"], volume["when"]) == (
        *("integer", 0, 100),
        "at once",
    )
    role = rows["policy.access.minimum_role"]
    assert (role["kind"], role["value"], "moderator" in role["choices"]) == (
        *("choice", "everyone"),
        True,
    )
    assert rows["policy.words.drop"]["kind"] == "list"
    assert rows["channels[0].voice"]["value"] == "heart"
    assert rows["log.level"]["when"] == "next start"
    assert all(row["help"] for row in rows.values())


async def test_what_counts_at_the_next_start_is_shown_as_it_was_written(
    api: Api, tmp_path: Path
) -> None:
    async def aliases() -> object:
        rows = (await api.get("/api/settings"))["settings"]
        return next(row["value"] for row in rows if row["key"] == "commands.aliases")

    before = await aliases()
    status, answer = await change(api, commands__aliases={"!quiet": "skip"})
    assert (status, answer["next_start"]) == (200, ["commands.aliases"])
    assert await aliases() == {"!quiet": "skip"}

    (tmp_path / "own.yaml").write_text("channels: [", "utf-8")
    assert await aliases() == before


async def test_what_counts_at_the_next_start_counts_with_no_other_change(api: Api) -> None:
    await change(
        api,
        policy__gates={"follow_minutes": 5, "unknown": False},
        moderation__away__offline=True,
        commands__trigger="!say",
    )
    status, answer = await change(
        api, policy__words__drop=["badword"], policy__mode__read="command"
    )
    assert (status, answer["next_start"]) == (200, [])

    async with api.http.ws_connect("/api/events") as events:
        await api.say("!tts hello")
        got = await events_until(events, ends(1))
    assert any(is_(event, "spoken") for event in got)
    rows = {row["key"]: row for row in (await api.get("/api/settings"))["settings"]}
    assert rows["policy.gates.follow_minutes"]["value"] == 5


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"playback__volume": 101}, "playback.volume"),
        ({"playback__loudness": 1}, "playback.loudness"),
        ({"policy__words__drop": "badword"}, "policy.words.drop"),
        ({"channels": []}, "channels"),
        ({"a..b": 1}, "a..b"),
        ({"": 1}, "is no key"),
        ({"x" * 300: 1}, "is no key"),
    ],
)
async def test_a_mistake_is_told_and_changes_nothing(
    api: Api, tmp_path: Path, changes: dict[str, object], said: str
) -> None:
    before = (tmp_path / "own.yaml").read_text("utf-8")
    status, answer = await change(api, **changes)

    assert status == 422
    assert said in str(answer)
    assert (tmp_path / "own.yaml").read_text("utf-8") == before
    assert (await api.get("/api/status"))["channels"]["main"]["volume"] == 0.8


async def test_chat_that_flows_is_judged_by_one_list_or_the_other(api: Api) -> None:
    assert (await change(api, policy__limits__cooldown_s=0))[0] == 200
    kinds: dict[str, list[str]] = {}
    async with api.http.ws_connect("/api/events") as events:
        posting = asyncio.create_task(post_many(api))
        changed = await change(api, policy__words__drop=["badword"])
        await posting
        while len([1 for k in kinds.values() if k[-1] in ("spoken", "rejected")]) < _MESSAGES:
            for event in await events_until(events, lambda got: len(got) == 1):
                if event.get("outcome") in ("accepted", "spoken", "rejected", "dropped"):
                    kinds.setdefault(event["id"], []).append(event["outcome"])
        after = await api.say("badword again")
        got = await events_until(events, lambda got: any(e.get("id") == after for e in got))

    assert changed[0] == 200
    assert set(map(tuple, kinds.values())) <= {("accepted", "spoken"), ("rejected",)}
    numbers = sorted(kinds, key=lambda name: int(name.removeprefix("m")))
    refused = [kinds[name] == ["rejected"] for name in numbers]
    assert refused == sorted(refused)  # once a message was refused, every later one was
    assert [event["reason"] for event in got if event.get("id") == after] == ["blocked"]


async def post_many(api: Api) -> None:
    for number in range(_MESSAGES):
        await api.say(f"badword {number}", f"viewer{number}", id=f"m{number}")


async def test_what_a_moderator_set_stays_over_a_change(api: Api) -> None:
    await api.say("hello", "viewer1")
    await api.command("mute viewer1")
    await api.command("off")
    await change(api, policy__words__drop=["other"])

    (chatter,) = (await api.get("/api/chatters"))["chatters"]
    assert chatter["muted"]
    assert not (await api.get("/api/status"))["channels"]["main"]["is_on"]
    await api.command("undo")
    assert (await api.get("/api/status"))["channels"]["main"]["is_on"]


async def test_approval_can_be_turned_on_in_the_middle_of_a_stream(api: Api) -> None:
    assert (await change(api, moderation__approval__enabled=True))[0] == 200
    sent = await api.say("hello")
    held = (await api.get("/api/queue"))["main"]["held"]
    assert [one["id"] for one in held] == [sent]


def test_keys_are_paths() -> None:
    assert path_of("channels[0].policy.words") == ("channels", 0, "policy", "words")


async def test_what_counts_at_once_is_followed_by_every_stage(api: Api) -> None:
    """Parser, introduction and age are kept by others than policy and backlog."""
    async with api.http.ws_connect("/api/events") as events:
        await change(api, policy__name__again_after_s=0)
        await api.say("number one", "viewer1")
        await events_until(events, ends(1))
        await api.say("number two", "viewer1")
        got = await events_until(events, ends(1))
        (started,) = [event for event in got if is_(event, "started")]
        assert started["text"].startswith("viewer")  # introduced again at once

        await change(api, policy__mode__read="command")
        await api.say("not for the voice", "viewer1")
        await api.say("!tts number three", "viewer1")
        got = await events_until(events, ends(1))
        assert [event["reason"] for event in got if is_(event, "rejected")] == ["mode"]
        assert "number three" in next(event["text"] for event in got if is_(event, "started"))

        await api.command("pause")
        await api.say("!tts too late", "viewer1")
        await change(api, backlog__max_age_s=0.05)
        got = await events_until(events, lambda got: any(is_(e, "dropped") for e in got))
        assert [event["reason"] for event in got if is_(event, "dropped")] == ["expired"]


@pytest.mark.parametrize(
    ("key", "when_"),
    [
        ("policy.words.drop", "at once"),
        ("channels[0].policy.words.drop", "at once"),
        ("channels[0].voice", "at once"),
        ("playback.volume", "at once"),
        ("playback.fade_ms", "next start"),
        ("policy.gates.follow_minutes", "next start"),
        ("channels[1].policy.gates.account_days", "next start"),
        ("policy.access.enabled", "next start"),
        ("policyx.words", "next start"),
        ("channels[0].sources", "next start"),
        ("backlog.journal_max_age_s", "next start"),
    ],
)
def test_only_what_is_followed_counts_at_once(key: str, when_: str) -> None:
    assert when(key) == when_
